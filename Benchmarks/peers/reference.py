"""The cells in float64: what every peer must compute."""

import numpy as np

from shapes import Shape


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def reference(shape: Shape) -> np.ndarray:
    """h [B, H] after the shape's steps from a zero state; the GRU resets after the product."""
    w = {name: array.astype(np.float64) for name, array in shape.weights().items()}
    h = np.zeros((shape.streams, shape.hidden))
    cell = np.zeros_like(h)
    for x in shape.input().astype(np.float64):
        if shape.cell == "lstm":
            i, f, g, o = np.split(x @ w["W"].T + h @ w["U"].T + w["b"] + w["c"], 4, axis=1)
            cell = sigmoid(f) * cell + sigmoid(i) * np.tanh(g)
            h = sigmoid(o) * np.tanh(cell)
        else:
            r, z, n = np.split(x @ w["W"].T + w["b"], 3, axis=1)
            hr, hz, hn = np.split(h @ w["U"].T + w["c"], 3, axis=1)
            z = sigmoid(z + hz)
            h = (1 - z) * np.tanh(n + sigmoid(r + hr) * hn) + z * h
    return h
