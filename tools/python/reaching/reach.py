"""Tries public models as they ship. Run by tools/reach, whose first lines say how."""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from rows import Row, rows

ROOT = Path(__file__).resolve().parents[3]
SLUICE = Path(os.environ.get("SLUICE_TOOL", ROOT / ".build/release/sluice"))
PAGE = ROOT / "Sources/SluiceConversion/SluiceConversion.docc/Formats/PublicModels.md"
TITLE = "## What was tried"
LIMIT = 1e-4  # of the output's range


def sluice(*arguments: str, python: str = sys.executable) -> str | None:
    """What went wrong, in one line; None where nothing did."""
    environment = {**os.environ, "SLUICE_PYTHON": python}
    done = subprocess.run([str(SLUICE), *arguments], capture_output=True, text=True, check=False, env=environment)
    return None if done.returncode == 0 else (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[0]


def tried(row: Row, folder: Path, scratch: Path) -> tuple[str, str]:
    """Passed, failed or refused, and how far off or why."""
    folder.mkdir(parents=True, exist_ok=True)
    source = row.source(folder)
    given = row.x(source) if callable(row.x) else row.x
    blob, x, y = scratch / "model.sluice", scratch / "x.npy", scratch / "y.npy"
    python = str(row.python(folder)) if row.python else sys.executable
    obstacle = sluice("convert", str(source), "-o", str(blob), "--quiet", *row.options, python=python)
    if obstacle is not None:
        return "refused", obstacle.removeprefix(f"sluice: {source}: ")[:150]
    np.save(x, given)
    obstacle = sluice("run", str(blob), "--input", str(x), "--output", str(y), "--quiet")
    if obstacle is not None:
        return "failed", obstacle[:150]
    expected = np.asarray(row.expected(source, given), np.float64)
    found = np.load(y).astype(np.float64)
    if found.size != expected.size:
        return "failed", f"{found.shape} for {expected.shape}"
    extent = np.ptp(expected) if expected.size > 1 else np.abs(expected).max()
    off = np.abs(found.reshape(expected.shape) - expected).max() / max(extent, 1e-30)
    # `not` so that NaN fails.
    return "failed" if not off <= LIMIT else "passed", f"{off:.1e} of the range, {len(given)} steps"


def write(lines: dict[str, str]) -> None:
    """Puts rows into the table at the end of the page: each in the place of the one of its name, a new one behind them."""
    head, _, table = PAGE.read_text().partition(f"{TITLE}\n")
    prose, rule, old = table.partition("| --- | --- | --- | --- |\n")
    kept = {line.split(" | ")[0].removeprefix("| "): line for line in old.splitlines()}
    PAGE.write_text(f"{head}{TITLE}\n{prose}{rule}" + "".join(f"{line}\n" for line in {**kept, **lines}.values()))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=ROOT / ".build/reach")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    if options.data is None and "SLUICE_DATA" in os.environ:
        options.data = Path(os.environ["SLUICE_DATA"]) / "real"
    if not SLUICE.exists():
        print(f"reach: {SLUICE} is not there: swift build -c release --product sluice", file=sys.stderr)
        return 2
    counts: dict[str, int] = {}
    missed = 0
    lines: dict[str, str] = {}
    print("| model | option | outcome | |\n| --- | --- | --- | --- |")
    for row in rows(options.data):
        if options.names and not row.name.startswith(tuple(options.names)):
            continue
        with tempfile.TemporaryDirectory() as scratch:
            try:
                outcome, text = tried(row, options.folder.resolve(), Path(scratch))
            except (OSError, subprocess.CalledProcessError, ImportError) as error:
                outcome, text = "not tried", str(error)[:150]
        counts[outcome] = counts.get(outcome, 0) + 1
        missed += outcome != "passed" and row.must
        option = " ".join(Path(one).name for one in row.options)
        lines[row.name] = f"| {row.name} | {option} | {outcome} | {text} |"
        print(lines[row.name], flush=True)
    print(", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items())), file=sys.stderr)
    if options.write:
        write(lines)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
