"""The oil temperature of a transformer, hour by hour: the data, the split and the forecaster of train_energy.py.

Not run by itself. The split is that of the data's own paper (Zhou et al., AAAI 2021): 12 months to train on, 4 to choose
by, 4 to test on. Errors are those of the temperature divided by the training part's deviation, as it counts them.
"""

import csv
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from cells import recurrent

ROOT = Path(__file__).resolve().parents[3]
WEIGHTS_PATH = ROOT / "tools/gallery/energy.safetensors"
HORIZONS = [24, 48, 168]
LONGEST = HORIZONS[-1]
MONTH = 30 * 24
PARTS = {"train": (0, 12 * MONTH), "validation": (12 * MONTH, 16 * MONTH), "test": (16 * MONTH, 20 * MONTH)}


@dataclass(frozen=True)
class Series:
    degrees: np.ndarray  # [T], in degrees C
    mean: float
    deviation: float

    @property
    def scaled(self) -> np.ndarray:
        return ((self.degrees - self.mean) / self.deviation).astype(np.float32)

    def wanted(self, part: str, horizon: int) -> tuple[np.ndarray, np.ndarray]:
        """Hours after which a forecast is made, the part's last `horizon` left out, and what comes [N, horizon], scaled."""
        first, end = PARTS[part]
        hours = np.arange(first - 1, end - horizon)
        return hours, np.lib.stride_tricks.sliding_window_view(self.scaled, horizon)[hours + 1]


def read() -> Series:
    path = Path(os.environ.get("SLUICE_DATA", ROOT / "../shared/data")) / "ett" / "ETTh1.csv"
    with open(path, newline="") as file:
        degrees = np.array([float(row["OT"]) for row in csv.DictReader(file)])
    train = degrees[slice(*PARTS["train"])]
    return Series(degrees, float(train.mean()), float(train.std()))


class Forecaster(nn.Module):
    """Differences of a day -> LSTM -> dense, and the last hour added: the coming week after every hour, [B, T, 1] -> [B, T, 168].

    For comparison the layer called lstm may be of another cell. The convolution's weights sum to zero (`settle`): how warm it is does not reach the LSTM, only how it changes.
    """

    def __init__(self, units: int = 32, channels: int = 8, cell: str = "lstm") -> None:
        super().__init__()
        self.day = nn.Conv1d(1, channels, 25, bias=False)
        self.lstm = recurrent(cell, channels, units)
        self.drop = nn.Dropout(0.3)
        self.fc = nn.Linear(units + 1, LONGEST)
        nn.init.zeros_(self.fc.weight)  # It begins as persistence.
        nn.init.zeros_(self.fc.bias)
        self.settle()

    @torch.no_grad()
    def settle(self) -> None:
        self.day.weight -= self.day.weight.mean(-1, keepdim=True)
        self.fc.weight[:, -1] = 1

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        past = nn.functional.pad(x.transpose(1, 2), (24, 0))
        changes = self.day(past).transpose(1, 2)
        return self.fc(torch.cat((self.drop(self.lstm(changes)[0]), x), -1))
