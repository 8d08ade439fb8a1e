"""What train_forecaster.py and evaluate_forecaster.py share: data, split and model.

Not run by itself. The split must stay what the figures in the README were measured on.
"""

import csv
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

ROOT = Path(__file__).resolve().parents[3]
MODEL_PATH = ROOT / "tools/python/training/forecaster.safetensors"
HORIZON = 6  # hours
FEATURES = ["HUFL", "HULL", "MUFL", "MULL", "LUFL", "LULL", "OT", "sin of the hour", "cos of the hour"]
OIL = FEATURES.index("OT")
PARTS = {"train": (0.0, 0.7), "validation": (0.7, 0.8), "test": (0.8, 1.0)}  # shares of the two years, in order


@dataclass(frozen=True)
class Part:
    inputs: np.ndarray  # [T, 9], as the model reads them
    change: np.ndarray  # [T], what the oil temperature will have changed by HORIZON hours later, in degrees C


def data_folder() -> Path:
    return Path(os.environ.get("SLUICE_DATA", ROOT / "../shared/data"))


def load_parts() -> dict[str, Part]:
    """Each part apart: no input or target of one reaches into another."""
    with open(data_folder() / "ett" / "ETTh1.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    hours = np.array([int(row["date"][11:13]) for row in rows]) * (2 * np.pi / 24)
    columns = [[float(row[name]) for row in rows] for name in FEATURES[:7]]
    table = np.array([*columns, np.sin(hours), np.cos(hours)], dtype=np.float32).T
    parts = {}
    for name, (first, end) in PARTS.items():
        part = table[round(first * len(table)) : round(end * len(table))]
        oil = part[:, OIL]
        parts[name] = Part(np.ascontiguousarray(part[:-HORIZON]), oil[HORIZON:] - oil[:-HORIZON])
    return parts


def rmse(predicted: np.ndarray, wanted: np.ndarray) -> float:
    return float(np.sqrt(np.mean((predicted.astype(np.float64) - wanted.astype(np.float64)) ** 2)))


class Forecaster(nn.Module):
    """norm -> LSTM -> dense: the change of the oil temperature, after every hour. Names are the file's tensor names."""

    def __init__(self, hidden_size: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(len(FEATURES), affine=False)
        self.lstm = nn.LSTM(len(FEATURES), hidden_size, batch_first=True)
        self.fc = nn.Linear(hidden_size, 1)

    def forward(self, inputs: torch.Tensor, dropout: float = 0) -> torch.Tensor:
        """[B, T, 9] -> [B, T]; `dropout` is that of h on its way to the dense layer."""
        normed = self.norm(inputs.flatten(0, 1)).view(inputs.shape)
        hidden = nn.functional.dropout(self.lstm(normed)[0], dropout, training=dropout > 0)
        return self.fc(hidden).squeeze(-1)
