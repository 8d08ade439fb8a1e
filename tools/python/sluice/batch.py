"""Batches: many sequences of one model, stepped in one call."""

import ctypes
from typing import Any

import numpy as np
import numpy.typing as npt

from ._guarded import Guarded
from ._handle import Floats, address, create, floats, output, token_ids, whole
from ._library import Error, library
from .errors import ArgumentError, DTypeError, NotFiniteError, PickleError, ShapeError, refuse
from .model import Model
from .stream import Stream

#: To be raised when what a pickle of a batch holds changes.
PICKLE_VERSION = 1


class Batch(Guarded):
    """`count` sequences, each with the bits that it would have in a stream of its own. Made by `Model.batch`."""

    _kind = "batch"

    def __init__(self, model: Model, count: int):
        if not isinstance(model, Model):
            raise DTypeError(f"model: expected a sluice.Model, not {type(model).__name__}")
        count = whole(count, "count", 1)
        super().__init__(model, create(model.handle, library.batch_create, library.batch_destroy, count))
        self.count = count

    def __len__(self) -> int:
        return self.count

    def step(
        self, x: Any, out: Floats | None = None, active: npt.NDArray[np.bool_] | None = None, *, check: bool = True
    ) -> Floats:
        """One time step of all: reads x [count, input_size] of float32, or ids [count], gives [count, output_size].

        Where `active`, [count] of bool, is given, streams with False keep their state and their row of `out`; without
        `out` such a row is NaN. An output that is not finite is a `NotFiniteError` which names its stream, unless
        `check` is False: the step was done all the same.
        """
        model = self.model
        if model.reads_tokens:
            rows: Any = token_ids(x, "x", model.input_size)
            expected: tuple[int, ...] = (self.count,)
        else:
            rows = floats(x, "x")
            expected = (self.count, model.input_size)
        if rows.shape != expected:
            raise ShapeError(f"x: expected the shape {expected}, not {rows.shape}")
        y = output(out, (self.count, model.output_size))
        if active is not None:
            if not isinstance(active, np.ndarray) or active.dtype != np.bool_ or active.shape != (self.count,):
                raise ShapeError(f"active: expected an array of {self.count} bool")
            active = np.ascontiguousarray(active)
            if out is None:
                y[~active] = np.nan
        if out is not None and np.may_share_memory(y, rows):
            raise ArgumentError("out: expected other memory than that of x")
        function = library.batch_step_tokens if model.reads_tokens else library.batch_step
        with self._use() as batch:
            status = function(batch, address(rows), address(y), None if active is None else address(active))
        if status:
            refuse(status)
        if check and not np.isfinite(y.sum(dtype=np.float64) if active is None else y[active].sum(dtype=np.float64)):
            bad = ~np.isfinite(y).all(axis=1)
            index = int(np.flatnonzero(bad if active is None else bad & active)[0])
            raise NotFiniteError(f"stream {index}: its output is not finite; reset({index}) mends it")
        return y

    def _checked(self, index: int) -> int:
        at = whole(index, "index", -self.count, self.count - 1)
        return at % self.count

    def reset(self, index: int | None = None) -> None:
        """Returns one stream, or all, to the initial state."""
        at = None if index is None else self._checked(index)
        with self._use() as batch:
            if at is None:
                library.batch_reset(batch)
            else:
                library.batch_reset_stream(batch, at)

    def __getitem__(self, index: int) -> Stream:
        """A stream that goes on from where stream `index` is."""
        at, stream = self._checked(index), Stream(self.model)
        with self._use() as batch, stream._use() as pointer:
            status = library.batch_get_stream(batch, at, pointer)
        if status:
            refuse(status)
        return stream

    def __setitem__(self, index: int, stream: Stream) -> None:
        """Stream `index` goes on from where `stream`, of the same model, is."""
        at = self._checked(index)
        if not isinstance(stream, Stream):
            raise DTypeError(f"expected a sluice.Stream, not {type(stream).__name__}")
        with self._use() as batch, stream._use() as pointer:
            status = library.batch_set_stream(batch, at, pointer)
        if status:
            refuse(status, about="the stream is of another model")

    @property
    def states(self) -> npt.NDArray[np.uint8]:
        """The states of all streams, [count, state_size] bytes; each row is what `Stream.state` has."""
        kept = np.empty((self.count, self.model.state_size), np.uint8)
        with self._use() as batch:
            status = library.batch_save(batch, address(kept), kept.nbytes)
        if status:
            refuse(status)
        return kept

    @states.setter
    def states(self, states: npt.NDArray[np.uint8]) -> None:
        expected = (self.count, self.model.state_size)
        if not isinstance(states, np.ndarray) or states.dtype != np.uint8 or states.shape != expected:
            raise ShapeError(f"states: expected the array of bytes, of shape {expected}, that states is")
        rows, error = np.ascontiguousarray(states), Error()
        with self._use() as batch:
            status = library.batch_restore(batch, address(rows), rows.nbytes, ctypes.byref(error))
        if status:
            refuse(status, error, f"state {max(error.offset, 0) // expected[1]}")

    def __reduce__(self) -> tuple[Any, ...]:
        return _continued, (PICKLE_VERSION, self.model, self.count, self.states)


def _continued(version: int, model: Model, count: int, states: npt.NDArray[np.uint8]) -> Batch:
    if version != PICKLE_VERSION:
        raise PickleError(f"a pickle of version {version}, not {PICKLE_VERSION}: keep batch.states, which last longer")
    batch = Batch(model, count)
    batch.states = states
    return batch
