"""Opening, describing and pickling models; every failure has its class, code and offset."""

import copy
import os
import pickle
from multiprocessing import get_context

import numpy as np
import pytest
from conftest import rows

import sluice
from sluice import errors


def test_describes_itself(lstm, named, words):
    assert (lstm.input_size, lstm.output_size, lstm.reads_tokens, lstm.yields_last) == (64, 64, False, False)
    assert [(layer.kind, layer.storage, layer.hidden_size, layer.cell_size) for layer in lstm.layers] == [
        ("lstm", "f32", 64, 64)
    ]
    assert len(lstm.inputs) == 64 and lstm.inputs[0].name is None
    assert [feature.name for feature in named.inputs] == ["a", "b", "c"] and named.inputs[0].unit == "°C"
    assert named.metadata["name"] == "three"
    assert words.reads_tokens and words.output_size == 1 and len(words.inputs) == 1
    assert lstm.hash != named.hash and len(lstm.hash) == 16 and lstm.isa in ("baseline", "avx2", "avx512", "neon")
    assert lstm.hash in repr(lstm)


def test_opens_bytes_and_mapped_files(gru):
    with open(gru.source, "rb") as file:
        content = file.read()
    x = rows(7, 5)
    expected = gru.predict(x)
    for other in (sluice.Model(content), sluice.Model(memoryview(content)), sluice.Model(gru.source, mapped=True)):
        assert other.hash == gru.hash and np.array_equal(other.predict(x), expected)


def test_failures_are_typed(tmp_path, gru):
    content = bytearray(open(gru.source, "rb").read())
    content[len(content) // 2] ^= 1
    with pytest.raises(errors.InvalidModelError) as caught:
        sluice.Model(content)
    assert caught.value.code == sluice.Status.INVALID_MODEL and caught.value.offset >= 0
    assert isinstance(caught.value, ValueError)
    assert pickle.loads(pickle.dumps(caught.value)).offset == caught.value.offset
    with pytest.raises(errors.SystemCallError) as missing:
        sluice.Model(tmp_path / "none.sluice")
    assert missing.value.system_error == 2 and "none.sluice" in str(missing.value)
    with pytest.raises(errors.NotAFileError):
        sluice.Model(tmp_path)
    for source in (b"", b"x" * 100):
        with pytest.raises(errors.InvalidModelError):
            sluice.Model(source)
    for source in (None, 3, ["x"], b"x".decode() + "\0"):
        with pytest.raises((errors.DTypeError, errors.ArgumentError)):
            sluice.Model(source)
    with pytest.raises(errors.ArgumentError):
        sluice.Model(gru.source, isa="mmx")
    with pytest.raises(errors.ArgumentError):
        sluice.Model(gru.source, max_stream_bytes=-1)
    with pytest.raises(errors.LimitError):
        sluice.Model(gru.source, max_step_operations=1)


def test_closed(gru):
    model = sluice.Model(gru.source)
    stream = model.stream()
    expected = gru.stream().step(rows(5))
    model.close()
    for call in (model.stream, lambda: model.batch(2), lambda: model.predict(rows(3, 5)), lambda: model.tokens("a")):
        with pytest.raises(errors.ClosedError):
            call()
    # A stream keeps what it needs.
    assert np.array_equal(stream.step(rows(5)), expected)


def test_pickles(gru, tmp_path):
    again = pickle.loads(pickle.dumps(gru))
    assert again.hash == gru.hash and again.source == gru.source
    content = open(gru.source, "rb").read()
    assert pickle.loads(pickle.dumps(sluice.Model(content))).hash == gru.hash
    assert copy.deepcopy(gru) is gru
    path = tmp_path / "m.sluice"
    path.write_bytes(content)
    pickled = pickle.dumps(sluice.Model(path))
    path.write_bytes(open(os.path.join(os.path.dirname(gru.source), "gru.sluice"), "rb").read()[:-1])
    with pytest.raises(errors.InvalidModelError):
        pickle.loads(pickled)
    function, arguments = gru.__reduce__()
    with pytest.raises(errors.PickleError):
        function(99, *arguments[1:])
    with pytest.raises(errors.PickleError):
        function(arguments[0], arguments[1], "0" * 16, arguments[3])


def test_pickles_of_another_model_at_the_path(gru, dense, tmp_path):
    path = tmp_path / "m.sluice"
    path.write_bytes(open(gru.source, "rb").read())
    pickled = pickle.dumps(sluice.Model(path))
    path.write_bytes(open(dense.source, "rb").read())
    with pytest.raises(errors.PickleError):
        pickle.loads(pickled)


def score(work):
    model, x = work
    return model.predict(x)


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_crosses_processes(gru, method):
    xs = [rows(20, 5, seed=seed) for seed in range(4)]
    with get_context(method).Pool(2) as pool:
        results = pool.map(score, [(gru, x) for x in xs])
    assert all(np.array_equal(result, gru.predict(x)) for result, x in zip(results, xs, strict=True))


def test_words(words):
    ids = words.tokens("I really enjoyed the movie")
    assert ids.dtype == np.int32 and len(ids) == 5
    assert abs(float(words.predict(ids)[-1, 0]) - 0.754) < 5e-4
    assert words.predict(list(map(int, ids))).shape == (5, 1)
    with pytest.raises(errors.ShapeError):
        words.predict([words.input_size])
    with pytest.raises(errors.DTypeError):
        words.predict(np.zeros(3, np.float32))
