"""What the exporters share: architectures, the safetensors file that carries one, and refusals.

Not run by itself; export_torch.py, export_keras.py and export_tflite.py import it. Needs numpy and safetensors.
"""

import json
import reprlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from safetensors.numpy import save

Array = np.ndarray
INPUT = "input"
FLOAT_MAX = float(np.finfo(np.float32).max)
SHORT = reprlib.Repr()
SHORT.maxstring = SHORT.maxother = 80
SHORT.maxlevel, SHORT.maxlist, SHORT.maxdict = 3, 6, 6


class Refused(Exception):
    """Something that cannot be exported with its meaning; the message names it."""


def shown(value: Any) -> str:
    """A value of the file as a message shows it: short, and without what a terminal would obey."""
    return SHORT.repr(value)


class Architecture:
    """Layers in order with their tensors, as `sluice convert` reads them; each reads the one before it or `inputs`."""

    def __init__(self, input_size: int | None = None):
        self.input_size = input_size
        self.layers: list[dict[str, Any]] = []
        self.tensors: dict[str, Array] = {}
        self.output = "sequence"
        self.names = {INPUT}
        # What was read in another way than it stands in the file.
        self.notes: list[str] = []

    def add(self, name: str, kind: str, inputs: list[str], arrays: dict[str, Array] | None = None, **options: Any) -> str:
        """Adds a layer of this type that reads the layers named in `inputs`, with its tensors.

        Returns its name: another where `name` is taken, since a module may be called twice, and may be called "input".
        """
        name = free = name.encode(errors="backslashreplace").decode()
        number = 1
        while free in self.names:
            number += 1
            free = f"{name}_{number}"
        self.names.add(free)
        if arrays is not None:
            self.tensors |= {f"{free}.{key}": self.floats(f"{free}.{key}", value) for key, value in arrays.items()}
            options = {"tensors": f"{free}."} | options
        for key, value in options.items():
            for number in value.values() if isinstance(value, dict) else [value]:
                if isinstance(number, float) and not abs(number) <= FLOAT_MAX:
                    raise Refused(f"{key}={shown(value)}; expected a finite number")
        self.layers.append({"name": free, "type": kind, "inputs": inputs, **options})
        return free

    @staticmethod
    def floats(name: str, value: Array) -> Array:
        if value.dtype.kind != "f" or value.dtype.itemsize > 8:
            raise Refused(f"the tensor {name} is of type {value.dtype}; expected floating-point weights")
        with np.errstate(over="ignore"):
            value = np.ascontiguousarray(value, np.float32)
        if not np.isfinite(value).all():
            raise Refused(f"the tensor {name} holds a number that is not finite in float32")
        return value

    def json(self) -> dict[str, Any]:
        """The architecture; names and inputs are left out where the order says them already."""
        used = {
            name
            for layer, before in zip(self.layers, [INPUT] + [other["name"] for other in self.layers])
            for name in layer["inputs"]
            if layer["inputs"] != [before]
        }
        used |= {layer["mask"] for layer in self.layers if "mask" in layer}
        layers, before = [], INPUT
        for layer in self.layers:
            one = {"type": layer["type"]} | {k: v for k, v in layer.items() if k not in ("type", "name", "inputs")}
            if layer["name"] in used:
                one["name"] = layer["name"]
            if layer["inputs"] != [before]:
                one["inputs"] = layer["inputs"]
            layers.append(one)
            before = layer["name"]
        size = {} if self.input_size is None else {"input_size": self.input_size}
        return size | {"output": self.output, "layers": layers}

    def summary(self) -> str:
        return ", ".join(layer["type"] for layer in self.layers)

    def bytes(self) -> bytes:
        """The safetensors file."""
        if not self.layers:
            raise Refused("the model has no layers")
        tensors = self.tensors or {"unused": np.zeros(0, np.float32)}
        return save(tensors, {"sluice.architecture": json.dumps(self.json())})


class Exported(Protocol):
    """What is written: layers with their tensors, or tensors alone."""

    notes: list[str]

    def bytes(self) -> bytes: ...

    def summary(self) -> str: ...


def run_exporter(export: Callable[[], tuple[Path, Exported]]) -> int:
    """Writes what `export` returns. Exit status 0 done, 3 for a model that is refused, with one sentence
    that says why, 1 for a file that cannot be written."""
    try:
        path, architecture = export()
        content = architecture.bytes()
    except Refused as refusal:
        print(f"{Path(sys.argv[0]).name}: {refusal}", file=sys.stderr)
        return 3
    try:
        path.write_bytes(content)
    except OSError as error:
        print(f"{Path(sys.argv[0]).name}: {path}: {error.strerror}", file=sys.stderr)
        return 1
    for note in architecture.notes:
        print(f"{Path(sys.argv[0]).name}: note: {note}", file=sys.stderr)
    print(f"{path}: {len(content)} bytes: {architecture.summary()}")
    return 0
