"""Steps, blocks, batches, states: the same bits whatever the way, and a sentence where something is wrong."""

import pickle
import threading

import numpy as np
import pytest
from conftest import rows

import sluice
from sluice import errors


def test_same_bits_by_every_way(gru, lstm):
    for model in (gru, lstm):
        x = rows(50, model.input_size)
        stream, batch = model.stream(), model.batch(3)
        y = model.stream().process(x)
        assert y.shape == (50, model.output_size) and y.dtype == np.float32
        for t in range(50):
            assert np.array_equal(stream.step(x[t]), y[t])
            assert np.array_equal(batch.step(np.tile(x[t], (3, 1))), np.tile(y[t], (3, 1)))
        assert np.array_equal(model.predict(x), y)


def test_out_and_layouts(gru):
    x = rows(10, 5)
    expected = gru.predict(x)
    out = np.zeros((10, 3), np.float32)
    assert gru.stream().process(x, out) is out and np.array_equal(out, expected)
    stream, y = gru.stream(), np.zeros(3, np.float32)
    for t in range(10):
        assert stream.step(x[t], out=y) is y and np.array_equal(y, expected[t])
    fortran, strided, unaligned = np.asfortranarray(x), rows(10, 10), np.empty(201, np.uint8)
    strided[:, ::2] = x
    odd = unaligned[1:].view(np.float32).reshape(10, 5)
    odd[...] = x
    for other in (fortran, strided[:, ::2], odd, x[::-1][::-1]):
        assert np.array_equal(gru.predict(other), expected)
        assert np.array_equal(gru.stream().step(other[0]), expected[0])


def test_refusals_say_what_to_do(gru, last):
    stream = gru.stream()
    for x, error, word in [
        (rows(5).astype(np.float64), errors.DTypeError, "astype"),
        (rows(5).astype(">f4"), errors.DTypeError, "float32"),
        (np.array([None] * 5), errors.DTypeError, "float32"),
        (np.ma.masked_array(rows(5)), errors.DTypeError, "MaskedArray"),
        ([1.0] * 5, errors.DTypeError, "np.asarray"),
        (3, errors.DTypeError, "NumPy"),
        (rows(4), errors.ShapeError, "(5,)"),
        (rows(1, 5), errors.ShapeError, "process"),
        (np.full(5, np.nan, np.float32), errors.NotFiniteError, "reset"),
    ]:
        with pytest.raises(error, match=".*" + word.replace("(", r"\(").replace(")", r"\)")):
            stream.step(x)
    for out, error in [
        (np.empty(4, np.float32), errors.ShapeError),
        (np.empty(3), errors.DTypeError),
        (np.frombuffer(bytes(12), np.float32), errors.ShapeError),
        ([0, 0, 0], errors.DTypeError),
    ]:
        with pytest.raises(error):
            gru.stream().step(rows(5), out=out)
    x = rows(4, 5)
    with pytest.raises(errors.ShapeError):
        gru.stream().process(x, np.empty((4, 6), np.float32)[:, ::2])
    with pytest.raises(errors.ArgumentError):
        gru.stream().process(x, x.reshape(-1)[:12].reshape(4, 3))
    with pytest.raises(errors.ShapeError):
        last.stream().process(np.empty((0, 3), np.float32))
    assert gru.stream().process(np.empty((0, 5), np.float32)).shape == (0, 3)
    assert last.stream().process(rows(4, 3)).shape == (2,)


def test_states(gru, lstm):
    x = rows(20, 5)
    y = gru.predict(x)
    stream = gru.stream()
    stream.process(x[:8])
    state, fork, pickled = stream.state, stream.fork(), pickle.dumps(stream)
    arrays = stream.arrays
    assert len(state) == gru.state_size and [value.shape for value in arrays.values()] == [(12,)]
    stream.process(rows(3, 5, seed=9))
    for other in (fork, pickle.loads(pickled)):
        assert np.array_equal(other.process(x[8:]), y[8:])
    stream.state = state
    assert np.array_equal(stream.process(x[8:]), y[8:])
    stream.arrays = arrays
    assert np.array_equal(stream.process(x[8:]), y[8:])
    stream.reset()
    assert np.array_equal(stream.process(x), y)
    with pytest.raises(errors.InvalidStateError) as caught:
        stream.state = state[:-1] + b"\xff"
    assert caught.value.code == sluice.Status.INVALID_STATE
    for wrong, error in [
        (b"", errors.InvalidStateError),
        ("x", errors.DTypeError),
        (lstm.stream().state, errors.InvalidStateError),
    ]:
        with pytest.raises(error):
            stream.state = wrong
    name = next(iter(arrays))
    for wrong in ({"x": rows(12)}, {name: rows(11)}, {name: np.full(12, np.inf, np.float32)}, {name: [1]}):
        with pytest.raises(errors.SluiceError):
            stream.arrays = wrong
    with pytest.raises(errors.TopologyError):
        stream.continue_from(lstm.stream())
    function, arguments = gru.stream().__reduce__()
    with pytest.raises(errors.PickleError):
        function(0, *arguments[1:])


def test_streams_carry_over_to_other_weights(make):
    first = sluice.Model(make("carried", "gru", 4, 8))
    second = sluice.Model(make("carried8", "gru", 4, 8, type="int8"))
    assert first.topology == second.topology and first.hash != second.hash
    stream, other = first.stream(), second.stream()
    stream.process(rows(30, 4))
    other.continue_from(stream)
    assert np.array_equal(*(next(iter(s.arrays.values())) for s in (stream, other)))


def test_batches(gru):
    x, active = rows(6, 4, 5), np.array([True, False, True, True])
    batch, streams = gru.batch(4), [gru.stream() for _ in range(4)]
    for t in range(6):
        y = batch.step(x[t], active=active)
        assert np.isnan(y[1]).all()
        for i in np.flatnonzero(active):
            assert np.array_equal(y[i], streams[i].step(x[t, i]))
    assert np.array_equal(batch[2].step(x[0, 2]), streams[2].fork().step(x[0, 2]))
    assert bytes(batch.states[2]) == streams[2].state and bytes(batch.states[1]) == gru.stream().state
    other = pickle.loads(pickle.dumps(batch))
    assert np.array_equal(other.states, batch.states)
    other.reset(0)
    assert bytes(other.states[0]) == gru.stream().state and bytes(other.states[2]) == streams[2].state
    other[0] = streams[3]
    assert bytes(other.states[0]) == streams[3].state
    x[0, 2] = np.nan
    with pytest.raises(errors.NotFiniteError, match="stream 2"):
        batch.step(x[0])
    for call in (
        lambda: batch.step(x[0, :3]),
        lambda: batch.step(x[1], active=[True]),
        lambda: batch.reset(4),
        lambda: gru.batch(0),
        lambda: gru.batch(1 << 61),
        lambda: batch.__setitem__(0, None),
        lambda: setattr(batch, "states", batch.states[:2]),
    ):
        with pytest.raises(errors.SluiceError):
            call()


def test_sequences_alone(backward):
    x = rows(40, backward.input_size)
    y = backward.predict(x)
    assert np.array_equal(backward.stream(40).process(x), y)
    for call in (lambda: backward.stream().step(x[0]), lambda: backward.batch(2), lambda: backward.stream().process(x)):
        with pytest.raises(errors.NeedsSequenceError, match="predict"):
            call()


def test_closed_streams(gru):
    for thing in (gru.stream(), gru.batch(1)):
        with thing:
            pass
        x = rows(5) if isinstance(thing, sluice.Stream) else rows(1, 5)
        for call in (lambda: thing.step(x), thing.reset, thing.close):
            with pytest.raises(errors.ClosedError):
                call()


def test_threads_that_share_a_stream_are_refused(gru):
    stream, expected = gru.stream(), gru.predict(rows(5)[None])[0]
    long, failures, results = rows(200_000, 5), [], []

    def process():
        results.append(stream.process(long))

    thread = threading.Thread(target=process)
    thread.start()
    while thread.is_alive():
        try:
            stream.step(rows(5))
        except errors.BusyError as error:
            failures.append(error)
    thread.join()
    assert failures and "each thread" in str(failures[0]) and results[0].shape == (200_000, 3)
    stream.reset()
    assert np.array_equal(stream.step(rows(5)), expected)


def test_outputs_that_lie_in_the_inputs(make):
    model = sluice.Model(make("square", "gru", 4, 4))
    memory = rows(50, 4)
    for x, out in ((memory, memory), (memory[:-1], memory[1:])):
        with pytest.raises(errors.ArgumentError, match="other memory"):
            model.stream().process(x, out=out)
        with pytest.raises(errors.ArgumentError, match="other memory"):
            model.batch(len(x)).step(x, out=out)
