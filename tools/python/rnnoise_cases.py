"""Small models in the layouts of RNNoise v0.1's weights, for the converter's tests. Not run by itself; make_exporter_cases.py
imports it.

The expected outputs are computed here in float64, as the original's code does it: gates in the order z, r, h, r
multiplied into h before the recurrent product, every weight a 256th. The activations differ from the
original's where the file can say so.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from safetensors.numpy import save

from case_folder import Array, Case

FUNCTIONS: list[Callable[[Array], Array]] = [np.tanh, lambda x: 1 / (1 + np.exp(-x)), lambda x: np.maximum(x, 0)]
TANH, SIGMOID, RELU = range(3)
NAMES = ["input_dense", "vad_gru", "noise_gru", "denoise_gru", "denoise_output", "vad_output"]


@dataclass
class Layer:
    w: Array  # [inputs, gates * units]
    u: Array  # [units, gates * units]; without rows for a dense layer
    b: Array
    function: int

    @property
    def units(self) -> int:
        return len(self.b) // (3 if len(self.u) else 1)

    def dense(self, x: Array) -> Array:
        return FUNCTIONS[self.function]((x @ self.w + self.b) / 256)

    def gru(self, x: Array, h: Array) -> Array:
        parts = [slice(k * self.units, (k + 1) * self.units) for k in range(3)]
        z, r = (FUNCTIONS[SIGMOID]((x @ self.w[:, p] + h @ self.u[:, p] + self.b[p]) / 256) for p in parts[:2])
        last = parts[2]
        candidate = FUNCTIONS[self.function]((x @ self.w[:, last] + (r * h) @ self.u[:, last] + self.b[last]) / 256)
        return z * h + (1 - z) * candidate


def model(seed: int, frame: int, sizes: list[int], functions: list[int]) -> list[Layer]:
    random = np.random.default_rng(seed)
    dense, voice, noise, denoise, gains, activity = sizes
    inputs = [frame, dense, dense + voice + frame, voice + noise + frame, denoise, voice]
    layers = []
    for name, read, units, function in zip(NAMES, inputs, sizes, functions, strict=True):
        is_gru = name.endswith("gru")
        columns = (3 if is_gru else 1) * units
        shapes = [(read, columns), (units if is_gru else 0, columns), (columns,)]
        layers.append(Layer(*(random.integers(-128, 128, shape).astype(np.int8) for shape in shapes), function))
    return layers


def run(layers: list[Layer], frames: Array) -> Array:
    """[T, gains + 1]"""
    layers = [Layer(*(part.astype(np.float64) for part in (x.w, x.u, x.b)), x.function) for x in layers]
    dense, voice, noise, denoise, gains, activity = layers
    v, n, d = (np.zeros(layer.units) for layer in (voice, noise, denoise))
    rows = []
    for x in frames.astype(np.float64):
        first = dense.dense(x)
        v = voice.gru(first, v)
        n = noise.gru(np.concatenate([first, v, x]), n)
        d = denoise.gru(np.concatenate([v, n, x]), d)
        rows.append(np.concatenate([gains.dense(d), activity.dense(v)]))
    return np.stack(rows).astype(np.float32)


def as_bytes(layers: list[Layer]) -> bytes:
    parts = []
    for layer in layers:
        parts.append(bytes([len(layer.w), layer.units, layer.function]))
        parts += [part.tobytes() for part in (layer.w, layer.u, layer.b)]
    return b"".join(parts)


def as_text(layers: list[Layer]) -> bytes:
    lines = ["rnnoise-nu model file version 1"]
    for layer in layers:
        lines.append(f"{len(layer.w)} {layer.units} {layer.function}")
        lines += [" ".join(map(str, part.reshape(-1))) for part in (layer.w, layer.u, layer.b) if part.size]
    return ("\n".join(lines) + "\n").encode()


def as_safetensors(layers: list[Layer]) -> bytes:
    tensors = {}
    for name, layer in zip(NAMES, layers, strict=True):
        tensors |= {f"{name}.W": layer.w, f"{name}.B": layer.b} | ({f"{name}.R": layer.u} if layer.u.size else {})
    return save(tensors, {"scale": "1/256"})


def rnnoise_cases() -> list[Case]:
    original = [TANH, RELU, RELU, RELU, SIGMOID, SIGMOID]
    other = [RELU, TANH, SIGMOID, TANH, SIGMOID, TANH]
    cases = []
    for name, file, write, functions in [
        ("rnnoise_bytes", "model.rnn", as_bytes, original),
        ("rnnoise_bytes_functions", "model.rnn", as_bytes, other),
        ("rnnoise_text", "model.rnnn", as_text, other),
        ("rnnoise_safetensors", "model.safetensors", as_safetensors, original),
    ]:
        seed = 900 + len(cases)
        layers = model(seed, 7, [5, 4, 9, 11, 6, 1], functions)
        frames = np.random.default_rng(seed + 50).uniform(-1, 1, (24, 7)).astype(np.float32)
        cases.append(Case(name, {file: write(layers)}, [frames], [run(layers, frames)]))
    return cases
