"""Models for the tests of the package: small ones of random weights, which the program `sluice` (SLUICE_TOOL) converts."""

import json
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import sluice

TOP = Path(__file__).resolve().parents[3]


def write_safetensors(path: Path, tensors: dict[str, np.ndarray], architecture: dict) -> None:
    head, data = {"__metadata__": {"sluice.architecture": json.dumps(architecture)}}, b""
    for name, tensor in tensors.items():
        part = np.ascontiguousarray(tensor, np.float32).tobytes()
        head[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(part)]}
        data += part
    text = json.dumps(head).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def recurrent(rng, kind: str, inputs: int, hidden: int) -> dict[str, np.ndarray]:
    """PyTorch's tensors of a layer, under "rnn."."""
    gates = {"lstm": 4, "gru": 3, "rnn": 1}[kind] * hidden
    shapes = {
        "weight_ih_l0": (gates, inputs),
        "weight_hh_l0": (gates, hidden),
        "bias_ih_l0": (gates,),
        "bias_hh_l0": (gates,),
    }
    return {f"rnn.{name}": rng.uniform(-1, 1, shape) / hidden**0.5 for name, shape in shapes.items()}


@pytest.fixture(scope="session")
def make(tmp_path_factory) -> Callable[..., Path]:
    """Makes a model of a recurrent layer, and a dense one where `outputs` are given: the path of its blob."""
    folder = tmp_path_factory.mktemp("models")

    def made(
        name: str, kind: str, inputs: int, hidden: int, outputs: int = 0, last: bool = False, meta=None, **options
    ):
        rng = np.random.default_rng(sum(name.encode()))
        tensors, layers = {}, []
        if kind != "dense":
            tensors |= recurrent(rng, kind, inputs, hidden)
            layers.append({"type": kind, "tensors": "rnn."})
        if outputs:
            width = inputs if kind == "dense" else hidden
            tensors |= {"fc.weight": rng.normal(size=(outputs, width)), "fc.bias": rng.normal(size=outputs)}
            layers.append({"type": "dense", "tensors": "fc."})
        architecture = {"input_size": inputs, "layers": layers} | ({"output": "last"} if last else {})
        source, path = folder / f"{name}.safetensors", folder / f"{name}.sluice"
        write_safetensors(source, tensors, architecture)
        sluice.convert(source, path, meta=meta, **options)
        return path

    return made


@pytest.fixture(scope="session")
def lstm(make) -> sluice.Model:
    return sluice.Model(make("lstm", "lstm", 64, 64))


@pytest.fixture(scope="session")
def gru(make) -> sluice.Model:
    return sluice.Model(make("gru", "gru", 5, 12, 3))


@pytest.fixture(scope="session")
def dense(make) -> sluice.Model:
    return sluice.Model(make("dense", "dense", 4, 0, 2))


@pytest.fixture(scope="session")
def last(make) -> sluice.Model:
    return sluice.Model(make("last", "rnn", 3, 8, 2, last=True))


@pytest.fixture(scope="session")
def named(make) -> sluice.Model:
    features = [{"name": name, "unit": "°C"} for name in ("a", "b", "c")]
    return sluice.Model(make("named", "gru", 3, 4, 1, meta={"name": "three", "inputs": features}))


@pytest.fixture(scope="session")
def backward() -> sluice.Model:
    return sluice.convert(TOP / "Tests/Fixtures/Conversion/safetensors_gru_bidirectional_inferred/model.safetensors")


@pytest.fixture(scope="session")
def words() -> sluice.Model:
    return sluice.Model(TOP / "tools/sluice/Resources/sentiment.sluice")


def rows(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A model that PyTorch made, for tests that make none of their own."""
    source = TOP / "Tests/Fixtures/Conversion/safetensors_gru_dense/model.safetensors"
    return sluice.convert(source, tmp_path_factory.mktemp("model") / "gru.sluice")
