"""What a worker of any engine does in measure_engines.py: it scores the files of a task, and says what that took.

A module of its own, so that each process opens a model once, whatever way functions come to it.
"""

import functools
import os
import time
from pathlib import Path
from typing import Any

import numpy as np

TASK, ROWS, INPUTS = 64, 1000, 12


@functools.cache
def opened(scorer: str, folder: str) -> Any:
    """What scores a list of [T, inputs], one by one or at once."""
    models = Path(folder)
    if scorer.startswith("sluice"):
        import sluice

        model = sluice.Model(models / f"{scorer.partition('-')[2]}.sluice")
        return lambda x: [model.predict(part) for part in x]
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(models / "model.onnx", options, providers=["CPUExecutionProvider"])
    if scorer == "onnxruntime-batched":
        return lambda x: session.run(None, {"x": np.stack(x, axis=1)})[0].swapaxes(0, 1)
    return lambda x: [session.run(None, {"x": part[:, None]})[0][:, 0] for part in x]


@functools.cache
def files(folder: str) -> list[Path]:
    return sorted(Path(folder, "in").iterdir())


@functools.cache
def begun() -> tuple[float, int]:
    """CPU seconds of this process, and its bytes in memory, when its first task came."""
    return time.process_time(), resident("VmRSS")


def resident(name: str) -> int:
    """Bytes in memory, now (VmRSS) or at most so far (VmHWM)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:")) * 1024


def score_task(scorer: str, folder: str, number: int) -> dict[str, float]:
    """Scores the files of a task: each from in/ to out/ of the folder; what this process took up to now."""
    cpu, memory = begun()
    paths = files(folder)[number * TASK : (number + 1) * TASK]
    score, (rows, scoring), size = opened(scorer, folder), (0, 0.0), TASK if scorer.endswith("batched") else 1
    for group in (paths[begin : begin + size] for begin in range(0, len(paths), size)):
        x = [np.load(path) for path in group]
        start = time.thread_time()
        y = score(x)
        scoring += time.thread_time() - start
        rows += sum(map(len, x))
        for path, part in zip(group, y, strict=True):
            np.save(path.parent.parent / "out" / path.name, part)
    return {
        "pid": os.getpid(), "rows": rows, "scoring": scoring, "cpu": time.process_time() - cpu,
        "memory": resident("VmHWM"), "added": resident("VmHWM") - memory,
    }  # fmt: skip
