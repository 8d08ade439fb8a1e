"""States of many keys: those in use in the slots of a batch, all others as bytes."""

from typing import Any

import numpy as np

from ._handle import Floats, address
from ._library import library
from .batch import Batch
from .errors import refuse
from .keyed_plan import Ints
from .model import Model
from .stream import Stream

#: A key with so many rows goes through a stream's blocks, others step together.
LONG = 16


class Slots:
    """The least recently used state makes room. Keys are numbers from 0 on."""

    def __init__(self, model: Model, capacity: int):
        self.batch = Batch(model, capacity)
        self.stream = Stream(model)
        self.initial = np.frombuffer(self.stream.state, np.uint8)
        self.capacity = capacity
        self.states = np.empty((0, model.state_size), np.uint8)
        self.slot = np.empty(0, np.int64)
        self.owner = np.full(capacity, -1, np.int64)
        self.used = np.zeros(capacity, np.int64)
        self.turn = 0
        # Ids, or features.
        self.x: Any = np.zeros(capacity, np.int32)
        if not model.reads_tokens:
            self.x = np.zeros((capacity, model.input_size), np.float32)
        self._of_batch = library.batch_step_tokens if model.reads_tokens else library.batch_step
        self._of_stream = library.process_tokens if model.reads_tokens else library.process
        self.y = np.zeros((capacity, model.output_size), np.float32)
        self.active = np.zeros(capacity, np.bool_)
        self.addresses = address(self.x), address(self.y), address(self.active)

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError("slots hold addresses: pickle their KeyedScorer")

    @property
    def nbytes(self) -> int:
        model = self.batch.model
        arrays = (self.states, self.slot, self.owner, self.used, self.x, self.y, self.active)
        handle = model.handle
        return sum(array.nbytes for array in arrays) + int(library.batch_size(handle.pointer, self.capacity))

    @property
    def _batch(self) -> Any:
        handle = self.batch._handle
        if handle is None:
            raise self.batch._closed()
        return handle.pointer

    def begin(self, keys: Ints, room: int) -> None:
        """Lets keys start from the model's initial state; `room` is more than the greatest."""
        old = len(self.slot)
        if room > old:
            states = np.empty((room, self.states.shape[1]), np.uint8)
            states[:old] = self.states
            self.states = states
            self.slot = np.concatenate([self.slot, np.full(room - old, -1, np.int64)])
        self.states[keys] = self.initial

    def release(self, keys: Ints) -> None:
        """Frees the slots of keys that are no longer."""
        slots = self.slot[keys]
        slots = slots[slots >= 0]
        for slot in slots.tolist():
            # What is not finite would be refused with all others.
            library.batch_reset_stream(self._batch, slot)
        self.owner[slots], self.used[slots] = -1, 0
        self.slot[keys] = -1

    def bring(self, keys: Ints) -> int:
        """Puts the states of at most `capacity` keys into slots; how many others had to leave theirs."""
        self.turn += 1
        slots = self.slot[keys]
        self.used[slots[slots >= 0]] = self.turn
        coming = keys[slots < 0]
        if not len(coming):
            return 0
        # Free ones were never used, or not since they became free.
        if len(coming) < self.capacity:
            free = np.argpartition(self.used, len(coming) - 1)[: len(coming)]
        else:
            free = np.arange(self.capacity)
        leaving = free[self.owner[free] >= 0]
        # Two calls a state, or two for all.
        if 8 * len(coming) > self.capacity:
            self._exchange_all(leaving, free, coming)
        else:
            self._exchange(leaving, free, coming)
        self.slot[self.owner[leaving]] = -1
        self.owner[free], self.slot[coming], self.used[free] = coming, free, self.turn
        return len(leaving)

    def _exchange_all(self, leaving: Ints, free: Ints, coming: Ints) -> None:
        batch, size = self._batch, self.states.shape[1]
        rows = np.empty((self.capacity, size), np.uint8)
        status = library.batch_save(batch, address(rows), rows.nbytes)
        if not status:
            self.states[self.owner[leaving]] = rows[leaving]
            rows[free] = self.states[coming]
            status = library.batch_restore(batch, address(rows), rows.nbytes, None)
        if status:
            refuse(status)

    def _exchange(self, leaving: Ints, free: Ints, coming: Ints) -> None:
        batch, size, start = self._batch, self.states.shape[1], address(self.states)
        with self.stream._use() as stream:
            for slot, key in zip(leaving.tolist(), self.owner[leaving].tolist(), strict=True):
                status = library.batch_get_stream(batch, slot, stream)
                status = status or library.stream_save(stream, start + key * size, size)
                if status:
                    refuse(status)
            for slot, key in zip(free.tolist(), coming.tolist(), strict=True):
                status = library.stream_restore(stream, start + key * size, size, None)
                status = status or library.batch_set_stream(batch, slot, stream)
                if status:
                    refuse(status)

    def save(self) -> None:
        """Writes the states that lie in slots to `states` too."""
        rows = np.empty((self.capacity, self.states.shape[1]), np.uint8)
        status = library.batch_save(self._batch, address(rows), rows.nbytes)
        if status:
            refuse(status)
        there = self.owner >= 0
        self.states[self.owner[there]] = rows[there]

    def run(self, keys: Ints, starts: Ints, x: Any, y: Floats) -> None:
        """Steps the rows from starts[i] to starts[i + 1] of each key, which has a slot."""
        slots, counts = self.slot[keys], np.diff(starts)
        # A block gives the last step's output alone where the model does.
        isLong = (counts >= LONG) & (not self.batch.model.yields_last)
        for slot, start, count in zip(
            slots[isLong].tolist(), starts[:-1][isLong].tolist(), counts[isLong].tolist(), strict=True
        ):
            self._process(slot, x[start : start + count], y[start : start + count])
        slots, starts, counts = slots[~isLong], starts[:-1][~isLong], counts[~isLong]
        for step in range(int(counts.max(initial=0))):
            still = counts > step
            self._step(slots[still], starts[still] + step, x, y)

    def _process(self, slot: int, x: Any, y: Floats) -> None:
        batch = self._batch
        with self.stream._use() as stream:
            library.batch_get_stream(batch, slot, stream)
            # Whether it is finite the outputs say, as with steps of the batch.
            self._of_stream(stream, address(x), len(x), address(y))
            library.batch_set_stream(batch, slot, stream)

    def _step(self, slots: Ints, rows: Ints, x: Any, y: Floats) -> None:
        self.x[slots] = x[rows]
        self.active[slots] = True
        status = self._of_batch(self._batch, *self.addresses)
        self.active[slots] = False
        if status:
            refuse(status)
        y[rows] = self.y[slots]
