"""What each of Keras' layers is in an architecture. Not run by itself; keras_exporter.py imports it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np

from .keras_config import Options, is_number
from .keras_recurrent import CELLS, Recurrent
from .keras_values import Value
from .sluice_architecture import INPUT, Array, Refused, shown

__all__ = ["CELLS", "JOINS", "Layers", "Value"]

JOINS = ("Add", "Subtract", "Average", "Concatenate")


class Layers(Recurrent):
    """Adds to the architecture what a layer computes."""

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
        masks = True if options.flag("mask_zero", False) else None
        return self.add(name, "embedding", x, {"weight": arrays[0]}, mask_zero=masks)

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

    # Masks, and last steps.

    def masking(self, name: str, options: Options, x: Value) -> Value:
        if x.last:
            raise Refused("reads the last step alone")
        layer = self.masking_layer(name, x, options.number("mask_value", 0))
        return Value(layer, mask=layer, flipped=x.flipped)

    def masking_layer(self, name: str, x: Value, value: float) -> str:
        """The layer that masks the steps of x that are this value: one that is there, or a new one."""
        for layer in self.architecture.layers:
            if layer["inputs"] == [x.layer] and layer["type"] == "masking" and layer["value"] == value:
                return layer["name"]
        return self.add(name, "masking", x, value=value)

    def repeated(self, options: Options, x: Value) -> Value:
        """The last step at every step: each layer that ends there writes at every step what it ends with."""
        count = options.count("n")
        if not x.last or x.shaped or not x.ends:
            raise Refused("of what is not the last step of recurrent layers")
        if count != self.steps:
            known = "a number of steps that is not fixed" if self.steps is None else f"{self.steps} steps"
            raise Refused(f"n={count} behind {known}: as many steps come out as go in; give the model an input of that length")
        for layer in self.architecture.layers:
            if layer["name"] in x.ends:
                layer["repeat"] = True
        self.architecture.notes.append(f"RepeatVector(n={count}) gives as many steps as the model is given: give it {count}")
        return Value(x.layer)

    def reshaped(self, options: Options, x: Value) -> Value:
        shape = options.get("target_shape")
        if not isinstance(shape, list) or not all(isinstance(n, int) and not isinstance(n, bool) for n in shape):
            raise Refused(f"target_shape={shown(shape)}; expected whole numbers")
        if not x.last:
            raise Refused("of a sequence: steps and features would mix")
        return replace(x, shaped=len(shape) > 1)

    # Joins.

    def join(self, kind: str, name: str, options: Options, inputs: list[Value]) -> Value:
        if kind == "Concatenate":
            self.feature_axis(options, inputs[0] if inputs else Value(INPUT))
        if len({value.last for value in inputs}) != 1:
            raise Refused("joins a last step with a sequence")
        if len(inputs) < 2:
            raise Refused("expected at least two inputs")
        if len({(value.mask, value.flipped) for value in inputs}) != 1:
            raise Refused("joins sequences that are masked, or stand in reverse order, with others")
        layer = self.joined(kind, name, [value.layer for value in inputs])
        return replace(inputs[0], layer=layer, ends=tuple(one for value in inputs for one in value.ends))

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
