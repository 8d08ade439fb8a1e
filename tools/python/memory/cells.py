"""The eight cells of the memory study: their sizes, how they start, one step of each.

Not run by itself; study_memory.py says how. The weights of many runs are tensors with a first axis of runs, so that one
batched product trains all of them; the gates of a cell stand side by side in the order of `Cell.gates`:

    w [runs, inputs, gates x H]   u [runs, H, gates x H]   b [runs, gates x H]
    n [runs, H]          a GRU's bias of the hidden sum of its candidate, where the reset gate comes after that sum
    p [runs, 3, H]       peepholes of i, f and o
    v [runs, H, outputs] and a [runs, outputs]: what is read from h
"""

from dataclasses import dataclass

import torch

Weights = dict[str, torch.Tensor]


@dataclass(frozen=True)
class Cell:
    name: str
    label: str
    gates: str  # a letter a gate, as the equations of Format.md call them; g stands for the candidate
    forget_bias: float = 0

    @property
    def has_cell_state(self) -> bool:
        return "g" in self.gates

    def parameters(self, inputs: int, units: int, outputs: int) -> int:
        """What is learnt, each bias counted once."""
        extra = {"gru": units, "peephole": 3 * units}.get(self.name, 0)
        return len(self.gates) * units * (inputs + units + 1) + extra + outputs * (units + 1)

    def units_for(self, parameters: int, inputs: int, outputs: int) -> int:
        """As many units as come nearest to so many parameters."""
        return min(range(1, 513), key=lambda units: abs(self.parameters(inputs, units, outputs) - parameters))


CELLS = {
    cell.name: cell
    for cell in (
        Cell("rnn", "RNN, tanh", "h"),
        Cell("irnn", "RNN, ReLU from identity", "h"),
        Cell("gru", "GRU, reset after", "rzn"),
        Cell("gru-before", "GRU, reset before", "rzn"),
        Cell("lstm", "LSTM, forget bias 0", "gifo"),
        Cell("lstm-1", "LSTM, forget bias 1", "gifo", 1),
        Cell("peephole", "LSTM, peepholes", "gifo", 1),
        Cell("coupled", "LSTM, coupled (f = 1 - i)", "gio", 1),
    )
}


def initial(cell: Cell, inputs: int, units: int, outputs: int, seeds: list[int], forget_bias: float | None = None) -> Weights:
    """Weights as PyTorch starts them, uniform up to 1/sqrt(H), one run a seed.

    The forget gate's bias is then `forget_bias` exactly; of coupled gates i's is its negative, since f = 1 - i. The ReLU
    network starts as its authors say: U the identity, no bias, W normal with a deviation of 0.001.
    """
    bias = cell.forget_bias if forget_bias is None else forget_bias
    width = len(cell.gates) * units
    shapes = {"w": (inputs, width), "u": (units, width), "b": (width,), "v": (units, outputs), "a": (outputs,)}
    if cell.name == "gru":
        shapes["n"] = (units,)
    if cell.name == "peephole":
        shapes["p"] = (3, units)
    runs: list[Weights] = []
    for seed in seeds:
        generator = torch.Generator().manual_seed(seed)
        weights = {k: (2 * torch.rand(s, generator=generator) - 1) * units**-0.5 for k, s in shapes.items()}
        if cell.name == "irnn":
            weights["w"] = 0.001 * torch.randn(shapes["w"], generator=generator)
            weights["u"] = torch.eye(units)
            weights["b"].zero_()
        if cell.has_cell_state:
            at = cell.gates.find("f" if "f" in cell.gates else "i") * units
            weights["b"][at : at + units] = bias if "f" in cell.gates else -bias
        runs.append(weights)
    return {key: torch.stack([weights[key] for weights in runs]) for key in shapes}


def step(cell: Cell, weights: Weights, x: torch.Tensor, h: torch.Tensor, c: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """One step of one run, its weights without the axis of runs: x [inputs], h and c [H]; the next h and c.

    Written from the equations, for Jacobians and as a check on the faster forms.
    """
    units = len(h)
    sums = x @ weights["w"] + weights["b"]

    def part(gate: str, values: torch.Tensor) -> torch.Tensor:
        at = cell.gates.index(gate) * units
        return values[..., at : at + units]

    if cell.name in ("rnn", "irnn"):
        total = sums + h @ weights["u"]
        return (torch.tanh(total) if cell.name == "rnn" else torch.relu(total)), c
    hidden = h @ weights["u"]
    if "n" in cell.gates:
        r = torch.sigmoid(part("r", sums) + part("r", hidden))
        z = torch.sigmoid(part("z", sums) + part("z", hidden))
        if cell.name == "gru":
            n = torch.tanh(part("n", sums) + r * (part("n", hidden) + weights["n"]))
        else:
            n = torch.tanh(part("n", sums) + (r * h) @ part("n", weights["u"]))
        return (1 - z) * n + z * h, c
    total = sums + hidden
    peephole = weights["p"] if "p" in weights else torch.zeros(3, units, dtype=h.dtype)
    i = torch.sigmoid(part("i", total) + peephole[0] * c)
    f = torch.sigmoid(part("f", total) + peephole[1] * c) if "f" in cell.gates else 1 - i
    new = f * c + i * torch.tanh(part("g", total))
    o = torch.sigmoid(part("o", total) + peephole[2] * new)
    return o * torch.tanh(new), new
