"""Streams: one sequence running through a model."""

import ctypes
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from ._guarded import Guarded
from ._handle import FLOAT32, Floats, address, create, floats, output, token_ids, whole
from ._library import Error, library
from .errors import ArgumentError, DTypeError, PickleError, ShapeError, refuse
from .model import Model

#: To be raised when what a pickle of a stream or batch holds changes.
PICKLE_VERSION = 1
_ndarray = np.ndarray


class Stream(Guarded):
    """One sequence: it carries the network's state from each step to the next. Made by `Model.stream`."""

    def __init__(self, model: Model, block_size: int = 0):
        if not isinstance(model, Model):
            raise DTypeError(f"model: expected a sluice.Model, not {type(model).__name__}")
        block_size = whole(block_size, "block_size (0 for the model's own)")
        handle = create(model.handle, library.stream_create, library.stream_destroy, block_size)
        super().__init__(model, handle)
        self.block_size = block_size
        # A step's row is copied to and from memory whose addresses are known: that takes less than to ask for those
        # of the caller's.
        self._shape = None if model.reads_tokens else (model.input_size,)
        self._x = np.zeros(1 if model.reads_tokens else model.input_size, np.float32)
        self._y = np.zeros(model.output_size, np.float32)
        self._y_shape = self._y.shape
        addresses = ctypes.c_void_p(address(self._x)), ctypes.c_void_p(address(self._y))
        self._arguments = handle.pointer, *addresses
        self._step: Callable[..., int] = self._step_token if model.reads_tokens else library.step
        self._token = 0

    def step(self, x: Any, out: Floats | None = None) -> Floats:
        """One time step: reads x[input_size] of float32, or a token's id, and gives y[output_size], or `out` with it."""
        if not self._acquire(False):
            raise self._busy()
        try:
            if type(x) is _ndarray and x.dtype is FLOAT32 and x.shape == self._shape:
                self._x[...] = x
            else:
                self._take(x)
            status = self._step(*self._arguments)
            if status:
                refuse(status)
            if out is None:
                return self._y.copy()
            if (
                type(out) is not _ndarray
                or out.dtype is not FLOAT32
                or out.shape != self._y_shape
                or not out.flags.writeable
            ):
                output(out, self._y_shape)
            out[...] = self._y
            return out
        finally:
            self._release()

    def _take(self, x: Any) -> None:
        """What is rarer than a plain row: tokens, other kinds of arrays, and what is refused."""
        if self.model.reads_tokens:
            ids = token_ids(np.asarray(x) if isinstance(x, np.integer) else x, "x", self.model.input_size)
            if ids.size != 1:
                raise ShapeError(f"x: expected one token id, not {ids.size}; process() takes several")
            self._token = int(ids.flat[0])
            return
        row = floats(x, "x")
        if row.shape != self._shape:
            raise ShapeError(f"x: expected the shape {self._shape}, not {row.shape}; process() takes several steps")
        self._x[...] = row

    def close(self) -> None:
        """Frees its memory."""
        with self._use():
            self._handle, self._step = None, self._step_closed

    def _step_closed(self, *_: Any) -> int:
        raise self._closed()

    def _step_token(self, stream: ctypes.c_void_p, _: Any, y: ctypes.c_void_p) -> int:
        return int(library.step_token(stream, self._token, y))

    def process(self, X: Any, out: Floats | None = None) -> Floats:
        """Many steps, with the bits of single ones: X [T, input_size] of float32, or ids [T].

        Gives [T, output_size], or [output_size] where the model yields the last step alone. Arrays in C order are read
        and written where they lie.
        """
        model = self.model
        if model.reads_tokens:
            rows: Any = token_ids(X, "X", model.input_size)
            expected: tuple[int, ...] = rows.shape[:1]
        else:
            rows = floats(X, "X")
            expected = (*rows.shape[:1], model.input_size)
        if rows.shape != expected or len(expected) == 0:
            shape = "[T]" if model.reads_tokens else f"[T, {model.input_size}]"
            raise ShapeError(f"X: expected the shape {shape}, not {rows.shape}")
        steps = len(rows)
        if steps == 0 and model.yields_last:
            raise ShapeError("X: the model yields the last step's output, and there is no step")
        y = output(out, (model.output_size,) if model.yields_last else (steps, model.output_size))
        if out is not None and np.may_share_memory(y, rows):
            raise ArgumentError("out: expected other memory than that of X")
        with self._use() as stream:
            if steps:
                function = library.process_tokens if model.reads_tokens else library.process
                status = function(stream, address(rows), steps, address(y))
                if status:
                    refuse(status)
        return y

    def reset(self) -> None:
        """Returns to the model's initial state."""
        with self._use() as stream:
            library.stream_reset(stream)

    @property
    def state(self) -> bytes:
        """What the stream remembers, to be kept, sent and assigned to a stream of the same model, on any machine."""
        size = self.model.state_size
        kept = ctypes.create_string_buffer(size)
        with self._use() as stream:
            status = library.stream_save(stream, kept, size)
        if status:
            refuse(status)
        return kept.raw

    @state.setter
    def state(self, state: bytes) -> None:
        if not isinstance(state, bytes):
            raise DTypeError(f"state: expected the bytes that a stream's state is, not {type(state).__name__}")
        error = Error()
        with self._use() as stream:
            status = library.stream_restore(stream, state, len(state), ctypes.byref(error))
        if status:
            refuse(status, error, "state")

    def _places(self) -> Iterator[tuple[str, int, int, Any, Any]]:
        for index, layer in enumerate(self.model.layers):
            name = layer.name or str(index)
            if layer.hidden_size:
                yield f"{name}.h", index, layer.hidden_size, library.stream_read_hidden, library.stream_write_hidden
            if layer.cell_size:
                yield f"{name}.c", index, layer.cell_size, library.stream_read_cell, library.stream_write_cell

    @property
    def arrays(self) -> dict[str, Floats]:
        """h and C of each recurrent layer after the last step, "NAME.h" and "NAME.c"; may be assigned, also in part."""
        read = {}
        with self._use() as stream:
            for name, index, size, get, _ in self._places():
                read[name] = np.empty(size, np.float32)
                get(stream, index, address(read[name]), size)
        return read

    @arrays.setter
    def arrays(self, arrays: Mapping[str, Floats]) -> None:
        if not isinstance(arrays, Mapping):
            raise DTypeError(f"arrays: expected a dictionary of arrays, not {type(arrays).__name__}")
        places = {place[0]: place for place in self._places()}
        checked = {}
        for name, array in arrays.items():
            if name not in places:
                raise ArgumentError(f"arrays: the model has no {name!r}: it has {', '.join(places) or 'no state'}")
            checked[name] = floats(array, name)
            if array.shape != (places[name][2],) or not np.isfinite(array).all():
                raise ShapeError(f"{name}: expected {places[name][2]} finite numbers, not {array.shape}")
        with self._use() as stream:
            for name, array in checked.items():
                places[name][4](stream, places[name][1], address(array), len(array))

    def fork(self) -> "Stream":
        """Another stream that goes on from where this one is."""
        other = Stream(self.model, self.block_size)
        other.continue_from(self)
        return other

    def continue_from(self, source: "Stream") -> None:
        """Goes on from where `source` is: a stream of the same model, or of one with the same `topology`."""
        if not isinstance(source, Stream):
            raise DTypeError(f"source: expected a sluice.Stream, not {type(source).__name__}")
        if source is self:
            return
        with source._use() as origin, self._use() as stream:
            if source.model.hash == self.model.hash:
                status = library.stream_fork(stream, origin)
            else:
                status = library.stream_carry(origin, stream)
        if status:
            refuse(status)

    def __reduce__(self) -> tuple[Any, ...]:
        return _continued, (PICKLE_VERSION, self.model, self.block_size, self.state)

    def __copy__(self) -> "Stream":
        return self.fork()

    def __deepcopy__(self, _: dict[int, Any]) -> "Stream":
        return self.fork()


def _continued(version: int, model: Model, block_size: int, state: bytes) -> Stream:
    if version != PICKLE_VERSION:
        raise PickleError(f"a pickle of version {version}, not {PICKLE_VERSION}: keep stream.state, which lasts longer")
    stream = Stream(model, block_size)
    stream.state = state
    return stream
