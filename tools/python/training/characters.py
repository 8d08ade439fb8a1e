"""What train_characters.py and evaluate_characters.py share: the split of the novels, the alphabet, the model.

Not run by itself.
"""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import torch
from torch import nn

from austen import load_novels
from tensor_file import save_tensors

ROOT = Path(__file__).resolve().parents[3]
MODEL_PATH = ROOT / "tools/sluice/Resources/characters.safetensors"
UNKNOWN = "<unk>"
TEST, VALIDATION = "Persuasion", "Northanger Abbey"
VALIDATION_CHARACTERS = 100_000
LEAST_COUNT = 20  # characters that training sees less often are taken out of all parts


def load_parts(folder: Path) -> dict[str, str]:
    """Test: the whole of one novel; validation: the end of another; training: all else, in the order of the package."""
    novels = load_novels(folder)
    parts = {"test": novels.pop(TEST), "validation": novels[VALIDATION][-VALIDATION_CHARACTERS:]}
    novels[VALIDATION] = novels[VALIDATION][:-VALIDATION_CHARACTERS]
    parts["train"] = "".join(novels.values())
    seen = Counter(parts["train"])
    return {name: "".join(c for c in text if seen[c] >= LEAST_COUNT) for name, text in parts.items()}


def alphabet(text: str) -> list[str]:
    """The id of a character is its place: behind the unknown one the most frequent first."""
    counts = Counter(text)
    return [UNKNOWN, *sorted(counts, key=lambda c: (-counts[c], c))]


def encode(text: str, characters: list[str]) -> np.ndarray:
    ids = {c: i for i, c in enumerate(characters)}
    return np.array([ids[c] for c in text], np.int64)


class CharacterModel(nn.Module):
    """embedding -> LSTM -> dense: logits of the next character. Submodule names are the tensor names in the file."""

    def __init__(self, characters: int, embedding_size: int, hidden_size: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(characters, embedding_size)
        self.lstm = nn.LSTM(embedding_size, hidden_size, batch_first=True)
        self.fc = nn.Linear(hidden_size, characters)

    def forward(
        self, ids: torch.Tensor, state: tuple[torch.Tensor, torch.Tensor] | None = None
    ) -> tuple[torch.Tensor, tuple[torch.Tensor, torch.Tensor]]:
        hidden, state = self.lstm(self.embedding(ids), state)
        return self.fc(hidden), state


@torch.no_grad()
def logits_of(model: CharacterModel, ids: np.ndarray, block: int = 10_000) -> np.ndarray:
    """Logits behind every character, [T, characters]: one stream from the initial state, as the tool runs it."""
    model.eval()
    rows, state = [], None
    for part in torch.from_numpy(ids)[None].split(block, 1):
        logits, state = model(part, state)
        rows.append(logits[0].numpy())
    return np.concatenate(rows)


def log2_of_next(logits: np.ndarray, ids: np.ndarray) -> np.ndarray:
    """The binary logarithm of what softmax gives each character but the first, the unknown one left out."""
    rows = logits[:-1, 1:].astype(np.float64)
    rows -= rows.max(1, keepdims=True)
    own = rows[np.arange(len(rows)), ids[1:] - 1]
    return (own - np.log(np.exp(rows).sum(1))) / np.log(2)


def bits(log2: np.ndarray, block: int = 1000) -> tuple[float, float]:
    """Bits a character, and half the 95 % interval, from blocks of characters, which hang less together."""
    means = -log2[: len(log2) // block * block].reshape(-1, block).mean(1)
    return float(-log2.mean()), float(1.96 * means.std(ddof=1) / len(means) ** 0.5)


def save(model: CharacterModel, characters: list[str], path: Path, metadata: dict[str, object]) -> None:
    architecture = {
        "input_size": len(characters),
        "layers": [
            {"type": "embedding", "tensors": "embedding."},
            {"type": "lstm", "tensors": "lstm.", "layers": 1},
            {"type": "dense", "tensors": "fc."},
        ],
    }
    notes = {
        "sluice.architecture": json.dumps(architecture),
        "sluice.vocabulary": json.dumps(characters, ensure_ascii=False),
        "sluice.metadata": json.dumps(metadata, ensure_ascii=False),
    }
    save_tensors(model.state_dict(), path, notes)
