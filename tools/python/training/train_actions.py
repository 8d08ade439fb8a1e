"""Trains a recognizer of actions in clips: convolutions over a frame's rows -> LSTM over frames -> dense.

Run:    python tools/python/training/train_actions.py -o FOLDER
        (needs torch, numpy, safetensors and onnx; no data: actions.py draws the clips)
Writes: FOLDER/actions.safetensors, the weights; FOLDER/actions.onnx, one frame a call, and FOLDER/cal.npy, clips of the validation part, for
        sluice convert FOLDER/actions.onnx --meta tools/gallery/actions.json --type int8 --calibrate FOLDER/cal.npy -o actions.sluice

Prints the accuracy after the last frame on the validation part, of which the best epoch is kept, and in the end on the
test part, whose shapes, noise and seeds are in no other; beside it the same network without recurrence.
"""

import copy
import time

import numpy as np
import torch
from safetensors.torch import save_file
from torch.nn.functional import cross_entropy

from actions import FRAMES, Clips, Recognizer, Still, clips, export
from gallery_folder import output_folder

TRAIN, VALIDATION, TEST = 6000, 1000, 2000
CALIBRATION = 60  # clips of the validation part, for the scales of int8
EPOCHS, BATCH, SEED = 12, 50, 1
SETTLED = 6  # frames after a beginning or a cut in which nothing can be known


def answers(model: torch.nn.Module, part: Clips) -> np.ndarray:
    """What the model takes each clip's last scene for, after its last frame."""
    with torch.inference_mode():
        logits = [model(torch.from_numpy(frames)) for frames in np.array_split(part.frames, max(len(part.frames) // 100, 1))]
    found = torch.cat(logits)
    if isinstance(model, Still):
        seen = torch.arange(FRAMES)[None, :] >= FRAMES - 1 - torch.from_numpy(part.ages[:, -1:])
        return (found * seen[..., None]).sum(1).argmax(-1).numpy()
    return found[:, -1].argmax(-1).numpy()


def accuracy(model: torch.nn.Module, part: Clips) -> float:
    return float((answers(model, part) == part.actions[:, -1]).mean())


def trained(model: torch.nn.Module, train: Clips, validation: Clips) -> torch.nn.Module:
    """The weights of the epoch that is best on the validation part."""
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, EPOCHS * (len(train.frames) // BATCH))
    best, best_accuracy = copy.deepcopy(model), 0.0
    for epoch in range(EPOCHS):
        start = time.process_time()
        for chosen in torch.randperm(len(train.frames)).split(BATCH):
            index = chosen.numpy()
            logits = model(torch.from_numpy(train.frames[index]))
            known = torch.from_numpy(train.ages[index] >= SETTLED)
            loss = cross_entropy(logits[known], torch.from_numpy(train.actions[index])[known])
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
        found = accuracy(model, validation)
        if found > best_accuracy:
            best, best_accuracy = copy.deepcopy(model), found
        print(f"{type(model).__name__}, epoch {epoch + 1}: loss {loss.item():.3f}, validation {found:.1%}, "
              f"{time.process_time() - start:.0f} s of CPU", flush=True)
    return best


def main() -> None:
    output = output_folder(__doc__)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(SEED)
    train, validation, test = clips("train", TRAIN), clips("validation", VALIDATION), clips("test", TEST)
    models = [trained(kind(), train, validation) for kind in (Recognizer, Still)]
    for model in models:
        share = accuracy(model, test)
        interval = 1.96 * (share * (1 - share) / TEST) ** 0.5
        weights = sum(p.numel() for p in model.parameters())
        print(f"{type(model).__name__}: test {share:.1%} +- {interval:.1%} of {TEST} clips, {weights} parameters")
    save_file(models[0].state_dict(), output / "actions.safetensors")
    export(models[0], output / "actions.onnx")
    np.save(output / "cal.npy", validation.frames[:CALIBRATION])


if __name__ == "__main__":
    main()
