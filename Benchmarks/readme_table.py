#!/usr/bin/env python3
"""Writes README.md's speeds, between its markers, from measurements.

    Benchmarks/peers/run                                      # writes .build/peers/*.json
    .build/release/SluiceBench --isa avx2 --json .build/peers/avx2.json
    Benchmarks/readme_table.py .build/peers                   # --check: only say whether it would change
"""

import json
import sys
from pathlib import Path

README = Path(__file__).parent.parent / "README.md"
BEGIN, END = "<!-- speed table: begin -->", "<!-- speed table: end -->"
ROWS = ["lstm 8x32", "lstm 64x64", "lstm 128x128", "lstm 256x256", "gru 64x64", "rnn 64x64"]
FAMILIES = {"(family 26, model 2)": "(Zen 5)"}


def read(path: Path) -> dict:
    return json.loads(path.read_text()) if path.exists() else {}


def by_id(report: dict) -> dict[str, dict]:
    return {row["id"]: row for row in report.get("rows", []) if "rows_ns" in row}


def time(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f} ns"


def median_of(row: dict | None) -> str:
    if row is None:
        return ""
    return ("~ " if row["disturbed"] else "") + time(row["rows_ns"]["median"])


def text(folder: Path) -> str:
    report = read(folder / "sluice.json")
    machine, rows, avx2 = report["machine"], by_id(report), by_id(read(folder / "avx2.json"))
    peers = {row["id"]: row for row in read(folder / "joined.json").get("rows", []) if row["storage"] == "f32"}
    cpu = machine["cpu"]
    for family, name in FAMILIES.items():
        cpu = cpu.replace(family, name)
    lines = [
        BEGIN,
        f"Measured with `SluiceBench` on one core of an {cpu} at {machine['clock_ghz']:.1f} GHz, built with "
        f"{machine['compiler']},\none stream, f32 weights, each step waiting for the state of the one before (medians):",
        "",
        "| inputs x hidden | a step | of the read limit | AVX2 | best C++ library | in a block of 1,000 | best of the others |",
        "|---|---|---|---|---|---|---|",
    ]
    disturbed = False
    for name in ROWS:
        cell, size = name.split()
        row = rows[f"{cell}/step/{size}/f32"]
        block = rows.get(f"{cell}/block1000/{size}/f32")
        wide = avx2.get(f"{cell}/step/{size}/f32")
        peer = peers.get(f"{cell}/block1000/{size}", {})
        best = peer.get("best_peer")
        disturbed |= any(r is not None and r["disturbed"] for r in (row, block, wide))
        lines.append("| " + " | ".join([
            f"{cell.upper()} {size}",
            median_of(row) + f" ({row['median_cycles']:,.0f} cycles)",
            f"{100 * row['limit_ns'] / row['rows_ns']['median']:.0f} %",
            median_of(wide),
            time(row["peer_on_record_ns"]),
            median_of(block),
            f"{time(peer['peers_ns'][best])} ({best.split(',')[0]})" if best else "",
        ]) + " |")
    lines += [
        "",
        "The read limit is the time in which the same machine, in the same run, reads the weights once and does nothing",
        "else. The best C++ library is the fastest on record on a core of the same kind, scaled by the clock; the others are",
        "ONNX Runtime, LiteRT and PyTorch in the same run on the same core: `Benchmarks/peers/run` prints every size.",
    ]
    if disturbed:
        lines.append("About (~): other programs disturbed the measurement.")
    lines.append(END)
    return "\n".join(lines)


def main() -> None:
    arguments = [a for a in sys.argv[1:] if a != "--check"]
    old = README.read_text()
    if BEGIN not in old or END not in old:
        sys.exit(f"{README.name} has no markers {BEGIN} and {END}")
    head, rest = old.split(BEGIN, 1)
    new = head + text(Path(arguments[0])) + rest.split(END, 1)[1]
    if "--check" in sys.argv:
        sys.exit(int(new != old))
    README.write_text(new)


if __name__ == "__main__":
    main()
