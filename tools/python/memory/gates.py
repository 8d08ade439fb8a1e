"""What the gates of the sentiment model that ships do: over a sentence, over the test part, and held open or shut.

Not run by itself. The gates are computed here from the model's weights, word by word, in float64.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "training"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "measuring"))

from evaluate_sentiment import load_model, running_probabilities
from sentiment import SentimentModel, load_split, pad, tokenize

SENTENCES = [
    b"I really enjoyed the movie",
    b"at first a charming little film , but the story soon goes nowhere and nothing can save it",
]
HELD = [("f", 1.0), ("f", 0.0), ("i", 1.0), ("i", 0.0), ("o", 1.0)]
GATES = "ifgo"  # PyTorch's order


@torch.no_grad()
def states(model: SentimentModel, sentences: list[list[int]], held: tuple[str, float] | None = None) -> list[dict[str, np.ndarray]]:
    """Of each sentence gates, candidate g, C and h after every word, [words, units], and the probability p, [words]."""
    tensors = {key: value.double() for key, value in model.state_dict().items()}
    ids, lengths = pad(sentences)
    c = torch.zeros(len(ids), model.lstm.hidden_size).double()
    h = c
    steps: dict[str, list[torch.Tensor]] = {key: [] for key in [*GATES, "C", "h", "p"]}
    for word in ids.T:
        sums = tensors["embedding.weight"][word] @ tensors["lstm.weight_ih_l0"].T + tensors["lstm.bias_ih_l0"]
        sums = sums + h @ tensors["lstm.weight_hh_l0"].T + tensors["lstm.bias_hh_l0"]
        gate = dict(zip(GATES, sums.split(c.shape[1], 1)))
        gate = {key: torch.tanh(value) if key == "g" else torch.sigmoid(value) for key, value in gate.items()}
        if held:
            gate[held[0]] = torch.full_like(c, held[1])
        c = gate["f"] * c + gate["i"] * gate["g"]
        h = gate["o"] * torch.tanh(c)
        p = torch.sigmoid(h @ tensors["fc.weight"].T + tensors["fc.bias"])[:, 0]
        for key, value in (*gate.items(), ("C", c), ("h", h), ("p", p)):
            steps[key].append(value)
    stacked = {key: torch.stack(values, 1).numpy() for key, values in steps.items()}
    return [{key: values[row, :count] for key, values in stacked.items()} for row, count in enumerate(lengths.tolist())]


def measured(log: Callable[[str], None], count: int = 0) -> dict[str, Any]:
    """All of it, over so many sentences of the test part (0: all)."""
    model, numbers = load_model()

    def encoded(sentence: bytes) -> list[int]:
        return [numbers.get(word, 0) for word in tokenize(sentence)]

    result: dict[str, Any] = {"sentences": []}
    for sentence in SENTENCES:
        found = states(model, [encoded(sentence)])[0]
        difference = np.abs(found["p"] - np.array(running_probabilities(model, encoded(sentence)))).max()
        log(f"{sentence.decode()}: the gates' probabilities differ from PyTorch's by {difference:.1e}")
        result["sentences"].append({
            "words": [word.decode() for word in tokenize(sentence)],
            "f": np.round(found["f"], 3).tolist(), "p": np.round(found["p"], 4).tolist(),
            "change": np.round(np.abs(np.diff(found["C"], axis=0, prepend=0)).mean(1), 4).tolist(),
        })  # fmt: skip
    test = load_split()["test"][: count or None]
    sentences = [encoded(sentence) for sentence, _ in test]
    result["held"] = {}
    for held in (None, *HELD):
        found = states(model, sentences, held)
        right = sum((row["p"][-1] >= 0.5) == (label == 1) for row, (_, label) in zip(found, test))
        name = "as trained" if held is None else f"{held[0]} = {held[1]:g}"
        result["held"][name] = [int(right), len(test)]
        log(f"sentiment, {name}: {right} of {len(test)} right")
        if held is None:
            result["histogram"], result["shares"] = {}, {}
            for gate in "ifo":
                values = np.concatenate([row[gate].ravel() for row in found])
                counts = np.histogram(values, np.linspace(0, 1, 21))[0] / values.size
                result["histogram"][gate] = counts.round(5).tolist()
                shares = {"below 0.1": float((values < 0.1).mean()), "above 0.9": float((values > 0.9).mean())}
                result["shares"][gate] = shares
                log(f"gate {gate}: " + ", ".join(f"{100 * share:.1f} % {name}" for name, share in shares.items()))
    return result
