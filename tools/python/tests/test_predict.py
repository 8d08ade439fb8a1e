"""Whole sequences: shapes, lengths, threads, tables."""

import importlib.util

import numpy as np
import pytest
from conftest import rows

import sluice
from sluice import errors
from sluice.rows import sequence


def test_shapes(gru, last):
    x = rows(6, 9, 5)
    y = gru.predict(x)
    assert y.shape == (6, 9, 3)
    for i in range(6):
        assert np.array_equal(gru.predict(x[i]), y[i])
    out = np.empty_like(y)
    assert gru.predict(x, out=out, threads=3) is out and np.array_equal(out, y)
    listed = gru.predict([x[i, : i + 1] for i in range(6)], threads=2)
    assert [len(part) for part in listed] == [1, 2, 3, 4, 5, 6]
    lengths = np.array([0, 1, 9, 4, 3, 2])
    cut = gru.predict(x, lengths)
    for i, count in enumerate(lengths):
        assert np.array_equal(cut[i, :count], y[i, :count]) and np.isnan(cut[i, count:]).all()
    assert last.predict(rows(4, 7, 3)).shape == (4, 2) and last.predict(rows(7, 3)).shape == (2,)
    assert np.array_equal(last.predict(rows(4, 7, 3), [7, 3, 2, 1])[1], last.predict(rows(4, 7, 3)[1, :3]))
    assert gru.predict(np.empty((0, 9, 5), np.float32)).shape == (0, 9, 3) and gru.predict([]) == []
    assert sluice.predict(gru, x[0]).shape == (9, 3)


def test_tokens(words):
    ids = np.array([[1, 2, 3], [4, 5, 6]])
    y = words.predict(ids)
    assert y.shape == (2, 3, 1) and np.array_equal(words.predict([ids[0], ids[1]])[1], y[1])


def test_threads_give_the_same_bits(lstm):
    x = rows(40, 100, 64)
    assert np.array_equal(lstm.predict(x, threads=4), lstm.predict(x))


def test_refusals(gru, last):
    x = rows(3, 4, 5)
    for call, error in [
        (lambda: gru.predict(x.astype(np.float64)), errors.DTypeError),
        (lambda: gru.predict(x[0, 0]), errors.ShapeError),
        (lambda: gru.predict(x[:, :, :4]), errors.ShapeError),
        (lambda: gru.predict(x[None]), errors.ShapeError),
        (lambda: gru.predict(x, [1, 2]), errors.ShapeError),
        (lambda: gru.predict(x, [1, 2, 5]), errors.ShapeError),
        (lambda: gru.predict(x, [1.0, 2.0, 3.0]), errors.ShapeError),
        (lambda: gru.predict(x[0], [4]), errors.ArgumentError),
        (lambda: gru.predict(list(x), [4]), errors.ArgumentError),
        (lambda: gru.predict(x, threads=0), errors.ArgumentError),
        (lambda: gru.predict(x, out=np.empty((3, 4, 3))), errors.DTypeError),
        (lambda: gru.predict(x, out=x.reshape(-1)[:36].reshape(3, 4, 3)), errors.ArgumentError),
        (lambda: gru.predict(None), errors.DTypeError),
        (lambda: gru.predict([x[0], None]), errors.DTypeError),
        (lambda: last.predict(rows(2, 3, 3), [0, 1]), errors.ShapeError),
    ]:
        with pytest.raises(error):
            call()


def test_the_place_of_what_is_not_finite(gru, dense):
    x = rows(3, 4, 5)
    x[1, 2, 3] = np.nan
    with pytest.raises(errors.NotFiniteError, match=r"X\[1\], row 2, input 3 is nan"):
        gru.predict(x, threads=2)
    assert gru.predict(x, [4, 2, 4]).shape == (3, 4, 3)
    x = rows(4, 4)
    x[3, 1] = np.inf
    with pytest.raises(errors.NotFiniteError, match="X, row 3, input 1 is inf"):
        dense.predict(x)


def test_pandas(gru, named):
    pandas = pytest.importorskip("pandas")
    x = rows(20, 5)
    frame = pandas.DataFrame(x, copy=False)
    assert np.array_equal(gru.predict(pandas.DataFrame(x)), gru.predict(x))
    assert np.shares_memory(sequence(frame, gru), frame.to_numpy()) and np.array_equal(
        gru.predict(frame), gru.predict(x)
    )
    doubles = pandas.DataFrame(x.astype(np.float64))
    assert np.array_equal(gru.predict([doubles, frame])[0], gru.predict(x))
    mixed = pandas.DataFrame({"c": x[:, 2], "other": "text", "a": x[:, 0].astype(np.float64), "b": np.arange(20)})
    ordered = np.stack([x[:, 0], np.arange(20), x[:, 2]], axis=1).astype(np.float32)
    assert np.array_equal(named.predict(mixed), named.predict(ordered))
    for dtype in ("Float32", "float32[pyarrow]" if importlib.util.find_spec("pyarrow") else "Float64"):
        extended = frame.astype(dtype)
        assert np.array_equal(gru.predict(extended), gru.predict(x))
        extended.iloc[3, 2] = pandas.NA
        with pytest.raises(errors.NotFiniteError, match="row 3, input 2"):
            gru.predict(extended)
    for wrong, error, word in [
        (frame.iloc[:, :4], errors.ShapeError, "5 columns"),
        (pandas.DataFrame({i: ["x"] for i in range(5)}), errors.DTypeError, "numbers"),
    ]:
        with pytest.raises(error, match=word):
            gru.predict(wrong)
    with pytest.raises(errors.ShapeError, match="not there once: a"):
        named.predict(mixed.drop(columns="a"))


def test_arrow(gru, named):
    pyarrow = pytest.importorskip("pyarrow")
    x = rows(20, 5)
    lists = pyarrow.FixedSizeListArray.from_arrays(pyarrow.array(x.ravel()), 5)
    assert sequence(lists, gru).ctypes.data == lists.flatten().buffers()[1].address
    assert np.array_equal(gru.predict(lists), gru.predict(x))
    assert np.array_equal(gru.predict(lists[4:]), gru.predict(x[4:]))
    table = pyarrow.table({name: x[:, i] for i, name in enumerate("cab")})
    assert np.array_equal(named.predict(table), named.predict(x[:, [1, 2, 0]]))
    chunked = pyarrow.concat_tables([table, table])
    assert np.array_equal(named.predict(chunked)[:20], named.predict(table))
    with pytest.raises(errors.DTypeError, match="null"):
        named.predict(pyarrow.table({name: [1.0, None] for name in "abc"}))


def test_progress(gru):
    assert gru.predict(rows(2, 3, 5), progress=True).shape == (2, 3, 3)


def test_ids_of_tables_and_of_numpy(words):
    expected = words.predict(np.array([1, 2, 3]))
    assert np.array_equal(words.predict([np.int64(1), np.int32(2), 3]), expected)
    pandas = pytest.importorskip("pandas")
    assert np.array_equal(words.predict(pandas.DataFrame({"id": [1, 2, 3]})), expected)
    assert np.array_equal(words.predict(pandas.Series([1, 2, 3])), expected)


def test_tables_beyond_float32(gru):
    pandas = pytest.importorskip("pandas")
    with pytest.raises(errors.NotFiniteError, match="beyond float32"):
        gru.predict(pandas.DataFrame(np.full((2, 5), 1e300)))
