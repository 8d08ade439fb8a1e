"""What a model says of itself, and how it was opened."""

import ctypes
from dataclasses import dataclass
from typing import Any

from ._library import Options
from .errors import ArgumentError

#: SLUICE_OPEN_COPY.
COPY = 1
_ISAS = {"baseline": 1, "avx2": 2, "avx512": 3, "neon": 4}


@dataclass(frozen=True)
class Feature:
    """One number that a model reads or writes at a step, as its metadata describe it."""

    name: str | None = None
    unit: str | None = None
    description: str | None = None
    #: Scaling that the model itself does: it reads and writes raw units.
    mean: float | None = None
    std: float | None = None
    #: Least and greatest value.
    range: tuple[float, float] | None = None
    #: What stands for a missing value: "refuse", "hold" or a number.
    missing: str | float | None = None

    @classmethod
    def of(cls, entry: dict[str, Any]) -> "Feature":
        known = {key: value for key, value in entry.items() if key in cls.__dataclass_fields__}
        if "range" in known:
            known["range"] = tuple(known["range"])
        return cls(**known)


@dataclass(frozen=True)
class Layer:
    """One layer of a model; sizes in floats, weights in bytes."""

    name: str
    kind: str
    storage: str
    input_size: int
    output_size: int
    hidden_size: int
    cell_size: int
    weight_bytes: int


@dataclass(frozen=True)
class OpenOptions:
    """How a model was opened; part of its pickles."""

    mapped: bool = False
    isa: str | None = None
    max_stream_bytes: int = 0
    max_step_operations: int = 0

    def c(self) -> Options:
        if self.isa is not None and self.isa not in _ISAS:
            raise ArgumentError(f"isa: expected one of {', '.join(_ISAS)}, not {self.isa!r}")
        for name in ("max_stream_bytes", "max_step_operations"):
            value = getattr(self, name)
            if not isinstance(value, int) or not 0 <= value < 1 << 63:
                raise ArgumentError(f"{name}: expected a whole number from 0 (any) on, not {value!r}")
        flags = 0 if self.mapped else COPY
        return Options(
            ctypes.sizeof(Options), flags, _ISAS.get(self.isa or "", 0), self.max_stream_bytes, self.max_step_operations
        )
