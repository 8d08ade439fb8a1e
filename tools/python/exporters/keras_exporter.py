"""A Keras model's layers as an architecture. Not run by itself; export_keras.py is the command, and says what is read."""

from pathlib import Path

from keras_config import LayerConfig, ModelConfig, inputs_of
from keras_files import KerasFile
from keras_layers import CELLS, JOINS, Layers, Value
from sluice_architecture import INPUT, Architecture, Refused, shown

NOTHING = (
    "Dropout",
    "SpatialDropout1D",
    "GaussianDropout",
    "GaussianNoise",
    "AlphaDropout",
    "ActivityRegularization",
    "Identity",
)


class Exporter(Layers):
    def __init__(self, file: KerasFile):
        super().__init__(file)
        self.values: dict[str, Value] = {}

    def run(self) -> Architecture:
        model = ModelConfig(self.file.config)
        before = Value(INPUT)
        for layer in model.layers:
            try:
                inputs = [before] if model.is_sequential else [self.value(name) for name in inputs_of(layer.nodes)]
                before = self.values[layer.name] = self.read(layer, inputs)
            except Refused as refusal:
                raise Refused(f"layer {shown(layer.name)} ({layer.kind}): {refusal}") from None
        if not model.is_sequential:
            before = self.value(model.outputs[0])
            if self.value(model.inputs[0]) != Value(INPUT):
                raise Refused(f"the input {shown(model.inputs[0])} is no InputLayer")
        if self.architecture.layers and before.layer != self.architecture.layers[-1]["name"]:
            raise Refused("the last layer is not the output")
        self.architecture.output = "last" if before.last else "sequence"
        return self.architecture

    def value(self, name: str) -> Value:
        if name not in self.values:
            raise Refused(f"{shown(name)} is no layer that stands before it")
        return self.values[name]

    def read(self, layer: LayerConfig, inputs: list[Value]) -> Value:
        kind, name, options = layer.kind, layer.name, layer.options
        # Asked for every layer: an archive counts them.
        weights = self.file.weights(kind, name)
        if kind == "InputLayer":
            self.input_shape(options.get("batch_shape") or options.get("batch_input_shape"))
            return Value(INPUT)
        if self.architecture.input_size is None and options.get("batch_input_shape") and kind != "Embedding":
            self.input_shape(options.get("batch_input_shape"))
        if len(inputs) == 1 and (kind in NOTHING or kind == "Flatten" and inputs[0].last):
            return inputs[0]
        if not (kind in CELLS or kind in JOINS or kind in ("Bidirectional", "TimeDistributed") or kind in self.PLAIN):
            raise Refused("the layer is not supported")
        options.check()
        if kind in JOINS:
            return self.join(kind, name, options, inputs)
        if len(inputs) != 1:
            raise Refused(f"{len(inputs)} inputs; expected one (a recurrent layer starts from zero)")
        x = inputs[0]
        if kind == "Bidirectional":
            return self.bidirectional(name, options, x, weights)
        if kind in CELLS:
            return self.recurrent(kind, name, options, x, weights[""])
        if kind == "TimeDistributed":
            kind, options = options.layer("layer")
            if kind not in self.EACH_STEP:
                raise Refused(f"of {shown(kind)}")
            # Its layer sees a step as if it were the last one: without an axis of time.
            return Value(self.PLAIN[kind](self, name, options, Value(x.layer, True), weights[""]), x.last)
        return Value(self.PLAIN[kind](self, name, options, x, weights[""]), x.last)

    def input_shape(self, shape: object) -> None:
        # [batch, time, features], or [batch, time] of ids.
        sizes = shape if isinstance(shape, list) else []
        fits = all(n is None or isinstance(n, int) and not isinstance(n, bool) and 0 < n < 1 << 31 for n in sizes)
        if len(sizes) not in (2, 3) or not fits:
            raise Refused(f"the input's shape {shown(shape)}; expected [batch, time, features], or ids [batch, time]")
        if len(sizes) == 3 and sizes[2] is not None:
            self.architecture.input_size = sizes[2]


def architecture_of(path: str | Path) -> Architecture:
    """The architecture and tensors of a saved model. Raises Refused for what is not supported, by its name."""
    return Exporter(KerasFile(Path(path))).run()
