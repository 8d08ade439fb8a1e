"""How long a call takes: rows of calls, each row long beside the clock's own cost."""

import time
from collections.abc import Callable

import numpy as np


def measure(call: Callable[[], object], units: int, budget: float) -> dict[str, float]:
    """Nanoseconds a unit of `call`, which is `units` units; `budget` seconds after the warm-up."""
    start = time.perf_counter_ns()
    calls = 0
    while calls < 2 or time.perf_counter_ns() - start < budget / 5 * 1e9:
        call()
        calls += 1
    cost = (time.perf_counter_ns() - start) / calls
    per_row = max(int(2e5 / cost), 1)
    rows = []
    start = time.perf_counter_ns()
    while len(rows) < 3 or time.perf_counter_ns() - start < budget * 1e9:
        before = time.perf_counter_ns()
        for _ in range(per_row):
            call()
        rows.append((time.perf_counter_ns() - before) / (per_row * units))
    quantiles = np.quantile(rows, [0, 0.5, 0.99])
    return {"min": quantiles[0], "median": quantiles[1], "p99": quantiles[2], "rows": len(rows)}


def close(actual: np.ndarray, expected: np.ndarray, tolerance: float, what: str) -> None:
    """A peer that computes something else must not be compared."""
    error = float(np.abs(np.asarray(actual).ravel() - np.asarray(expected).ravel()).max())
    if not error <= tolerance:
        raise ValueError(f"{what}: off by {error:.2e}, more than {tolerance:.0e}")
