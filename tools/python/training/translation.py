"""Numbers in figures and in words of two languages, and the networks that translate them: what train_translation.py,
evaluate_translation.py and make_gallery_cases.py share.

Not run by itself. Numbers are those from 0 to 999,999. English as in Britain, with "and" and a hyphen; German in one word.
A tenth of them, drawn by a hash, is for the test, another for validation. Those whose words are longest, LONG letters in
either language, are in neither: no training saw so long an answer.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import load_file
from torch import nn

from cells import CELLS, equal_units, recurrent
from sentiment import splitmix64
from tensor_file import save_tensors

ROOT = Path(__file__).resolve().parents[3]
GALLERY = ROOT / "tools/gallery"
HIGHEST, LONG, HASH_SEED = 999_999, 68, 1755
LANGUAGES = ["en", "de"]
UNKNOWN, END = "<unk>", "<end>"
FIGURES = [UNKNOWN, " ", *"0123456789"]
EN_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
EN_TENS = "- - twenty thirty forty fifty sixty seventy eighty ninety".split()
DE_ONES = (
    "null ein zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn "
    "achtzehn neunzehn"
).split()
DE_TENS = "- - zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig".split()


def english(number: int) -> str:
    if number < 20:
        return EN_ONES[number]
    if number < 100:
        return EN_TENS[number // 10] + ("-" + EN_ONES[number % 10] if number % 10 else "")
    if number < 1000:
        return f"{EN_ONES[number // 100]} hundred" + (f" and {english(number % 100)}" if number % 100 else "")
    rest = number % 1000
    link = " and " if 0 < rest < 100 else " "
    return f"{english(number // 1000)} thousand" + (link + english(rest) if rest else "")


def german(number: int) -> str:
    """The ones come before the tens, and 1 has an s where it comes last."""

    def joined(n: int) -> str:  # n > 0, before another part
        if n < 20:
            return DE_ONES[n]
        if n < 100:
            return (DE_ONES[n % 10] + "und" if n % 10 else "") + DE_TENS[n // 10]
        if n < 1000:
            return f"{DE_ONES[n // 100]}hundert" + (joined(n % 100) if n % 100 else "")
        return f"{joined(n // 1000)}tausend" + (joined(n % 1000) if n % 1000 else "")

    if number == 0:
        return DE_ONES[0]
    return joined(number) + ("s" if number % 100 == 1 else "")


WORDS = {"en": english, "de": german}
LETTERS = [UNKNOWN, " ", END, *(f"<{language}>" for language in LANGUAGES)] + sorted(
    set("".join(EN_ONES + EN_TENS + DE_ONES + DE_TENS + ["hundred thousand and hundert tausend"])) - {" "}
)
MARKS = [LETTERS.index(letter) for letter in LETTERS if len(letter) > 1 and letter != END]  # never written


def part(number: int) -> str:
    """Which part a number belongs to."""
    if max(len(english(number)), len(german(number))) >= LONG:
        return "long"
    return {0: "test", 1: "validation"}.get(splitmix64(HASH_SEED, number) % 10, "train")


def parts() -> dict[str, list[int]]:
    """The numbers of each part, in order."""
    found: dict[str, list[int]] = {"train": [], "validation": [], "test": [], "long": []}
    for number in range(HIGHEST + 1):
        found[part(number)].append(number)
    return found


def figures(number: int, spaced: bool = False) -> str:
    """As it is read: with or without a space before the last three figures."""
    return f"{number:,}".replace(",", " ") if spaced else str(number)


def encode(text: str, vocabulary: list[str]) -> list[int]:
    return [vocabulary.index(c) for c in text]


@dataclass(frozen=True)
class Size:
    """A cell and how many units it has: all kinds have about as many weights."""

    cell: str
    units: int


EMBEDDING, LSTM_UNITS = 16, 128
SIZES = [Size(cell, equal_units(cell, EMBEDDING, LSTM_UNITS)) for cell in CELLS]


class Reader(nn.Module):
    """The encoder: embedding -> recurrent layer. What is asked of it is its state behind the last figure."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.embedding = nn.Embedding(len(FIGURES), EMBEDDING)
        self.cell = recurrent(size.cell, EMBEDDING, size.units)


class Writer(nn.Module):
    """The decoder: embedding -> recurrent layer -> dense, logits of the next letter."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.embedding = nn.Embedding(len(LETTERS), EMBEDDING)
        self.cell = recurrent(size.cell, EMBEDDING, size.units)
        self.fc = nn.Linear(size.units, len(LETTERS))


class Translator(nn.Module):
    def __init__(self, size: Size) -> None:
        super().__init__()
        self.size = size
        self.encoder, self.decoder = Reader(size), Writer(size)

    def read(self, sources: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, ...]:
        """[B, T] ids and how many of each count -> the state behind the last of each."""
        rows = nn.utils.rnn.pack_padded_sequence(
            self.encoder.embedding(sources), lengths, batch_first=True, enforce_sorted=False
        )
        return self.encoder.cell(rows)[1]

    def write(self, letters: torch.Tensor, state: object) -> tuple[torch.Tensor, object]:
        """[B, T] ids -> logits of what follows each, [B, T, letters], and the state behind the last."""
        hidden, state = self.decoder.cell(self.decoder.embedding(letters), state)
        return self.decoder.fc(hidden), state


def padded(rows: list[list[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    lengths = torch.tensor([len(row) for row in rows])
    ids = torch.zeros(len(rows), int(lengths.max()), dtype=torch.long)
    for index, row in enumerate(rows):
        ids[index, : len(row)] = torch.tensor(row)
    return ids, lengths


@torch.inference_mode()
def translations(model: Translator, texts: list[str], language: str, limit: int = 100) -> list[str]:
    """The likeliest letter at each step, to END or to the limit: without END, the text ends in an ellipsis."""
    found: list[str] = []
    for start in range(0, len(texts), 500):
        some = texts[start : start + 500]
        state = model.read(*padded([encode(text, FIGURES) for text in some]))
        last = torch.full((len(some), 1), LETTERS.index(f"<{language}>"))
        written = []
        ended = torch.zeros(len(some), dtype=torch.bool)
        for _ in range(limit):
            logits, state = model.write(last, state)
            logits[..., MARKS] = -torch.inf
            last = logits.argmax(-1)
            written.append(last[:, 0])
            ended |= last[:, 0] == LETTERS.index(END)
            if ended.all():
                break
        for row in torch.stack(written, 1).tolist():
            letters = [LETTERS[i] for i in row]
            found.append("".join(letters[: letters.index(END)]) if END in letters else "".join(letters) + "…")
    return found


def save(model: Translator, folder: Path) -> None:
    """The two networks, each with its vocabulary; `pair` tells that they were trained together."""
    weights = b"".join(value.contiguous().numpy().tobytes() for value in model.state_dict().values())
    pair = f"numbers {hashlib.sha256(weights).hexdigest()[:12]}"
    cell = model.size.cell
    layers = [{"type": "embedding", "tensors": "embedding."}, {"type": cell, "tensors": "cell.", "layers": 1}]
    longest = {"longest_text": len(figures(HIGHEST, spaced=True))}
    for network, name, vocabulary, more, does, facts in (
        (model.encoder, "translation-encoder", FIGURES, [], "Reads a number in figures; translation-decoder writes it.", longest),
        (model.decoder, "translation-decoder", LETTERS, [{"type": "dense", "tensors": "fc."}],
         "Writes a number that translation-encoder has read, in English or German words.", {}),
    ):
        notes = {
            "sluice.architecture": json.dumps({"input_size": len(vocabulary), "layers": layers + more}),
            "sluice.vocabulary": json.dumps(vocabulary, ensure_ascii=False),
            "sluice.metadata": json.dumps({"name": name, "description": does, "license": "MIT", "pair": pair, **facts}),
        }
        save_tensors(network.state_dict(), folder / f"{name}.safetensors", notes)


def load(folder: Path = GALLERY) -> Translator:
    """What `save` has written."""
    encoder, decoder = (folder / f"translation-{name}.safetensors" for name in ("encoder", "decoder"))
    with safe_open(encoder, "pt") as file:
        architecture = json.loads(file.metadata()["sluice.architecture"])
        units = file.get_slice("cell.weight_hh_l0").get_shape()[1]
    model = Translator(Size(architecture["layers"][1]["type"], units))
    model.encoder.load_state_dict(load_file(encoder))
    model.decoder.load_state_dict(load_file(decoder))
    return model.eval()
