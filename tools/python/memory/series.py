"""A real series with a long season: the hourly load of a transformer (HUFL of ETTh1). Not run by itself.

A network reads the load alone, hour by hour, and says what it will be 12 hours later. It swings by the day: what it was
12 hours ago says more of that than what it is now, and the same hour of other days more still. Two years, in order:
70 % train, 10 % validation, 20 % test; the training part's mean and deviation are the units.
"""

import sys
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "training"))

from forecaster import FEATURES, data_folder, load_parts

from memory.tasks import Task

Tensor = torch.Tensor
AHEAD, BURN_IN = 12, 24  # hours; steps at the beginning of a window that count for nothing


def is_there() -> bool:
    return (data_folder() / "ett" / "ETTh1.csv").exists()


class Series(Task):
    """One task: `gap` is how many hours of the series are seen before it is asked."""

    def __init__(self) -> None:
        super().__init__("series", 1, 1, 0)
        column = FEATURES.index("HUFL")
        parts = {name: part.inputs[:, column] for name, part in load_parts().items()}
        mean, deviation = parts["train"].mean(), parts["train"].std()
        self.parts = {name: torch.from_numpy((x - mean) / deviation) for name, x in parts.items()}

    def windows(self, part: str, seen: int, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """x [seen, count, 1], and what comes 12 hours after each step, [seen, count]."""
        series = self.parts[part]
        starts = torch.randint(len(series) - seen - AHEAD, (count,), generator=generator)
        rows = starts + torch.arange(seen).unsqueeze(1)
        return series[rows].unsqueeze(-1), series[rows + AHEAD]

    def batch(self, gap: int, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        x, y = self.windows("train", gap, count, generator)
        return x, y[min(BURN_IN, gap // 2) :]

    def loss(self, answers: Tensor, asked: Tensor) -> Tensor:
        return (answers[..., 0] - asked).square().flatten(1).mean(1)

    def right(self, answers: Tensor, asked: Tensor) -> Tensor:
        """The share of the variance that is explained, at the last step."""
        error = (answers[:, -1, :, 0] - asked[:, -1]).square().mean(1)
        return 1 - error / asked[:, -1].var(1, unbiased=False)

    def test(self, seen: int, most: int, stride: int) -> tuple[Tensor, Tensor]:
        """The last `seen` hours before every `stride`th hour of the test part that has `most` before it, and the answers."""
        series = self.parts["test"]
        ends = torch.arange(most - 1, len(series) - AHEAD, stride)
        rows = ends - torch.arange(seen - 1, -1, -1).unsqueeze(1)
        return series[rows].unsqueeze(-1), series[ends + AHEAD].unsqueeze(0)

    def baselines(self, most: int, stride: int) -> dict[str, float]:
        """What is explained by rules without a network, of the same hours."""
        x, y = self.test(most, most, stride)
        past, asked = x[..., 0].double(), y[0].double()
        rules = {
            "as now": past[-1],
            "as the same hour of the day before": past[-1 - AHEAD],
            "as the same hour of the week before": past[-1 - (168 - AHEAD)],
            "as the mean of the same hour of 7 days": past[-1 - AHEAD - 24 * np.arange(7)].mean(0),
        }
        variance = asked.var(unbiased=False)
        return {name: float(1 - (rule - asked).square().mean() / variance) for name, rule in rules.items()}
