"""Compares the model of characters in PyTorch and in the command-line tool over the whole test part, Persuasion.

Run:    python tools/python/measuring/evaluate_characters.py AUSTEN [--sluice PATH] [--source PATH.safetensors]
            [--characters N]
        AUSTEN  as for train_characters.py
        --sluice  a built binary; without it `swift run -c release sluice` is started in the project's root
        --source  another model than the one that ships
        --characters  the first N of the test part alone
        (needs torch, numpy and safetensors)
Writes: nothing but its report. Exit status 1 where f32 weights err by more than 1e-4 anywhere, or int8 ones cost more than
        0.01 bits a character.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "training"))

from characters import MODEL_PATH, ROOT, CharacterModel, bits, encode, load_parts, log2_of_next, logits_of


def load(path: Path) -> tuple[CharacterModel, list[str]]:
    with safe_open(path, "pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}
        characters = json.loads(file.metadata()["sluice.vocabulary"])
    count, embedding_size = tensors["embedding.weight"].shape
    model = CharacterModel(count, embedding_size, tensors["lstm.weight_hh_l0"].shape[1])
    model.load_state_dict(tensors)
    return model.eval(), characters


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("austen", type=Path, help="the folder with the unpacked package")
    parser.add_argument("--sluice", type=Path, metavar="PATH", help="a built sluice binary")
    parser.add_argument("--source", type=Path, default=MODEL_PATH, metavar="PATH.safetensors")
    parser.add_argument("--characters", type=int, metavar="N", help="the first N of the test part")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    tool = [str(arguments.sluice.resolve())] if arguments.sluice else ["swift", "run", "-c", "release", "sluice"]
    source = arguments.source.resolve()

    model, characters = load(source)
    ids = encode(load_parts(arguments.austen)["test"][: arguments.characters], characters)
    expected = logits_of(model, ids)
    log2 = log2_of_next(expected, ids)
    print("{}: {} characters; PyTorch {:.5f} +- {:.5f} bits a character".format(source.name, len(ids), *bits(log2)))
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        x, y, blob = (Path(folder) / name for name in ("x.npy", "y.npy", "model.sluice"))
        np.save(x, ids)
        for kind in ("f32", "f16", "int8", "int4"):
            convert = ["convert", str(source), "-o", str(blob), "--type", kind, "--measure", "none", "--quiet"]
            subprocess.run([*tool, *convert], cwd=ROOT, check=True)
            run = ["run", str(blob), "--input", str(x), "--output", str(y), "--quiet"]
            subprocess.run([*tool, *run], cwd=ROOT, check=True)
            logits = np.load(y)
            greatest = float(np.abs(logits - expected).max())
            there = log2_of_next(logits, ids)
            mean, _ = bits(there)
            cost, half = bits(there - log2)
            print(
                f"  {kind}: {blob.stat().st_size:9,} bytes, {mean:.5f} bits a character, {cost:+.5f} +- {half:.5f} "
                f"beside PyTorch; logits differ by {greatest:.2e} at most"
            )
            failed |= kind == "f32" and greatest > 1e-4 or kind == "int8" and cost > 0.01
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
