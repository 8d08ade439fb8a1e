"""The networks that spot spoken digits in samples, and the rule that makes words of what they write. Not run by itself.

Every 10 ms a step reads 160 samples: a window of 20 ms, its spectrum as a convolution over samples, the power in 40 mel bands
(librosa's, with Slaney's scale and norm), its logarithm, a convolution over 60 ms of them, an LSTM, and a probability for each of
eleven labels.
"""

from pathlib import Path

import numpy as np
import torch
from torch import nn

from digit_clips import DIGITS, RATE, Clip

ROOT = Path(__file__).resolve().parents[3]
WEIGHTS_PATH = ROOT / "tools/gallery/digits.safetensors"
METADATA_PATH = ROOT / "tools/gallery/digits.json"
LABELS = ["silence", *DIGITS]
HOP, WINDOW, BANDS = 160, 320, 40
FLOOR = 1e-5  # added to a band's power: noise 54 dB below full scale has as much
NEAR = 5  # steps that the convolution before the LSTM sees
EARLY, LATE = 0.02, 0.16  # seconds before and behind a word's end in which it is to be told
SOON = 0.12  # seconds before its end from which on it may be
OPEN = -1  # the label of steps of which nothing is asked


def mel_filters(bands: int = BANDS, size: int = WINDOW, rate: int = RATE) -> np.ndarray:
    """Triangles over the spectrum's lines, each of area 1 in Hz, [bands, size / 2 + 1], float64.

    Slaney's scale: 200 / 3 Hz a step below 1000 Hz, 27 steps for each factor of 6.4 above.
    """
    top = 15 + 27 * np.log(rate / 2 / 1000) / np.log(6.4)
    steps = np.linspace(0, top, bands + 2)
    edges = np.where(steps < 15, steps * 200 / 3, 1000 * 6.4 ** ((steps - 15) / 27))
    lines = np.arange(size // 2 + 1) * rate / size
    rising = (lines - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - lines) / np.diff(edges)[1:, None]
    return np.maximum(np.minimum(rising, falling), 0) * 2 / (edges[2:] - edges[:-2])[:, None]


class LogMel(nn.Module):
    """The logarithm of the power in each band, of frames that end with every hop: [B, samples] -> [B, T, BANDS]."""

    def __init__(self) -> None:
        super().__init__()
        time = np.arange(WINDOW)
        # Neither the constant nor half the rate is in any band.
        angle = 2 * np.pi * np.outer(np.arange(1, WINDOW // 2), time) / WINDOW
        basis = np.concatenate([np.cos(angle), -np.sin(angle)]) * (0.5 - 0.5 * np.cos(2 * np.pi * time / WINDOW))
        filters = mel_filters()[:, 1:-1]
        self.register_buffer("basis", torch.from_numpy(basis[:, None].astype(np.float32)), persistent=False)
        self.register_buffer("filters", torch.from_numpy(filters.T.astype(np.float32)), persistent=False)

    def of_frames(self, frames: torch.Tensor, stride: int = 1) -> torch.Tensor:
        """[B, 1, samples] -> [B, T, BANDS]; a step of its own reads one frame."""
        spectrum = torch.nn.functional.conv1d(frames, self.basis, stride=stride).transpose(1, 2)
        real, imaginary = spectrum.split(WINDOW // 2 - 1, -1)
        return torch.log((real * real + imaginary * imaginary) @ self.filters + FLOOR)

    def forward(self, samples: torch.Tensor) -> torch.Tensor:
        silence = samples.new_zeros(len(samples), WINDOW - HOP)
        return self.of_frames(torch.cat([silence, samples], 1)[:, None], HOP)


class Norm(nn.Module):
    """Each band with the mean and the deviation that it has in the training part."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(BANDS))
        self.register_buffer("factor", torch.ones(BANDS))

    def forward(self, bands: torch.Tensor) -> torch.Tensor:
        return (bands - self.mean) * self.factor


class Spotter(nn.Module):
    """log-mel -> convolution of the past -> LSTM -> dense, [B, T, BANDS] -> [B, T, labels], logits."""

    def __init__(self, channels: int = 48, units: int = 80) -> None:
        super().__init__()
        self.norm = Norm()
        self.drop = nn.Dropout(0.2)
        self.near = nn.Conv1d(BANDS, channels, NEAR)
        self.lstm = nn.LSTM(channels, units, batch_first=True)
        self.fc = nn.Linear(units, len(LABELS))

    def features(self, bands: torch.Tensor) -> torch.Tensor:
        """Of normed bands with NEAR - 1 steps of the past before them, [B, NEAR - 1 + T, BANDS] -> [B, T, channels]."""
        return torch.relu(self.near(bands.transpose(1, 2))).transpose(1, 2)

    def forward(self, bands: torch.Tensor) -> torch.Tensor:
        normed = nn.functional.pad(self.norm(bands), (0, 0, NEAR - 1, 0))
        return self.fc(self.drop(self.lstm(self.features(normed))[0]))


class Convolutions(nn.Module):
    """As many weights in four convolutions of the past, which see 0.61 s, in the place of the LSTM."""

    def __init__(self, channels: int = 53) -> None:
        super().__init__()
        self.norm = Norm()
        self.drop = nn.Dropout(0.2)
        self.layers = nn.ModuleList(
            nn.Conv1d(channels if index else BANDS, channels, 5, dilation=2**index) for index in range(4))
        self.fc = nn.Linear(channels, len(LABELS))

    def forward(self, bands: torch.Tensor) -> torch.Tensor:
        values = self.norm(bands).transpose(1, 2)
        for layer in self.layers:
            values = torch.relu(layer(nn.functional.pad(values, (4 * layer.dilation[0], 0))))
        return self.fc(self.drop(values.transpose(1, 2)))


class Step(nn.Module):
    """HOP samples a call, as it is exported: x and past [1, HOP], the bands before [1, NEAR - 1, BANDS], h and c [1, 1, units]."""

    def __init__(self, model: Spotter) -> None:
        super().__init__()
        self.front, self.model = LogMel(), model

    def forward(
        self, x: torch.Tensor, past: torch.Tensor, near: torch.Tensor, h: torch.Tensor, c: torch.Tensor
    ) -> tuple[torch.Tensor, ...]:
        bands = self.front.of_frames(torch.cat([past, x], 1)[:, None])
        near = torch.cat([near, self.model.norm(bands)], 1)
        y, (h, c) = self.model.lstm(self.model.features(near), (h, c))
        return torch.softmax(self.model.fc(y[:, 0]), 1), x, near[:, 1:], h, c


class BandStep(nn.Module):
    """The bands alone."""

    def __init__(self) -> None:
        super().__init__()
        self.front = LogMel()

    def forward(self, x: torch.Tensor, past: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return self.front.of_frames(torch.cat([past, x], 1)[:, None])[:, 0], x


def export(model: Spotter | None, file: Path) -> None:
    """The network of one step as ONNX, for `sluice convert`; without a model the bands alone."""
    samples = torch.zeros(1, HOP)
    state = torch.zeros(1, 1, model.lstm.hidden_size) if model else None
    states = (torch.zeros(1, NEAR - 1, BANDS), state, state.clone()) if model else ()
    names = ["near", "h", "c"][: len(states)]
    torch.onnx.export(
        (Step(model) if model else BandStep()).eval(), (samples, samples.clone(), *states), str(file), opset_version=17, dynamo=False,
        input_names=["samples", "past", *names],
        output_names=["labels" if model else "bands", "past_out", *(name + "_out" for name in names)],
    )


def targets(clip: Clip) -> np.ndarray:
    """What each step of a clip is to say, [T]: the word around its end, OPEN shortly before, else silence."""
    ends = (np.arange(len(clip.samples) // HOP) + 1) * HOP / RATE
    labels = np.zeros(len(ends), np.int64)
    for digit, first, last in clip.words:
        if digit >= 0:
            end = last / RATE
            labels[(ends >= max((first / RATE + end) / 2, end - SOON)) & (ends < end - EARLY)] = OPEN
            labels[(ends >= end - EARLY) & (ends < end + LATE)] = 1 + digit
    return labels


def decided(probabilities: np.ndarray, rule: dict) -> list[tuple[int, int]]:
    """Words as `sluice run --wav` tells them, as pairs of a label and the step after which it is known; [T, labels] in.

    `rule` is "decision" of the metadata: a label's probability is the mean of the last `smoothing` ms. One that reaches
    `threshold` is told, unless another was within `hold` ms, and again only after it has been below `end_threshold`.
    """
    steps = max(1, round(rule["smoothing"] * RATE / 1000 / HOP))
    hold = rule["hold"] * RATE / 1000
    background = LABELS.index(rule["background"])
    found, on, last = [], None, None
    for step in range(len(probabilities)):
        mean = probabilities[max(0, step + 1 - steps) : step + 1].astype(np.float64).sum(0) / steps
        if on is not None and mean[on] < rule["end_threshold"]:
            on = None
        mean[background] = -1
        best = int(mean.argmax())
        if best != on and mean[best] >= rule["threshold"] and (last is None or (step - last) * HOP >= hold):
            found.append((best, step))
            on, last = best, step
    return found
