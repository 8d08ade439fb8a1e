"""The translator of numbers over those that it has never seen: the blobs through `sluice translate`, and PyTorch.

Run:    python tools/python/measuring/evaluate_translation.py SLUICE [ENCODER.sluice DECODER.sluice] [--numbers 2000] [--svg FILE]
        SLUICE is the tool's program; without models they are those of tools/gallery
        (needs torch, numpy and safetensors, for --svg matplotlib; no data: tools/python/training/translation.py makes the words)
Writes: with --svg a picture of how sure each letter is; else nothing but its report. The exit status is 1 where Sluice, in f32, writes anything else than PyTorch.
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
from translation import (
    END, FIGURES, GALLERY, LANGUAGES, LETTERS, MARKS, WORDS, Translator, encode, figures, load, padded, parts, translations,
)

# Numbers of the test, the last of which it mixes up.
PICTURED = [4721, 907_334, 276_288]
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


@torch.inference_mode()
def picture(model: Translator, numbers: list[int], file: str) -> None:
    """How likely PyTorch takes each letter that it writes, and the next likely one, in German."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    matplotlib.rcParams["svg.hashsalt"] = "translation"
    figure, rows = pyplot.subplots(len(numbers), figsize=(9, 1.6 * len(numbers)), squeeze=False)
    for number, axes in zip(numbers, rows[:, 0]):
        [text] = translations(model, [figures(number)], "de")
        letters = [LETTERS.index("<de>"), *(LETTERS.index(letter) for letter in text)]
        state = model.read(*padded([encode(figures(number), FIGURES)]))
        logits = model.write(torch.tensor([letters]), state)[0][0]
        logits[:, MARKS] = -torch.inf
        likely, found = torch.softmax(logits, -1).topk(2)
        names = [LETTERS[index].replace(END, "⏎") for index in found[:, 0].tolist()]
        axes.bar(range(len(names)), likely[:, 0], color="0.6")
        axes.bar(range(len(names)), likely[:, 1], bottom=likely[:, 0], color="tab:orange")
        for place, (share, index) in enumerate(zip(likely[:, 1].tolist(), found[:, 1].tolist())):
            if share > 0.02:
                axes.text(place, 1.02, LETTERS[index].replace(END, "⏎"), ha="center", va="bottom", fontsize=8, color="tab:orange")
        is_right = text == WORDS["de"](number)
        axes.set(xticks=range(len(names)), xticklabels=names, yticks=[0, 1], ylim=(0, 1.2), xlim=(-0.6, len(names) - 0.4))
        axes.set_ylabel(f"{number:,}".replace(",", " "))
        axes.set_title("right" if is_right else "wrong", fontsize=8, loc="right", color="tab:green" if is_right else "tab:red")
    figure.tight_layout()
    figure.savefig(file, metadata={"Date": None})


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sluice", metavar="SLUICE")
    parser.add_argument("models", metavar="MODEL.sluice", type=Path, nargs="*", help="an encoder and a decoder")
    parser.add_argument("--numbers", type=int, default=2000, help="of each part")
    parser.add_argument("--svg", metavar="FILE")
    options = parser.parse_args()
    if options.models and len(options.models) != 2:
        parser.error("expected an encoder and a decoder, or none for those of tools/gallery")
    shipped = options.models or [GALLERY / f"{name}.sluice" for name in NAMES]
    torch.set_num_threads(1)
    model, data = load(), parts()
    if options.svg:
        picture(model, PICTURED, options.svg)
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
