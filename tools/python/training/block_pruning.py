"""Prunes recurrent and dense layers in the blocks that sparse layers of a .sluice blob leave out, while they train.

Not run by itself: train_pruned.py shows it. A block is what 16 neighbouring units, of all gates, have in COLUMNS
neighbouring columns: 4 for int8 weights, 1 for f32.

    pruning = BlockPruning(model, keep=0.25)
    for step in range(steps):
        ...
        optimizer.step()
        pruning.apply(step / steps)

A block's weight is the sum of its squares; of each layer W and U together the lightest go, more and more of them (the
cubic ramp of Zhu and Gupta, 2017), and what goes does not come back by itself: until the ramp ends, blocks are chosen
anew now and then.
"""

import torch
from torch import nn

LANES, COLUMNS = 16, 4


def kept_share(keep: float, done: float, begin: float, end: float) -> float:
    left = 1 - min(max((done - begin) / (end - begin), 0.0), 1.0)
    return keep + (1 - keep) * left**3


class BlockPruning:
    """Keeps `keep` of the blocks of every LSTM, GRU, RNN and linear layer of `model` that has `fewest` or more.

    `begin` and `end` of the ramp are shares of the training.
    """

    def __init__(
        self,
        model: nn.Module,
        keep: float,
        begin: float = 0.1,
        end: float = 0.6,
        columns: int = COLUMNS,
        fewest: int = 16,
    ) -> None:
        self.keep, self.begin, self.end, self.columns = keep, begin, end, columns
        self.calls = 0
        self.layers: list[list[tuple[str, int]]] = []  # of each layer its matrices: name and gates
        for name, module in model.named_modules():
            prefix = f"{name}." if name else ""
            if isinstance(module, nn.RNNBase):
                gates = {"LSTM": 4, "GRU": 3}.get(module.mode, 1)
                names = [n for n, _ in module.named_parameters() if n.startswith(("weight_ih", "weight_hh"))]
                for suffix in sorted({n.removeprefix("weight_ih").removeprefix("weight_hh") for n in names}):
                    self.layers.append([(f"{prefix}{m}{suffix}", gates) for m in ("weight_ih", "weight_hh")])
            elif isinstance(module, nn.Linear):
                self.layers.append([(f"{prefix}weight", 1)])
        parameters = dict(model.named_parameters())
        self.layers = [
            layer
            for layer in self.layers
            if sum(self.weights_of_blocks(parameters[name], gates).numel() for name, gates in layer) >= fewest
        ]
        self.model = model
        self.masks: dict[str, torch.Tensor] = {}

    def weights_of_blocks(self, matrix: torch.Tensor, gates: int) -> torch.Tensor:
        """[tiles, words]: the sums of squares."""
        rows, columns = matrix.shape[0] // gates, matrix.shape[1]
        squares = matrix.detach().view(gates, rows, columns).square().sum(0)
        padded = nn.functional.pad(squares, (0, -columns % self.columns, 0, -rows % LANES))
        return padded.view(-1, LANES, padded.shape[1] // self.columns, self.columns).sum((1, 3))

    def mask(self, blocks: torch.Tensor, matrix: torch.Tensor, gates: int) -> torch.Tensor:
        rows, columns = matrix.shape[0] // gates, matrix.shape[1]
        full = blocks.repeat_interleave(LANES, 0).repeat_interleave(self.columns, 1)
        return full[:rows, :columns].repeat(gates, 1).to(matrix.dtype)

    @torch.no_grad()
    def choose(self, share: float) -> None:
        parameters = dict(self.model.named_parameters())
        for layer in self.layers:
            weights = [self.weights_of_blocks(parameters[name], gates) for name, gates in layer]
            everything = torch.cat([w.flatten() for w in weights])
            kept = torch.zeros_like(everything, dtype=torch.bool)
            kept[everything.topk(max(1, int(share * len(everything)))).indices] = True
            for (name, gates), w, part in zip(layer, weights, kept.split([w.numel() for w in weights])):
                self.masks[name] = self.mask(part.view(w.shape), parameters[name], gates)

    @torch.no_grad()
    def apply(self, done: float, *others: nn.Module) -> None:
        """Zeros, `done` of the training, in the model and in others of its shape, such as an average."""
        if not self.masks or not self.is_whole(done) and self.calls % 10 == 0:
            self.choose(kept_share(self.keep, done, self.begin, self.end))
        self.calls += 1
        for model in (self.model, *others):
            for name, parameter in model.named_parameters():
                if name in self.masks:
                    parameter.mul_(self.masks[name])

    def is_whole(self, done: float) -> bool:
        """Whether all that shall go is gone."""
        return done > self.end + 0.01
