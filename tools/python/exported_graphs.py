"""PyTorch modules whose graphs branch, join and normalise. Not run by itself; exported_cases.py exports them."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import nn

Tensor = torch.Tensor


class Network(nn.Module):
    """Named layers and what is computed of them."""

    def __init__(self, compute: Callable[["Network", Tensor], Tensor | tuple[Tensor, ...]], **layers: nn.Module):
        super().__init__()
        self.compute = compute
        for name, layer in layers.items():
            self.add_module(name, layer)

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, ...]:
        return self.compute(self, x)


def along_channels(layer: nn.Module, x: Tensor) -> Tensor:
    """A layer of PyTorch's that has the channels before the steps."""
    return layer(x.transpose(1, 2)).transpose(1, 2)


def batch_norm(size: int) -> nn.BatchNorm1d:
    norm = nn.BatchNorm1d(size)
    norm.running_mean = torch.linspace(-0.5, 0.5, size)
    norm.running_var = torch.linspace(0.5, 1.5, size)
    return norm


def skips(m: Network, x: Tensor) -> Tensor:
    a = torch.tanh(m.first(x))
    y = m.lstm(a)[0]
    return m.head(torch.cat([y + a, x, a - 2 * y], -1)) + x[..., :2]


def convolutions(m: Network, x: Tensor) -> Tensor:
    """A causal convolution with its past padded, and one that is cut after it."""
    x = F.elu(m.padded(F.pad(x.transpose(1, 2), (4, 0))))
    x = F.leaky_relu(m.cut(x)[:, :, :-2], 0.2)
    return m.head(m.gru(x.transpose(1, 2))[0])


def norms(m: Network, x: Tensor) -> Tensor:
    x = (x - 0.25) / torch.tensor([1.5, 0.5, 2.0])
    y = m.layer_norm(m.lstm(along_channels(m.batch_norm, x))[0])
    return F.hardtanh(F.selu(m.head(y)), -1.0, 1.25)


def final_states(m: Network, x: Tensor) -> Tensor:
    """Both directions' final states side by side."""
    h = m.lstm(x)[1][0]
    return m.head(torch.cat((h[-2], h[-1]), 1))


def first_and_last(m: Network, x: Tensor) -> Tensor:
    y = m.gru(x)[0]
    return m.head(torch.cat((y[:, -1, :5], y[:, 0, 5:]), 1))


def summed(m: Network, x: Tensor) -> Tensor:
    y = m.gru(x)[0]
    return m.prelu(m.head(y[..., :5] + y[..., 5:]).transpose(1, 2)).transpose(1, 2)


def split(m: Network, x: Tensor) -> tuple[Tensor, ...]:
    """A cell for some features each, and two heads."""
    a, b = torch.split(x, [2, 1], -1)
    y = torch.cat([m.lstm(a)[0], m.gru(b)[0]], -1)
    return torch.sigmoid(m.one(y)), m.two(y)[:, -1]


def series(m: Network, x: Tensor) -> Tensor:
    """One number a step, without an axis of features; what comes out is added to the last of them."""
    y = m.lstm(2 * x.unsqueeze(-1))[0][:, -1]
    return m.head(y).squeeze(-1) + x[:, -1]


def graphs() -> list[tuple[str, nn.Module, tuple[int, ...]]]:
    """Names, modules, and the shapes of their inputs."""
    first = {"batch_first": True}
    both = first | {"bidirectional": True}
    return [
        ("skips", Network(skips, first=nn.Linear(3, 6), lstm=nn.LSTM(6, 6, **first), head=nn.Linear(15, 2)), (2, 9, 3)),
        (
            "convolutions",
            Network(
                convolutions, padded=nn.Conv1d(4, 8, 3, dilation=2, groups=2), cut=nn.Conv1d(8, 5, 3, padding=2),
                gru=nn.GRU(5, 6, **first), head=nn.Linear(6, 1),
            ),
            (2, 11, 4),
        ),
        (
            "norms",
            Network(
                norms, batch_norm=batch_norm(3), lstm=nn.LSTM(3, 7, **first), layer_norm=nn.LayerNorm(7),
                head=nn.Linear(7, 2),
            ),
            (2, 9, 3),
        ),
        ("final_states", Network(final_states, lstm=nn.LSTM(3, 5, 2, **both), head=nn.Linear(10, 2)), (2, 9, 3)),
        ("first_and_last", Network(first_and_last, gru=nn.GRU(3, 5, **both), head=nn.Linear(10, 2)), (2, 9, 3)),
        (
            "directions_summed",
            Network(summed, gru=nn.GRU(3, 5, **both), head=nn.Linear(5, 4), prelu=nn.PReLU(4)),
            (2, 9, 3),
        ),
        (
            "split",
            Network(
                split, lstm=nn.LSTM(2, 4, **first), gru=nn.GRU(1, 3, **first), one=nn.Linear(7, 1), two=nn.Linear(7, 2)
            ),
            (2, 9, 3),
        ),
        ("series", Network(series, lstm=nn.LSTM(1, 6, **first), head=nn.Linear(6, 1)), (2, 9)),
    ]  # fmt: skip
