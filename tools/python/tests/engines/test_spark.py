"""Spark: an archive by groups, and a streaming query that is killed and goes on; each with the bits of a stream alone."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import sluice

pandas = pytest.importorskip("pandas")
pytest.importorskip("pyspark")
sys.path.insert(0, str(Path(__file__).parent))
QUERY = Path(__file__).with_name("spark_query.py")
FILES, ROWS, KEYS = 12, 40, 5


def archive(folder: Path, inputs: int) -> "pandas.DataFrame":
    """Files of rows of all keys, in the order in which they came."""
    rng = np.random.default_rng(0)
    folder.mkdir()
    frames = []
    for number in range(FILES):
        frame = pandas.DataFrame(rng.normal(size=(ROWS, inputs)).astype(np.float32)).rename(columns=lambda i: f"x{i}")
        frame.insert(0, "time", np.arange(number * ROWS, (number + 1) * ROWS))
        frame.insert(0, "key", [f"k{key}" for key in rng.integers(0, KEYS, ROWS)])
        frame.to_parquet(folder / f"{number:03}.parquet")
        # Spark takes files in the order of their age.
        os.utime(folder / f"{number:03}.parquet", (1e9 + number, 1e9 + number))
        frames.append(frame)
    return pandas.concat(frames)


def alone(model: sluice.Model, frame: "pandas.DataFrame") -> dict[tuple[str, int], bytes]:
    names = [f"x{index}" for index in range(model.input_size)]
    result = {}
    for key, rows in frame.groupby("key"):
        y = model.predict(rows[names].to_numpy(np.float32))
        result |= {(key, int(t)): bytes(row) for t, row in zip(rows["time"], y, strict=True)}
    return result


def test_archive(model, tmp_path):
    from spark_query import session

    frame = archive(tmp_path / "in", model.input_size)
    names = [f"x{index}" for index in range(model.input_size)]

    def score(rows):
        rows = rows.sort_values("time")
        return rows[["key", "time"]].assign(y=list(map(bytes, model.predict(rows[names]))))

    spark = session()
    table = (
        spark.read.parquet(str(tmp_path / "in")).groupBy("key").applyInPandas(score, "key string, time long, y binary")
    )
    found = {(row.key, row.time): bytes(row.y) for row in table.collect()}
    spark.stop()
    assert found == alone(model, frame) and len(found) == FILES * ROWS


def outputs(folder: Path) -> int:
    """Batches that the sink has committed."""
    return len([path for path in folder.glob("_spark_metadata/[0-9]*") if "." not in path.name])


def test_a_killed_query_goes_on(model, tmp_path):
    frame = archive(tmp_path / "in", model.input_size)
    command = [sys.executable, QUERY, model.source, tmp_path / "in", tmp_path / "out", tmp_path / "checkpoint"]
    with open(tmp_path / "log", "wb") as log:
        # In a session of its own: what it starts, Spark's workers too, goes with it.
        query = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        while outputs(tmp_path / "out") < FILES // 3 and query.poll() is None:
            time.sleep(0.05)
        assert query.poll() is None, (tmp_path / "log").read_text()[-3000:]
        os.killpg(query.pid, signal.SIGKILL)
        query.wait()
        done = outputs(tmp_path / "out")
        subprocess.run(command, stdout=log, stderr=log, check=True)
    table = pandas.read_parquet([path for path in (tmp_path / "out").glob("*.parquet") if committed(path)])
    found = {(key, int(t)): bytes(y) for key, t, y in table.itertuples(index=False)}
    print(f"killed after {done} of {FILES} batches: {len(table)} rows, the bits of each key alone")
    assert 0 < done < FILES and len(table) == FILES * ROWS and found == alone(model, frame)


def committed(path: Path) -> bool:
    """Whether the sink's log has the file: those of a batch that was cut off are none of its output."""
    return any(path.name in entry.read_text() for entry in path.parent.glob("_spark_metadata/[0-9]*"))
