"""Sequences as NumPy arrays, from pandas, Arrow and whatever has `__array__`: a copy only where the layout asks for it."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ._handle import FLOAT32, Floats, Ids, floats, token_ids
from .errors import DTypeError, NotFiniteError, ShapeError
from .model import Model


def _module(x: Any) -> str:
    return type(x).__module__.partition(".")[0]


def rounded(array: Any, what: str) -> Floats:
    """Numbers of a table, float64 for the most part, as float32."""
    if not isinstance(array, np.ndarray) or not np.can_cast(array.dtype, FLOAT32, "same_kind"):
        raise DTypeError(f"{what}: expected columns of numbers, not {getattr(array, 'dtype', type(array).__name__)}")
    try:
        with np.errstate(over="raise"):
            return np.asarray(array, np.float32, order="C")
    except FloatingPointError as error:
        raise NotFiniteError(f"{what}: holds numbers beyond float32, which would become infinite") from error


def ordered(names: Sequence[Any], model: Model, what: str) -> list[int]:
    """Where the columns stand that the model reads: by name where its inputs have names, as they come where not."""
    wanted = [feature.name for feature in model.inputs]
    if not all(wanted) or len(set(wanted)) != len(wanted):
        # Ids are one column, however many there are.
        expected = 1 if model.reads_tokens else model.input_size
        if len(names) != expected:
            raise ShapeError(f"{what}: expected {expected} columns, not {len(names)}")
        return list(range(len(names)))
    given = [str(name) for name in names]
    missing = [name for name in wanted if given.count(str(name)) != 1]
    if missing:
        raise ShapeError(
            f"{what}: the model reads {', '.join(map(str, wanted))}; not there once: {', '.join(map(str, missing))}"
        )
    return [given.index(str(name)) for name in wanted]


def _of_frame(frame: Any, model: Model, what: str) -> Any:
    order = ordered(list(frame.columns), model, what)
    if order != list(range(len(frame.columns))):
        frame = frame.iloc[:, order]
    if model.reads_tokens:
        return frame.iloc[:, 0].to_numpy()
    dtypes = set(frame.dtypes)
    if any(getattr(dtype, "kind", "O") not in "fiub" for dtype in dtypes):
        raise DTypeError(f"{what}: expected columns of numbers, not {', '.join(map(str, dtypes))}")
    # Extensions, as nullable columns and Arrow's, would become objects.
    is_plain = len(dtypes) == 1 and all(isinstance(dtype, np.dtype) for dtype in dtypes)
    return rounded(frame.to_numpy() if is_plain else frame.to_numpy(np.float32, na_value=np.nan), what)


def _of_column(column: Any, model: Model, what: str) -> Any:
    """An Arrow array: numbers, or lists of a fixed size, which are rows as they lie."""
    import pyarrow

    if isinstance(column, pyarrow.ChunkedArray):
        column = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
    if isinstance(column, pyarrow.ChunkedArray):  # combined to more than one
        column = pyarrow.concat_arrays(column.chunks)
    if column.null_count:
        raise DTypeError(f"{what}: {column.null_count} values are null: fill them before")
    if pyarrow.types.is_fixed_size_list(column.type):
        values = column.flatten()
        if values.null_count:
            raise DTypeError(f"{what}: {values.null_count} values are null: fill them before")
        return rounded(values.to_numpy(zero_copy_only=False), what).reshape(-1, column.type.list_size)
    array = column.to_numpy(zero_copy_only=False)
    return array if model.reads_tokens else rounded(array, what).reshape(-1, 1)


def _of_table(table: Any, model: Model, what: str) -> Any:
    import pyarrow

    names = table.schema.names
    if len(names) == 1 and pyarrow.types.is_fixed_size_list(table.schema.types[0]):
        return _of_column(table.column(0), model, what)
    columns = [_of_column(table.column(index), model, what) for index in ordered(names, model, what)]
    return columns[0] if len(columns) == 1 else np.concatenate(columns, axis=1)


def sequence(x: Any, model: Model, what: str = "X") -> Floats | Ids:
    """One sequence, [T, input_size] of float32 or ids [T], in C order."""
    kind = _module(x)
    if kind == "pandas":
        x = _of_frame(x if hasattr(x, "columns") else x.to_frame(), model, what)
    elif kind == "pyarrow":
        x = _of_table(x, model, what) if hasattr(x, "schema") else _of_column(x, model, what)
    if model.reads_tokens:
        ids = token_ids(x, what, model.input_size)
        if ids.ndim != 1:
            raise ShapeError(f"{what}: expected ids [T], not the shape {ids.shape}")
        return ids
    rows = floats(x, what)
    if rows.ndim != 2 or rows.shape[1] != model.input_size:
        raise ShapeError(f"{what}: expected the shape [T, {model.input_size}], not {rows.shape}")
    return rows
