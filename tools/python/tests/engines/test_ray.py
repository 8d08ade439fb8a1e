"""Ray Data: groups of a table, and batches in actors, one of which is killed; each with the bits of predict."""

import os
import signal
from pathlib import Path

import numpy as np
import pytest

import sluice

pandas = pytest.importorskip("pandas")
ray = pytest.importorskip("ray")


@pytest.fixture(scope="module", autouse=True)
def engine():
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, _node_ip_address="127.0.0.1")
    yield
    ray.shutdown()


def test_groups(model):
    rng = np.random.default_rng(0)
    names = [f"x{index}" for index in range(model.input_size)]
    frame = pandas.DataFrame(rng.normal(size=(600, len(names))).astype(np.float32), columns=names)
    frame["key"], frame["time"] = rng.integers(0, 9, 600), np.arange(600)

    def score(rows):
        rows = rows.sort_values("time")
        return rows[["key", "time"]].assign(y=list(model.predict(rows[names])))

    found = ray.data.from_pandas(frame).groupby("key").map_groups(score, batch_format="pandas").to_pandas()
    assert len(found) == 600
    for key, rows in found.sort_values("time").groupby("key"):
        expected = model.predict(frame[frame["key"] == key][names])
        assert np.array_equal(np.stack(rows["y"].to_list()), expected)


class Scorer:
    """An actor that opens the model once; the first one is killed in its midst."""

    def __init__(self, model: sluice.Model, marker: str):
        self.model, self.marker, self.batches = model, Path(marker), 0

    def __call__(self, batch):
        self.batches += 1
        if self.batches == 3 and not self.marker.exists():
            self.marker.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return {"row": batch["row"], "y": self.model.predict(np.ascontiguousarray(batch["x"], np.float32))}


def test_an_actor_is_lost(model, tmp_path):
    x = np.random.default_rng(1).normal(size=(64, 30, model.input_size)).astype(np.float32)
    rows = ray.data.from_items([{"row": index, "x": part} for index, part in enumerate(x)])
    marker = tmp_path / "killed"
    scored = rows.map_batches(Scorer, batch_size=4, concurrency=2, fn_constructor_args=(model, str(marker)))
    found = {row["row"]: row["y"] for row in scored.take_all()}
    assert marker.exists() and len(found) == 64
    expected = model.predict(x)
    assert all(np.array_equal(found[index], expected[index]) for index in range(64))
    print("an actor was killed after 2 batches: the bits of predict")
