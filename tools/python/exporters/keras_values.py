"""What a Keras layer gives, and what all of them share. Not run by itself; keras_layers.py imports it."""

from dataclasses import dataclass
from typing import Any

from .keras_config import Options
from .keras_files import KerasFile
from .sluice_architecture import Architecture, Array, Refused, shown

FUNCTIONS = ("tanh", "sigmoid", "relu", "softmax", "log_softmax", "softsign", "softplus", "elu")


@dataclass(frozen=True)
class Value:
    """The output of the architecture's layer `layer`; `last` where it is that of the last step alone."""

    layer: str
    last: bool = False
    # The layer that tells which steps are masked.
    mask: str | None = None
    # Whether the steps stand in reverse order.
    flipped: bool = False
    # Of a last step the recurrent layers that end there.
    ends: tuple[str, ...] = ()
    # Whether the features of a last step stand on several axes.
    shaped: bool = False


class Base:
    """Adds to the architecture what a layer computes."""

    def __init__(self, file: KerasFile):
        self.file = file
        self.architecture = Architecture()
        # Steps of the model's input; None where they are not fixed.
        self.steps: int | None = None

    def add(self, name: str, kind: str, x: Value, arrays: dict[str, Array] | None = None, **options: Any) -> str:
        return self.architecture.add(name, kind, [x.layer], arrays, **{k: v for k, v in options.items() if v is not None})

    @staticmethod
    def expect(arrays: list[Array], *shapes: tuple[int | None, ...]) -> None:
        found = [a.shape for a in arrays]
        fits = len(found) == len(shapes) and all(
            len(f) == len(s) and all(n in (None, m) for m, n in zip(f, s, strict=True)) for f, s in zip(found, shapes)
        )
        if not fits:
            raise Refused(f"weights of the shapes {found}; expected {list(shapes)}")

    # Activations.

    def activation(self, value: Any) -> Any:
        """The architecture's name of a Keras activation; None for linear."""
        name, config = value, {}
        if isinstance(value, dict):
            inner = value.get("config", value.get("class_name"))
            name, config = (value.get("class_name"), inner) if isinstance(inner, dict) else (inner, {})
        if not isinstance(name, str | None) or (name is None and value is not None):
            raise Refused(f"the activation {shown(value)}; expected a name")
        if name in (None, "linear"):
            return None
        if any(config.values()):
            raise Refused(f"the activation {shown(name)} with {shown(config)} is not supported")
        if name in ("hard_sigmoid", "HardSigmoid"):
            return {"function": "hard_sigmoid", "alpha": self.hard_sigmoid_slope(), "beta": 0.5}
        if name == "leaky_relu":
            return {"function": "leaky_relu", "alpha": 0.2}
        if name not in FUNCTIONS:
            raise Refused(f"the activation {shown(name)} is not supported")
        return name

    def hard_sigmoid_slope(self) -> float:
        """Keras 3 made another function of this name."""
        if self.file.major is None:
            raise Refused("the activation hard_sigmoid: its slope depends on keras_version, which the file does not tell")
        return 0.2 if self.file.major < 3 else 1 / 6

    def named_activation(self, options: Options, key: str, default: str | None) -> Any:
        """A cell's activation; what it is where the key is missing, older versions did not agree on."""
        if key not in options.values and self.file.major in (1, 2):
            raise Refused(f"{key} is missing")
        return self.activation(options.get(key, default))
