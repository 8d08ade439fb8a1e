"""What keeps an object of the C library alive, and arrays that it reads and writes."""

import ctypes
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from ._library import Error
from .errors import ArgumentError, DTypeError, ShapeError, refuse

Floats: TypeAlias = npt.NDArray[np.float32]
Ids: TypeAlias = npt.NDArray[np.int32]
FLOAT32 = np.dtype(np.float32)


class Handle:
    """A pointer into the C library, freed with the last reference: a call that holds one is never overtaken by close()."""

    __slots__ = ("_free", "pointer")

    def __init__(self, pointer: ctypes.c_void_p, free: Callable[[ctypes.c_void_p], None]):
        self.pointer = pointer
        self._free = free

    def __del__(self) -> None:
        self._free(self.pointer)


def create(
    model: Handle, function: Callable[..., int], free: Callable[[ctypes.c_void_p], None], argument: Any
) -> Handle:
    """What a function of the C library makes of a model, which the reference keeps open until it is there."""
    pointer, error = ctypes.c_void_p(), Error()
    status = function(model.pointer, argument, ctypes.byref(pointer), ctypes.byref(error))
    if status:
        refuse(status, error)
    return Handle(pointer, free)


def address(array: npt.NDArray[Any]) -> int:
    """Where an array's elements begin."""
    return array.ctypes.data


def is_plain(array: npt.NDArray[Any]) -> bool:
    """Whether C can read it where it lies."""
    return array.flags.c_contiguous and array.flags.aligned


def whole(number: Any, what: str, least: int = 0, most: int = (1 << 62) - 1) -> int:
    """A whole number of Python or NumPy within its range."""
    if isinstance(number, int | np.integer) and not isinstance(number, bool) and least <= number <= most:
        return int(number)
    bounds = f"from {least} on" if most >= 1 << 60 else f"from {least} to {most}"
    raise ArgumentError(f"{what}: expected a whole number {bounds}, not {number!r:.80}")


def numbers(x: Any, what: str) -> npt.NDArray[Any]:
    """A list or array, whatever its elements are; one of uneven lists is none."""
    try:
        return np.asarray(x)
    except (ValueError, TypeError, OverflowError) as error:
        raise DTypeError(f"{what}: expected an array: {error}") from error


def floats(x: Any, what: str) -> Floats:
    """`x`, a float32 array of any strides, as C reads it: copied only where its layout asks for it."""
    if not isinstance(x, np.ndarray) or isinstance(x, np.ma.MaskedArray):
        raise DTypeError(
            f"{what}: expected a NumPy array of float32, not {type(x).__name__}: np.asarray(x, np.float32)"
        )
    if x.dtype != FLOAT32:
        raise DTypeError(f"{what}: expected float32, not {x.dtype}: x.astype(np.float32) rounds to it")
    return x if is_plain(x) else np.array(x, np.float32, order="C")


def token_ids(x: Any, what: str, count: int) -> Ids:
    """`x`, an array of any integers, as int32; `count` is the number of ids that the model has."""
    array = numbers(x, what) if isinstance(x, list | tuple | range | int) else x
    if not isinstance(array, np.ndarray) or (array.dtype.kind not in "iu" and array.size):
        kind = array.dtype if isinstance(array, np.ndarray) else type(x).__name__
        raise DTypeError(f"{what}: the model reads token ids: expected an array of integers, not {kind}")
    if array.size and not (0 <= int(array.min()) and int(array.max()) < count):
        raise ShapeError(
            f"{what}: token ids are 0 to {count - 1}, but {int(array.min())} to {int(array.max())} were given"
        )
    return np.ascontiguousarray(array, np.int32)


def output(out: Any, shape: tuple[int, ...], what: str = "out") -> Floats:
    """The caller's array to write to, or a new one."""
    if out is None:
        return np.empty(shape, np.float32)
    if not isinstance(out, np.ndarray):
        raise DTypeError(f"{what}: expected a NumPy array of float32, not {type(out).__name__}")
    if out.dtype != FLOAT32:
        raise DTypeError(f"{what}: expected float32, not {out.dtype}: np.empty({shape}, np.float32)")
    if out.shape != shape:
        raise ShapeError(f"{what}: expected the shape {shape}, not {out.shape}")
    if not is_plain(out) or not out.flags.writeable:
        raise ShapeError(f"{what}: expected a writable array in C order: np.empty({shape}, np.float32)")
    return out
