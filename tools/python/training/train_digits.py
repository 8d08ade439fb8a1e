"""Trains a spotter of spoken digits in noise: log-mel of raw samples -> convolution -> LSTM -> dense, and a convolutional network of equal size.

Run:    python tools/python/training/train_digits.py -o FOLDER
        (needs torch, numpy, scipy, safetensors and onnx, and the program espeak-ng, which says all words)
Writes: FOLDER/digits.safetensors, the weights; FOLDER/digits.onnx, a step of 160 samples a call, for
        sluice convert FOLDER/digits.onnx --meta tools/gallery/digits.json --type int8 --measure 2000 -o digits.sluice
        FOLDER/convolutions.safetensors, the weights of the other network

Prints what each gets of the validation part, of which the best epoch is kept, and in the end of the test part, whose voices,
accents and noises are in no other. The rule that makes words of probabilities is that of tools/gallery/digits.json.
"""

import copy
import json
import time

import numpy as np
import torch
from safetensors.torch import save_file
from torch.nn.functional import cross_entropy

from digit_clips import Clip, Part
from digits import HOP, METADATA_PATH, OPEN, Convolutions, LogMel, Spotter, decided, export, targets
from gallery_folder import output_folder
from spotting import Score, scored

COUNTS = {"train": 8000, "validation": 300, "test": 1000}
EPOCHS, BATCH, SEED = 14, 50, 1


@torch.inference_mode()
def bands(clips: list[Clip]) -> torch.Tensor:
    """[N, T, BANDS]."""
    front = LogMel()
    return torch.cat([front(torch.from_numpy(np.stack([clip.samples for clip in clips[at : at + 50]]))) for at in range(0, len(clips), 50)])


def masked(inputs: torch.Tensor, mean: torch.Tensor) -> torch.Tensor:
    """Some neighbouring bands of each clip at their mean, and all of it a little louder or softer."""
    bands = torch.arange(inputs.shape[-1])
    first = torch.randint(inputs.shape[-1], (2, len(inputs), 1, 1))
    hidden = ((bands >= first) & (bands < first + torch.randint(7, first.shape))).any(0)
    return torch.where(hidden, mean, inputs + torch.randn(len(inputs), 1, 1) * 0.5)


@torch.inference_mode()
def score(model: torch.nn.Module, inputs: torch.Tensor, clips: list[Clip], rule: dict) -> Score:
    found = torch.cat([torch.softmax(model.eval()(part), -1) for part in inputs.split(50)]).numpy()
    return scored([decided(probabilities, rule) for probabilities in found], clips, HOP)


def trained(model: torch.nn.Module, inputs: dict, labels: torch.Tensor, validation: list[Clip], rule: dict) -> torch.nn.Module:
    """The weights of the epoch that is best on the validation part."""
    train = inputs["train"]
    model.norm.mean.copy_(train.mean((0, 1)))
    model.norm.factor.copy_(1 / train.std((0, 1)))
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 5e-3, EPOCHS * (len(train) // BATCH))
    best, best_error = copy.deepcopy(model), float("inf")
    for epoch in range(EPOCHS):
        start = time.process_time()
        model.train()
        total = 0.0
        for chosen in torch.randperm(len(train)).split(BATCH):
            loss = cross_entropy(model(masked(train[chosen], model.norm.mean)).flatten(0, 1), labels[chosen].flatten(), ignore_index=OPEN)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            total += loss.item() * len(chosen) / len(train)
        found = score(model, inputs["validation"], validation, rule)
        if found.error < best_error:
            best, best_error = copy.deepcopy(model), found.error
        print(f"{type(model).__name__}, epoch {epoch + 1}: loss {total:.4f}, validation {found.line()}, "
              f"{time.process_time() - start:.0f} s of CPU", flush=True)
    return best


def main() -> None:
    output = output_folder(__doc__)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    rule = json.loads(METADATA_PATH.read_text())["decision"]
    clips = {part: Part(part).clips(count) for part, count in COUNTS.items()}
    inputs = {part: bands(kept) for part, kept in clips.items()}
    labels = torch.from_numpy(np.stack([targets(clip) for clip in clips["train"]]))
    print(f"clips are there: {time.process_time():.0f} s of CPU", flush=True)
    models = []
    for kind in (Spotter, Convolutions):
        torch.manual_seed(SEED)
        models.append(trained(kind(), inputs, labels, clips["validation"], rule))
    for model in models:
        weights = sum(p.numel() for p in model.parameters())
        print(f"{type(model).__name__}, {weights} parameters: test {score(model, inputs['test'], clips['test'], rule).line()}")
    save_file(models[0].state_dict(), output / "digits.safetensors")
    save_file(models[1].state_dict(), output / "convolutions.safetensors")
    export(models[0].eval(), output / "digits.onnx")


if __name__ == "__main__":
    main()
