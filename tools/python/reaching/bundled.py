"""More models that packages bring beside their code, of taggers, segmenters, trackers of beats and the like. Not run by itself;
rows.py imports it.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from packages import only, package
from row import Row, architecture, from_package, ids, noise
from runtimes import Array
from shipped import below, imported, old_keras


def torch_row(pin: str, what: str, pattern: str, x: Array, build: Callable[[Path, dict[str, Any]], Any], name: str) -> Row:
    """A checkpoint, beside the package's own module: `build` gives what computes, of the file and its state_dict."""

    def expected(path: Path, x: Array) -> Array:
        import torch

        found = torch.load(path, map_location="cpu", weights_only=True)
        with torch.no_grad():
            return build(path, found)(torch.from_numpy(x[None]))[0].numpy()

    return Row(f"{pin} {what}", from_package(pin, pattern), x, expected, architecture(name))


def beatnet(number: int) -> Row:
    """The scores of beat and downbeat, a frame a step, before the softmax over the three that its caller takes."""
    pin = "BeatNet==1.1.3"

    def build(path: Path, found: dict[str, Any]) -> Any:
        model = imported(below(path, pin), pin, "BeatNet.model").BDA(272, 150, 2, "cpu").eval()
        model.load_state_dict(found, strict=False)
        return lambda x: model(x).transpose(1, 2)

    return torch_row(pin, f"model {number}", f"model_{number}_weights.pt", noise(200, 272, scale=1), build, "beatnet")


def language() -> Row:
    """The scores of each letter, whose sum over the text is its caller's."""
    pin = "LanguageIdentifier==1.1.1"

    def build(_: Path, found: dict[str, Any]) -> Any:
        from torch import nn

        # As LSTMLID.py has it, whose package reads a model when it is imported.
        letters, lstm, head = nn.Embedding(682, 150), nn.LSTM(150, 150, 2, bidirectional=True, batch_first=True), nn.Linear(300, 20)
        parts = nn.ModuleDict({"char_embeddings": letters, "lstm": lstm, "hidden2lang": head})
        parts.load_state_dict(found["model_state_dict"])
        return lambda x: head(lstm(letters(x))[0])

    return torch_row(pin, "LID_mixed_model", "LID_mixed_model.pkl", ids(682), build, "languageidentifier")


def segmenter() -> Row:
    """What its conditional random field reads, which is its caller's."""
    pin = "arabic-morph-segmenter==0.1.0"

    def build(_: Path, found: dict[str, Any]) -> Any:
        from torch import nn

        state = {key: value for key, value in found["model_state_dict"].items() if not key.startswith("crf.")}
        size = found["config"]
        letters = nn.Embedding(len(found["char2id"]), size["emb_dim"])
        lstm = nn.LSTM(size["emb_dim"], size["hidden_dim"], 2, bidirectional=True, batch_first=True)
        head = nn.Linear(2 * size["hidden_dim"], size["num_labels"])
        nn.ModuleDict({"embedding": letters, "lstm": lstm, "classifier": head}).load_state_dict(state)
        return lambda x: head(lstm(letters(x))[0])

    pattern = "arabic_morph_segmenter_bilstm_crf.pt"
    return torch_row(pin, "before its CRF", pattern, ids(176), build, "arabic-morph-segmenter")


def diacritizer() -> Row:
    """What its attention over all steps reads."""
    pin = "arabic-diacritizer==1.0.0"

    def build(path: Path, found: dict[str, Any]) -> Any:
        module = imported(below(path, pin), pin, "diacritize.baseline.model")
        model = module.BiLSTMDiacritizer(len(found["embedding.weight"])).eval()
        model.load_state_dict(found)
        return lambda x: model.lstm(model.embedding(x))[0]

    return torch_row(pin, "before its attention", "bilstm_best.pt", ids(40), build, "arabic-diacritizer")


def steep() -> Any:
    """hard_sigmoid as Keras had it before version 3."""
    import keras

    @keras.saving.register_keras_serializable()
    def steep_sigmoid(v: Any) -> Any:
        return keras.ops.clip(0.2 * v + 0.5, 0, 1)

    return steep_sigmoid


def amyloid(number: int) -> Row:
    """Amyloid signalling motifs: a letter of a protein a step, one score of the whole; by Keras 2.14."""
    pin = "asmscan-bilstm==1.0.0"

    def expected(path: Path, x: Array) -> Array:
        from keras import layers

        both = layers.Bidirectional(layers.LSTM(8, return_sequences=True))
        return old_keras(path, [layers.Embedding(26, 8), both, layers.LSTM(4), layers.Dense(1, "sigmoid")], x)

    return Row(f"{pin} bass-model{number}", from_package(pin, f"bass-model{number}.h5"), ids(26), expected)


def shakkala(name: str) -> Row:
    """Vowels of Arabic, a letter a step; by Keras 2.0 and 2.1, whose hard_sigmoid is steeper."""
    pin = "shakkala==1.7"

    def expected(path: Path, x: Array) -> Array:
        from keras import layers

        def both(cell: Any) -> Any:
            return layers.Bidirectional(cell)

        def lstm(size: int) -> Any:
            return both(layers.LSTM(size, recurrent_activation=steep(), return_sequences=True))

        gru = layers.GRU(256, recurrent_activation=steep(), reset_after=False, return_sequences=True)
        heads = [layers.Dense(256, "relu"), layers.Dense(28, "softmax")]
        models = {
            "simple_model": [layers.Embedding(149, 256), gru, *heads],
            "middle_model": [layers.Embedding(149, 256), both(gru), *heads],
            "second_model6": [
                layers.Embedding(149, 288), lstm(288), layers.BatchNormalization(), lstm(144), lstm(96),
                layers.Dense(28, "softmax"),
            ],
        }  # fmt: skip
        return old_keras(path, models[name], x)

    def source(folder: Path) -> Path:
        # The wheel has it twice.
        return package(folder, pin) / f"shakkala/model/{name}.h5"

    return Row(f"{pin} {name}", source, ids(149), expected)


def news() -> Row:
    """Whether news is good: words under a mask, three layers with a norm behind each; by Keras 2.0."""
    pin = "sentinews==0.5.0"

    def expected(path: Path, x: Array) -> Array:
        from keras import layers

        def gru(size: int, last: bool = False) -> list[Any]:
            cell = layers.GRU(size, recurrent_activation=steep(), reset_after=False, return_sequences=not last)
            return [cell, layers.BatchNormalization(epsilon=1e-3)]

        words = layers.Embedding(43224, 8, mask_zero=True)
        heads = [layers.Dense(3), layers.BatchNormalization(epsilon=1e-3), layers.Softmax()]
        return old_keras(path, [words, *gru(8), *gru(16), *gru(8, last=True), *heads], x)

    x = ids(43224)
    x[:30] = x[80:90] = 0
    return Row(f"{pin} default_best.h5", from_package(pin, "default_best.h5"), x, expected)


def morphology() -> Row:
    """English of RNNMorph, behind the letters and grammemes of each word, which are its caller's; by Keras 2.1."""
    pin = "rnnmorph==0.4.1"

    def source(folder: Path) -> Path:
        return only(package(folder, pin), "models/en/eval_model.h5")

    def expected(path: Path, x: Array) -> Array:
        import h5py
        import keras
        from keras import layers

        given = keras.Input((None, 110))
        own = layers.Dense(200, "relu", name="dense_5")
        sides = [
            layers.LSTM(128, recurrent_activation=steep(), return_sequences=True, go_backwards=way == "backward", name=f"LSTM_1_{way}")
            for way in ("forward", "backward")
        ]
        y = own(given)
        y = layers.Concatenate()([sides[0](y), keras.ops.flip(sides[1](y), 1)])
        second = layers.Bidirectional(layers.LSTM(128, recurrent_activation=steep(), return_sequences=True), name="bidirectional_1")
        rest = [
            layers.Dense(128, name="time_distributed_2"), layers.BatchNormalization(epsilon=1e-3, name="time_distributed_4"),
            layers.ReLU(), layers.Dense(187, "softmax", name="main_pred"),
        ]  # fmt: skip
        y = second(y)
        for layer in rest:
            y = layer(y)
        model = keras.Model(given, y)
        with h5py.File(path) as file:
            for layer in model.layers:
                if layer.weights:
                    group = file["model_weights"][layer.name] if "model_weights" in file else file[layer.name]
                    layer.set_weights([group[name][()] for name in group.attrs["weight_names"]])
        return np.asarray(model(x[None]).detach())[0]

    x = noise(200, 110, scale=1)
    return Row(f"{pin} en, behind the features of words", source, x, expected, architecture("rnnmorph-en"))


def transliteration() -> Row:
    """The encoder, whose outputs the attention of its decoder reads."""
    pin = "netra-transliterate==1.0.1"

    def expected(path: Path, x: Array) -> Array:
        import keras

        model = keras.models.load_model(path, compile=False)
        named = {layer.name: layer for layer in model.layers}
        y = named["bidirectional_3"](named["embedding_8"](x[None]))
        return np.asarray(named["time_distributed_9"](y).detach())[0]

    pattern = "bi_gru_attention_khmer_transliterator.keras"
    return Row(f"{pin} encoder", from_package(pin, pattern), ids(28), expected, architecture("netra-transliterate-encoder"))


def bundled() -> list[Row]:
    return [
        *(beatnet(number) for number in (1, 2, 3)), language(), segmenter(), diacritizer(), amyloid(1), amyloid(6),
        *(shakkala(name) for name in ("simple_model", "middle_model", "second_model6")), news(), morphology(), transliteration(),
    ]  # fmt: skip
