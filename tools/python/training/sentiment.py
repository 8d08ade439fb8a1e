"""What train_sentiment.py and evaluate_sentiment.py share: tokenizer, data split and model.

Not run by itself. The tokenizer must stay byte for byte what the Swift tool does; the split must stay what the
accuracy in the README was measured on.
"""

import os
from pathlib import Path

import torch
from torch import nn

from cells import recurrent

ROOT = Path(__file__).resolve().parents[3]
MODEL_PATH = ROOT / "tools/sluice/Resources/sentiment.safetensors"
UNKNOWN = "<unk>"
MASK64 = (1 << 64) - 1
SPLIT_SEED = 2005


def data_folder() -> Path:
    return Path(os.environ.get("SLUICE_DATA", ROOT / "../shared/data"))


def tokenize(sentence: bytes) -> list[bytes]:
    """Splits UTF-8 bytes into lowercase words and single punctuation bytes.

    A word is a maximal run of ASCII letters, digits, apostrophes and bytes >= 0x80; any other byte above 0x20 except
    0x7F is a token of its own; the rest separates. Bytes, not characters, so that the Swift side needs no tables.
    """
    tokens: list[bytes] = []
    start = -1
    for i, byte in enumerate(sentence):
        is_word = byte >= 0x80 or byte == 0x27 or 0x30 <= byte <= 0x39 or 0x41 <= byte <= 0x5A or 0x61 <= byte <= 0x7A
        if is_word:
            if start < 0:
                start = i
            continue
        if start >= 0:
            tokens.append(sentence[start:i].lower())  # bytes.lower() changes ASCII letters only
            start = -1
        if byte > 0x20 and byte != 0x7F:
            tokens.append(bytes([byte]))
    if start >= 0:
        tokens.append(sentence[start:].lower())
    return tokens


def splitmix64(seed: int, index: int) -> int:
    """Element `index` of the SplitMix64 stream; plain integers, so the split depends on no library's generator."""
    z = (seed + (index + 1) * 0x9E3779B97F4A7C15) & MASK64
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK64
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK64
    return z ^ (z >> 31)


Example = tuple[bytes, int]


def load_split() -> dict[str, list[Example]]:
    """The train, validation and test sentences with their labels (1 positive); see train_sentiment.py for the rule."""
    folder = data_folder() / "sentence-polarity"
    examples: list[Example] = []
    for name, label in (("rt-polarity.pos", 1), ("rt-polarity.neg", 0)):
        # Split on newline bytes only: str.splitlines would also split on U+0085 and friends.
        lines = (folder / name).read_bytes().split(b"\n")
        examples += [(line, label) for line in lines if line.strip()]
    order = sorted(range(len(examples)), key=lambda i: splitmix64(SPLIT_SEED, i))
    tenth = len(examples) // 10
    train_end = len(examples) - 2 * tenth
    shuffled = [examples[i] for i in order]
    return {
        "train": shuffled[:train_end],
        "validation": shuffled[train_end : train_end + tenth],
        "test": shuffled[train_end + tenth :],
    }


class SentimentModel(nn.Module):
    """embedding -> LSTM -> dense; the logit after every word. Submodule names are the tensor names in the file.

    For comparison the layer called lstm may be of another cell.
    """

    def __init__(self, words: int, embedding_size: int, hidden_size: int, cell: str = "lstm") -> None:
        super().__init__()
        self.embedding = nn.Embedding(words, embedding_size)
        self.lstm = recurrent(cell, embedding_size, hidden_size)
        self.fc = nn.Linear(hidden_size, 1)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return self.fc(self.lstm(self.embedding(ids))[0]).squeeze(-1)


@torch.no_grad()
def final_probabilities(model: SentimentModel, sentences: list[list[int]]) -> list[float]:
    """The positive probability after each sentence's last word; the zero state's where it has no word."""
    model.eval()
    result = [float(torch.sigmoid(model.fc.bias))] * len(sentences)
    order = sorted((i for i in range(len(sentences)) if sentences[i]), key=lambda i: len(sentences[i]))
    for start in range(0, len(order), 256):
        rows = order[start : start + 256]
        ids, lengths = pad([sentences[i] for i in rows])
        logits = model(ids).gather(1, (lengths - 1).unsqueeze(1)).squeeze(1)
        for i, probability in zip(rows, torch.sigmoid(logits).tolist()):
            result[i] = probability
    return result


def pad(sentences: list[list[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Ids [batch, longest] padded at the end, which a left-to-right model never looks at, and the lengths."""
    lengths = torch.tensor([len(s) for s in sentences])
    ids = torch.zeros(len(sentences), int(lengths.max()), dtype=torch.long)
    for row, sentence in enumerate(sentences):
        ids[row, : len(sentence)] = torch.tensor(sentence)
    return ids, lengths


def accuracy(probabilities: list[float], examples: list[Example]) -> float:
    right = sum((p >= 0.5) == (label == 1) for p, (_, label) in zip(probabilities, examples, strict=True))
    return right / len(examples)
