"""What the models' own runtimes give for a sequence. Not run by itself; rows.py imports it."""

from pathlib import Path
from typing import Any

import numpy as np

Array = np.ndarray


def stepped(path: Path, x: Array, states: dict[str, str], fixed: dict[str, Array] | None = None, shape: Any = None) -> Array:
    """ONNX Runtime, a call a row of x, with the states carried: the input that each output is the next value of."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    inputs = {one.name: [n if isinstance(n, int) and n > 0 else 1 for n in one.shape] for one in session.get_inputs()}
    names = [one.name for one in session.get_outputs()]
    fixed = {key: value for key, value in (fixed or {}).items() if key in inputs}
    kept = {name: np.zeros(inputs[name], np.float32) for name in states.values()}
    feed = next(name for name in inputs if name not in kept and name not in fixed)
    rows = []
    for row in x:
        given = row.reshape(shape if shape is not None else (1, *row.shape))
        found = dict(zip(names, session.run(None, {feed: given, **kept, **fixed}), strict=True))
        kept = {name: found[output] for output, name in states.items()}
        rows.append(np.concatenate([found[name].reshape(-1) for name in names if name not in states]))
    return np.stack(rows)


def at_once(path: Path, x: Array, states: list[str]) -> Array:
    """ONNX Runtime over a whole sequence from states of zero: the first output."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    feeds = {
        one.name: np.zeros([n if isinstance(n, int) else 1 for n in one.shape], np.float32)
        for one in session.get_inputs() if one.name in states
    }  # fmt: skip
    feed = next(one.name for one in session.get_inputs() if one.name not in states)
    return session.run(None, {feed: x, **feeds})[0].reshape(len(x), -1)


def frames_at_once(path: Path, x: Array) -> Array:
    """ONNX Runtime over a whole sequence of frames, whose inputs' features stand side by side in a row of x; all outputs likewise."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    feeds, start = {}, 0
    for one in session.get_inputs():
        time = next(axis for axis, size in enumerate(one.shape) if not isinstance(size, int))
        sizes = [size for axis, size in enumerate(one.shape) if axis != time]
        count = int(np.prod(sizes))
        feeds[one.name] = np.moveaxis(x[:, start : start + count].reshape(len(x), *sizes), 0, time)
        start += count
    found = session.run(None, feeds)
    return np.concatenate([np.moveaxis(one, one.shape.index(len(x)), 0).reshape(len(x), -1) for one in found], axis=1)


def keras_model(path: Path, x: Array) -> Array:
    import keras

    return np.asarray(keras.models.load_model(path, compile=False)(x[None]).detach())[0]


def silero_formula(path: Path, x: Array) -> Array:
    """What tinygrad_model.py of the wheel computes, in PyTorch."""
    import torch
    from safetensors.torch import load_file
    from torch.nn import functional as f

    w = load_file(path)
    cell = torch.nn.LSTMCell(128, 128)
    cell.load_state_dict({key.removeprefix("lstm_cell."): value for key, value in w.items() if key.startswith("lstm_cell.")})
    h = c = torch.zeros(1, 128)
    rows = []
    with torch.no_grad():
        for row in torch.from_numpy(x):
            y = f.conv1d(f.pad(row[None, None], (0, 64), "reflect"), w["stft_conv.weight"], stride=128)
            y = (y[:, :129] ** 2 + y[:, 129:] ** 2).sqrt()
            for name, stride in (("conv1", 1), ("conv2", 2), ("conv3", 2), ("conv4", 1)):
                y = f.conv1d(y, w[f"{name}.weight"], w[f"{name}.bias"], stride=stride, padding=1).relu()
            h, c = cell(y.squeeze(-1), (h, c))
            y = f.conv1d(h.relu().unsqueeze(-1), w["final_conv.weight"], w["final_conv.bias"]).sigmoid()
            rows.append(y.mean(-1).numpy()[0])
    return np.stack(rows)


def gru(x: Array, w: dict[str, Array], side: str, h: Array) -> Array:
    """g2p-en's own cell, in NumPy, as its g2p.py has it."""
    rows = []
    for one in x:
        a, b = w[f"{side}_w_ih"] @ one + w[f"{side}_b_ih"], w[f"{side}_w_hh"] @ h + w[f"{side}_b_hh"]
        r, z = np.split(1 / (1 + np.exp(-(a + b)[: 2 * len(h)])), 2)
        n = np.tanh(a[2 * len(h) :] + r * b[2 * len(h) :])
        h = (1 - z) * n + z * h
        rows.append(h)
    return np.stack(rows)
