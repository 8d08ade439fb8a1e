"""Scores many rows of many keys through a KeyedScorer, and looks at its memory and at the bits of some keys.

Run:   python tools/python/measuring/soak_keyed.py [--rows 100000000] [--keys 1000000] [--capacity 65536]
Needs: the package sluice, the program sluice (SLUICE_TOOL). Writes nothing.

Half of the rows are of keys chosen alike, half of 1,000 busy ones; one in a hundred is late. Exit status 1 where memory
grows behind the first pass over all keys, or a key has other bits than alone.
"""

import argparse
import resource
import sys
import time
from pathlib import Path

import numpy as np

import sluice

INPUTS, CHUNK = 4, 100_000
SOURCE = Path(__file__).resolve().parents[3] / "Tests/Fixtures/Conversion/safetensors_gru_dense/model.safetensors"


def resident() -> int:
    """Bytes of the process in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000_000)
    parser.add_argument("--keys", type=int, default=1_000_000)
    parser.add_argument("--capacity", type=int, default=65_536)
    options = parser.parse_args()
    model = sluice.convert(SOURCE)
    rng = np.random.default_rng(0)
    scorer = sluice.KeyedScorer(model, options.capacity)
    # All keys once: what is kept of each is there.
    for begin in range(0, options.keys, CHUNK):
        keys = np.arange(begin, min(begin + CHUNK, options.keys))
        scorer.score(keys, np.zeros(len(keys), np.int64), np.zeros((len(keys), model.input_size), np.float32))
    watched = {key: (model.stream(), 0) for key in (0, 7, options.keys - 1)}
    for stream, _ in watched.values():
        stream.step(np.zeros(model.input_size, np.float32))
    print(f"{options.keys} keys, {scorer.bytes_per_key:.0f} bytes a key, {resident() / 1e6:.0f} MB", flush=True)
    done, base, started, worst = 0, 0, time.process_time(), 0
    while done < options.rows:
        keys = np.where(rng.random(CHUNK) < 0.5, rng.integers(0, options.keys, CHUNK), rng.integers(0, 1000, CHUNK))
        times = done + np.arange(1, CHUNK + 1)
        times[rng.random(CHUNK) < 0.01] = 0
        x = rng.normal(size=(CHUNK, model.input_size)).astype(np.float32)
        scored = scorer.score(keys, times, x)
        for key, (stream, _) in watched.items():
            mine = (keys == key) & ~scored.late
            if mine.any() and not np.array_equal(stream.process(x[mine]), scored.outputs[mine]):
                print(f"key {key}: other bits than alone")
                return 1
        if not np.array_equal(scored.late, times == 0):
            print("late rows are not those that are late")
            return 1
        done += CHUNK
        if done == 1_000_000:
            base = resident()
        if done % 10_000_000 == 0:
            worst = max(worst, resident() - base)
            used = (time.process_time() - started) / done * 1e9
            print(f"{done} rows, {used:.0f} ns each, {resident() / 1e6:.0f} MB, {dict(scorer.counts)}", flush=True)
    if worst > 32 << 20:
        print(f"memory grew by {worst / 1e6:.0f} MB behind the first 1,000,000 rows")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
