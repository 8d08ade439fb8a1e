"""The translator of numbers over those that it has never seen: the blobs through `sluice translate`, and PyTorch.

Run:    python tools/python/measuring/evaluate_translation.py SLUICE [ENCODER.sluice DECODER.sluice] [--numbers 2000]
        SLUICE is the tool's program; without models they are those of tools/gallery
        (needs torch, numpy and safetensors; no data: tools/python/training/translation.py makes the words)
Writes: nothing but its report. The exit status is 1 where Sluice, in f32, writes anything else than PyTorch.
"""

import argparse
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "training"))

from train_translation import sample
from translation import GALLERY, LANGUAGES, WORDS, figures, load, parts, translations

NAMES = ["translation-encoder", "translation-decoder"]


def through_tool(tool: str, blobs: list[Path], texts: list[str], language: str) -> list[str]:
    command = [tool, "translate", *map(str, blobs), "--to", language, "--text", "-"]
    done = subprocess.run(command, input="\n".join(texts), check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout.splitlines()


def report(name: str, found: dict[str, list[str]], numbers: list[int]) -> None:
    cells = []
    for language in LANGUAGES:
        share = np.mean([text == WORDS[language](number) for text, number in zip(found[language], numbers)])
        cells.append(f"{language} {share:.2%} +- {1.96 * np.sqrt(share * (1 - share) / len(numbers)):.2%}")
    print(f"{name}: {', '.join(cells)} of {len(numbers)}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sluice", metavar="SLUICE")
    parser.add_argument("models", metavar="MODEL.sluice", type=Path, nargs="*", help="an encoder and a decoder")
    parser.add_argument("--numbers", type=int, default=2000, help="of each part")
    options = parser.parse_args()
    if options.models and len(options.models) != 2:
        parser.error("expected an encoder and a decoder, or none for those of tools/gallery")
    shipped = options.models or [GALLERY / f"{name}.sluice" for name in NAMES]
    torch.set_num_threads(1)
    model, data = load(), parts()
    differing = 0
    with tempfile.TemporaryDirectory() as folder:
        plain = [Path(folder, f"{name}.sluice") for name in NAMES]
        for name, blob in zip(NAMES, plain):
            command = [options.sluice, "convert", str(GALLERY / f"{name}.safetensors"), "-o", str(blob), "--quiet"]
            subprocess.run([*command, "--measure", "none"], check=True, stdout=subprocess.DEVNULL)
        for part, what in (("test", "test numbers"), ("long", "numbers longer than any seen")):
            numbers = sample(data[part], options.numbers)
            texts = [figures(number) for number in numbers]
            expected = {language: translations(model, texts, language, limit=1000) for language in LANGUAGES}
            report(f"{what}, PyTorch", expected, numbers)
            found = {language: through_tool(options.sluice, plain, texts, language) for language in LANGUAGES}
            differing += sum(a != b for language in LANGUAGES for a, b in zip(found[language], expected[language]))
            found = {language: through_tool(options.sluice, shipped, texts, language) for language in LANGUAGES}
            report(f"{what}, Sluice, {shipped[1].name}", found, numbers)
            others = sum(a != b for language in LANGUAGES for a, b in zip(found[language], expected[language]))
            print(f"  these blobs write {others} of {2 * len(numbers)} otherwise than PyTorch")
            wrong = [
                (language, number, text)
                for language in LANGUAGES
                for number, text in zip(numbers, found[language])
                if text != WORDS[language](number)
            ]
            print(f"  wrong by figures: {dict(sorted(Counter(len(str(number)) for _, number, _ in wrong).items()))}")
            for language, number, text in wrong[:5]:
                print(f"  {number}: {text}, not {WORDS[language](number)}")
    print(f"Sluice in f32 writes {differing} of all translations otherwise than PyTorch")
    return 0 if differing == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
