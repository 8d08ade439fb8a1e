"""A Keras model's layers as an architecture. Not run by itself; export_keras.py is the command, and says what is read."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from keras_files import Config, KerasFile, tensors_within
from sluice_architecture import INPUT, Architecture, Array, Refused

NOTHING = ("Dropout", "SpatialDropout1D", "GaussianDropout", "GaussianNoise", "AlphaDropout", "ActivityRegularization", "Identity")
PLAIN = ("linear", "tanh", "sigmoid", "relu", "softmax", "softsign", "softplus", "elu")
JOINS = ("Add", "Subtract", "Average", "Concatenate")
CELLS = {"LSTM": ("lstm", 4), "GRU": ("gru", 3), "SimpleRNN": ("rnn", 1)}
# Options that change nothing of what is computed at inference.
SILENT = {
    "name", "trainable", "dtype", "units", "batch_input_shape", "batch_shape", "unroll", "implementation", "stateful", "dropout",
    "recurrent_dropout", "seed", "unit_forget_bias", "zero_output_for_mask", "time_major", "kernel_initializer", "input_shape",
    "recurrent_initializer", "bias_initializer", "kernel_regularizer", "recurrent_regularizer", "bias_regularizer", "input_dim",
    "kernel_constraint", "recurrent_constraint", "bias_constraint", "activity_regularizer", "return_sequences", "input_length",
    "activation", "recurrent_activation", "use_bias", "quantization_config", "lora_rank", "lora_alpha", "output_dim", "filters",
    "kernel_size", "dilation_rate", "groups", "embeddings_initializer", "embeddings_regularizer", "embeddings_constraint",
    "axis", "momentum", "epsilon", "center", "scale", "beta_initializer", "gamma_initializer", "moving_mean_initializer",
    "moving_variance_initializer", "beta_regularizer", "gamma_regularizer", "beta_constraint", "gamma_constraint", "alpha",
    "alpha_initializer", "alpha_regularizer", "alpha_constraint", "shared_axes", "negative_slope", "reset_after", "layer",
    "backward_layer", "merge_mode", "sparse", "synchronized", "weights", "module", "registered_name", "build_config",
    "shared_object_id", "dtype_policy", "renorm_momentum", "offset", "mean", "variance",
}  # fmt: skip
# Others, with the values that are supported.
EXPECTED: dict[str, tuple[Any, ...]] = {
    "go_backwards": (False, True), "return_state": (False,), "mask_zero": (False,), "strides": (1, [1], (1,)), "data_format": (
    None, "channels_last"), "rms_scaling": (False,), "renorm": (False,), "max_value": (None,), "threshold": (0, 0.0, None),
    "virtual_batch_size": (None,), "fused": (None, True, False), "padding": ("causal", "valid"), "invert": (False,),
}  # fmt: skip


@dataclass
class Value:
    """The output of the architecture's layer `layer`; `last` where it is that of the last step alone."""

    layer: str
    last: bool = False


class Exporter:
    def __init__(self, file: KerasFile):
        self.file = file
        self.architecture = Architecture()
        self.values: dict[str, Value] = {}

    def run(self) -> Architecture:
        model, config = self.file.config["class_name"], self.file.config["config"]
        if model not in ("Sequential", "Functional", "Model"):
            raise Refused(f"the model {model}; expected Sequential or functional")
        # Keras 1 gives a Sequential's layers as the configuration itself.
        layers = config if isinstance(config, list) else config["layers"]
        before = Value(INPUT)
        for layer in layers:
            kind, options = layer["class_name"], layer["config"]
            name = options.get("name", kind)
            try:
                if not str(layer.get("module") or "keras").startswith("keras"):
                    raise Refused("a layer of one's own is not supported")
                if model == "Sequential":
                    inputs = [before]
                else:
                    inputs = self.inputs(layer.get("inbound_nodes", []))
                weights = self.file.weights(kind, name)
                before = self.values[name] = self.layer(kind, name, options, inputs, weights)
            except Refused as refusal:
                raise Refused(f"layer '{name}' ({kind}): {refusal}") from None
        if model != "Sequential":
            outputs = tensors_within(config["output_layers"])
            if len(outputs) != 1 or len(tensors_within(config["input_layers"])) != 1:
                raise Refused("more than one input or output")
            before = self.values[outputs[0][0]]
        if self.architecture.layers and before.layer != self.architecture.layers[-1]["name"]:
            raise Refused("the last layer is not the output")
        self.architecture.output = "last" if before.last else "sequence"
        return self.architecture

    def inputs(self, nodes: list[Any]) -> list[Value]:
        if len(nodes) > 1:
            raise Refused("is used more than once")
        for node in nodes:
            if isinstance(node, dict):
                given = [key for key, value in node.get("kwargs", {}).items() if value is not None and key != "training"]
                if given:
                    raise Refused(f"is called with {', '.join(given)}")
        return [self.values[layer] for layer, _, _ in tensors_within(nodes)]

    def layer(
        self, kind: str, name: str, options: Config, inputs: list[Value], weights: dict[str, list[Array]]
    ) -> Value:
        if kind == "InputLayer":
            shape = options.get("batch_shape") or options.get("batch_input_shape")
            self.input_shape(shape)
            return Value(INPUT)
        if self.architecture.input_size is None and options.get("batch_input_shape") and kind != "Embedding":
            self.input_shape(options["batch_input_shape"])
        if kind in NOTHING and len(inputs) == 1:
            return inputs[0]
        method = getattr(self, f"{kind.lower()}_layer", None)
        known = kind in CELLS or kind in JOINS or kind in ("Bidirectional", "TimeDistributed") or method is not None
        if kind == "Flatten" and len(inputs) == 1 and inputs[0].last:
            return inputs[0]
        if not known:
            raise Refused("the layer is not supported")
        self.check(options)
        if kind in JOINS:
            if kind == "Concatenate" and options.get("axis", -1) not in (-1, 2):
                raise Refused(f"axis {options['axis']}; expected the features")
            if len({value.last for value in inputs}) != 1:
                raise Refused("joins a last step with a sequence")
            if len(inputs) < 2:
                raise Refused("expected at least two inputs")
            return Value(self.joined(kind, name, [value.layer for value in inputs]), inputs[0].last)
        if len(inputs) != 1:
            raise Refused(f"{len(inputs)} inputs; expected one (a recurrent layer starts from zero)")
        x = inputs[0]
        if kind == "Bidirectional":
            return self.bidirectional(name, options, x, weights)
        arrays = weights[""]
        if kind in CELLS:
            return self.recurrent(kind, name, options, x, arrays)
        if kind == "TimeDistributed":
            inner = options["layer"]
            self.check(inner["config"])
            return self.layer(inner["class_name"], name, {**inner["config"], "name": name}, [x], weights)
        return Value(method(name, options, x, arrays), x.last)

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

    def affine(self, name: str, x: Value, factor: Any, summand: Any = 0) -> str:
        """factor * x + summand."""
        if not all(isinstance(value, int | float) for value in (factor, summand)):
            raise Refused("a factor or a summand that is not one number")
        return self.add(name, "scale", x, factor=float(factor), summand=float(summand))

    def input_shape(self, shape: list[Any]) -> None:
        # [batch, time, features], or [batch, time] of ids.
        if len(shape) == 3 and isinstance(shape[-1], int):
            self.architecture.input_size = shape[-1]
        elif len(shape) != 2:
            raise Refused(f"the input's shape {shape}; expected [batch, time, features], or ids [batch, time]")

    def check(self, options: Config) -> None:
        """Every option is one that is known to be handled, or has its usual value."""
        for key, value in options.items():
            if key in EXPECTED and value not in EXPECTED[key]:
                raise Refused(f"{key}={value!r} is not supported")
            if key not in EXPECTED and key not in SILENT and value is not None:
                raise Refused(f"the option {key}={value!r} is not known")
        if options.get("quantization_config") is not None:
            raise Refused("quantization_config is not supported")

    def activation(self, value: Any) -> Any:
        """The architecture's name of a Keras activation; None for linear."""
        name, config = value, {}
        if isinstance(value, dict):
            name, config = value.get("config", value.get("class_name")), {}
            if isinstance(name, dict):
                name, config = value["class_name"], name
        # Keras 3 made other functions of these names.
        old = self.file.version.startswith(("1.", "2."))
        if name in ("relu", "ReLU") and any(config.get(k) for k in ("negative_slope", "max_value", "threshold")):
            raise Refused(f"the activation {value}")
        if name in (None, "linear"):
            return None
        if name in ("hard_sigmoid", "HardSigmoid"):
            slope = 0.2 if old else 1 / 6
            return {"function": "hard_sigmoid", "alpha": slope, "beta": 0.5}
        if name == "leaky_relu":
            return {"function": "leaky_relu", "alpha": 0.2}
        if name not in PLAIN:
            raise Refused(f"the activation {name} is not supported")
        return name

    def tensors(self, name: str, **arrays: Array) -> str:
        for key, value in arrays.items():
            self.architecture.tensor(f"{name}.{key}", value)
        return f"{name}."

    def add(self, name: str, kind: str, x: Value, **options: Any) -> str:
        return self.architecture.add(name, kind, [x.layer], **{k: v for k, v in options.items() if v is not None})

    @staticmethod
    def expect(arrays: list[Array], *shapes: tuple[int | None, ...]) -> None:
        found = [a.shape for a in arrays]
        fits = len(found) == len(shapes) and all(
            len(f) == len(s) and all(n in (None, m) for m, n in zip(f, s, strict=True)) for f, s in zip(found, shapes)
        )
        if not fits:
            raise Refused(f"weights of the shapes {found}; expected {list(shapes)}")

    # The layers.

    def cell(self, kind: str, options: Config, arrays: list[Array]) -> dict[str, Array]:
        """The cell's tensors in PyTorch's names and order of gates."""
        units, gates = options["units"], CELLS[kind][1]
        biased = options.get("use_bias", True)
        double = kind == "GRU" and options.get("reset_after", False)
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

    def cell_options(self, kind: str, options: Config) -> dict[str, Any]:
        found: dict[str, Any] = {}
        own, gate = self.activation(options.get("activation", "tanh")), "sigmoid"
        if own != "tanh":
            found["activation"] = own or "linear"
        if kind != "SimpleRNN":
            gate = self.activation(options.get("recurrent_activation", "sigmoid"))
            if gate != "sigmoid":
                found["gate_activation"] = gate or "linear"
        if "softmax" in (own, gate):
            raise Refused("softmax within a cell")
        if kind == "GRU" and not options.get("reset_after", False):
            found["reset_after"] = False
        return found

    def recurrent(self, kind: str, name: str, options: Config, x: Value, arrays: list[Array]) -> Value:
        if x.last:
            raise Refused("reads the last step alone")
        prefix = self.tensors(name, **self.cell(kind, options, arrays))
        last = not options.get("return_sequences", False)
        if options.get("go_backwards", False):
            if not last:
                raise Refused("go_backwards with return_sequences: its outputs stand in reverse order")
        more = {"reverse": True, "final_state": True} if options.get("go_backwards", False) else {}
        self.add(name, CELLS[kind][0], x, tensors=prefix, **self.cell_options(kind, options), **more)
        return Value(name, last)

    def bidirectional(self, name: str, options: Config, x: Value, weights: dict[str, list[Array]]) -> Value:
        inner = options["layer"]
        kind, config = inner["class_name"], inner["config"]
        if kind not in CELLS:
            raise Refused(f"of {kind}")
        self.check(config)
        merge = options.get("merge_mode", "concat")
        if merge not in ("concat", "sum", "ave"):
            raise Refused(f"merge_mode={merge!r}; expected 'concat', 'sum' or 'ave'")
        if config.get("go_backwards", False):
            raise Refused("go_backwards=True of its forward layer")
        if options.get("backward_layer"):
            backward = options["backward_layer"]
            own = {k: v for k, v in config.items() if k not in ("name", "go_backwards") and "initializer" not in k}
            other = backward["config"]
            if backward["class_name"] != kind or any(other.get(k) != v for k, v in own.items() if k != "dtype"):
                raise Refused("a backward_layer with options of its own")
        if x.last:
            raise Refused("reads the last step alone")
        tensors = self.cell(kind, config, weights["forward_layer"])
        backwards = self.cell(kind, config, weights["backward_layer"])
        tensors |= {f"{key}_reverse": value for key, value in backwards.items()}
        prefix = self.tensors(name, **tensors)
        more = self.cell_options(kind, config)
        if merge != "concat":
            more["merge"] = "sum" if merge == "sum" else "average"
        last = not config.get("return_sequences", False)
        if last:
            # Beside the last step of the one direction stands the state in which the other ends.
            more["final_state"] = True
        self.add(name, CELLS[kind][0], x, tensors=prefix, bidirectional=True, **more)
        return Value(name, last)

    def dense_layer(self, name: str, options: Config, x: Value, arrays: list[Array]) -> str:
        units = options["units"]
        self.expect(arrays, (None, units), *([(units,)] if options.get("use_bias", True) else []))
        named = {"weight": arrays[0].T} | ({"bias": arrays[1]} if len(arrays) > 1 else {})
        prefix = self.tensors(name, **named)
        return self.add(name, "dense", x, tensors=prefix, activation=self.activation(options.get("activation")))

    def embedding_layer(self, name: str, options: Config, x: Value, arrays: list[Array]) -> str:
        if x.layer != INPUT or self.architecture.layers:
            raise Refused("does not read the model's input")
        self.expect(arrays, (options["input_dim"], options["output_dim"]))
        self.architecture.input_size = options["input_dim"]
        return self.add(name, "embedding", x, tensors=self.tensors(name, weight=arrays[0]))

    def conv1d_layer(self, name: str, options: Config, x: Value, arrays: list[Array]) -> str:
        if x.last:
            raise Refused("reads the last step alone")
        first = lambda value: value[0] if isinstance(value, list | tuple) else value  # noqa: E731
        taps, dilation, groups = first(options["kernel_size"]), first(options["dilation_rate"]), options.get("groups", 1)
        if options["padding"] != "causal" and taps != 1:
            raise Refused(f"padding={options['padding']!r}; expected 'causal'")
        filters = options["filters"]
        self.expect(arrays, (taps, None, filters), *([(filters,)] if options.get("use_bias", True) else []))
        named = {"weight": arrays[0].transpose(2, 1, 0)} | ({"bias": arrays[1]} if len(arrays) > 1 else {})
        prefix, function = self.tensors(name, **named), self.activation(options.get("activation"))
        alone = function == "softmax"
        name = self.add(
            name, "conv1d", x, tensors=prefix, padding="causal", dilation=dilation, groups=groups,
            activation=None if alone else function,
        )  # fmt: skip
        return self.add(f"{name}.activation", "activation", Value(name), activation=function) if alone else name

    def batchnormalization_layer(self, name: str, options: Config, x: Value, arrays: list[Array]) -> str:
        self.feature_axis(options, x)
        keys = [k for k, has in (("weight", "scale"), ("bias", "center")) if options.get(has, True)]
        keys += ["running_mean", "running_var"]
        self.expect(arrays, *[(None,)] * len(keys))
        prefix = self.tensors(name, **dict(zip(keys, arrays, strict=True)))
        return self.add(name, "batchnorm", x, tensors=prefix, epsilon=options["epsilon"])

    def layernormalization_layer(self, name: str, options: Config, x: Value, arrays: list[Array]) -> str:
        self.feature_axis(options, x)
        keys = [k for k, has in (("weight", "scale"), ("bias", "center")) if options.get(has, True)]
        self.expect(arrays, *[(None,)] * len(keys))
        prefix = self.tensors(name, **dict(zip(keys, arrays, strict=True)))
        return self.add(name, "layernorm", x, tensors=prefix, epsilon=options["epsilon"])

    def feature_axis(self, options: Config, x: Value) -> None:
        axis = options.get("axis", -1)
        axis = axis[0] if isinstance(axis, list) and len(axis) == 1 else axis
        if axis not in (-1, 1 if x.last else 2):
            raise Refused(f"axis={axis}; expected the features")

    def normalization_layer(self, name: str, options: Config, x: Value, arrays: list[Array]) -> str:
        self.feature_axis(options, x)
        if options.get("mean") is not None:
            arrays = [np.asarray(options[key], np.float32) for key in ("mean", "variance")]
        # Behind them may stand how many samples they were computed of.
        mean, variance = (array.reshape(-1) for array in arrays[:2])
        # Keras divides by the deviation, or by a small number where that is smaller.
        prefix = self.tensors(name, running_mean=mean, running_var=np.maximum(variance, 1e-14))
        return self.add(name, "batchnorm", x, tensors=prefix, epsilon=0)

    def rescaling_layer(self, name: str, options: Config, x: Value, arrays: list[Array]) -> str:
        return self.affine(name, x, options["scale"], options.get("offset", 0))

    def prelu_layer(self, name: str, options: Config, x: Value, arrays: list[Array]) -> str:
        if len(arrays) != 1 or arrays[0].size != arrays[0].shape[-1]:
            raise Refused("a slope for every step; expected shared_axes=[1]")
        return self.add(name, "prelu", x, tensors=self.tensors(name, weight=arrays[0].reshape(-1)))

    def activation_layer(self, name: str, options: Config, x: Value, arrays: list[Array]) -> str:
        function = self.activation(options["activation"])
        return x.layer if function is None else self.add(name, "activation", x, activation=function)

    def relu_layer(self, name: str, options: Config, x: Value, arrays: list[Array]) -> str:
        slope = options.get("negative_slope") or 0
        function = {"function": "leaky_relu", "alpha": slope} if slope else "relu"
        return self.add(name, "activation", x, activation=function)

    def leakyrelu_layer(self, name: str, options: Config, x: Value, arrays: list[Array]) -> str:
        slope = options.get("negative_slope", options.get("alpha", 0.3))
        return self.add(name, "activation", x, activation={"function": "leaky_relu", "alpha": float(slope)})

    def elu_layer(self, name: str, options: Config, x: Value, arrays: list[Array]) -> str:
        alpha = float(options.get("alpha", 1))
        return self.add(name, "activation", x, activation={"function": "elu", "alpha": alpha})

    def softmax_layer(self, name: str, options: Config, x: Value, arrays: list[Array]) -> str:
        self.feature_axis(options, x)
        return self.add(name, "activation", x, activation="softmax")


def architecture_of(path: str | Path) -> Architecture:
    """The architecture and tensors of a saved model. Raises Refused for what is not supported, by its name."""
    return Exporter(KerasFile(Path(path))).run()
