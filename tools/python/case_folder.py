"""Writes the conversion tests' case folders. Not run by itself; make_conversion_cases.py imports it.

A case is NAME/<model files>, NAME/test_data_set_0/input_0.npy, ... and output_0.npy, ...; a case that must be refused has
NAME/expect_error.txt, a text that the error message must contain, instead of the data set.
"""

import shutil
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

from sluice_vectors import uniform

Array = np.ndarray
LIMIT = 64 * 1024


@dataclass
class Case:
    name: str
    files: dict[str, bytes]
    inputs: list[Array] = field(default_factory=list)
    outputs: list[Array] = field(default_factory=list)
    expected_error: str | None = None


def write_cases(folder: Path, cases: list[Case]) -> None:
    """Replaces the folder, so that a renamed case leaves nothing behind."""
    shutil.rmtree(folder, ignore_errors=True)
    for case in cases:
        target = folder / case.name
        target.mkdir(parents=True)
        for name, content in case.files.items():
            (target / name).write_bytes(content)
        if case.expected_error is not None:
            (target / "expect_error.txt").write_text(case.expected_error + "\n")
        else:
            (target / "test_data_set_0").mkdir()
            for kind, arrays in (("input", case.inputs), ("output", case.outputs)):
                for i, array in enumerate(arrays):
                    np.save(target / f"test_data_set_0/{kind}_{i}.npy", np.ascontiguousarray(array))
        for path in target.rglob("*"):
            assert not path.is_file() or path.stat().st_size < LIMIT, f"{path} is too large for a fixture"


def tensor(seed: int, *shape: int, scale: float | None = None) -> Array:
    """A generated tensor; unless told, its scale suits a layer whose last dimension is the fan-in."""
    bound = scale if scale is not None else 1.0 / np.sqrt(shape[-1])
    return uniform(seed, int(np.prod(shape)), np.float32(bound)).reshape(shape)


def ids(seed: int, words: int, *shape: int) -> Array:
    """Generated token ids; the first is 0 and the last the largest, so that both ends of the table are read."""
    values = ((tensor(seed, int(np.prod(shape)), scale=0.5) + 0.5) * words).astype(np.int64).clip(0, words - 1)
    values[0], values[-1] = 0, words - 1
    return values.reshape(shape)


def run_onnx(model: bytes, inputs: list[Array]) -> list[Array]:
    """All outputs of the graph by ONNX Runtime; inputs in the graph's order."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    # Unoptimized: the expectation is the graph's meaning, not what a fusion makes of it.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return session.run(None, {i.name: x for i, x in zip(session.get_inputs(), inputs, strict=True)})


def onnx_case(name: str, model: onnx.ModelProto, inputs: list[Array]) -> Case:
    onnx.checker.check_model(model)
    content = model.SerializeToString(deterministic=True)
    return Case(name, {"model.onnx": content}, inputs, run_onnx(content, inputs))
