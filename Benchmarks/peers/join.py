"""Joins SluiceBench's and the peers' numbers: join.py SLUICE.json PEERS.json JOINED.json"""

import json
import sys
from pathlib import Path


def joined(sluice: dict, peers: dict) -> list[dict]:
    """One row a shape and storage: Sluice's median, each peer's, and the ratio to the best peer."""
    measured: dict[tuple[str, str], dict[str, dict]] = {}
    for row in peers["rows"]:
        measured.setdefault((row["id"], row["storage"]), {})[row["peer"]] = row
    own = {row["id"]: row for row in sluice["rows"]}
    rows = []
    for (shape, storage), others in measured.items():
        row = own.get(shape.removesuffix("/f32") + "/" + storage, {"verdict": "absent"})
        times = {name: other["median"] for name, other in others.items() if "median" in other}
        best = min(times, key=times.get, default=None)
        median = row["rows_ns"]["median"] if "rows_ns" in row else None
        rows.append({
            "id": shape.removesuffix("/f32"), "storage": storage, "sluice_ns": median,
            "sluice_min_ns": row["rows_ns"]["min"] if median else None,
            "disturbed": row.get("disturbed"), "limit_ns": row.get("limit_ns"),
            "target_ns": row.get("target_ns"), "peer_on_record_ns": row.get("peer_on_record_ns"),
            "peers_ns": times, "best_peer": best,
            "times_as_fast": times[best] / median if median and best else None,
            "errors": {name: other["error"] for name, other in others.items() if "error" in other},
        })
    return rows


def number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= 1000 else f"{value:.1f}"


def table(rows: list[dict]) -> str:
    names = sorted({name for row in rows for name in row["peers_ns"]})
    lines = [["row", "storage", "Sluice min", "Sluice", *names, "best peer / Sluice", "on record", "/ Sluice"]]
    for row in rows:
        ratio = row["times_as_fast"]
        mine, record = row["sluice_ns"], row["peer_on_record_ns"]
        lines.append([
            row["id"], row["storage"], number(row["sluice_min_ns"]),
            number(mine) + (" ~" if row["disturbed"] else ""),
            *(number(row["peers_ns"].get(name)) for name in names),
            f"{ratio:.2f}" if ratio else "-", number(record),
            f"{record / mine:.2f}" if mine and record else "-",
        ])
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(
        "  ".join(cell.ljust(w) if i < 2 else cell.rjust(w) for i, (cell, w) in enumerate(zip(line, widths))).rstrip()
        for line in lines
    )


def main() -> None:
    sluice, peers = (json.loads(Path(path).read_text()) for path in sys.argv[1:3])
    rows = joined(sluice, peers)
    Path(sys.argv[3]).write_text(json.dumps(
        {"machine": sluice["machine"], "versions": peers["versions"], "rows": rows}, indent=1) + "\n")
    print("\nMedians, ns a step of one stream; ~ disturbed. A ratio above 1: Sluice is that many times as fast.")
    print("Peers are called from Python with everything bound beforehand: what a call costs them counts in full in")
    print("single steps, and vanishes in blocks. On record: the best of the C and C++ libraries, scaled by the clock.\n")
    print(table(rows))
    for row in rows:
        for name, error in row["errors"].items():
            print(f"{row['id']} {row['storage']}: {name}: {error}")
    compared = [r for r in rows if r["times_as_fast"] is not None]
    behind = [r for r in compared if r["times_as_fast"] < 1]
    print()
    for storage in sorted({r["storage"] for r in compared}):
        those, late = ([r for r in group if r["storage"] == storage] for group in (compared, behind))
        print(f"{storage}: ahead of every peer of this run in {len(those) - len(late)} of {len(those)} rows")
    for row in behind:
        print(f"behind: {row['id']} {row['storage']}" + (" (disturbed)" if row["disturbed"] else ""))


if __name__ == "__main__":
    main()
