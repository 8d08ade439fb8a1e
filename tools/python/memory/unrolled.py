"""Training through time of many runs at once, with the gradients written out.

Not run by itself. PyTorch's own loop over a cell records every operator of every step and run; here a step of all runs
is one batched product and a few operators in place, forwards and backwards. test_memory.py holds the gradients to those
of autograd, and what is computed to PyTorch's layers.

Arrays over time are [T, runs, ..., B], the sequences of a batch side by side, so that the units of a gate lie in one
piece. A step reads a column of h(t-1), x(t) and 1 for each sequence, so that one matrix holds U, W and b.
"""

import torch

from memory.cells import Cell, Weights

Tensor = torch.Tensor


class Tape:
    """What the way back needs."""

    read: Tensor  # [T + 1, runs, H + inputs + 1, B]: h(t-1), x(t), 1; of the last h alone counts
    h: Tensor  # [T + 1, runs, H, B], a part of `read`; the first is zero
    c: Tensor  # [T + 1, runs, H, B]
    gates: Tensor  # [T, runs, rows, B], behind their functions; of GRUs two more where they are no gates
    reset: Tensor  # [T, runs, H, B]: r h, where a GRU resets before

    def __init__(self, weights: Weights, x: Tensor) -> None:
        steps, runs, inputs, batch = x.shape
        units = weights["u"].shape[1]
        self.read = torch.ones(steps + 1, runs, units + inputs + 1, batch, dtype=x.dtype)
        self.read[:-1, :, units:-1] = x
        self.read[0, :, :units] = 0
        self.h = self.read[:, :, :units]
        self.matrix = torch.cat([weights["u"], weights["w"], weights["b"].unsqueeze(1)], 1).transpose(1, 2).contiguous()

    def filled(self, rows: int) -> Tensor:
        steps, runs, _, batch = self.h.shape
        return torch.empty(steps - 1, runs, rows, batch, dtype=self.h.dtype)


def forward(cell: Cell, weights: Weights, x: Tensor) -> Tape:
    """Runs x [T, runs, inputs, B] from zero."""
    tape = Tape(weights, x)
    if "n" in cell.gates:
        _gru_forward(weights, tape)
    elif cell.has_cell_state:
        _lstm_forward(cell, weights, tape)
    else:
        _rnn_forward(cell, tape)
    return tape


def backward(cell: Cell, weights: Weights, tape: Tape, top: Tensor) -> Weights:
    """The gradients of w, u, b, n and p, where `top` [K, runs, H, B] are those of the last K h."""
    if "n" in cell.gates:
        return _gru_backward(weights, tape, top)
    return _lstm_backward(cell, weights, tape, top) if cell.has_cell_state else _rnn_backward(cell, tape, top)


def _parts(of_matrix: Tensor, units: int) -> Weights:
    """The gradients of u, w and b in that of their matrix."""
    turned = of_matrix.transpose(1, 2)
    return {"u": turned[:, :units], "w": turned[:, units:-1], "b": turned[:, -1]}


def _rnn_forward(cell: Cell, tape: Tape) -> None:
    tape.gates = tape.filled(tape.h.shape[2])
    h, read = tape.h.unbind(0), tape.read.unbind(0)
    for t, sums in enumerate(tape.gates.unbind(0)):
        torch.bmm(tape.matrix, read[t], out=sums)
        if cell.name == "rnn":
            torch.tanh(sums, out=h[t + 1])
        else:
            torch.clamp_min(sums, 0, out=h[t + 1])


def _rnn_backward(cell: Cell, tape: Tape, top: Tensor) -> Weights:
    h = tape.h[1:]
    slopes = 1 - h * h if cell.name == "rnn" else (h > 0).to(h.dtype)
    units = h.shape[2]
    back = tape.matrix[..., :units].transpose(1, 2).contiguous()
    dh, of_matrix = torch.zeros_like(h[0]), torch.zeros_like(tape.matrix)
    each, read, first = slopes.unbind(0), tape.read.transpose(2, 3).unbind(0), len(slopes) - len(top)
    for t in range(len(each) - 1, -1, -1):
        if t >= first:
            dh += top[t - first]
        each[t].mul_(dh)
        of_matrix.baddbmm_(each[t], read[t])
        torch.bmm(back, each[t], out=dh)
    return _parts(of_matrix, units)


def _lstm_forward(cell: Cell, weights: Weights, tape: Tape) -> None:
    units, count = tape.h.shape[2], len(cell.gates)
    tape.gates = tape.filled(count * units)
    tape.c = torch.zeros(tape.h.shape, dtype=tape.h.dtype)
    h, c, read = tape.h.unbind(0), tape.c.unbind(0), tape.read.unbind(0)
    shown = torch.empty_like(c[0])
    peepholes = weights["p"].unsqueeze(3).unbind(1) if "p" in weights else None  # [runs, H, 1] each
    parts = [part.unbind(0) for part in tape.gates.split(units, 2)]
    gates = tape.gates[:, :, units:].unbind(0)
    g, i, o = parts[0], parts[1], parts[-1]
    for t, sums in enumerate(tape.gates.unbind(0)):
        torch.bmm(tape.matrix, read[t], out=sums)
        g[t].tanh_()
        if peepholes:
            i[t].addcmul_(peepholes[0], c[t]).sigmoid_()
            parts[2][t].addcmul_(peepholes[1], c[t]).sigmoid_()
        else:
            gates[t].sigmoid_()
        if count == 3:  # C + i (g - C), f = 1 - i
            torch.lerp(c[t], g[t], i[t], out=c[t + 1])
        else:
            torch.mul(i[t], g[t], out=c[t + 1])
            c[t + 1].addcmul_(parts[2][t], c[t])
        if peepholes:
            o[t].addcmul_(peepholes[2], c[t + 1]).sigmoid_()
        torch.tanh(c[t + 1], out=shown)
        torch.mul(o[t], shown, out=h[t + 1])


def _lstm_backward(cell: Cell, weights: Weights, tape: Tape, top: Tensor) -> Weights:
    _, runs, units, batch = tape.h.shape
    count = len(cell.gates)
    shown = torch.tanh(tape.c[1:])
    before = tape.c[:-1]
    parts = tape.gates.split(units, 2)
    g, i, o = parts[0], parts[1], parts[-1]
    f = 1 - i if count == 3 else parts[2]
    # What dC(t), or of o dh(t), is multiplied by to give the gradient of each sum; the loop does it in place.
    sums = torch.empty_like(tape.gates)
    slices = sums.split(units, 2)
    torch.mul(i, 1 - g * g, out=slices[0])
    torch.mul((g - before if count == 3 else g) * i, 1 - i, out=slices[1])
    if count == 4:
        torch.mul(before * f, 1 - f, out=slices[2])
    torch.mul(shown * o, 1 - o, out=slices[-1])
    through = o * (1 - shown * shown)  # dC(t) of dh(t)

    back = tape.matrix[..., :units].transpose(1, 2).contiguous()
    dh, dc, of_matrix = torch.zeros_like(shown[0]), torch.zeros_like(shown[0]), torch.zeros_like(tape.matrix)
    peepholes = weights["p"].unsqueeze(3).unbind(1) if "p" in weights else None
    each, read, first = sums.unbind(0), tape.read.transpose(2, 3).unbind(0), len(sums) - len(top)
    kept, shows = f.unbind(0), through.unbind(0)
    by_gate = sums.view(-1, runs, count, units, batch)
    of_cell, of_output = by_gate[:, :, :-1].unbind(0), by_gate[:, :, -1].unbind(0)
    wide = dc.unsqueeze(1)
    for t in range(len(each) - 1, -1, -1):
        if t >= first:
            dh += top[t - first]
        dc.addcmul_(dh, shows[t])
        of_output[t].mul_(dh)
        if peepholes:
            dc.addcmul_(peepholes[2], of_output[t])
        of_cell[t].mul_(wide)
        dc.mul_(kept[t])
        if peepholes:
            dc.addcmul_(peepholes[0], of_cell[t][:, 1]).addcmul_(peepholes[1], of_cell[t][:, 2])
        of_matrix.baddbmm_(each[t], read[t])
        torch.bmm(back, each[t], out=dh)
    gradients = _parts(of_matrix, units)
    if peepholes:
        seen = (before, before, tape.c[1:])
        gradients["p"] = torch.stack([(slices[k + 1] * seen[k]).sum((0, 3)) for k in range(3)], 1)
    return gradients


def _gru_matrix(weights: Weights, tape: Tape) -> None:
    """Where a GRU resets after: rows r, z, n of x alone, n of h alone, each of them with its own bias."""
    units = tape.h.shape[2]
    runs, _, columns = tape.matrix.shape
    hidden = torch.zeros(runs, units, columns, dtype=tape.h.dtype)
    hidden[..., :units] = tape.matrix[:, 2 * units :, :units]
    hidden[..., -1] = weights["n"]
    tape.matrix = torch.cat([tape.matrix, hidden], 1)
    tape.matrix[:, 2 * units : 3 * units, :units] = 0


def _gru_forward(weights: Weights, tape: Tape) -> None:
    units = tape.h.shape[2]
    after = "n" in weights
    if after:
        _gru_matrix(weights, tape)
    else:
        candidate = tape.matrix[:, 2 * units :, :units].contiguous()
        tape.matrix[:, 2 * units :, :units] = 0
        tape.reset = tape.filled(units)
        reset = tape.reset.unbind(0)
    tape.gates = tape.filled(tape.matrix.shape[1])
    h, read = tape.h.unbind(0), tape.read.unbind(0)
    parts = [part.unbind(0) for part in tape.gates.split(units, 2)]
    gates = tape.gates[:, :, : 2 * units].unbind(0)
    r, z, n = parts[:3]
    for t, sums in enumerate(tape.gates.unbind(0)):
        torch.bmm(tape.matrix, read[t], out=sums)
        gates[t].sigmoid_()
        if after:
            n[t].addcmul_(r[t], parts[3][t])
        else:
            torch.mul(r[t], h[t], out=reset[t])
            n[t].add_(torch.bmm(candidate, reset[t]))
        n[t].tanh_()
        torch.lerp(n[t], h[t], z[t], out=h[t + 1])


def _gru_backward(weights: Weights, tape: Tape, top: Tensor) -> Weights:
    _, runs, units, batch = tape.h.shape
    after = "n" in weights
    before = tape.h[:-1]
    r, z, n = tape.gates.split(units, 2)[:3]
    # What dh(t) is multiplied by to give the gradient of each sum; the loop does it in place.
    sums = torch.empty_like(tape.gates)
    slices = sums.split(units, 2)
    torch.mul((before - n) * z, 1 - z, out=slices[1])
    torch.mul(1 - z, 1 - n * n, out=slices[2])
    if after:
        torch.mul(slices[2], r, out=slices[3])
        torch.mul(slices[3] * tape.gates[:, :, 3 * units :], 1 - r, out=slices[0])
    else:
        torch.mul(before * r, 1 - r, out=slices[0])
        candidate = weights["u"][..., 2 * units :].contiguous()
        of_candidate = torch.zeros_like(candidate).transpose(1, 2).contiguous()
        resets, seen = r.unbind(0), tape.reset.transpose(2, 3).unbind(0)
    back = tape.matrix[..., :units].transpose(1, 2).contiguous()
    dh = torch.zeros(runs, units, batch, dtype=sums.dtype)
    of_matrix = torch.zeros_like(tape.matrix)
    each, read, first = sums.unbind(0), tape.read.transpose(2, 3).unbind(0), len(sums) - len(top)
    kept = z.unbind(0)
    by_gate = sums.view(len(each), runs, -1, units, batch)
    of_h, of_r, of_n = by_gate[:, :, 0 if after else 1 :].unbind(0), slices[0].unbind(0), slices[2].unbind(0)
    wide = dh.unsqueeze(1)
    for t in range(len(each) - 1, -1, -1):
        if t >= first:
            dh += top[t - first]
        of_h[t].mul_(wide)
        dh.mul_(kept[t])
        if not after:
            of_reset = torch.bmm(candidate, of_n[t])
            of_r[t].mul_(of_reset)
            dh.addcmul_(of_reset, resets[t])
            of_candidate.baddbmm_(of_n[t], seen[t])
        of_matrix.baddbmm_(each[t], read[t])
        dh.baddbmm_(back, each[t])
    if after:
        of_hidden = of_matrix[:, 3 * units :]
        gradients = _parts(of_matrix[:, : 3 * units].clone(), units)
        gradients["u"][..., 2 * units :] = of_hidden[..., :units].transpose(1, 2)
        gradients["n"] = of_hidden[..., -1]
        return gradients
    gradients = _parts(of_matrix, units)
    gradients["u"][..., 2 * units :] = of_candidate.transpose(1, 2)
    return gradients
