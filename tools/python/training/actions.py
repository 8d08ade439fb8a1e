"""Clips of moving shapes, and the network that names what they do: what train_actions.py and evaluate_actions.py share.

Not run by itself. A clip is 32 frames of 24x24 grey pixels: a shape on an uneven background, in noise, with lost pixels.
In a third of the clips there is a cut: another shape that does something else, elsewhere. What is asked for after each
frame is what the shape in it does. Shapes, seeds and noises of the test part are in no other part.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from cells import recurrent

ROOT = Path(__file__).resolve().parents[3]
WEIGHTS_PATH = ROOT / "tools/gallery/actions.safetensors"
ACTIONS = ["moves left", "moves right", "moves up", "moves down", "grows", "shrinks", "waves", "circles"]
SIZE, FRAMES = 24, 32
SHAPES = {"train": ["disc", "square", "triangle"], "validation": ["disc", "square", "triangle"], "test": ["cross", "ring"]}
SEEDS = {"train": 1, "validation": 2, "test": 3}
NOISE = {"train": (0.0, 0.15), "validation": (0.0, 0.15), "test": (0.15, 0.25)}


@dataclass(frozen=True)
class Clips:
    frames: np.ndarray  # [N, FRAMES, SIZE * SIZE] float32, about 0 to 1
    actions: np.ndarray  # [N, FRAMES], an index into ACTIONS for each frame
    ages: np.ndarray  # [N, FRAMES], frames since the clip began or was cut


def drawn(shape: str, x: float, y: float, radius: float) -> np.ndarray:
    """How much of each pixel the shape covers, with soft edges."""
    rows, columns = np.mgrid[0:SIZE, 0:SIZE].astype(np.float32)
    dx, dy = columns - x, rows - y
    distance = np.hypot(dx, dy)
    edge = {
        "disc": distance - radius,
        "ring": np.abs(distance - 0.8 * radius) - 0.3 * radius,
        "square": np.maximum(np.abs(dx), np.abs(dy)) - 0.85 * radius,
        "triangle": np.maximum(np.abs(dx) * 1.6 + dy - radius, -dy - radius),
        "cross": np.minimum(
            np.maximum(np.abs(dx) - 0.35 * radius, np.abs(dy) - radius),
            np.maximum(np.abs(dy) - 0.35 * radius, np.abs(dx) - radius),
        ),
    }[shape]
    return np.clip(0.5 - edge, 0, 1)


def path(action: str, count: int, random: np.random.Generator) -> np.ndarray:
    """Centre and radius of the shape in each of `count` frames, [count, 3]: they start anywhere, and stay in sight."""
    time = np.arange(count)
    speed, radius = random.uniform(0.25, 0.5), random.uniform(3, 5)
    centre = random.uniform(8, SIZE - 8, 2)
    x, y, r = (np.full(count, value) for value in (*centre, radius))
    way = speed * (time - random.uniform(0.3, 0.7) * count)
    match action:
        case "moves left" | "moves right":
            x = SIZE / 2 + (way if action == "moves right" else -way)
        case "moves up" | "moves down":
            y = SIZE / 2 + (way if action == "moves down" else -way)
        case "grows" | "shrinks":
            r = np.linspace(2, random.uniform(5.5, 8), count)
            r = r if action == "grows" else r[::-1]
        case "waves":
            x = centre[0] + random.uniform(2, 4) * np.sin(random.uniform(0.5, 0.9) * time + random.uniform(0, 6.3))
        case "circles":
            angle = random.choice([-1, 1]) * random.uniform(0.35, 0.7) * time + random.uniform(0, 6.3)
            reach = random.uniform(2.5, 4.5)
            x, y = centre[0] + reach * np.cos(angle), centre[1] + reach * np.sin(angle)
    return np.stack([x, y, r], 1)


def clips(part: str, count: int) -> Clips:
    """The first `count` clips of a part, the same each time."""
    frames = np.empty((count, FRAMES, SIZE * SIZE), np.float32)
    actions, ages = (np.empty((count, FRAMES), np.int64) for _ in range(2))
    for index in range(count):
        random = np.random.default_rng([SEEDS[part], index])
        cut = int(random.integers(10, FRAMES - 10)) if random.random() < 1 / 3 else 0
        scenes = [(0, cut), (cut, FRAMES)] if cut else [(0, FRAMES)]
        kinds = random.permutation(len(ACTIONS))
        for (start, end), kind in zip(scenes, kinds):
            shape, light = random.choice(SHAPES[part]), random.uniform(0.4, 0.9) * random.choice([-1, 1])
            slope = random.uniform(-0.01, 0.01, 2)
            back = (0.5 - light / 2) + np.add.outer(np.arange(SIZE) * slope[0], np.arange(SIZE) * slope[1])
            for frame, (x, y, radius) in enumerate(path(ACTIONS[kind], end - start, random), start):
                picture = back + light * drawn(shape, x, y, radius)
                picture += random.uniform(*NOISE[part]) * random.standard_normal((SIZE, SIZE))
                picture[random.random((SIZE, SIZE)) < 0.02] = 0  # lost pixels
                frames[index, frame] = picture.ravel()
            actions[index, start:end], ages[index, start:end] = kind, np.arange(end - start)
    return Clips(frames, actions, ages)


class Frame(nn.Module):
    """Features of one frame: convolutions along its rows, [N, SIZE * SIZE] -> [N, 96]."""

    def __init__(self) -> None:
        super().__init__()
        self.near = nn.Conv1d(SIZE, 24, 5, stride=2, padding=2)
        self.far = nn.Conv1d(24, 16, 3, stride=2, padding=1)

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        rows = frames.reshape(-1, SIZE, SIZE)
        return torch.relu(self.far(torch.relu(self.near(rows)))).reshape(-1, 96)


class Recognizer(nn.Module):
    """frame -> LSTM -> dense: what the shape does, after every frame. For comparison lstm may be of another cell."""

    def __init__(self, units: int = 64, cell: str = "lstm") -> None:
        super().__init__()
        self.frame = Frame()
        self.lstm = recurrent(cell, 96, units)
        self.fc = nn.Linear(units, len(ACTIONS))

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        """[B, T, SIZE * SIZE] -> [B, T, actions], logits."""
        features = self.frame(frames).view(*frames.shape[:2], 96)
        return self.fc(self.lstm(features)[0])


class Still(nn.Module):
    """The same without recurrence: a dense layer of as many weights in the place of the LSTM, its logits summed."""

    def __init__(self, units: int = 64) -> None:
        super().__init__()
        self.frame = Frame()
        self.hidden = nn.Linear(96, 4 * units * (96 + units) // 96)
        self.fc = nn.Linear(self.hidden.out_features, len(ACTIONS))

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        features = self.frame(frames).view(*frames.shape[:2], 96)
        return self.fc(torch.relu(self.hidden(features)))


class Step(nn.Module):
    """One frame a call, with its state in and out, as it is exported: x [1, SIZE * SIZE], h and c [1, 1, units]."""

    def __init__(self, model: Recognizer) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: torch.Tensor, h: torch.Tensor, c: torch.Tensor) -> tuple[torch.Tensor, ...]:
        y, (h, c) = self.model.lstm(self.model.frame(x)[:, None], (h, c))
        return torch.softmax(self.model.fc(y[:, 0]), 1), h, c


def export(model: Recognizer, file: Path) -> None:
    """The network of one frame as ONNX, for `sluice convert`."""
    state = torch.zeros(1, 1, model.lstm.hidden_size)
    torch.onnx.export(
        Step(model).eval(), (torch.zeros(1, SIZE * SIZE), state, state.clone()), str(file), opset_version=17, dynamo=False,
        input_names=["frame", "h", "c"], output_names=["actions", "h_out", "c_out"],
    )
