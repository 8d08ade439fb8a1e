"""Whole sequences through a model, also many at a time."""

import itertools
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from ._handle import Floats, address, numbers, output, whole
from ._library import library
from .errors import ArgumentError, DTypeError, NotFiniteError, ShapeError, Status, failure
from .model import Model
from .rows import sequence
from .stream import Stream


def bar(total: int, wanted: bool) -> Callable[[], Any]:
    """A bar by tqdm, where it is wanted and installed."""
    if wanted:
        try:
            from tqdm.auto import tqdm
        except ImportError:
            pass
        else:
            shown = tqdm(total=total)
            return lambda: shown.update() and (shown.n < total or shown.close())
    return lambda: None


def _why(status: int, model: Model, x: Any, what: str) -> Exception:
    """What was wrong with a sequence, with the place of the first number that is not finite."""
    if status != Status.NOT_FINITE:
        return failure(status, about=what)
    bad = np.argwhere(~np.isfinite(x))
    if len(bad):
        row, column = map(int, bad[0])
        return NotFiniteError(f"{what}, row {row}, input {column} is {x[row, column]}: fill it, or leave the row out")
    return NotFiniteError(
        f"{what}: the state is no longer finite, though all inputs are: they are beyond what the model can read"
    )


class _Work:
    """Sequences and where their outputs go; each thread takes the next that nobody has taken."""

    def __init__(self, model: Model, xs: Sequence[Any], ys: Sequence[Floats], names: Callable[[int], str]):
        self.model, self.xs, self.ys, self.names = model, xs, ys, names
        self.function = library.process_tokens if model.reads_tokens else library.process
        self.next = itertools.count().__next__
        # A model that reads backwards takes a sequence whole.
        self.block = 0 if model.is_streamable else max((len(x) for x in xs), default=1)
        # What has no state hands a NaN on, where a stream's check does not see it.
        self.has_state = any(layer.hidden_size for layer in model.layers)

    def run(self, tick: Callable[[], Any]) -> None:
        """Takes sequences until there is none left."""
        stream = None
        while (index := self.next()) < len(self.xs):
            x, y = self.xs[index], self.ys[index]
            if len(x):
                stream = stream or Stream(self.model, self.block)
                with stream._use() as pointer:
                    library.stream_reset(pointer)
                    status = self.function(pointer, address(x), len(x), address(y))
                if not status and not self.has_state and not np.isfinite(y).all():
                    status = Status.NOT_FINITE
                if status:
                    raise _why(status, self.model, x, self.names(index))
            elif self.model.yields_last:
                raise ShapeError(f"{self.names(index)}: the model yields the last step's output, and there is no step")
            tick()


def predict(
    model: Model,
    X: Any,
    lengths: Sequence[int] | None = None,
    *,
    out: Floats | None = None,
    threads: int = 1,
    progress: bool = False,
) -> Any:
    """Runs whole sequences through a model, each from its initial state.

    X is one sequence, [T, input_size] of float32, or [B, T, input_size]: of sequence i then the first `lengths[i]` steps
    are read, and outputs behind them are NaN. Or it is a list of sequences, which may differ in length. A sequence may
    also be a pandas DataFrame or an Arrow table, whose columns are taken by name where the model's inputs have names,
    and rounded to float32; or one Arrow column of lists of a fixed size. Of a model that reads tokens it is ids, [T].

    Gives [T, output_size], [B, T, output_size] or a list, without the T where the model yields the last step alone;
    `out` is an array to write to in place of a new one. NumPy arrays in C order, one block of a DataFrame and lists in
    Arrow are read where they lie. `threads` share the sequences. `progress` shows a bar where tqdm is installed.

    Raises `NotFiniteError` with the place of a NaN, or of an infinity that makes the state or what has none not finite
    (gates that it saturates take it as a very large number), `ShapeError`, `DTypeError`; `out` is then partly written.
    """
    if not isinstance(model, Model):
        raise DTypeError(f"model: expected a sluice.Model, not {type(model).__name__}")
    threads = whole(threads, "threads", 1)
    many = 2 if model.reads_tokens else 3
    tail = (model.output_size,)
    xs: Any
    ys: Any
    result: Any
    if isinstance(X, list | tuple) and not (model.reads_tokens and all(isinstance(x, int | np.integer) for x in X)):
        if lengths is not None or out is not None:
            raise ArgumentError("lengths and out go with an array: sequences of a list have their own lengths")
        xs = [sequence(x, model, f"X[{index}]") for index, x in enumerate(X)]
        ys = [np.empty(tail if model.yields_last else (len(x), *tail), np.float32) for x in xs]
        result = ys
    elif isinstance(X, np.ndarray) and X.ndim == many:
        if not model.reads_tokens and X.shape[2] != model.input_size:
            raise ShapeError(f"X: expected the shape [B, T, {model.input_size}], not {X.shape}")
        flat = sequence(X.reshape(-1, *X.shape[2:]), model)
        xs = flat.reshape(X.shape)
        result = output(out, (len(X), *(() if model.yields_last else X.shape[1:2]), *tail))
        ys = result
        if lengths is not None:
            xs, ys = _cut(xs, ys, lengths, model)
    else:
        if lengths is not None:
            raise ArgumentError(f"lengths: one sequence was given; they go with an array of {many} axes")
        xs = [sequence(X, model)]
        result = output(out, tail if model.yields_last else (len(xs[0]), *tail))
        ys = [result]
    if out is not None and np.may_share_memory(out, X):
        raise ArgumentError("out: expected other memory than that of X")
    work = _Work(model, xs, ys, lambda index: f"X[{index}]" if len(xs) > 1 else "X")
    _spread(work, min(threads, len(xs)), bar(len(xs), progress))
    return result


def _cut(xs: Any, ys: Any, lengths: Sequence[int], model: Model) -> tuple[list[Any], list[Floats]]:
    """The first steps of each sequence alone; what stands behind them becomes NaN."""
    counts = numbers(lengths, "lengths")
    if counts.dtype.kind not in "iu" or counts.shape != (len(xs),):
        raise ShapeError(f"lengths: expected {len(xs)} whole numbers")
    if counts.size and not (0 <= int(counts.min()) and int(counts.max()) <= xs.shape[1]):
        raise ShapeError(f"lengths: expected numbers from 0 to {xs.shape[1]}, not {counts.min()} to {counts.max()}")
    inputs = [x[:count] for x, count in zip(xs, counts, strict=True)]
    if model.yields_last:
        return inputs, list(ys)
    for y, count in zip(ys, counts, strict=True):
        y[count:] = np.nan
    return inputs, [y[:count] for y, count in zip(ys, counts, strict=True)]


def _spread(work: _Work, threads: int, tick: Callable[[], Any]) -> None:
    if threads < 2:
        return work.run(tick)
    with ThreadPoolExecutor(threads) as pool:
        # Those that still run come to their end before the first failure is raised.
        for running in [pool.submit(work.run, tick) for _ in range(threads)]:
            running.result()
