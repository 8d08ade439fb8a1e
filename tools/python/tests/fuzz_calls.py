"""Random calls of everything public, with arguments good and bad: each gives a value or an exception that is expected.

Run:   python tools/python/tests/fuzz_calls.py COUNT SEED MODEL.sluice...
test_fuzz.py runs it, in a process of its own, since what it looks for would end the process. Exit status 1 where an
exception is none of sluice's, or outputs of good calls are not those of a stream alone.
"""

import copy
import pickle
import random
import sys
import threading
from collections import Counter
from typing import Any

import numpy as np

import sluice

random_ = random.Random()
# Of a snapshot's file Python says itself that it is not there.
EXPECTED = (sluice.SluiceError, OSError)
# What Python itself says of a call with too few arguments, or of arrays that cannot be.
OF_PYTHON = (TypeError, ValueError, OverflowError, MemoryError, pickle.PicklingError)


def array(*shape: int) -> np.ndarray:
    made = np.random.default_rng(random_.getrandbits(32)).normal(size=shape).astype(np.float32)
    return np.array(made)


def odd_array(shape: tuple[int, ...]) -> Any:
    """An array that is wrong in its type, order, alignment or numbers, or only unusual."""
    good = array(*shape)
    kind = random_.randrange(14)
    if kind == 0:
        return good.astype(random_.choice(["f8", "f2", "i4", "u1", ">f4", "c8", "?", "O", "S4", "M8[s]"]))
    if kind == 1:
        return np.asfortranarray(good)
    if kind == 2:
        return np.repeat(good, 2, axis=-1)[..., ::2] if good.ndim else good
    if kind == 3:
        odd = np.empty(good.nbytes + 1, np.uint8)[1:].view(np.float32).reshape(good.shape)
        odd[...] = good
        return odd
    if kind == 4 and good.size:
        good.flat[random_.randrange(good.size)] = random_.choice([np.nan, np.inf, -np.inf, 3e38, 1e-45])
        return good
    if kind == 5:
        good.flags.writeable = False
        return good
    if kind == 6:
        return good.tolist()
    if kind == 7:
        return np.ma.masked_array(good, good > 0)
    if kind == 8:
        return np.broadcast_to(np.float32(1), shape)
    if kind == 9:
        return good[::-1]
    return good


def shape(model: sluice.Model) -> tuple[int, ...]:
    axes = random_.randrange(4)
    last = model.input_size if random_.random() < 0.7 and model.input_size < 1000 else random_.randrange(6)
    return tuple(random_.randrange(5) for _ in range(axes)) + (last,)


def anything(model: sluice.Model) -> Any:
    choices = [
        lambda: odd_array(shape(model)),
        lambda: odd_array((model.output_size,)),
        lambda: np.array([random_.randrange(-2, 12) for _ in range(random_.randrange(5))]),
        lambda: random_.choice([None, True, 0, 1, 3, -1, 2**31, 2**63, 10**30, 0.5, float("nan"), "x", b"x", "\0", ()]),
        lambda: [odd_array(shape(model)) for _ in range(random_.randrange(3))],
        lambda: random_.choice([object(), {}, {"x": 1}, slice(1), np.float32(1), np.int64(2), len]),
    ]
    return random_.choice(choices)()


class World:
    """Things of several models, all of which live a while and are closed now and then."""

    def __init__(self, paths: list[str]):
        self.paths = paths
        self.models = [sluice.Model(path) for path in paths]
        self.things: list[Any] = []
        self.states: list[Any] = [b"", b"x" * 200]

    def pick(self) -> Any:
        if len(self.things) < 12 or random_.random() < 0.02:
            model = random_.choice(self.models)
            makers = [
                model.stream,
                lambda: model.batch(3),
                lambda: sluice.KeyedScorer(model, 2, missing="hold", late="hold"),
            ]
            try:
                self.things.append(random_.choice(makers)())
            except EXPECTED:
                return model
        if len(self.things) > 20:
            self.things.pop(random_.randrange(len(self.things)))
        return random_.choice([*self.things, *self.models])

    def call(self) -> Any:
        thing = self.pick()
        model = thing if isinstance(thing, sluice.Model) else thing.model
        good = random_.random() < 0.5
        if isinstance(thing, sluice.Model):
            return self.of_model(thing, good)
        if isinstance(thing, sluice.Stream):
            return self.of_stream(thing, model, good)
        if isinstance(thing, sluice.Batch):
            return self.of_batch(thing, model, good)
        return self.of_scorer(thing, model, good)

    def of_model(self, model: sluice.Model, good: bool) -> Any:
        x = array(random_.randrange(4), random_.randrange(4), model.input_size % 1000) if good else anything(model)
        calls = [
            lambda: model.predict(x, threads=random_.choice([1, 1, 2, 0, "x"])),
            lambda: model.predict(x, anything(model)),
            lambda: model.predict(x, out=anything(model)),
            lambda: model.tokens(anything(model)),
            lambda: model.stream(anything(model) if random_.random() < 0.3 else random_.randrange(40)),
            lambda: model.batch(random_.choice([0, 1, 2, -1, 2**61, "x", None, 2**70])),
            lambda: pickle.loads(pickle.dumps(model)),
            lambda: repr(model),
            lambda: sluice.Model(anything(model)),
            lambda: sluice.KeyedScorer(model, anything(model), missing=anything(model)),
            lambda: sluice.Stream(anything(model)),
        ]
        if random_.random() < 0.002:
            self.models[self.models.index(model)] = sluice.Model(model.source)
            model.close()
        return random_.choice(calls)()

    def of_stream(self, stream: sluice.Stream, model: sluice.Model, good: bool) -> Any:
        x = anything(model)
        row = array(model.input_size) if good and not model.reads_tokens else x
        calls = [
            lambda: stream.step(row),
            lambda: stream.step(row, out=anything(model)),
            lambda: stream.process(array(3, model.input_size % 1000) if good else x),
            lambda: stream.process(x, out=anything(model)),
            lambda: self.states.append(stream.state),
            lambda: setattr(stream, "state", random_.choice(self.states)),
            lambda: setattr(stream, "arrays", stream.arrays if good else x),
            lambda: stream.continue_from(random_.choice(self.things) if good else x),
            lambda: self.things.append(stream.fork()),
            lambda: self.things.append(pickle.loads(pickle.dumps(stream))),
            lambda: copy.copy(stream),
            stream.reset,
        ]
        if len(self.states) > 50:
            del self.states[2:]
        if random_.random() < 0.005:
            stream.close()
        if random_.random() < 0.003:
            return together(stream, row)
        return random_.choice(calls)()

    def of_batch(self, batch: sluice.Batch, model: sluice.Model, good: bool) -> Any:
        x = array(len(batch), model.input_size % 1000) if good else anything(model)
        calls = [
            lambda: batch.step(x),
            lambda: batch.step(x, active=np.array([True, False, True]) if good else anything(model)),
            lambda: batch.step(x, out=anything(model)),
            lambda: setattr(batch, "states", batch.states if good else x),
            lambda: batch.__setitem__(random_.randrange(-4, 5), random_.choice(self.things) if good else x),
            lambda: self.things.append(batch[random_.randrange(-4, 5)]),
            lambda: batch.reset(random_.choice([None, 0, 1, 2, 3, -1, "x"])),
            lambda: pickle.loads(pickle.dumps(batch)),
        ]
        if random_.random() < 0.005:
            batch.close()
        return random_.choice(calls)()

    def of_scorer(self, scorer: sluice.KeyedScorer, model: sluice.Model, good: bool) -> Any:
        count, tokens = random_.randrange(6), model.reads_tokens
        x = np.array([random_.randrange(model.input_size) for _ in range(count)]) if tokens else array(count, model.input_size)
        keys: Any = [random_.choice([1, 2, 3, "a", "b"]) for _ in range(count)] if good else anything(model)
        times: Any = [random_.randrange(1000) for _ in range(count)] if random_.random() < 0.8 else anything(model)
        calls = [
            lambda: scorer.score(keys, times, x if good else anything(model)),
            lambda: scorer.score(keys, times, odd_array((count,) if tokens else (count, model.input_size))),
            lambda: scorer.forget(keys),
            lambda: self.states.append(scorer.snapshot()),
            lambda: scorer.restore(random_.choice(self.states) if good else anything(model)),
            lambda: self.things.append(copy.deepcopy(scorer)),
            lambda: (len(scorer), 1 in scorer, scorer.bytes_per_key),
        ]
        return random_.choice(calls)()


def together(stream: sluice.Stream, row: Any) -> None:
    """Two threads on one stream."""

    def work() -> None:
        for _ in range(20):
            try:
                stream.step(row)
            except (*EXPECTED, *OF_PYTHON):
                pass

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def main() -> int:
    count, seed = int(sys.argv[1]), int(sys.argv[2])
    random_.seed(seed)
    world, outcomes = World(sys.argv[3:]), Counter()
    for number in range(count):
        try:
            world.call()
            outcomes["done"] += 1
        except EXPECTED as error:
            outcomes[type(error).__name__] += 1
        except Exception:
            print(f"call {number} of seed {seed} raised what is none of sluice's:", file=sys.stderr)
            raise
    # What lived through it all gives what a fresh process would.
    for path in sys.argv[3:]:
        model = sluice.Model(path)
        if not model.reads_tokens and model.is_streamable:
            x = array(20, model.input_size)
            stream = model.stream()
            steps = np.array([stream.step(row) for row in x])
            whole = model.predict(x)
            if not np.array_equal(whole, steps[-1] if model.yields_last else steps):
                print(f"{path}: steps and predict differ", file=sys.stderr)
                return 1
    print(f"{count} calls, seed {seed}: {dict(outcomes.most_common())}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
