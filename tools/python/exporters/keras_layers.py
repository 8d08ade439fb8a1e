"""What each of Keras' layers is in an architecture. Not run by itself; keras_exporter.py imports it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from keras_config import Options, is_number
from keras_files import KerasFile
from sluice_architecture import INPUT, Architecture, Array, Refused, shown

FUNCTIONS = ("tanh", "sigmoid", "relu", "softmax", "softsign", "softplus", "elu")
JOINS = ("Add", "Subtract", "Average", "Concatenate")
CELLS = {"LSTM": ("lstm", 4), "GRU": ("gru", 3), "SimpleRNN": ("rnn", 1)}


@dataclass
class Value:
    """The output of the architecture's layer `layer`; `last` where it is that of the last step alone."""

    layer: str
    last: bool = False


class Layers:
    """Adds to the architecture what a layer computes."""

    def __init__(self, file: KerasFile):
        self.file = file
        self.architecture = Architecture()

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
        if not isinstance(name, str | None):
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

    # Recurrent layers.

    def cell(self, kind: str, options: Options, arrays: list[Array]) -> dict[str, Array]:
        """The cell's tensors in PyTorch's names and order of gates."""
        units, gates = options.count("units"), CELLS[kind][1]
        biased = options.flag("use_bias", True)
        double = kind == "GRU" and self.resets_after(options)
        bias = [(2, gates * units) if double else (gates * units,)] if biased else []
        self.expect(arrays, (None, gates * units), (units, gates * units), *bias)

        def ordered(rows: Array) -> Array:
            if kind != "GRU":
                return rows
            z, r, h = np.split(rows, 3)
            return np.concatenate([r, z, h])

        tensors = {"weight_ih_l0": ordered(arrays[0].T), "weight_hh_l0": ordered(arrays[1].T)}
        if biased:
            own, other = (arrays[2][0], arrays[2][1]) if double else (arrays[2], np.zeros_like(arrays[2]))
            tensors |= {"bias_ih_l0": ordered(own), "bias_hh_l0": ordered(other)}
        return tensors

    def resets_after(self, options: Options) -> bool:
        """Whether a GRU's reset gate meets what U gave: where the key is missing, as the version of Keras takes it."""
        if "reset_after" not in options.values and self.file.major in (2, None) and not options.flag("use_bias", True):
            # Biases would tell by their shape: Keras 2 wrote the key once it had more than one way.
            raise Refused("reset_after is missing")
        return options.flag("reset_after", (self.file.major or 0) >= 3)

    def cell_options(self, kind: str, options: Options) -> dict[str, Any]:
        found: dict[str, Any] = {}
        own, gate = self.named_activation(options, "activation", "tanh"), "sigmoid"
        if own != "tanh":
            found["activation"] = own or "linear"
        if kind != "SimpleRNN":
            gate = self.named_activation(options, "recurrent_activation", "sigmoid")
            if gate != "sigmoid":
                found["gate_activation"] = gate or "linear"
        if "softmax" in (own, gate):
            raise Refused("softmax within a cell")
        if kind == "GRU" and not self.resets_after(options):
            found["reset_after"] = False
        return found

    def recurrent(self, kind: str, name: str, options: Options, x: Value, arrays: list[Array]) -> Value:
        if x.last:
            raise Refused("reads the last step alone")
        last, backwards = not options.flag("return_sequences", False), options.flag("go_backwards", False)
        if backwards and not last:
            raise Refused("go_backwards with return_sequences: its outputs stand in reverse order")
        more = {"reverse": True, "final_state": True} if backwards else {}
        tensors = self.cell(kind, options, arrays)
        return Value(self.add(name, CELLS[kind][0], x, tensors, **self.cell_options(kind, options), **more), last)

    def bidirectional(self, name: str, options: Options, x: Value, weights: dict[str, list[Array]]) -> Value:
        kind, inner = options.layer("layer")
        if kind not in CELLS:
            raise Refused(f"of {shown(kind)}")
        merge = options.get("merge_mode", "concat")
        if merge not in ("concat", "sum", "ave"):
            raise Refused(f"merge_mode={shown(merge)}; expected 'concat', 'sum' or 'ave'")
        if inner.flag("go_backwards", False):
            raise Refused("go_backwards=True of its forward layer")
        if options.get("backward_layer") is not None:
            self.same_backwards(kind, inner, *options.layer("backward_layer"))
        if x.last:
            raise Refused("reads the last step alone")
        tensors = self.cell(kind, inner, weights["forward_layer"])
        backwards = self.cell(kind, inner, weights["backward_layer"])
        tensors |= {f"{key}_reverse": value for key, value in backwards.items()}
        more = self.cell_options(kind, inner)
        if merge != "concat":
            more["merge"] = "sum" if merge == "sum" else "average"
        last = not inner.flag("return_sequences", False)
        if last:
            # Beside the last step of the one direction stands the state in which the other ends.
            more["final_state"] = True
        return Value(self.add(name, CELLS[kind][0], x, tensors, bidirectional=True, **more), last)

    @staticmethod
    def same_backwards(kind: str, forward: Options, other: str, backward: Options) -> None:
        """Throws unless the backward layer is the forward one in all that is computed, but that it goes backwards."""
        silent = ("name", "go_backwards", "dtype", "trainable", "seed")
        own = {k: v for k, v in forward.values.items() if k not in silent and "initializer" not in k}
        differs = other != kind or any(backward.get(k) != v for k, v in own.items())
        if differs or not backward.flag("go_backwards", False):
            raise Refused("a backward_layer with options of its own")

    # Layers of every step alone.

    def dense(self, name: str, options: Options, x: Value, arrays: list[Array]) -> str:
        units, biased = options.count("units"), options.flag("use_bias", True)
        self.expect(arrays, (None, units), *([(units,)] if biased else []))
        tensors = {"weight": arrays[0].T} | ({"bias": arrays[1]} if biased else {})
        return self.add(name, "dense", x, tensors, activation=self.activation(options.get("activation")))

    def embedding(self, name: str, options: Options, x: Value, arrays: list[Array]) -> str:
        if x.layer != INPUT or self.architecture.layers:
            raise Refused("does not read the model's input")
        self.expect(arrays, (options.count("input_dim"), options.count("output_dim")))
        self.architecture.input_size = options.count("input_dim")
        return self.add(name, "embedding", x, {"weight": arrays[0]})

    def conv1d(self, name: str, options: Options, x: Value, arrays: list[Array]) -> str:
        if x.last:
            raise Refused("reads the last step alone")
        taps, dilation = options.first_count("kernel_size"), options.first_count("dilation_rate", 1)
        padding, groups, filters = options.get("padding", "valid"), options.count("groups", 1), options.count("filters")
        if padding != "causal" and taps != 1:
            raise Refused(f"padding={shown(padding)}; expected 'causal'")
        biased = options.flag("use_bias", True)
        self.expect(arrays, (taps, None, filters), *([(filters,)] if biased else []))
        tensors = {"weight": arrays[0].transpose(2, 1, 0)} | ({"bias": arrays[1]} if biased else {})
        function = self.activation(options.get("activation"))
        alone = function == "softmax"
        name = self.add(
            name, "conv1d", x, tensors, padding="causal", dilation=dilation, groups=groups,
            activation=None if alone else function,
        )  # fmt: skip
        return self.add(f"{name}.activation", "activation", Value(name), activation=function) if alone else name

    # Norms.

    def feature_axis(self, options: Options, x: Value) -> None:
        axis = options.axis()
        if axis not in (-1, 1 if x.last else 2):
            raise Refused(f"axis={axis}; expected the features")

    def scaled(self, options: Options, arrays: list[Array], *more: str) -> dict[str, Array]:
        """The arrays of a norm by their names: a factor and a summand where it has them, and `more`."""
        keys = [k for k, has in (("weight", "scale"), ("bias", "center")) if options.flag(has, True)] + list(more)
        self.expect(arrays, *[(None,)] * len(keys))
        return dict(zip(keys, arrays, strict=True))

    def batch_normalization(self, name: str, options: Options, x: Value, arrays: list[Array]) -> str:
        self.feature_axis(options, x)
        tensors = self.scaled(options, arrays, "running_mean", "running_var")
        return self.add(name, "batchnorm", x, tensors, epsilon=options.number("epsilon"))

    def layer_normalization(self, name: str, options: Options, x: Value, arrays: list[Array]) -> str:
        self.feature_axis(options, x)
        return self.add(name, "layernorm", x, self.scaled(options, arrays), epsilon=options.number("epsilon"))

    def normalization(self, name: str, options: Options, x: Value, arrays: list[Array]) -> str:
        self.feature_axis(options, x)
        if options.get("mean") is not None:
            arrays = [self.numbers(options, key) for key in ("mean", "variance")]
        if len(arrays) < 2 or arrays[0].size != arrays[1].size:
            raise Refused("no mean and variance of each feature")
        # Behind them may stand how many samples they were computed of.
        mean, variance = (array.reshape(-1) for array in arrays[:2])
        # Keras divides by the deviation, or by a small number where that is smaller.
        tensors = {"running_mean": mean, "running_var": np.maximum(variance, 1e-14)}
        return self.add(name, "batchnorm", x, tensors, epsilon=0)

    @staticmethod
    def numbers(options: Options, key: str) -> Array:
        """A number, or a number for each feature, in as many brackets as there are axes."""
        value = options.get(key)
        found = value
        while isinstance(found, list) and len(found) == 1:
            found = found[0]
        found = found if isinstance(found, list) else [found]
        if not all(is_number(one) for one in found):
            raise Refused(f"{key}={shown(value)}; expected numbers")
        return np.asarray(found, np.float32)

    # Activations as layers of their own.

    def affine(self, name: str, x: Value, factor: float, summand: float = 0) -> str:
        """factor * x + summand."""
        return self.add(name, "scale", x, factor=float(factor), summand=float(summand))

    def rescaling(self, name: str, options: Options, x: Value, arrays: list[Array]) -> str:
        return self.affine(name, x, options.number("scale"), options.number("offset", 0))

    def prelu(self, name: str, options: Options, x: Value, arrays: list[Array]) -> str:
        if len(arrays) != 1 or arrays[0].ndim == 0 or arrays[0].size != arrays[0].shape[-1]:
            raise Refused("a slope for every step; expected shared_axes=[1]")
        return self.add(name, "prelu", x, {"weight": arrays[0].reshape(-1)})

    def function(self, name: str, x: Value, function: Any) -> str:
        return x.layer if function is None else self.add(name, "activation", x, activation=function)

    def activation_layer(self, name: str, options: Options, x: Value, arrays: list[Array]) -> str:
        return self.function(name, x, self.activation(options.get("activation")))

    def relu(self, name: str, options: Options, x: Value, arrays: list[Array]) -> str:
        slope = 0 if options.get("negative_slope") is None else options.number("negative_slope")
        return self.function(name, x, {"function": "leaky_relu", "alpha": slope} if slope else "relu")

    def leaky_relu(self, name: str, options: Options, x: Value, arrays: list[Array]) -> str:
        key = "negative_slope" if "negative_slope" in options.values else "alpha"
        return self.function(name, x, {"function": "leaky_relu", "alpha": options.number(key, 0.3)})

    def elu(self, name: str, options: Options, x: Value, arrays: list[Array]) -> str:
        return self.function(name, x, {"function": "elu", "alpha": options.number("alpha", 1)})

    def softmax(self, name: str, options: Options, x: Value, arrays: list[Array]) -> str:
        self.feature_axis(options, x)
        return self.function(name, x, "softmax")

    # Joins.

    def join(self, kind: str, name: str, options: Options, inputs: list[Value]) -> Value:
        if kind == "Concatenate":
            self.feature_axis(options, inputs[0] if inputs else Value(INPUT))
        if len({value.last for value in inputs}) != 1:
            raise Refused("joins a last step with a sequence")
        if len(inputs) < 2:
            raise Refused("expected at least two inputs")
        layers = [value.layer for value in inputs]
        return Value(self.joined(kind, name, layers), inputs[0].last)

    def joined(self, kind: str, name: str, layers: list[str]) -> str:
        """The name of the layer that computes it."""
        if kind in ("Add", "Concatenate"):
            return self.architecture.add(name, kind.lower(), layers)
        # Of other sums the summands are scaled: by -1 the second, or the sum by their number.
        if kind == "Subtract":
            if len(layers) != 2:
                raise Refused(f"{len(layers)} inputs; expected two")
            minus = self.affine(f"{name}.minus", Value(layers[1]), -1)
            return self.architecture.add(name, "add", [layers[0], minus])
        both = self.architecture.add(f"{name}.sum", "add", layers)
        return self.affine(name, Value(both), 1 / len(layers))

    Reader = Callable[["Layers", str, Options, Value, list[Array]], str]
    PLAIN: ClassVar[dict[str, Reader]] = {
        "Dense": dense, "Embedding": embedding, "Conv1D": conv1d, "BatchNormalization": batch_normalization,
        "LayerNormalization": layer_normalization, "Normalization": normalization, "Rescaling": rescaling, "PReLU": prelu,
        "Activation": activation_layer, "ReLU": relu, "LeakyReLU": leaky_relu, "ELU": elu, "Softmax": softmax,
    }  # fmt: skip
    # What TimeDistributed may hold: layers that know no time.
    EACH_STEP = tuple(kind for kind in PLAIN if kind not in ("Embedding", "Conv1D"))
