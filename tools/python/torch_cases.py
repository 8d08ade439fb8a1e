"""Modules for export_torch.py with PyTorch's outputs. Not run by itself; make_exporter_cases.py imports it."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from case_folder import Array, Case, ids, tensor
from export_torch import architecture_of
from exported_cases import fill


class Normed(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm_in, self.rnn = nn.LayerNorm(5), nn.LSTM(5, 12, num_layers=2, batch_first=True, dropout=0.5)
        self.norm, self.drop, self.fc = nn.LayerNorm(12, elementwise_affine=False), nn.Dropout(0.3), nn.Linear(12, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y, _ = self.rnn(self.norm_in(x))
        return F.softmax(self.fc(self.drop(self.norm(y))), dim=-1)


class Skip(nn.Module):
    """As GuitarML trains them: the input is added to the output."""

    def __init__(self) -> None:
        super().__init__()
        self.rec, self.lin = nn.GRU(2, 9), nn.Linear(9, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        residue = x[:, :, 0:1]
        y, _ = self.rec(x)
        return self.lin(y) + residue


class ConvolutionGRU(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.rnn, self.fc = nn.Conv1d(3, 8, 4, dilation=2), nn.GRU(8, 7, batch_first=True), nn.Linear(7, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = torch.relu(self.conv(F.pad(x.transpose(1, 2), (6, 0)))).transpose(1, 2)
        return torch.sigmoid(self.fc(self.rnn(y)[0]))


class Residual(nn.Module):
    """Two blocks of a temporal convolutional network."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv1d(4, 6, 3, padding=2)
        self.second = nn.Conv1d(6, 6, 3, padding=4, dilation=2, groups=3, bias=False)
        self.norm, self.prelu, self.one = nn.BatchNorm1d(6), nn.PReLU(6), nn.Conv1d(6, 3, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        a = self.prelu(self.first(x.permute(0, 2, 1))[:, :, :-2])
        b = self.norm(self.second(a)[..., :-4])
        return self.one(a + b).permute(0, 2, 1)


class Joined(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.rnn, self.dense, self.act, self.fc = nn.LSTM(3, 6), nn.Linear(3, 4), nn.LeakyReLU(0.2), nn.Linear(10, 2)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, tuple[torch.Tensor, torch.Tensor]]:
        y, states = self.rnn(x)
        return F.elu(self.fc(torch.cat([y, self.act(self.dense(x))], dim=-1)), 0.5), states


class LastHidden(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embedding, self.rnn, self.fc = nn.Embedding(13, 6), nn.LSTM(6, 8, num_layers=2), nn.Linear(8, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        _, (h, _) = self.rnn(self.embedding(x))
        return torch.tanh(self.fc(h[-1]))


class FinalStates(nn.Module):
    """Normalised features, and the final states of both directions."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(3))
        self.rnn, self.fc = nn.LSTM(3, 5, 2, batch_first=True, bidirectional=True), nn.Linear(10, 4)
        self.act, self.last = nn.SELU(), nn.utils.parametrizations.weight_norm(nn.Linear(4, 2))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        _, (h, _) = self.rnn((x - self.mean) / 0.5)
        y = self.act(self.fc(torch.cat((h[-2], h[-1]), dim=1)))
        return F.relu(1 - self.last(y))


class Chain(nn.Module):
    """Recurrent layers in order, each giving its sequence to the next: what a Sequential of them means."""

    def __init__(self, layers: nn.Sequential) -> None:
        super().__init__()
        self.layers = layers

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for layer in self.layers:
            x = layer(x)
            x = x[0] if isinstance(x, tuple) else x
        return x


def chain(*layers: nn.Module) -> tuple[nn.Module, nn.Module]:
    sequential = nn.Sequential(*layers)
    return sequential, Chain(sequential)


@torch.no_grad()
def torch_cases() -> list[Case]:
    cases: list[Case] = []

    def add(name: str, module: nn.Module, x: Array, running: nn.Module | None = None, batch: int | None = 1) -> None:
        """`x` is [T, ...]; `batch` is where the module wants the axis of the batch."""
        seed = 800 + len(cases)
        fill(module, seed)
        for t, (name_, buffer) in enumerate(module.named_buffers()):
            if buffer.is_floating_point():
                value = torch.from_numpy(tensor(seed * 1000 + 500 + t, *buffer.shape, scale=0.4))
                buffer.copy_(value + 1 if name_.endswith("running_var") else value)
        given = torch.from_numpy(x)
        y = (running or module).eval()(given if batch is None else given.unsqueeze(batch))
        y = y[0] if isinstance(y, tuple) else y
        y = y.squeeze(batch) if batch is not None and y.dim() == 3 else y
        # The case is one sequence: [T, F], or [1, F] of the last step.
        files = {"model.safetensors": architecture_of(module).bytes()}
        cases.append(Case(f"torch_{name}", files, [x], [np.asarray(y)]))

    add("lstm_layernorm_softmax", Normed(), tensor(800900, 18, 5, scale=1), batch=0)
    add("gru_skip", Skip(), tensor(801900, 20, 2, scale=1))
    add("conv1d_dilated_gru", ConvolutionGRU(), tensor(802900, 24, 3, scale=1), batch=0)
    add("conv1d_groups_batchnorm_prelu_residual", Residual(), tensor(803900, 25, 4, scale=1), batch=0)
    add("lstm_concatenate_elu", Joined(), tensor(804900, 15, 3, scale=1))
    add("embedding_lstm_last_hidden", LastHidden(), ids(805900, 13, 16))
    sequential, running = chain(
        nn.RNN(3, 8, nonlinearity="relu"), nn.PReLU(), nn.GRU(8, 5, num_layers=2, bias=False), nn.Hardsigmoid(),
        nn.LSTM(5, 4), nn.Softplus(), nn.Linear(4, 2, bias=False), nn.Softsign(),
    )
    add("sequential_rnn_gru_lstm", sequential, tensor(806900, 17, 3, scale=1), running, batch=None)
    sequential, running = chain(nn.LSTM(4, 9, num_layers=2, proj_size=5), nn.Linear(5, 2))
    add("lstm_projection", sequential, tensor(807900, 17, 4, scale=1), running, batch=None)
    sequential, running = chain(nn.GRU(4, 5, num_layers=2, bidirectional=True), nn.Linear(10, 3), nn.Tanh())
    add("gru_bidirectional_stacked", sequential, tensor(808900, 14, 4, scale=1), running, batch=None)
    sequential, running = chain(nn.LSTM(3, 5, bidirectional=True), nn.LayerNorm(10), nn.Linear(10, 2))
    add("lstm_bidirectional", sequential, tensor(809900, 14, 3, scale=1), running, batch=None)
    add("lstm_final_states", FinalStates(), tensor(810900, 13, 3, scale=1), batch=0)
    return cases
