"""Trains the sentiment model and the forecaster with a share of their blocks of weights, beside whole ones.

Run:    python tools/python/training/train_pruned.py (sentiment | forecaster) [--keep 0.25] [-o pruned.safetensors]
        (needs torch, numpy and safetensors; data in ../shared/data or $SLUICE_DATA)
Writes: the pruned model, where -o asks for it: `sluice convert --type int8` finds its empty blocks by itself.

The recipe is block_pruning.py: whole at first, from a tenth of the training on fewer and fewer blocks, from six tenths
on the last ones alone. Figures are of the validation and the test part, as those of the whole models are; nothing was
chosen by the test part.

Result, a quarter of the blocks: sentiment validation 76.55 %, test 75.89 % (whole: 78.24 and 76.64 %); forecaster of 64
units validation 1.2627, test 1.4277 degrees C (whole: 1.2286 and 1.3970; that nothing changes: 1.2917 and 1.6342).
"""

import argparse
from dataclasses import replace
from pathlib import Path

import torch
from safetensors.torch import save_file

import forecaster
import sentiment
import train_forecaster
import train_sentiment


def pruned_sentiment(keep: float, path: Path | None) -> None:
    split = sentiment.load_split()
    c = replace(train_sentiment.CHOSEN, epochs=12)
    words = train_sentiment.Words(split["train"], c.least_count)
    model, score = train_sentiment.train(c, words, split["train"], split["validation"], keep)
    if model is None:
        raise SystemExit("no epoch reads the plain sentences with a margin")
    probabilities = sentiment.final_probabilities(model, [words.encode(s) for s, _ in split["test"]])
    right = sentiment.accuracy(probabilities, split["test"])
    print(f"sentiment, {keep:.0%} of the blocks: validation {score:.2%}, test {right:.2%}")
    if path:
        train_sentiment.MODEL_PATH = path
        train_sentiment.save(model, words, c)


def pruned_forecaster(keep: float, path: Path | None, units: int) -> None:
    parts = forecaster.load_parts()
    # Twice as long: the ramp takes half of it.
    epochs = train_forecaster.EPOCHS * (2 if keep < 1 else 1)
    model, error = train_forecaster.train(parts, train_forecaster.SEED, True, units, keep, epochs)
    test = forecaster.rmse(train_forecaster.predict(model, parts["test"]), parts["test"].change)
    print(f"forecaster of {units} units, {keep:.0%} of the blocks: validation {error:.4f}, test {test:.4f} degrees C")
    if path:
        tensors = {n: t.contiguous() for n, t in model.state_dict().items() if t.is_floating_point()}
        metadata = {"sluice.architecture": train_forecaster.architecture(), "horizon_hours": str(forecaster.HORIZON)}
        save_file(tensors, path, metadata)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", choices=["sentiment", "forecaster"])
    parser.add_argument("--keep", type=float, default=0.25, help="the share of blocks that is kept")
    parser.add_argument("--units", type=int, default=64, help="of the forecaster")
    parser.add_argument("-o", type=Path, help="where the pruned model goes, safetensors")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    if arguments.model == "sentiment":
        pruned_sentiment(arguments.keep, arguments.o)
    else:
        pruned_forecaster(arguments.keep, arguments.o, arguments.units)


if __name__ == "__main__":
    main()
