"""Dask: files as tasks on a cluster of processes, and partitions of a table; each with the bits of predict."""

import numpy as np
import pytest

pandas = pytest.importorskip("pandas")
dask = pytest.importorskip("dask")
distributed = pytest.importorskip("distributed")


@pytest.fixture(scope="module")
def client():
    cluster = distributed.LocalCluster(
        2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
    )
    with cluster, distributed.Client(cluster) as client:
        yield client


def test_files(model, client, tmp_path):
    x = np.random.default_rng(0).normal(size=(20, 50, model.input_size)).astype(np.float32)
    paths = [tmp_path / f"{index}.npy" for index in range(len(x))]
    for path, part in zip(paths, x, strict=True):
        np.save(path, part)
    # Sent once, and not with every task.
    sent = client.scatter(model, broadcast=True)
    found = client.gather(client.map(lambda path, model: model.predict(np.load(path)), paths, model=sent))
    assert np.array_equal(np.stack(found), model.predict(x))


def test_groups(model, client):
    from dask import dataframe

    rng = np.random.default_rng(0)
    names = [f"x{index}" for index in range(model.input_size)]
    frame = pandas.DataFrame(rng.normal(size=(600, len(names))).astype(np.float32), columns=names)
    frame["key"], frame["time"] = rng.integers(0, 9, 600), np.arange(600)

    def score(rows):
        rows = rows.sort_values("time")
        y = model.predict(rows[names])
        return rows[["key", "time"]].assign(**{f"y{index}": y[:, index] for index in range(y.shape[1])})

    shape = {"key": "i8", "time": "i8"} | {f"y{index}": "f4" for index in range(model.output_size)}
    found = dataframe.from_pandas(frame, npartitions=4).groupby("key")[list(frame)].apply(score, meta=shape).compute()
    assert len(found) == 600
    for key, rows in found.sort_values("time").reset_index(drop=True).groupby("key"):
        expected = model.predict(frame[frame["key"] == key][names])
        assert np.array_equal(rows[[f"y{index}" for index in range(model.output_size)]].to_numpy(), expected)
