"""Measures what Python adds: a step of an LSTM 64x64 beside onnxruntime's call for the same, and predict beside C.

Run:   taskset -c 1 python tools/python/measuring/measure_wheel.py PREFIX
Needs: the package sluice, onnx, onnxruntime, gcc, the program sluice (SLUICE_TOOL); PREFIX of tools/build-library.
Writes nothing.
"""

import ctypes
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

import sluice

SIZE, STEPS, RUNS = 64, 100_000, 50
# The whole sequence in C, nanoseconds of the CPU.
LOOP = """
#include <sluice.h>
#include <time.h>
double loop(const char *path, const float *x, float *y) {
  static sluice_stream_t *stream;
  sluice_model_t *model;
  if (!stream && (sluice_open_file(path, 0, &model, 0) || sluice_stream_create(model, 0, &stream, 0))) return -1;
  struct timespec from, to;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
  sluice_stream_reset(stream);
  if (sluice_process(stream, x, STEPS, y)) return -1;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
  return (to.tv_sec - from.tv_sec) * 1e9 + to.tv_nsec - from.tv_nsec;
}
"""


def graph() -> bytes:
    """One step of an LSTM that takes and gives its states."""
    rng = np.random.default_rng(0)
    weights = [
        numpy_helper.from_array(rng.normal(size=(1, 4 * SIZE, SIZE)).astype(np.float32) / 8, name)
        for name in ("W", "R")
    ]
    node = helper.make_node("LSTM", ["x", "W", "R", "", "", "h", "c"], ["y", "hn", "cn"], hidden_size=SIZE)

    def value(name: str, *shape: int) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

    ins = [value(name, 1, 1, SIZE) for name in ("x", "h", "c")]
    outs = [value("y", 1, 1, 1, SIZE), *(value(name, 1, 1, SIZE) for name in ("hn", "cn"))]
    model = helper.make_model(
        helper.make_graph([node], "lstm", ins, outs, weights), opset_imports=[helper.make_opsetid("", 17)]
    )
    model.ir_version = 8
    return model.SerializeToString()


def least(*calls, count: int) -> list[float]:
    """Nanoseconds a call: the least of runs that take turns, so that what else runs meets all."""
    times: list[list[float]] = [[] for _ in calls]
    for _ in range(RUNS):
        for call, of in zip(calls, times, strict=True):
            start = time.perf_counter_ns()
            for _ in range(count):
                call()
            of.append((time.perf_counter_ns() - start) / count)
    return [min(of) for of in times]


def main() -> None:
    prefix = Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        (work / "lstm.onnx").write_bytes(graph())
        model = sluice.convert(work / "lstm.onnx", work / "lstm.sluice")
        x = np.random.default_rng(1).normal(size=(STEPS, SIZE)).astype(np.float32)
        steps(model, work, x)
        blocks(model, work, x, prefix)


def steps(model: sluice.Model, work: Path, x: np.ndarray) -> None:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(work / "lstm.onnx", options, providers=["CPUExecutionProvider"])
    feed = {"x": x[None, None, 0], "h": np.zeros((1, 1, SIZE), np.float32), "c": np.zeros((1, 1, SIZE), np.float32)}
    stream, row, out = model.stream(), x[0].copy(), np.empty(SIZE, np.float32)
    error = np.abs(model.stream().step(row) - session.run(None, feed)[0].ravel()).max()
    ours, into, theirs = least(
        lambda: stream.step(row), lambda: stream.step(row, out), lambda: session.run(None, feed), count=500
    )
    print(f"step of LSTM {SIZE}x{SIZE}: sluice {ours:.0f} ns, with out= {into:.0f} ns; onnxruntime {theirs:.0f} ns: "
          f"{ours / theirs:.3f} and {into / theirs:.3f} of it; outputs differ by {error:.1e}")  # fmt: skip


def blocks(model: sluice.Model, work: Path, x: np.ndarray, prefix: Path) -> None:
    (work / "loop.c").write_text(LOOP)
    libraries = ["-I", prefix / "include", prefix / "lib" / "libsluice.a"]
    subprocess.run(
        ["gcc", "-O2", "-shared", "-fPIC", f"-DSTEPS={STEPS}", work / "loop.c", *libraries, "-o", work / "loop.so"],
        check=True,
    )
    c = ctypes.CDLL(work / "loop.so").loop
    c.restype, c.argtypes = ctypes.c_double, [ctypes.c_char_p, ctypes.c_void_p, ctypes.c_void_p]
    out, path = np.empty((STEPS, SIZE), np.float32), str(model.source).encode()
    ours, theirs = [], []
    for _ in range(RUNS):
        start = time.thread_time_ns()
        model.predict(x, out=out)
        ours.append(time.thread_time_ns() - start)
        theirs.append(c(path, x.ctypes.data, out.ctypes.data))
    mine, loop = min(ours), min(theirs)
    print(f"predict of [{STEPS}, {SIZE}] with out=: {mine / STEPS:.1f} ns a step; the C loop {loop / STEPS:.1f} ns: "
          f"{mine / loop:.3f} of it")  # fmt: skip


if __name__ == "__main__":
    main()
