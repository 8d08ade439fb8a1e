"""Reads a Keras model's configuration, in which anything may stand anywhere. Not run by itself; keras_exporter.py imports
it.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from .sluice_architecture import Refused, shown

# Options that change nothing of what is computed at inference, or that a layer's reader looks at itself.
SILENT = {
    "name", "trainable", "dtype", "units", "batch_input_shape", "batch_shape", "unroll", "implementation", "stateful", "dropout",
    "recurrent_dropout", "seed", "unit_forget_bias", "zero_output_for_mask", "kernel_initializer", "input_shape",
    "recurrent_initializer", "bias_initializer", "kernel_regularizer", "recurrent_regularizer", "bias_regularizer", "input_dim",
    "kernel_constraint", "recurrent_constraint", "bias_constraint", "activity_regularizer", "return_sequences", "input_length",
    "activation", "recurrent_activation", "use_bias", "lora_rank", "lora_alpha", "output_dim", "filters",
    "kernel_size", "dilation_rate", "groups", "embeddings_initializer", "embeddings_regularizer", "embeddings_constraint",
    "axis", "momentum", "epsilon", "center", "scale", "beta_initializer", "gamma_initializer", "moving_mean_initializer",
    "moving_variance_initializer", "beta_regularizer", "gamma_regularizer", "beta_constraint", "gamma_constraint", "alpha",
    "alpha_initializer", "alpha_regularizer", "alpha_constraint", "shared_axes", "negative_slope", "reset_after", "layer",
    "backward_layer", "merge_mode", "sparse", "synchronized", "weights", "module", "registered_name", "build_config",
    "shared_object_id", "dtype_policy", "renorm_momentum", "offset", "mean", "variance", "go_backwards", "mask_zero", "mask_value",
    "n", "target_shape", "cell", "cells",
}  # fmt: skip
# Others, with the values that are supported.
EXPECTED: dict[str, tuple[Any, ...]] = {
    "return_state": (False,), "time_major": (False,), "strides": (1, [1]), "data_format": (
    None, "channels_last"), "rms_scaling": (False,), "renorm": (False,), "max_value": (None,), "threshold": (0, None),
    "virtual_batch_size": (None,), "fused": (None, True, False), "padding": ("causal", "valid"), "invert": (False,),
    "quantization_config": (None,),
}  # fmt: skip
OUTPUTS = 64  # of a model
REQUIRED = object()


class Options:
    """A layer's configuration; what is asked for is of its type, or refused by its key."""

    def __init__(self, values: Any):
        if not isinstance(values, dict):
            raise Refused(f"the configuration {shown(values)}; expected an object")
        self.values: dict[str, Any] = values

    def check(self) -> None:
        """Every option is one that is known to be handled, or has its usual value."""
        for key, value in self.values.items():
            if key in EXPECTED and value not in EXPECTED[key]:
                raise Refused(f"{key}={shown(value)} is not supported")
            if key not in EXPECTED and key not in SILENT and value is not None:
                raise Refused(f"the option {shown(key)}={shown(value)} is not known")

    def get(self, key: str, default: Any = None) -> Any:
        value = self.values.get(key, default)
        if value is REQUIRED:
            raise Refused(f"{key} is missing")
        return value

    def flag(self, key: str, default: bool) -> bool:
        return self.typed(key, default, "true or false", lambda value: isinstance(value, bool))

    def count(self, key: str, default: Any = REQUIRED) -> int:
        return self.typed(key, default, "a positive whole number", is_count)

    def first_count(self, key: str, default: Any = REQUIRED) -> int:
        """A count, or the one of a list of one: a convolution's option for each of its axes."""
        value = self.get(key, default)
        value = value[0] if isinstance(value, list) and len(value) == 1 else value
        if not is_count(value):
            raise Refused(f"{key}={shown(self.get(key))}; expected a positive whole number")
        return value

    def number(self, key: str, default: Any = REQUIRED) -> float:
        return float(self.typed(key, default, "a number", is_number))

    def text(self, key: str, default: Any = REQUIRED) -> str:
        return self.typed(key, default, "a text", lambda value: isinstance(value, str))

    def axis(self, default: int = -1) -> int:
        value = self.get("axis", default)
        value = value[0] if isinstance(value, list) and len(value) == 1 else value
        if not isinstance(value, int) or isinstance(value, bool):
            raise Refused(f"axis={shown(value)}; expected the features")
        return value

    def layer(self, key: str) -> tuple[str, "Options"]:
        """The class and the configuration of a layer within this one."""
        return self.inner(key, self.get(key))

    def layers(self, key: str) -> list[tuple[str, "Options"]]:
        """The same of several."""
        found = self.typed(key, REQUIRED, "a list of layers", lambda value: isinstance(value, list))
        return [self.inner(key, one) for one in found]

    @staticmethod
    def inner(key: str, inner: Any) -> tuple[str, "Options"]:
        if not isinstance(inner, dict) or not isinstance(inner.get("class_name"), str):
            raise Refused(f"{key}={shown(inner)}; expected a layer with its class_name")
        options = Options(inner.get("config"))
        options.check()
        return inner["class_name"], options

    def typed(self, key: str, default: Any, expected: str, fits: Any) -> Any:
        value = self.get(key, default)
        if not fits(value):
            raise Refused(f"{key}={shown(value)}; expected {expected}")
        return value


def is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1 << 31


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e38


@dataclass
class LayerConfig:
    kind: str
    name: str
    options: Options
    nodes: list[Any]


@dataclass
class ModelConfig:
    """A Sequential model, or a functional one with the layers that are its input and output."""

    is_sequential: bool
    layers: list[LayerConfig]
    inputs: list[str]
    outputs: list[str]

    def __init__(self, config: Any):
        if not isinstance(config, dict) or not isinstance(config.get("class_name"), str):
            raise Refused(f"the configuration {shown(config)}; expected a model with its class_name")
        kind, inner = config["class_name"], config.get("config")
        if kind not in ("Sequential", "Functional", "Model"):
            raise Refused(f"the model {shown(kind)}; expected Sequential or functional")
        self.is_sequential = kind == "Sequential"
        # Keras 1 gives a Sequential's layers as the configuration itself.
        options = Options({"layers": inner} if isinstance(inner, list) else inner)
        layers = options.get("layers")
        if not isinstance(layers, list):
            raise Refused(f"the model's layers {shown(layers)}; expected a list")
        self.layers = [self.layer(one) for one in layers]
        for name, count in Counter(layer.name for layer in self.layers).items():
            if count > 1:
                raise Refused(f"two layers are named {shown(name)}")
        self.inputs, self.outputs = [], []
        if not self.is_sequential:
            self.inputs = tensors_within(options.get("input_layers"))
            self.outputs = tensors_within(options.get("output_layers"))
            if len(self.inputs) != 1 or not 1 <= len(self.outputs) <= OUTPUTS:
                raise Refused(f"{len(self.inputs)} inputs and {len(self.outputs)} outputs; expected one input")

    @staticmethod
    def layer(config: Any) -> LayerConfig:
        if not isinstance(config, dict) or not isinstance(config.get("class_name"), str):
            raise Refused(f"the layer {shown(config)}; expected an object with its class_name")
        kind = config["class_name"]
        try:
            options = Options(config.get("config"))
            name = options.text("name", kind)
        except Refused as refusal:
            raise Refused(f"a layer {shown(kind)}: {refusal}") from None
        module, registered, nodes = config.get("module"), config.get("registered_name"), config.get("inbound_nodes", [])
        is_own = module is not None and str(module).split(".")[0] not in ("keras", "tf_keras")
        if is_own or registered not in (None, kind):
            raise Refused(f"layer {shown(name)} ({kind}): a layer of one's own is not supported")
        if not isinstance(nodes, list):
            raise Refused(f"layer {shown(name)} ({kind}): inbound_nodes={shown(nodes)}; expected a list")
        return LayerConfig(kind, name, options, nodes)


def inputs_of(nodes: list[Any]) -> list[str]:
    """The layers whose outputs the one call of a layer reads; a mask that it is given is no input."""
    if len(nodes) > 1:
        raise Refused("is used more than once")
    for node in nodes:
        if isinstance(node, dict):
            refuse_arguments(node.get("kwargs"))
    return tensors_within([without_mask(node) for node in nodes])


def mask_of(nodes: list[Any]) -> str | None:
    """The layer whose output the one call of a layer has as its mask."""
    options = nodes[0].get("kwargs") if nodes and isinstance(nodes[0], dict) else None
    mask = options.get("mask") if isinstance(options, dict) else None
    found = tensors_within(mask)
    if mask is not None and len(found) != 1:
        raise Refused(f"the mask {shown(mask)}")
    return found[0] if found else None


def without_mask(node: Any) -> Any:
    if not isinstance(node, dict) or not isinstance(node.get("kwargs"), dict):
        return node
    return node | {"kwargs": {key: value for key, value in node["kwargs"].items() if key != "mask"}}


def number_of(nodes: list[Any]) -> float:
    """The number that an operation has beside a tensor."""
    arguments = nodes[0].get("args") if nodes and isinstance(nodes[0], dict) else None
    found = [value for value in arguments if is_number(value)] if isinstance(arguments, list) else []
    if len(found) != 1 or len(arguments) != 2:
        raise Refused(f"the arguments {shown(arguments)}; expected a tensor and a number")
    return float(found[0])


def refuse_arguments(given: Any) -> None:
    """Of a call with more than its input and a mask: an initial state, or training at inference."""
    if not isinstance(given, dict | None):
        raise Refused(f"is called with {shown(given)}")
    named = [
        key for key, value in (given or {}).items()
        if not (value is None or key == "training" and value is False or key == "mask" and isinstance(value, dict))
    ]  # fmt: skip
    if named:
        raise Refused(f"is called with {', '.join(shown(key) for key in named)}")


def tensors_within(node: Any) -> list[str]:
    """The layers of the tensors that a call names, in Keras 3's form or Keras 2's."""
    if isinstance(node, dict):
        if node.get("class_name") == "__keras_tensor__":
            config = node.get("config")
            history = config.get("keras_history") if isinstance(config, dict) else None
            if not is_tensor(history) or len(history) != 3:
                raise Refused(f"reads a tensor of the history {shown(history)}")
            return [layer_of(history)]
        return [found for value in node.values() for found in tensors_within(value)]
    if isinstance(node, list):
        if is_tensor(node):
            if len(node) == 4:
                refuse_arguments(node[3])
            return [layer_of(node)]
        return [found for value in node for found in tensors_within(value)]
    return []


def is_tensor(node: Any) -> bool:
    return (
        isinstance(node, list) and len(node) in (3, 4) and isinstance(node[0], str)
        and all(isinstance(n, int) and not isinstance(n, bool) for n in node[1:3])
    )  # fmt: skip


def layer_of(tensor: list[Any]) -> str:
    layer, call, output = tensor[:3]
    if call != 0:
        raise Refused(f"reads call {call} of {shown(layer)}, which is used more than once")
    if output != 0:
        raise Refused(f"reads output {output} of {shown(layer)}; expected the only one")
    return layer
