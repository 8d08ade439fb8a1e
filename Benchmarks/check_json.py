#!/usr/bin/env python3
"""Checks that a run of SluiceBench measured what it says.

    swift build -c release --product SluiceBench
    Benchmarks/check_json.py [SLUICE.json]

Without a file it makes one with --quick. Looked for: every row of --list is there, measured or with a reason; no row
was measured as empty (times grow with size, none is far below the machine's limit, outputs follow from inputs);
quantiles in order. Then the same checks must fail on damaged copies, or they prove nothing.
"""

import copy
import json
import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).parent.parent / ".build/release/SluiceBench"


def faults(report: dict, listed: list[str]) -> list[str]:
    rows = report["rows"]
    found = []
    if [row["id"] for row in rows] != listed:
        found.append("the rows are not those of --list")
    measured = [row for row in rows if "rows_ns" in row]
    for row in rows:
        if row in measured:
            continue
        if not row.get("absence") or "do not follow" in row["absence"]:
            found.append(f"{row['id']}: absent: {row.get('absence')}")
        if row["storage"] == "f32" and row["grade"] == "exact" and row["mode"] in ("step", "block1000", "array2048"):
            found.append(f"{row['id']}: must be measured")
    for row in measured:
        for times in (row["rows_ns"], row["singles_ns"]):
            values = [times[name] for name in ("min", "median", "p99", "p999", "max")]
            if values != sorted(values) or values[0] <= 0:
                found.append(f"{row['id']}: quantiles out of order: {values}")
        limit = row["limit_ns"]
        if limit is not None and row["rows_ns"]["median"] < 0.6 * limit:
            found.append(f"{row['id']}: {row['rows_ns']['median']:.1f} ns, far below its limit of {limit:.1f}")
    for table in {row["table"] for row in measured}:
        sized = sorted((r["working_set_bytes"], r["rows_ns"]["min"], r["id"]) for r in measured if r["table"] == table)
        for smaller in sized:
            for larger in sized:
                if larger[0] >= 4 * smaller[0] > 0 and larger[1] <= 1.05 * smaller[1]:
                    found.append(f"{larger[2]} takes no longer than {smaller[2]}")
    # A cell of fixed size gives the bits of its step.
    sums = [row["checksum"] for row in measured if row["mode"] != "fixed"]
    same = [row["id"] for row in measured if row["mode"] == "step" and sums.count(row["checksum"]) > 1]
    if same:
        found.append(f"the same outputs: {', '.join(same)}")
    return found


def self_test(report: dict, listed: list[str]) -> list[str]:
    """The damages that were not found."""

    def step(rows: list[dict]) -> dict:
        return next(row for row in rows if row["id"] == "lstm/step/256x256/f32")

    def empty(rows: list[dict]) -> None:
        step(rows)["rows_ns"].update(min=5.0, median=5.0)

    def equal(rows: list[dict]) -> None:
        step(rows)["checksum"] = next(r for r in rows if r["id"] == "lstm/step/1x8/f32")["checksum"]

    def absent(rows: list[dict]) -> None:
        del step(rows)["rows_ns"]

    missed = []
    for damage in (empty, equal, absent, list.pop):
        damaged = copy.deepcopy(report)
        damage(damaged["rows"])
        if not faults(damaged, listed):
            missed.append(f"self-test: '{damage.__name__}' was not found")
    return missed


def main() -> None:
    def run(*arguments: str) -> str:
        return subprocess.run([BENCH, *arguments], check=True, capture_output=True, text=True).stdout

    listed = run("--list").split()
    report = json.loads(Path(sys.argv[1]).read_text() if len(sys.argv) > 1 else run("--quick", "--json", "-"))
    found = faults(report, listed) + self_test(report, listed)
    print("\n".join(found) or f"{len(listed)} rows, nothing amiss")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
