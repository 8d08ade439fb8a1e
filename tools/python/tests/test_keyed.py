"""Rows of many keys: each key has the bits that it would have alone, whatever the order, capacity and chunks."""

import io
import json
import pickle

import numpy as np
import pytest
from conftest import rows

import sluice
from sluice import KeyedScorer, errors


def alone(model, keys, x):
    """Each key's rows through a stream of its own."""
    y = np.empty((len(x), model.output_size), np.float32)
    for key in set(keys):
        at = [i for i, k in enumerate(keys) if k == key]
        y[at] = model.stream().process(x[at])
    return y


@pytest.mark.parametrize("capacity", [1, 3, 64, 1000])
@pytest.mark.parametrize("chunk", [1, 17, 400])
def test_same_bits_as_alone(gru, capacity, chunk):
    rng = np.random.default_rng(capacity * chunk)
    keys = [f"k{n}" if n % 2 else int(n) for n in rng.zipf(1.4, 400) % 90]
    x, times = rows(400, 5), np.arange(400)
    scorer = KeyedScorer(gru, capacity)
    y = np.concatenate(
        [
            scorer.score(keys[i : i + chunk], times[i : i + chunk], x[i : i + chunk]).outputs
            for i in range(0, 400, chunk)
        ]
    )
    assert np.array_equal(y, alone(gru, keys, x))
    assert len(scorer) == len(set(keys)) and scorer.counts["scored"] == 400 and scorer.bytes_per_key > 0
    assert (scorer.counts["moved"] > 0) == (len(set(keys)) > capacity)


def test_late_and_duplicate_rows_are_never_scored(gru):
    rng = np.random.default_rng(1)
    keys, times, x = rng.integers(0, 8, 500), rng.integers(0, 200, 500), rows(500, 5)
    last, fine = {}, np.zeros(500, bool)
    for i, (key, time) in enumerate(zip(keys.tolist(), times.tolist(), strict=True)):
        if key not in last or time > last[key]:
            last[key], fine[i] = time, True
    scorer = KeyedScorer(gru, 4)
    parts = [scorer.score(keys[i : i + 50], times[i : i + 50], x[i : i + 50]) for i in range(0, 500, 50)]
    late, y = (np.concatenate([getattr(part, name) for part in parts]) for name in ("late", "outputs"))
    assert np.array_equal(late, ~fine) and np.isnan(y[late]).all()
    assert np.array_equal(y[fine], alone(gru, keys[fine].tolist(), x[fine]))
    assert scorer.counts["late"] == int(late.sum()) and scorer.counts["scored"] == int(fine.sum())


def test_policies_of_late_rows(gru):
    x = rows(4, 5)
    held = KeyedScorer(gru, late="hold").score(["a", "b", "a", "a"], [5, 1, 5, 6], x)
    assert held.late.tolist() == [False, False, True, False] and np.array_equal(held.outputs[2], held.outputs[0])
    scorer = KeyedScorer(gru, late="hold")
    first = scorer.score(["a"], [5], x[:1])
    assert np.array_equal(scorer.score(["a"], [4], x[1:2]).outputs, first.outputs)
    assert KeyedScorer(gru, late=-1).score(["a", "a"], [5, 5], x[:2]).outputs[1].tolist() == [-1] * 3
    scorer = KeyedScorer(gru, late="refuse")
    with pytest.raises(sluice.LateRowError, match="row 1"):
        scorer.score(["a", "a"], [5, 5], x[:2])
    assert len(scorer) == 0 and not scorer.counts
    assert np.array_equal(scorer.score(["a"], [5], x[:1]).outputs, first.outputs)


def test_missing_rows(gru):
    x = rows(3, 5)
    for missing, filling in (("hold", x[0]), (0.5, np.full(5, 0.5, np.float32))):
        for times, interval in (
            ([10, 40], 10),
            (np.array(["2026-01-01", "2026-01-04"], "M8[D]"), np.timedelta64(1, "D")),
        ):
            scorer = KeyedScorer(gru, interval=interval, missing=missing)
            first = scorer.score(["a"], times[:1], x[:1])
            second = scorer.score(["a"], times[1:], x[1:2])
            expected = gru.predict(np.stack([x[0], filling, filling, x[1]]))
            assert np.array_equal(first.outputs[0], expected[0]) and np.array_equal(second.outputs[0], expected[3])
            assert second.filled.tolist() == [2] and scorer.counts["filled"] == 2
            both = KeyedScorer(gru, interval=interval, missing=missing).score(["a", "a"], times, x[:2])
            assert np.array_equal(both.outputs, expected[[0, 3]])
    scorer = KeyedScorer(gru, interval=10)
    scorer.score(["a"], [10], x[:1])
    with pytest.raises(sluice.MissingRowError, match="1 rows"):
        scorer.score(["b", "a"], [7, 30], x[:2])
    assert "b" not in scorer
    with pytest.raises(sluice.MissingRowError, match="max_missing"):
        KeyedScorer(gru, interval=1, missing=0, max_missing=3).score(["a", "a"], [0, 5], x[:2])


def test_missing_values(gru):
    x = rows(6, 5)
    x[2, 1] = x[3, 1] = x[4, 0] = np.nan
    keys = ["a", "b", "a", "a", "b", "a"]
    filled = x.copy()
    filled[2, 1] = filled[3, 1] = x[0, 1]
    filled[4, 0] = x[1, 0]
    scorer = KeyedScorer(gru, missing="hold")
    y = [scorer.score(keys[i : i + 2], [i, i + 1], x[i : i + 2]).outputs for i in range(0, 6, 2)]
    assert np.array_equal(np.concatenate(y), alone(gru, keys, filled)) and scorer.counts["values"] == 3
    whole = KeyedScorer(gru, missing="hold").score(keys, range(6), x)
    assert np.array_equal(whole.outputs, alone(gru, keys, filled))
    with pytest.raises(sluice.MissingRowError, match=r"features\[2, 1\]"):
        KeyedScorer(gru).score(keys, range(6), x)
    with pytest.raises(sluice.MissingRowError, match="nothing to hold"):
        KeyedScorer(gru, missing="hold").score(keys[2:], range(4), x[2:])
    x[0, 0] = np.inf
    with pytest.raises(errors.ShapeError, match="infinity"):
        KeyedScorer(gru, missing=0).score(keys, range(6), x)


@pytest.mark.parametrize("policies", [{}, {"missing": "hold", "late": "hold"}])
def test_snapshots(gru, dense, tmp_path, policies):
    rng = np.random.default_rng(3)
    keys, x = [f"k{n}" if n % 2 else n for n in rng.integers(0, 40, 300).tolist()], rows(300, 5)
    whole = KeyedScorer(gru, 7, **policies).score(keys, range(300), x).outputs
    scorer = KeyedScorer(gru, 7, **policies)
    scorer.score(keys[:150], range(150), x[:150])
    snapshot = scorer.snapshot()
    scorer.snapshot(tmp_path / "keys.npz")
    scorer.score(keys[150:200], range(150, 200), x[150:200])
    pickled = KeyedScorer(gru, 7, **policies)
    pickled.score(keys[:150], range(150), x[:150])
    others = [KeyedScorer(gru, 50, **policies) for _ in range(2)]
    others[0].restore(snapshot)
    others[1].score(["z"], [0], x[:1])
    others[1].restore(tmp_path / "keys.npz")
    scorer.restore(snapshot)
    for other in (*others, scorer, pickle.loads(pickle.dumps(pickled))):
        assert np.array_equal(other.score(keys[150:], range(150, 300), x[150:]).outputs, whole[150:])
        assert other.counts["scored"] == 300
    for wrong in (b"", b"x" * 50, snapshot[:-100], snapshot.replace(b"SLUSTATE", b"SLUSTATF")):
        with pytest.raises(errors.SluiceError):
            KeyedScorer(gru, 7, **policies).restore(wrong)
    with pytest.raises(errors.InvalidStateError, match="of the model"):
        KeyedScorer(dense, 7).restore(snapshot)


def of_steps(model, keys, x):
    """Each key's rows through steps of a stream of its own."""
    streams = {key: model.stream() for key in keys}
    return np.array([streams[key].step(row) for key, row in zip(keys, x, strict=True)])


@pytest.mark.parametrize("capacity", [1, 3, 64])
@pytest.mark.parametrize("chunk", [1, 17, 400])
def test_tokens_and_last_steps(words, last, capacity, chunk):
    rng = np.random.default_rng(chunk)
    keys = rng.zipf(1.4, 400) % 7
    for model, x in ((words, rng.integers(0, words.input_size, 400)), (last, rows(400, 3))):
        scorer = KeyedScorer(model, capacity)
        parts = [scorer.score(keys[i : i + chunk], np.arange(400)[i : i + chunk], x[i : i + chunk]) for i in range(0, 400, chunk)]
        assert np.array_equal(np.concatenate([part.outputs for part in parts]), of_steps(model, keys.tolist(), x))


def test_missing_tokens(words):
    ids = np.array([7, 9, 11])
    for missing, filling in (("hold", 7), (5, 5)):
        scorer = KeyedScorer(words, interval=10, missing=missing)
        scorer.score(["a"], [10], ids[:1])
        found = pickle.loads(pickle.dumps(scorer)).score(["a", "b"], [40, 10], ids[1:])
        alone = of_steps(words, ["a"] * 4, [7, filling, filling, 9])
        assert np.array_equal(found.outputs[0], alone[-1]) and found.filled.tolist() == [2, 0]
        assert np.array_equal(found.outputs[1], of_steps(words, ["b"], [11])[0])


def test_forgotten_keys_start_anew(gru):
    x = rows(4, 5)
    scorer = KeyedScorer(gru, 2)
    first = scorer.score(["a", "b", "c"], [1, 1, 1], x[:3]).outputs
    scorer.forget(["a", "c", "nobody"])
    again = scorer.score(["d", "a", "b"], [1, 1, 2], np.stack([x[2], x[0], x[3]])).outputs
    assert np.array_equal(again[0], first[2]) or np.array_equal(again[0], gru.predict(x[2:3])[0])
    assert np.array_equal(again[1], first[0]) and np.array_equal(again[2], gru.predict(x[[1, 3]])[1])
    assert len(scorer) == 3


def test_refusals(gru, words):
    x, scorer = rows(2, 5), KeyedScorer(gru)
    for call in (
        lambda: scorer.score(["a"], [1, 2], x),
        lambda: scorer.score(["a", 1.5], [1, 2], x),
        lambda: scorer.score(["a", "b"], [1, np.nan], x),
        lambda: scorer.score(["a", "b"], ["x", "y"], x),
        lambda: scorer.score(["a", "b"], [1, 2], x.astype(np.float64)),
        lambda: scorer.score(["a", "b"], [1, 2], x[:, :4]),
        lambda: scorer.score(["a", "b"], [1, 2], x, out=np.empty((2, 2), np.float32)),
        lambda: KeyedScorer(gru, 0),
        lambda: KeyedScorer(gru, interval=0),
        lambda: KeyedScorer(gru, interval="day"),
        lambda: KeyedScorer(gru, missing="mean"),
        lambda: KeyedScorer(gru, late=None),
        lambda: KeyedScorer(words, missing=1.5),
        lambda: KeyedScorer(words, missing=words.input_size),
        lambda: KeyedScorer(words).score(["a"], [1], x[:1]),
        lambda: KeyedScorer(words).score(["a"], [1], [words.input_size]),
        lambda: KeyedScorer(words).score(["a"], [1], [[1]]),
    ):
        with pytest.raises(errors.SluiceError):
            call()
    assert len(scorer) == 0
    scorer.score(["a", "b"], [1, 2], x)
    with pytest.raises(errors.DTypeError, match="one kind"):
        scorer.score(["a", "b"], [3.0, 4.0], x)


def test_times_that_would_wrap(gru):
    x = rows(2, 5)
    for times in ([-(2**62) - 5, 2**62 + 5], [-(2**63), 2**63 - 1]):
        with pytest.raises(errors.ArgumentError, match="are missing"):
            KeyedScorer(gru, 2, interval=1).score(["a", "a"], times, x)
    with pytest.raises(errors.ArgumentError, match="max_missing"):
        KeyedScorer(gru, 2, interval=1e-320, missing="hold").score(["a", "a"], [1.0, 5.0], x)
    with pytest.raises(errors.ArgumentError, match="2262"):
        KeyedScorer(gru, 2).score(["a", "a"], np.array(["2020-01-01", "3000-01-01"], "M8[D]"), x)
    pandas = pytest.importorskip("pandas")
    zoned = pandas.Series(pandas.to_datetime(["2020", "2021"], utc=True))
    with pytest.raises(errors.ArgumentError, match="tz_convert"):
        KeyedScorer(gru, 2).score(["a", "a"], zoned, x)
    assert not KeyedScorer(gru, 2).score(["a", "a"], zoned.dt.tz_convert(None), x).late.any()


def test_numbers_and_texts_of_numpy(gru):
    x = rows(2, 5)
    scorer = KeyedScorer(gru, 2, missing=np.float32(0))
    scorer.score([np.int64(7), np.str_("seven")], [1, 1], x)
    assert 7 in scorer and "seven" in scorer
    for missing in (float("nan"), float("inf"), 1e300):
        with pytest.raises(errors.ArgumentError, match="missing"):
            KeyedScorer(gru, 2, missing=missing)


def test_interrupted_scorer_is_refused_until_restored(gru, monkeypatch):
    x, scorer = rows(6, 5), KeyedScorer(gru, 2)
    scorer.score([1, 2, 3], [1, 1, 1], x[:3])
    kept, run = scorer.snapshot(), scorer.slots.run

    def interrupted(*arguments):
        run(*arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(scorer.slots, "run", interrupted)
        with pytest.raises(KeyboardInterrupt):
            scorer.score([1, 2, 3], [2, 2, 2], x[3:])
    for call in (lambda: scorer.score([1, 2, 3], [2, 2, 2], x[3:]), scorer.snapshot):
        with pytest.raises(errors.ClosedError, match="interrupted"):
            call()
    scorer.restore(kept)
    y = scorer.score([1, 2, 3], [2, 2, 2], x[3:]).outputs
    assert np.array_equal(y, [gru.predict(x[[key, key + 3]])[-1] for key in range(3)])


@pytest.mark.parametrize(
    "forged",
    [
        {"keys": 3}, {"keys": "abc"}, {"keys": [[1], [2], [3]]}, {"keys": {"a": 1, "b": 2, "c": 3}},
        {"counts": {"scored": "x"}}, {"counts": [1]}, {"last": np.array(["a", "b", "c"])},
        {"last": np.full(3, np.nan)}, {"seen": np.array(["a", "b", "c"])},
    ],
)  # fmt: skip
def test_forged_snapshots_change_nothing(gru, forged):
    scorer, x = KeyedScorer(gru, 2), rows(4, 5)
    scorer.score(["a", "b", "c"], [1, 2, 3], x[:3])
    with np.load(io.BytesIO(scorer.snapshot())) as loaded:
        arrays = dict(loaded)
    head = json.loads(arrays["head"].tobytes())
    for name, value in forged.items():
        (arrays if name in arrays else head)[name] = value
    arrays["head"] = np.frombuffer(json.dumps(head).encode(), np.uint8)
    file = io.BytesIO()
    np.savez(file, **arrays)
    other = KeyedScorer(gru, 2)
    other.score(["z"], [1], x[:1])
    with pytest.raises(errors.InvalidStateError):
        other.restore(file.getvalue())
    assert np.array_equal(other.score(["z"], [2], x[3:]).outputs[0], gru.predict(x[[0, 3]])[1])
