"""RNN, GRU and LSTM with as many weights, in each of the gallery's models: trained by the same script, seed by seed.

Run:    python tools/python/measuring/compare_cells.py TASK... [--cells rnn gru lstm] [--seeds 1 2 3]
        TASK is sentiment, energy, actions or translation (needs torch, numpy and safetensors; the first two data in
        ../shared/data or $SLUICE_DATA); a quarter of a minute, half a minute, half a minute and four for each cell and seed
Writes: nothing but its report.

The layer of the model that ships is replaced by one of another cell, of as many units as have no more weights. All else
(data, budget, rates, choice of the epoch by the validation part) is what was made for the LSTM, but for the greatest rate of the
RNN in translation, 1e-3 in place of 5e-3; --rate and --updates try others. Of sentiment
an epoch need not read the two plain sentences rightly. Each row: the mean of the seeds, half the interval of 95 % of
the test part for one model, and the least and the greatest of the seeds.
"""

import argparse
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "training"))

import actions
import energy
import sentiment
import train_actions
import train_energy
import train_sentiment
import train_translation
import translation
from cells import CELLS, equal_units

# What a run gives: the name of each figure, its value, and half its interval.
Figures = dict[str, tuple[float, float]]


def share(right: float, count: int) -> tuple[float, float]:
    return 100 * right, 196 * (right * (1 - right) / count) ** 0.5


def of_sentiment(cell: str, seed: int) -> tuple[int, Figures]:
    split, chosen = sentiment.load_split(), train_sentiment.CHOSEN
    units = equal_units(cell, chosen.embedding_size, chosen.hidden_size)
    c = replace(chosen, cell=cell, hidden_size=units, seed=seed, needs_plain=False)
    words = train_sentiment.Words(split["train"], c.least_count)
    model, _ = train_sentiment.train(c, words, split["train"], split["validation"])
    found = sentiment.final_probabilities(model, [words.encode(s) for s, _ in split["test"]])
    return units, {"right, %": share(sentiment.accuracy(found, split["test"]), len(found))}


def of_energy(cell: str, seed: int) -> tuple[int, Figures]:
    series, units = energy.read(), equal_units(cell, 8, 32)
    model, _ = train_energy.trained(seed, series, units=units, cell=cell)
    found = train_energy.forecasts(model, series)
    return units, {f"{h} h, 1e-4": tuple(1e4 * v for v in train_energy.error(found, series, "test", h)) for h in (24, 168)}


def of_actions(cell: str, seed: int) -> tuple[int, Figures]:
    units = equal_units(cell, 96, 64)
    parts = [actions.clips(name, getattr(train_actions, name.upper())) for name in ("train", "validation", "test")]
    torch.manual_seed(seed)
    model = train_actions.trained(actions.Recognizer(units, cell), *parts[:2])
    return units, {"right, %": share(train_actions.accuracy(model, parts[2]), len(parts[2].frames))}


def of_translation(cell: str, seed: int) -> tuple[int, Figures]:
    size = next(size for size in translation.SIZES if size.cell == cell)
    data = translation.parts()
    model, _ = train_translation.trained(size, seed, data)
    figures: Figures = {}
    for part in ("test", "long"):
        right = train_translation.right(model, train_translation.sample(data[part], train_translation.TESTED))
        for language, row in zip(translation.LANGUAGES, right):
            figures[f"{part} {language}, %"] = share(row.mean(), len(row))
    return size.units, figures


TASKS = {"sentiment": of_sentiment, "energy": of_energy, "actions": of_actions, "translation": of_translation}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tasks", metavar="TASK", nargs="+", choices=TASKS)
    parser.add_argument("--cells", nargs="+", choices=CELLS, default=list(CELLS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3], metavar="N")
    parser.add_argument("--rate", type=float, metavar="R", help="the greatest rate of learning, of translation")
    parser.add_argument("--updates", type=int, metavar="N", help="of translation, a multiple of 400")
    options = parser.parse_args()
    train_translation.UPDATES = options.updates or train_translation.UPDATES
    if options.rate:
        train_translation.RATES = dict.fromkeys(CELLS, options.rate)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    rows = []
    for task in options.tasks:
        for cell in options.cells:
            runs, started = [], time.process_time()
            for seed in options.seeds:
                units, figures = TASKS[task](cell, seed)
                runs.append(figures)
                print(f"{task}, {cell}, seed {seed}: " + ", ".join(f"{k} {v:.2f}" for k, (v, _) in figures.items()), flush=True)
            seconds = (time.process_time() - started) / len(runs)
            for name in runs[0]:
                values = [run[name][0] for run in runs]
                half = np.mean([run[name][1] for run in runs])
                rows.append(
                    f"| {task} | {cell} | {units} | {name} | {np.mean(values):.2f} ± {half:.2f} "
                    f"({min(values):.2f} to {max(values):.2f}) | {seconds:.0f} s |"
                )
    print("| task | cell | units | figure | mean ± interval (least to greatest) | CPU a run |\n|---|---|---|---|---|---|")
    print("\n".join(rows))


if __name__ == "__main__":
    main()
