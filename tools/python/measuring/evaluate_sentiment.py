"""Compares the shipped sentiment model in PyTorch and in the command-line tool, sentence by sentence, on the test split.

Run:    python tools/python/measuring/evaluate_sentiment.py [--sluice PATH] [--model PATH.sluice]
        --sluice  a built binary; without it `swift run -c release sluice` is started in the project's root
        --model   a converted model (quantized, say); without it the model that ships with the tool
        (needs torch and safetensors; data in ../shared/data or $SLUICE_DATA)
Writes: nothing but its report. Exit status 1 where a verdict differs, or where the tool's answer is not one line a
        sentence; a different tokenization or a different running probability is reported with its size.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "training"))

from sentiment import MODEL_PATH, ROOT, SentimentModel, load_split, tokenize


def load_model() -> tuple[SentimentModel, dict[bytes, int]]:
    with safe_open(MODEL_PATH, "pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}
        words = file.metadata()["sluice.vocabulary"].split("\n")
    count, embedding_size = tensors["embedding.weight"].shape
    if len(words) != count:
        raise SystemExit(f"{MODEL_PATH}: {len(words)} words for {count} embedding rows")
    model = SentimentModel(count, embedding_size, tensors["lstm.weight_hh_l0"].shape[1])
    model.load_state_dict(tensors)
    return model.eval(), {word.encode(): i for i, word in enumerate(words)}


@torch.no_grad()
def running_probabilities(model: SentimentModel, ids: list[int]) -> list[float]:
    """One sentence at a time, as the tool does it: no padding, no batch."""
    return torch.sigmoid(model(torch.tensor([ids]))[0]).tolist()


def run_tool(sentences: list[bytes], binary: str | None, blob: str | None) -> list[dict[str, Any]]:
    command = [binary] if binary else ["swift", "run", "-c", "release", "sluice"]
    # Resolved here, for the tool is started in the project's root.
    command += ["run", *([str(Path(blob).resolve())] if blob else []), "--text", "-", "--json"]
    result = subprocess.run(command, input=b"".join(s + b"\n" for s in sentences), stdout=subprocess.PIPE, cwd=ROOT)
    if result.returncode != 0:
        raise SystemExit(f"{' '.join(command)}: exit status {result.returncode}")
    lines = result.stdout.decode().split("\n")
    answers = [json.loads(line) for line in lines if line.strip()]
    if len(answers) != len(sentences):
        raise SystemExit(f"{' '.join(command)}: {len(answers)} answers to {len(sentences)} sentences")
    return answers


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sluice", metavar="PATH", help="a built sluice binary")
    parser.add_argument("--model", metavar="PATH.sluice", help="a converted model instead of the one that ships")
    arguments = parser.parse_args()
    torch.set_num_threads(1)

    model, ids = load_model()
    test = load_split()["test"]
    binary = str(Path(arguments.sluice).resolve()) if arguments.sluice else None
    answers = run_tool([sentence for sentence, _ in test], binary, arguments.model)

    right_here = right_there = other_verdicts = other_tokens = 0
    final_difference = running_difference = 0.0
    for (sentence, label), answer in zip(test, answers):
        tokens = tokenize(sentence)
        expected = [ids.get(token, 0) for token in tokens]
        probabilities = running_probabilities(model, expected)
        here, there = probabilities[-1] >= 0.5, answer["label"] == "positive"
        right_here += here == (label == 1)
        right_there += there == (label == 1)
        final_difference = max(final_difference, abs(probabilities[-1] - answer["probability"]))
        if here != there:
            other_verdicts += 1
            print(f"PyTorch {probabilities[-1]:.6f}, sluice {answer['probability']:.6f}: {sentence.decode()}")
        if [t["id"] for t in answer["tokens"]] != expected or [t["token"].encode() for t in answer["tokens"]] != tokens:
            other_tokens += 1
            print(f"tokens differ: {sentence.decode()}")
            continue
        differences = [abs(p - t["probability"]) for p, t in zip(probabilities, answer["tokens"])]
        running_difference = max(running_difference, *differences)

    print(f"{len(test)} test sentences")
    print(f"accuracy: PyTorch {right_here / len(test):.2%}, sluice {right_there / len(test):.2%}")
    print(f"differing verdicts: {other_verdicts}; sentences with differing tokens: {other_tokens}")
    print(
        f"maximal |probability difference|: {final_difference:.2e} at the end, {running_difference:.2e} after any word"
    )
    return 1 if other_verdicts else 0


if __name__ == "__main__":
    sys.exit(main())
