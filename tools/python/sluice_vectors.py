"""The generator of weights and inputs that the fixtures share with the Swift tests, and float64 reference cells.

Not run by itself; make_vectors.py and make_conversion_cases.py import it.
"""

import numpy as np

Array = np.ndarray


def uniform(seed: int, count: int, scale: np.float32) -> Array:
    """`count` float32 values in [-scale, scale] from the SplitMix64 stream with this seed.

    Counter based (element i depends on seed and i alone), so Swift can make any element without the ones before it.
    """
    with np.errstate(over="ignore"):  # the arithmetic is meant modulo 2^64
        i = np.arange(1, count + 1, dtype=np.uint64)
        z = np.uint64(seed) + i * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    top = (z >> np.uint64(40)).astype(np.int32) - np.int32(8388608)
    return top.astype(np.float32) * np.float32(2.0**-23) * np.float32(scale)


GATES = {"lstm": 4, "gruResetAfter": 3, "gruResetBefore": 3, "rnnTanh": 1, "rnnRelu": 1}


def layer_tensors(cell: str, seed: int, layer: int, input_size: int, hidden_size: int) -> dict[str, Array]:
    """One layer's tensors, named, shaped and ordered as PyTorch's (LSTM i,f,g,o; GRU r,z,n)."""
    rows = GATES[cell] * hidden_size
    # The quotient in float64, then rounded once: float32(1/sqrt(hidden)).
    scale = np.float32(1.0 / np.sqrt(np.float64(hidden_size)))
    shapes = {"weight_ih": (rows, input_size), "weight_hh": (rows, hidden_size), "bias_ih": (rows,), "bias_hh": (rows,)}
    return {
        name: uniform(seed * 1000 + 4 * layer + t, int(np.prod(shape)), scale).reshape(shape)
        for t, (name, shape) in enumerate(shapes.items())
    }


def sigmoid(x: Array) -> Array:
    return 1.0 / (1.0 + np.exp(-x))


def reference(cell: str, layers: list[dict[str, Array]], x: Array, h0: Array, c0: Array) -> tuple[Array, Array, Array]:
    """Runs stacked layers in float64. x [T, I], h0 and c0 [layers, H]; returns y [T, H], final h and c [layers, H]."""
    y = x.astype(np.float64)
    h_final, c_final = [], []
    for tensors, h, c in zip(layers, h0.astype(np.float64), c0.astype(np.float64)):
        w, u, bw, bu = (tensors[k].astype(np.float64) for k in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))
        size = h.shape[0]
        outputs = np.empty((y.shape[0], size))
        for t, xt in enumerate(y):
            a = w @ xt + bw
            if cell == "lstm":
                i, f, g, o = (a + u @ h + bu).reshape(4, size)
                c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
                h = sigmoid(o) * np.tanh(c)
            elif cell == "rnnTanh":
                h = np.tanh(a + u @ h + bu)
            elif cell == "rnnRelu":
                h = np.maximum(a + u @ h + bu, 0.0)
            else:
                ar, az, an = a.reshape(3, size)
                ur, uz, un = u.reshape(3, size, size)
                br, bz, bn = bu.reshape(3, size)
                r, z = sigmoid(ar + ur @ h + br), sigmoid(az + uz @ h + bz)
                n = np.tanh(an + r * (un @ h + bn) if cell == "gruResetAfter" else an + un @ (r * h) + bn)
                h = (1.0 - z) * n + z * h
            outputs[t] = h
        h_final.append(h)
        c_final.append(c)
        y = outputs
    return y, np.stack(h_final), np.stack(c_final)


def onnx_rows(rows: Array, order: list[int]) -> Array:
    """Reorders blocks of gate rows (PyTorch order -> ONNX order)."""
    return np.concatenate([np.split(rows, len(order))[i] for i in order])


# ONNX: LSTM i,o,f,c; GRU z,r,h.
ONNX_ORDER = {
    "lstm": [0, 3, 1, 2],
    "gruResetAfter": [1, 0, 2],
    "gruResetBefore": [1, 0, 2],
    "rnnTanh": [0],
    "rnnRelu": [0],
}
ONNX_OPERATOR = {"lstm": "LSTM", "gruResetAfter": "GRU", "gruResetBefore": "GRU", "rnnTanh": "RNN", "rnnRelu": "RNN"}


def onnx_weights(cell: str, tensors: dict[str, Array]) -> tuple[Array, Array, Array]:
    """W [1, gates*H, I], R [1, gates*H, H] and B [1, 2*gates*H] of a one-directional ONNX node."""
    order = ONNX_ORDER[cell]
    w, r, bw, br = (onnx_rows(tensors[k], order) for k in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))
    return w[None], r[None], np.concatenate([bw, br])[None]
