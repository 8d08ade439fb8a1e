"""What the sentiment model gets wrong on its test part, and which words made it so.

Run:    python tools/python/measuring/explain_mistakes.py [--sluice PATH] [--count N]
        --sluice  a built binary; without it `swift run -c release sluice` is started in the project's root
        --count   of the surest mistakes that are shown with their words (10)
        (needs torch; data in ../shared/data or $SLUICE_DATA)
Writes: nothing but its report: rates over all sentences, then the mistakes of which the model is surest. Of each the words
        that moved the answer most towards the wrong side, in steps of the logit from the word before, and how much of the
        last cell state the three words hold that hold most of it, both by `sluice explain`.
"""

import argparse
import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "training"))

from sentiment import ROOT, load_split

TURNING = {"but", "though", "although", "however", "yet", "despite", "not", "no", "never", "n't", "nor", "without"}


def lines_of(tool: list[str], arguments: list[str], text: bytes = b"") -> list[dict[str, Any]]:
    result = subprocess.run([*tool, *arguments, "--json"], input=text, stdout=subprocess.PIPE, cwd=ROOT, check=True)
    return [json.loads(line) for line in result.stdout.decode().split("\n") if line]


def logit(p: float) -> float:
    p = min(max(p, 1e-6), 1 - 1e-6)
    return math.log(p / (1 - p))


def rate(rows: list[dict[str, Any]], condition) -> str:
    mistakes = sum(row["wrong"] for row in rows if condition(row))
    count = sum(1 for row in rows if condition(row))
    p = mistakes / max(count, 1)
    half = 1.96 * math.sqrt(p * (1 - p) / max(count, 1))
    return f"{mistakes:4} of {count:4} wrong, {p:.1%} +- {half:.1%}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sluice", metavar="PATH", help="a built sluice binary")
    parser.add_argument("--count", type=int, default=10)
    arguments = parser.parse_args()
    tool = [str(Path(arguments.sluice).resolve())] if arguments.sluice else ["swift", "run", "-c", "release", "sluice"]

    test = load_split()["test"]
    answers = lines_of(tool, ["run", "--text", "-"], b"".join(sentence + b"\n" for sentence, _ in test))
    rows = []
    for (sentence, label), answer in zip(test, answers, strict=True):
        words = [token["token"] for token in answer["tokens"]]
        rows.append(
            {
                "text": sentence.decode(),
                "label": label,
                "probability": answer["probability"],
                "wrong": (answer["probability"] >= 0.5) != (label == 1),
                "unknown": sum(not token["known"] for token in answer["tokens"]),
                "turns": any(word in TURNING or word.endswith("n't") for word in words),
                "words": len(words),
            }
        )
    sure = [abs(row["probability"] - 0.5) for row in rows]
    middle = sorted(sure)[len(sure) // 2]
    for name, condition in (
        ("all", lambda row: True),
        ("positive", lambda row: row["label"] == 1),
        ("negative", lambda row: row["label"] == 0),
        ("with an unknown word", lambda row: row["unknown"] > 0),
        ("without", lambda row: row["unknown"] == 0),
        ("with a word that turns (but, not, though ...)", lambda row: row["turns"]),
        ("without", lambda row: not row["turns"]),
        ("up to 15 words", lambda row: row["words"] <= 15),
        ("more", lambda row: row["words"] > 15),
        ("the surer half", lambda row: abs(row["probability"] - 0.5) > middle),
        ("the other", lambda row: abs(row["probability"] - 0.5) <= middle),
    ):
        print(f"{rate(rows, condition)}: {name}")

    wrong = sorted((row for row in rows if row["wrong"]), key=lambda row: -abs(row["probability"] - 0.5))
    for row in wrong[: arguments.count]:
        (explained,) = lines_of(tool, ["explain", f"--text={row['text']}"])
        steps, shares = explained["steps"], explained["layers"][0]["shares"]
        logits = [0.0, *map(logit, explained["answers"])]
        sign = 1 if row["label"] == 0 else -1
        moves = sorted(
            ((sign * (b - a), word) for a, b, word in zip(logits, logits[1:], steps)), key=lambda move: -move[0]
        )
        held = sorted(zip(shares, steps), reverse=True)[:3]
        print(f"\n{'positive' if row['label'] else 'negative'}, answered {row['probability']:.3f}: {row['text'].strip()}")
        print("  moved it: " + ", ".join(f"{word} {sign * move:+.1f}" for move, word in moves[:3]))
        print("  held at the end: " + ", ".join(f"{word} {share:.0%}" for share, word in held))


if __name__ == "__main__":
    main()
