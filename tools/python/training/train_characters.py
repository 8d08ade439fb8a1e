"""Trains the model of characters that ships with the tool: embedding -> LSTM -> dense, scores of the next character.

Run:    python tools/python/training/train_characters.py AUSTEN -o characters.safetensors [--epochs N]
        AUSTEN is the folder into which Debian's package r-cran-janeaustenr was unpacked: austen.py says how
        (needs torch and numpy; minutes on one core)
Writes: the file that -o names, which must not be there yet; the model's own place is
        tools/sluice/Resources/characters.safetensors

The text is Jane Austen's six novels (1811 to 1818), free of rights everywhere, a paragraph a line. Test: Persuasion, the
whole novel; validation: the last 100,000 characters of Northanger Abbey; the rest trains. Training reads the text as 32
streams of equal length side by side, 128 characters at a time; h and C go on from one to the next. One model was
trained, so nothing was chosen on either held-out part.

Result: validation 2.112 bits a character, test 2.2014 +- 0.0122; 4-grams have 2.2301, 5-grams 1.9167, 8-grams 1.7337 there.
The page on generating (SluiceConversion.docc) has the table. Other versions of PyTorch than 2.13 (CPU) may move the last digits.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from characters import CharacterModel, alphabet, bits, encode, load_parts, log2_of_next, logits_of, save
from ngrams import CharacterNgrams

SEED = 1811
EMBEDDING, UNITS = 32, 192
STREAMS, WINDOW = 32, 128
EPOCHS = 2
RATE = 4e-3
ORDERS = range(3, 9)
METADATA = {
    "name": "characters",
    "description": "Goes on with a text in the manner of Jane Austen, a character a step.",
    "license": "The weights are under the licence of Sluice, MIT. Trained on Jane Austen's novels, which are in the public "
    "domain, as Debian's package r-cran-janeaustenr has them (MIT).",
}


def train(ids: np.ndarray, characters: int, validation: np.ndarray, epochs: int) -> CharacterModel:
    torch.manual_seed(SEED)
    model = CharacterModel(characters, EMBEDDING, UNITS)
    with torch.no_grad():
        model.lstm.bias_ih_l0[UNITS : 2 * UNITS] = 1  # the forget gate starts open
    length = (len(ids) - 1) // STREAMS
    x = torch.from_numpy(ids[: length * STREAMS]).view(STREAMS, length)
    y = torch.from_numpy(ids[1 : length * STREAMS + 1]).view(STREAMS, length)
    windows = length // WINDOW
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=epochs * windows, pct_start=0.1)
    started = time.monotonic()
    for epoch in range(epochs):
        model.train()
        state, total = None, 0.0
        for window in range(windows):
            part = slice(window * WINDOW, (window + 1) * WINDOW)
            logits, state = model(x[:, part], state)
            state = (state[0].detach(), state[1].detach())
            loss = cross_entropy(logits.flatten(0, 1), y[:, part].flatten())
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            total += loss.item()
        held, _ = bits(log2_of_next(logits_of(model, validation), validation))
        print(
            f"  epoch {epoch + 1}: train {total / windows / np.log(2):.3f}, validation {held:.3f} bits a character, "
            f"{time.monotonic() - started:.0f} s",
            flush=True,
        )
    return model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("austen", type=Path, help="the folder with the unpacked package")
    parser.add_argument("-o", "--output", type=Path, required=True, help="the file to write, which must not be there")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    arguments = parser.parse_args()
    if arguments.output.exists():
        parser.error(f"{arguments.output} is there; name another file, or take it away first")
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)

    parts = load_parts(arguments.austen)
    characters = alphabet(parts["train"])
    ids = {name: encode(text, characters) for name, text in parts.items()}
    for name, text in parts.items():
        print(f"{name}: {len(text)} characters")
    print(f"alphabet: {len(characters) - 1} characters, and the unknown one")
    model = train(ids["train"], len(characters), ids["validation"], arguments.epochs)
    print(f"parameters: {sum(p.numel() for p in model.parameters()):,}")
    save(model, characters, arguments.output, METADATA)
    print(f"{arguments.output}: {arguments.output.stat().st_size:,} bytes")

    print("bits a character on the test part, with 95 % from blocks of 1,000 characters:")
    # Behind the first character, which the model has nothing to go on for.
    log2 = log2_of_next(logits_of(model, ids["test"]), ids["test"])
    print("  LSTM: {:.4f} +- {:.4f}".format(*bits(log2)))
    for order in ORDERS:
        ngrams = CharacterNgrams(ids["train"], len(characters) - 1, order)
        counted = ngrams.log2(ids["test"], start=characters.index("\n"))[1:]
        (mean, half), (more, spread) = bits(counted), bits(log2 - counted)
        print(
            f"  {order}-grams, {ngrams.entries:,} numbers: {mean:.4f} +- {half:.4f}; the LSTM {more:+.4f} +- {spread:.4f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
