"""A Keras model's layers as an architecture. Not run by itself; export_keras.py is the command, and says what is read."""

from dataclasses import replace
from pathlib import Path

from .keras_config import LayerConfig, ModelConfig, Options, inputs_of, mask_of, number_of
from .keras_files import KerasFile
from .keras_layers import CELLS, JOINS, Layers, Value
from .sluice_architecture import INPUT, Architecture, Refused, shown

NOTHING = (
    "Dropout",
    "SpatialDropout1D",
    "GaussianDropout",
    "GaussianNoise",
    "AlphaDropout",
    "ActivityRegularization",
    "Identity",
)
# What changes the layer that it reads, or the meaning of its steps.
OTHERS = ("Masking", "RepeatVector", "Reshape", "RNN", "Bidirectional", "TimeDistributed")
# Layers behind which Keras knows of no mask any more, and what computes with one.
MASKLESS = ("Conv1D",)
POINTWISE = ("Activation", "ReLU", "LeakyReLU", "ELU", "Rescaling")


class Exporter(Layers):
    def __init__(self, file: KerasFile):
        super().__init__(file)
        self.values: dict[str, Value] = {}
        # The masks that operations of their own compute, by their names: that of which layer.
        self.masks: dict[str, str] = {}

    def run(self) -> Architecture:
        model = ModelConfig(self.file.config)
        before = Value(INPUT)
        for layer in model.layers:
            try:
                if not model.is_sequential and self.is_mask(layer):
                    continue
                inputs = [before] if model.is_sequential else [self.value(name) for name in inputs_of(layer.nodes)]
                inputs = [self.given_mask(value, mask_of(layer.nodes)) for value in inputs]
                before = self.values[layer.name] = self.read(layer, inputs)
            except Refused as refusal:
                raise Refused(f"layer {shown(layer.name)} ({layer.kind}): {refusal}") from None
        if not model.is_sequential:
            before = self.outputs([self.value(name) for name in model.outputs])
            if self.value(model.inputs[0]) != Value(INPUT):
                raise Refused(f"the input {shown(model.inputs[0])} is no InputLayer")
        if self.architecture.layers and before.layer != self.architecture.layers[-1]["name"]:
            raise Refused("the last layer is not the output")
        if before.flipped:
            raise Refused("the model's output: its steps stand in reverse order (go_backwards with return_sequences)")
        self.architecture.output = "last" if before.last else "sequence"
        return self.architecture

    def outputs(self, values: list[Value]) -> Value:
        """What the model writes: several outputs side by side, in its order."""
        if len(values) == 1:
            return values[0]
        if len({(value.last, value.mask, value.flipped) for value in values}) != 1:
            raise Refused("outputs of which some are a last step, masked, or in reverse order, and some are not")
        self.architecture.notes.append(f"{len(values)} outputs stand side by side, in the model's order")
        return Value(self.architecture.add("outputs", "concatenate", [value.layer for value in values]), last=values[0].last)

    def value(self, name: str) -> Value:
        if name not in self.values:
            raise Refused(f"{shown(name)} is no layer that stands before it")
        return self.values[name]

    # Masks that a functional model computes by operations of its own.

    def is_mask(self, layer: LayerConfig) -> bool:
        """Whether the layer is such an operation; takes note of the mask."""
        names = inputs_of(layer.nodes) if layer.kind in ("NotEqual", "Any", "LogicalOr", "LogicalAnd") else []
        if layer.kind == "NotEqual" and len(names) == 1:
            self.masks[layer.name] = self.mask(layer.name, self.value(names[0]), number_of(layer.nodes))
            return True
        if layer.kind == "Any" and len(names) == 1 and names[0] in self.masks:
            axis, keeps = layer.options.get("axis"), layer.options.get("keepdims", False)
            if axis not in (-1, 2, [-1], [2]) or keeps:
                raise Refused(f"axis={shown(axis)} and keepdims={shown(keeps)}; expected the features")
            self.masks[layer.name] = self.masks[names[0]]
            return True
        if layer.kind.startswith("Logical") and names and names[0] in self.masks and {self.masks.get(name) for name in names} == {self.masks.get(names[0])}:
            # What a sum of sequences computes of their masks, which are one.
            self.masks[layer.name] = self.masks[names[0]]
            return True
        return False

    def mask(self, name: str, x: Value, value: float) -> str:
        """The layer that masks the steps of x that are this value: one that is there, or one more."""
        for layer in self.architecture.layers:
            if layer["inputs"] == [x.layer] and layer["type"] == "embedding" and layer.get("mask_zero") and value == 0:
                return layer["name"]
        return self.masking_layer(name, x, value)

    def given_mask(self, x: Value, name: str | None) -> Value:
        if name is None:
            return x
        if name not in self.masks:
            raise Refused(f"the mask {shown(name)}: expected a comparison of every step's features with one number")
        return replace(x, mask=self.masks[name])

    def read(self, layer: LayerConfig, inputs: list[Value]) -> Value:
        kind, name, options = layer.kind, layer.name, layer.options
        # Asked for every layer: an archive counts them.
        weights = self.file.weights(kind, name, cells_of(options) if kind == "RNN" else [])
        if kind == "InputLayer":
            self.input_shape(options.get("batch_shape") or options.get("batch_input_shape"))
            return Value(INPUT)
        if self.architecture.input_size is None and options.get("batch_input_shape") and kind != "Embedding":
            self.input_shape(options.get("batch_input_shape"))
        if len(inputs) == 1 and (kind in NOTHING or kind == "Flatten" and inputs[0].last):
            return replace(inputs[0], shaped=inputs[0].shaped and kind != "Flatten")
        if not (kind in CELLS or kind in JOINS or kind in OTHERS or kind in self.PLAIN):
            raise Refused("the layer is not supported")
        options.check()
        if any(value.shaped for value in inputs) and (kind not in (*POINTWISE, "Reshape") or self.is_over_features(kind, options)):
            raise Refused("reads features that a Reshape has put on several axes")
        if kind in JOINS:
            return self.join(kind, name, options, inputs)
        if len(inputs) != 1:
            raise Refused(f"{len(inputs)} inputs; expected one (a recurrent layer starts from zero)")
        x = inputs[0]
        if kind == "Masking":
            return self.masking(name, options, x)
        if kind == "RepeatVector":
            return self.repeated(options, x)
        if kind == "Reshape":
            return self.reshaped(options, x)
        if kind == "Bidirectional":
            return self.bidirectional(name, options, x, weights)
        if kind == "RNN":
            return self.of_cells(name, options, x, weights[""])
        if kind in CELLS:
            return self.recurrent(kind, name, options, x, weights[""])
        if kind == "TimeDistributed":
            kind, options = options.layer("layer")
            if kind not in self.EACH_STEP:
                raise Refused(f"of {shown(kind)}")
            # Its layer sees a step as if it were the last one: without an axis of time.
            return replace(x, layer=self.PLAIN[kind](self, name, options, Value(x.layer, True), weights[""]))
        if kind == "Conv1D" and x.flipped:
            raise Refused("reads steps in reverse order")
        if kind == "Softmax" and x.mask is not None:
            raise Refused("of masked steps")
        y = replace(x, layer=self.PLAIN[kind](self, name, options, x, weights[""]))
        if kind == "Embedding" and options.flag("mask_zero", False):
            return replace(y, mask=y.layer)
        return replace(y, mask=None) if kind in MASKLESS else y

    @staticmethod
    def is_over_features(kind: str, options: Options) -> bool:
        return kind == "Activation" and options.get("activation") in ("softmax", "log_softmax")

    def input_shape(self, shape: object) -> None:
        # [batch, time, features], or [batch, time] of ids.
        sizes = shape if isinstance(shape, list) else []
        fits = all(n is None or isinstance(n, int) and not isinstance(n, bool) and 0 < n < 1 << 31 for n in sizes)
        if len(sizes) not in (2, 3) or not fits:
            raise Refused(f"the input's shape {shown(shape)}; expected [batch, time, features], or ids [batch, time]")
        self.steps = sizes[1]
        if len(sizes) == 3 and sizes[2] is not None:
            self.architecture.input_size = sizes[2]


def cells_of(options: Options) -> list[str]:
    """The classes of an RNN's cells."""
    kind, inner = options.layer("cell")
    return [one for one, _ in inner.layers("cells")] if kind == "StackedRNNCells" else [kind]


def architecture_of(path: str | Path) -> Architecture:
    """The architecture and tensors of a saved model. Raises Refused for what is not supported, by its name."""
    return Exporter(KerasFile(Path(path))).run()
