"""Runs every peer over SluiceBench's rows: measure.py SLUICE.json PEERS.json [--quick]"""

import argparse
import importlib.metadata
import json
import sys
from pathlib import Path

import litert
import onnx_runtime
import pytorch
from reference import reference
from shapes import Shape, read_shapes
from timing import close, measure

TOLERANCE = {"f32": 2e-5, "int8": 0.1}


def results(shape: Shape, budget: float) -> list[dict]:
    rows = []
    expected = reference(shape) if shape.steps * shape.hidden <= 256_000 else None
    for library in (onnx_runtime, pytorch, litert):
        for name, storage, prepare in library.variants():
            row = {"id": shape.id, "peer": name, "storage": storage}
            try:
                prepared = prepare(shape)
                if prepared is None:
                    continue
                call, state = prepared
                call()
                if expected is not None:
                    close(state(), expected, TOLERANCE[storage], name)
                row |= measure(call, shape.unit_calls, budget)
            except Exception as error:  # A peer that fails is a row, not the end.
                row["error"] = f"{type(error).__name__}: {error}".splitlines()[0]
            rows.append(row)
            print(f"  {name} {storage}: {row.get('error') or round(row['median'], 1)}", file=sys.stderr)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sluice", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    shapes = read_shapes(arguments.sluice)
    rows = []
    for shape in shapes:
        print(shape.id, file=sys.stderr)
        rows += results(shape, 0.05 if arguments.quick else 0.3)
    versions = {name: importlib.metadata.version(name) for name in ("onnxruntime", "torch", "ai-edge-litert")}
    arguments.output.write_text(json.dumps({"versions": versions, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
