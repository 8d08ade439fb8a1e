"""Brings the weights of haiku's and flax's modules under PyTorch's names and into its layouts. Not run by itself;
weight_files.py imports it.

A tree of either is known by the names of its leaves. Of haiku 0.0.17: hk.LSTM keeps one matrix of input and state side by
side, gates i, g, f, o, and adds 1 to f when it runs; hk.GRU resets before, and its z is what PyTorch calls 1 - z. Of flax
0.12: linen's cells keep a kernel for each gate, nnx' OptimizedLSTMCell, GRUCell and SimpleCell one for all; its GRUs reset
after. test_weights.py runs both frameworks beside what comes out, where they are installed.
"""

import numpy as np

from .sluice_architecture import Array, Refused, shown

WEIGHTS = {"w", "w_i", "kernel", "embedding", "embeddings"}
LEAVES = WEIGHTS | {"w_h", "b", "bias", "scale", "offset", "mean", "var"}
COLLECTIONS = ("params.", "batch_stats.")
PLAIN = {
    "embedding": "weight", "embeddings": "weight", "scale": "weight", "offset": "bias", "bias": "bias", "b": "bias",
    "mean": "running_mean", "var": "running_var",
}  # fmt: skip
# The names of flax' gates in PyTorch's order, of input and state.
GATES = {"LSTM": (["ii", "if", "ig", "io"], ["hi", "hf", "hg", "ho"]), "GRU": (["ir", "iz", "in"], ["hr", "hz", "hn"])}


def is_tree(names: list[str]) -> bool:
    """Whether arrays of these names, dots between, are those of haiku or flax."""
    leaves = {name.rpartition(".")[2] for name in names}
    return bool(leaves) and leaves <= LEAVES and bool(leaves & WEIGHTS) and all("." in name for name in names)


class Tree:
    """The arrays of a tree, taken out one module after the other."""

    def __init__(self, arrays: dict[str, Array]):
        self.left: dict[str, Array] = {}
        for name, value in arrays.items():
            for collection in COLLECTIONS:
                name = name.removeprefix(collection)
            # nnx calls flax' gate `if` so, since that is a word of Python's.
            self.left[name.replace(".if_.", ".if.")] = value
        self.found: dict[str, Array] = {}
        self.notes: list[str] = []

    def has(self, *names: str) -> bool:
        return all(name in self.left for name in names)

    def take(self, name: str) -> Array:
        return np.asarray(self.left.pop(name), np.float32)

    def bias(self, name: str, size: int) -> Array:
        return self.take(name) if name in self.left else np.zeros(size, np.float32)

    def give(self, prefix: str, kind: str, ih: Array, hh: Array, ih_bias: Array, hh_bias: Array) -> None:
        """A cell's weights, a row an output."""
        for name, value in (("weight_ih", ih), ("weight_hh", hh), ("bias_ih", ih_bias), ("bias_hh", hh_bias)):
            self.found[f"{prefix}.{name}_l0"] = np.ascontiguousarray(value)
        self.notes.append(f"{shown(prefix)} is a cell: {kind}")

    def all(self) -> dict[str, Array]:
        for prefix in sorted({name.rpartition(".")[0] for name in self.left}):
            self.haiku(prefix)
        for prefix in sorted({name.rpartition(".")[0].rpartition(".")[0] for name in self.left}):
            self.flax(prefix)
        for name in list(self.left):
            self.layer(name)
        return self.found

    def haiku(self, prefix: str) -> None:
        if self.has(f"{prefix}.w_i", f"{prefix}.w_h"):
            w, u = self.take(f"{prefix}.w_i"), self.take(f"{prefix}.w_h")
            bias = self.bias(f"{prefix}.b", w.shape[1])
            size = check(prefix, w, u, 3)

            def rows(value: Array) -> Array:
                z, r, n = np.split(value, [size, 2 * size], axis=-1)
                return np.concatenate([r, -z, n], axis=-1).T

            zeros = np.zeros(3 * size, np.float32)
            self.give(prefix, "a GRU of haiku, which resets before", rows(w), rows(u), rows(bias), zeros)
        module, _, own = prefix.rpartition(".")
        kind = module.rpartition(".")[2]
        if own == "linear" and kind.startswith("lstm") and self.has(f"{prefix}.w"):
            w = self.take(f"{prefix}.w")
            size = w.shape[1] // 4
            if w.ndim != 2 or w.shape[1] % 4 or w.shape[0] <= size:
                raise Refused(f"{shown(prefix)} has the shape {list(w.shape)}, which is none of an LSTM of haiku")

            def gates(value: Array) -> Array:
                i, g, f, o = np.split(value, 4, axis=-1)
                return np.concatenate([i, f, g, o], axis=-1).T

            bias = gates(self.bias(f"{prefix}.b", 4 * size))
            bias[size : 2 * size] += 1
            inputs = w.shape[0] - size
            self.give(module, "an LSTM of haiku, whose forget gate has 1 added", gates(w[:inputs]), gates(w[inputs:]), bias, 0 * bias)
        if own == "linear" and kind.startswith("vanilla_rnn") and self.has(f"{prefix}.w", f"{prefix}_1.w"):
            w, u = self.take(f"{prefix}.w"), self.take(f"{prefix}_1.w")
            size = check(module, w, u, 1)
            biases = self.bias(f"{prefix}.b", size), self.bias(f"{prefix}_1.b", size)
            self.give(module, "an RNN of haiku, with ReLU", w.T, u.T, *biases)

    def flax(self, prefix: str) -> None:
        def at(name: str) -> str:
            return f"{prefix}.{name}" if prefix else name

        for kind, (inputs, states) in GATES.items():
            if not self.has(*(at(f"{gate}.kernel") for gate in inputs + states)):
                continue
            sides = []
            for gates in (inputs, states):
                kernels = [self.take(at(f"{gate}.kernel")) for gate in gates]
                bias = [self.bias(at(f"{gate}.bias"), kernel.shape[1]) for gate, kernel in zip(gates, kernels, strict=True)]
                sides.append((np.concatenate(kernels, axis=1), np.concatenate(bias)))
            self.cell(prefix, kind, *sides)
        if self.has(at("hf.kernel"), at("hn.kernel")):
            raise Refused(f"{shown(prefix)} is a cell with a single gate (MGUCell), which is not read")
        for names in (("dense_i", "dense_h"), ("i", "h")):
            if self.has(*(at(f"{name}.kernel") for name in names)):
                kernels = [self.take(at(f"{name}.kernel")) for name in names]
                biases = [self.bias(at(f"{name}.bias"), kernel.shape[1]) for name, kernel in zip(names, kernels, strict=True)]
                count = kernels[1].shape[1] // max(kernels[1].shape[0], 1)
                kind = {4: "LSTM", 3: "GRU", 1: "SimpleCell"}.get(count)
                if kind is None:
                    raise Refused(f"{shown(prefix)} has kernels of {list(kernels[1].shape)}, which are none of a cell of flax")
                self.cell(prefix, kind, *zip(kernels, biases, strict=True))

    def cell(self, prefix: str, kind: str, inputs: tuple[Array, Array], states: tuple[Array, Array]) -> None:
        check(prefix, inputs[0], states[0], {"LSTM": 4, "GRU": 3, "SimpleCell": 1}[kind])
        resets = ", which resets after" if kind == "GRU" else ""
        self.give(prefix, f"{kind} of flax{resets}", inputs[0].T, states[0].T, inputs[1], states[1])

    def layer(self, name: str) -> None:
        """What is left: linear layers, convolutions, embeddings, norms."""
        prefix, _, leaf = name.rpartition(".")
        value = self.take(name)
        if leaf in ("w_i", "w_h"):
            raise Refused(f"{shown(name)} without the other matrix of a GRU")
        if leaf in ("w", "kernel"):
            if value.ndim not in (2, 3):
                raise Refused(f"{shown(name)} has {value.ndim} axes; expected a linear layer's two, or a convolution's three")
            self.found[f"{prefix}.weight"] = np.ascontiguousarray(value.transpose())
        else:
            self.found[f"{prefix}.{PLAIN[leaf]}"] = value.reshape(-1) if leaf not in ("embedding", "embeddings") else value


def check(name: str, w: Array, u: Array, gates: int) -> int:
    """The units of a cell of so many gates."""
    size = u.shape[0]
    if w.ndim != 2 or u.ndim != 2 or size == 0 or u.shape[1] != gates * size or w.shape[1] != gates * size:
        raise Refused(f"{shown(name)} has matrices of {list(w.shape)} and {list(u.shape)}, which do not fit together")
    return size
