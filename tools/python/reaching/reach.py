"""Tries public models as they ship. Run by tools/reach, whose first lines say how."""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from rows import ROWS, Row

ROOT = Path(__file__).resolve().parents[3]
SLUICE = Path(os.environ.get("SLUICE_TOOL", ROOT / ".build/release/sluice"))
LIMIT = 1e-4  # of the output's range


def sluice(*arguments: str) -> str | None:
    """What went wrong, in one line; None where nothing did."""
    done = subprocess.run([str(SLUICE), *arguments], capture_output=True, text=True, check=False)
    return None if done.returncode == 0 else (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[0]


def tried(row: Row, folder: Path, scratch: Path) -> tuple[str, str]:
    """Passed, failed or refused, and how far off or why."""
    folder.mkdir(parents=True, exist_ok=True)
    source = row.source(folder)
    blob, x, y = scratch / "model.sluice", scratch / "x.npy", scratch / "y.npy"
    obstacle = sluice("convert", str(source), "-o", str(blob), "--quiet", *row.options)
    if obstacle is not None:
        return "refused", obstacle.removeprefix(f"sluice: {source}: ")[:150]
    np.save(x, row.x)
    obstacle = sluice("run", str(blob), "--input", str(x), "--output", str(y), "--quiet")
    if obstacle is not None:
        return "failed", obstacle[:150]
    expected = np.asarray(row.expected(source, row.x), np.float64)
    found = np.load(y).astype(np.float64)
    if found.size != expected.size:
        return "failed", f"{found.shape} for {expected.shape}"
    off = np.abs(found.reshape(expected.shape) - expected).max() / max(np.ptp(expected), 1e-30)
    return "passed" if off <= LIMIT else "failed", f"{off:.1e} of the range, {len(row.x)} steps"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=ROOT / ".build/reach")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    if not SLUICE.exists():
        print(f"reach: {SLUICE} is not there: swift build -c release --product sluice", file=sys.stderr)
        return 2
    missed = 0
    print("| model | option | outcome | |\n| --- | --- | --- | --- |")
    for row in ROWS:
        if options.names and not row.name.startswith(tuple(options.names)):
            continue
        with tempfile.TemporaryDirectory() as scratch:
            try:
                outcome, text = tried(row, options.folder, Path(scratch))
            except (OSError, subprocess.CalledProcessError, ImportError) as error:
                outcome, text = "not tried", str(error)[:150]
        missed += outcome != "passed" and row.must
        option = " ".join(Path(one).name for one in row.options)
        print(f"| {row.name} | {option} | {outcome} | {text} |", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
