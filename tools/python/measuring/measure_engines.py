"""Scores an archive of files in Spark, Ray, Dask and threads, through Sluice and through onnxruntime, side by side.

Run:   python tools/python/measuring/measure_engines.py [--files 10000] [--workers 2] [--engines spark,ray,dask,threads]
Needs: the package sluice, onnx, onnxruntime, what tests/engines/requirements-{spark,ray,dask}.txt name, Java 17, the
program sluice (SLUICE_TOOL). Writes to a folder that goes: 48 KB a file.

Each file has 1,000 rows of 12 features, which go through two GRU layers of 48 and a dense one to an output. Engine and
scorer run in a process of their own, with so many workers of one thread each. CPU seconds are user and system of the
workers from their first task on, opening the model included, so that what else the machine does counts little; a core is
a second of them. Wall times are printed beside. Exit status 1 where outputs of Sluice differ between engines, in one bit, or a job fails.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from archive_scoring import INPUTS, ROWS, TASK, begun, resident, score_task

HIDDEN = 48
ENGINES = ("spark", "ray", "dask", "threads", "score", "run")
SCORERS = ("sluice-f32", "sluice-int8", "onnxruntime", "onnxruntime-batched")


def graph() -> bytes:
    """x [T, B, inputs] through two GRU layers and a dense one, y [T, B, 1]."""
    from onnx import TensorProto, helper, numpy_helper

    rng = np.random.default_rng(0)

    def tensor(name: str, *shape: int) -> Any:
        return numpy_helper.from_array((rng.uniform(-1, 1, shape) / HIDDEN**0.5).astype(np.float32), name)

    weights, nodes, x = [numpy_helper.from_array(np.array([1]), "axis")], [], "x"
    for layer, width in enumerate((INPUTS, HIDDEN)):
        names = [f"{name}{layer}" for name in "WRB"]
        shapes = (1, 3 * HIDDEN, width), (1, 3 * HIDDEN, HIDDEN), (1, 6 * HIDDEN)
        weights += [tensor(name, *shape) for name, shape in zip(names, shapes, strict=True)]
        nodes.append(helper.make_node("GRU", [x, *names], [f"Y{layer}"], hidden_size=HIDDEN, linear_before_reset=1))
        nodes.append(helper.make_node("Squeeze", [f"Y{layer}", "axis"], [f"h{layer}"]))
        x = f"h{layer}"
    weights += [tensor("weight", HIDDEN, 1), tensor("bias", 1)]
    nodes += [helper.make_node("MatMul", [x, "weight"], ["m"]), helper.make_node("Add", ["m", "bias"], ["y"])]
    ends = [
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["T", "B", size])] for name, size in (("x", INPUTS), ("y", 1))
    ]
    made = helper.make_model(
        helper.make_graph(nodes, "archive", *ends, weights), opset_imports=[helper.make_opsetid("", 17)]
    )
    made.ir_version = 8
    return made.SerializeToString()


def archive(folder: Path, files: int) -> None:
    import sluice

    rng = np.random.default_rng(1)
    (folder / "in").mkdir()
    for number in range(files):
        np.save(folder / "in" / f"{number:06}.npy", rng.normal(size=(ROWS, INPUTS)).astype(np.float32))
    (folder / "model.onnx").write_bytes(graph())
    sluice.convert(folder / "model.onnx", folder / "f32.sluice")
    sample = rng.normal(size=(ROWS, INPUTS)).astype(np.float32)
    sluice.convert(folder / "model.onnx", folder / "int8.sluice", type="int8", calibrate=sample)


def spark(scorer: str, folder: str, tasks: int, workers: int) -> list[dict[str, float]]:
    import pandas
    from pyspark.sql import SparkSession

    os.environ |= {"PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"}
    session = SparkSession.builder.master(f"local[{workers}]").config("spark.ui.enabled", "false").getOrCreate()

    def work(frames: Any) -> Any:
        for frame in frames:
            yield pandas.DataFrame({"told": [json.dumps(score_task(scorer, folder, int(n))) for n in frame["id"]]})

    numbers = session.range(0, tasks, 1, min(tasks, 4 * workers))
    found = [json.loads(row.told) for row in numbers.mapInPandas(work, "told string").collect()]
    session.stop()
    return found


class Actor:
    """A worker of Ray."""

    def __init__(self, scorer: str, folder: str):
        self.scorer, self.folder = scorer, folder

    def __call__(self, batch: Any) -> Any:
        return {"told": [json.dumps(score_task(self.scorer, self.folder, int(n))) for n in batch["id"]]}


def ray(scorer: str, folder: str, tasks: int, workers: int) -> list[dict[str, float]]:
    import ray as engine

    engine.init(num_cpus=workers, include_dashboard=False, log_to_driver=False, _node_ip_address="127.0.0.1")
    # Items are there already: to read a range is a task that needs a core, and the actors hold them all.
    numbers = engine.data.from_items([{"id": task} for task in range(tasks)], override_num_blocks=min(tasks, 4 * workers))
    told = numbers.map_batches(Actor, batch_size=1, concurrency=workers, fn_constructor_args=(scorer, folder))
    found = [json.loads(row["told"]) for row in told.take_all()]
    engine.shutdown()
    return found


def dask(scorer: str, folder: str, tasks: int, workers: int) -> list[dict[str, float]]:
    import distributed

    cluster = distributed.LocalCluster(
        workers, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
    )
    with cluster, distributed.Client(cluster) as client:
        return client.gather(client.map(lambda n: score_task(scorer, folder, n), range(tasks)))


def threads(scorer: str, folder: str, tasks: int, workers: int) -> list[dict[str, float]]:
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(lambda n: score_task(scorer, folder, n), range(tasks)))


def score(scorer: str, folder: str, tasks: int, workers: int) -> list[dict[str, float]]:
    """The package's own call for folders."""
    cpu, memory = begun()
    import sluice

    model = sluice.Model(Path(folder, f"{scorer.partition('-')[2]}.sluice"))
    rows = sluice.score(model, Path(folder, "in"), Path(folder, "out"), threads=workers)
    peak = resident("VmHWM")
    return [{"pid": 0, "rows": rows, "cpu": time.process_time() - cpu, "memory": peak, "added": peak - memory}]


def run(scorer: str, folder: str, tasks: int, workers: int) -> list[dict[str, float]]:
    """The program."""
    words = [os.environ["SLUICE_TOOL"], "run", f"{folder}/{scorer.partition('-')[2]}.sluice", "--input", f"{folder}/in"]
    words += ["--output", f"{folder}/out", "--threads", str(workers), "--json"]
    program = subprocess.Popen(words, stdout=subprocess.PIPE)
    told = [json.loads(line) for line in program.stdout.read().splitlines()]
    _, status, used = os.wait4(program.pid, 0)
    assert status == 0
    peak = used.ru_maxrss * 1024
    return [{"pid": 0, "rows": told[-1]["rows"], "cpu": used.ru_utime + used.ru_stime, "memory": peak, "added": peak}]


def one(engine: str, scorer: str, folder: str, tasks: int, workers: int) -> None:
    """In a process of its own: prints what its workers took."""
    start = time.monotonic()
    found = globals()[engine](scorer, folder, tasks, workers)
    last = {told["pid"]: told for told in sorted(found, key=lambda told: told["cpu"])}
    print(json.dumps({
        "rows": sum(told["rows"] for told in found), "scoring": sum(told.get("scoring", 0) for told in found),
        "cpu": sum(told["cpu"] for told in last.values()), "workers": len(last), "wall": time.monotonic() - start,
        "memory": max(told["memory"] for told in last.values()), "added": max(told["added"] for told in last.values()),
    }))  # fmt: skip


def digest(folder: Path) -> str:
    """Of all outputs in order: their numbers alone, since headers may be spelled in several ways."""
    made = hashlib.sha256()
    for path in sorted((folder / "out").glob("*.npy")):
        made.update(np.ascontiguousarray(np.load(path)).tobytes())
    return made.hexdigest()[:16]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--workers", default="2", help="numbers of them, with commas")
    parser.add_argument("--engines", default=",".join(ENGINES))
    parser.add_argument("--scorers", default=",".join(SCORERS))
    parser.add_argument("--one", nargs=5, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        engine, scorer, folder, tasks, workers = options.one
        one(engine, scorer, folder, int(tasks), int(workers))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        archive(Path(folder), options.files)
        return table(Path(folder), options)


def table(folder: Path, options: argparse.Namespace) -> int:
    tasks, digests, rates, failed = -(-options.files // TASK), {}, {}, False
    heading = f"{'engine':8} {'scorer':20} {'workers':>7} {'rows/core s':>11} {'scoring':>10} {'MB':>5} {'added':>5} {'CPU s':>7} {'wall s':>7}"
    print(f"{options.files} files of {ROWS} rows; load {os.getloadavg()[0]:.1f}\n{heading}  bits", flush=True)
    for engine in options.engines.split(","):
        for scorer in options.scorers.split(","):
            if engine in ("score", "run") and not scorer.startswith("sluice"):
                continue
            for workers in options.workers.split(","):
                subprocess.run(["rm", "-rf", folder / "out"], check=True)
                (folder / "out").mkdir()
                words = [sys.executable, __file__, "--one", engine, scorer, str(folder), str(tasks), workers]
                environment = os.environ | {"PYTHONPATH": str(Path(__file__).parent), "OMP_NUM_THREADS": "1"}
                done = subprocess.run(words, env=environment, capture_output=True, text=True)
                if done.returncode:
                    print(f"{engine:8} {scorer:20} {workers:>7} failed\n{done.stderr[-3000:]}", flush=True)
                    failed = True
                    continue
                told, bits = json.loads(done.stdout.splitlines()[-1]), digest(folder)
                if scorer.startswith("sluice"):
                    digests.setdefault(scorer, set()).add(bits)
                    bits += "" if len(digests[scorer]) == 1 else " differs"
                scoring = told["rows"] / told["scoring"] if told["scoring"] else 0
                rates[engine, scorer, workers] = told | {"rate": scoring}
                print(f"{engine:8} {scorer:20} {workers:>7} {told['rows'] / told['cpu']:11,.0f} "
                      f"{f'{scoring:,.0f}' if scoring else '-':>10} {told['memory'] / 1e6:5.0f} {told['added'] / 1e6:5.0f} "
                      f"{told['cpu']:7.1f} {told['wall']:7.1f}  {bits}", flush=True)  # fmt: skip
    ratios(rates)
    return int(failed or any(len(found) > 1 for found in digests.values()))


def ratios(rates: dict[tuple[str, str, str], dict[str, float]]) -> None:
    """Sluice beside onnxruntime in the same engine: scoring, the whole job's CPU seconds, memory."""
    for (engine, scorer, workers), told in rates.items():
        other = rates.get((engine, "onnxruntime", workers))
        if other and scorer != "onnxruntime":
            print(f"{engine}, {workers} workers, {scorer} beside onnxruntime file by file: scoring "
                  f"{told['rate'] / other['rate']:.2f} times as fast, job {told['cpu'] / other['cpu']:.2f} of its CPU "
                  f"seconds and {told['wall'] / other['wall']:.2f} of its wall time, {told['memory'] / other['memory']:.2f} "
                  f"of its memory, {told['added'] / other['added']:.2f} of what it adds to a worker")  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
