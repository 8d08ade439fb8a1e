"""What a graph computes of shapes, and what becomes of axes. Not run by itself; tflite_exporter.py imports it.

TensorFlow's converter writes SHAPE, GATHER, REDUCE_PROD and PACK before a RESHAPE where the number of steps is open. A
length here is (factor, power): factor * T^power, T the number of steps.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from .sluice_architecture import Array, Refused
from .tflite_files import MOST_AXES, Operator

Length = tuple[int, int]
Cuts = dict[str, tuple[int | None, int]]


class Shapes:
    def __init__(self) -> None:
        self.values: dict[int, list[Length]] = {}

    @staticmethod
    def of(sizes: list[int | None]) -> list[Length]:
        return [(1, 1) if n is None else (n, 0) for n in sizes]

    def compute(self, operator: Operator, output: int, constants: list[Array | None]) -> None:
        """What the operator makes of lengths; scalars are lists of one."""
        given = [self.values.get(index) for index in operator.inputs]
        parts = [g if g is not None else self.constant(c) for g, c in zip(given, constants)]
        kind, first = operator.kind, parts[0]
        if kind in ("CONCATENATION", "PACK") and operator.option("Axis") == 0:
            found = [length for part in parts for length in part]
        elif kind == "CAST":
            found = first
        elif kind == "GATHER" and given[1] is None:
            found = [self.item(first, n) for n, _ in parts[1]]
        elif kind == "REDUCE_PROD":
            factor, power = 1, 0
            for n, p in first:
                factor, power = factor * n, power + p
            found = [(factor, power)]
        elif kind == "STRIDED_SLICE" and all(g is None for g in given[1:]) and operator.option("ShrinkAxisMask") == 1:
            found = [self.item(first, parts[1][0][0])] if parts[1] else []
        elif kind == "MUL" and len(parts[0]) == len(parts[1]) == 1:
            (n, p), (m, q) = parts[0][0], parts[1][0]
            found = [(n * m, p + q)]
        else:
            raise Refused("computes a shape in a way that is not supported")
        if len(found) > MOST_AXES or any(abs(n) > 1 << 31 or p > 1 for n, p in found):
            raise Refused("computes no shape of a sequence")
        self.values[output] = found

    @staticmethod
    def constant(value: Array | None) -> list[Length]:
        if value is None or value.dtype.kind != "i" or value.size > MOST_AXES:
            raise Refused("computes a shape of what is not constant")
        return [(int(n), 0) for n in value.reshape(-1)]

    @staticmethod
    def item(lengths: list[Length], index: int) -> Length:
        if not -len(lengths) <= index < len(lengths):
            raise Refused(f"length {index} of {len(lengths)}")
        return lengths[index]


def reshaped(axes: str, before: list[Length], after: list[Length]) -> str:
    """The axes behind a reshape that leaves every step's features together."""
    whole = (int(np.prod([n for n, _ in before], dtype=object)), sum(p for _, p in before))
    if after.count((-1, 0)) == 1:
        known = [length for length in after if length != (-1, 0)]
        factor = int(np.prod([n for n, _ in known], dtype=object))
        if factor == 0 or whole[0] % factor:
            raise Refused(f"{lengths(before)} to {lengths(after)}")
        rest = (whole[0] // factor, whole[1] - sum(p for _, p in known))
        after = [rest if length == (-1, 0) else length for length in after]
    found = (int(np.prod([n for n, _ in after], dtype=object)), sum(p for _, p in after))
    steps = before[axes.index("T")] if "T" in axes else (1, 0)
    leading = after[:-1]
    is_kept = axes[-1:] == "F" and after and after[-1] == before[-1] and found == whole
    if not is_kept or any(length not in ((1, 0), steps) for length in leading):
        raise Refused(f"{lengths(before)} to {lengths(after)} moves the features")
    if steps == (1, 0):
        # Of steps that are one, any axis may be theirs: where they were, or the last.
        at = axes.index("T") if "T" in axes and axes.index("T") < len(leading) else len(leading) - 1
        names = ["T" if "T" in axes and i == at else "1" for i in range(len(leading))]
    else:
        names = ["T" if length == steps else "1" for length in leading]
        if names.count("T") != ("T" in axes):
            raise Refused(f"{lengths(before)} to {lengths(after)} moves the steps")
    return "".join(names) + "F"


def lengths(shape: list[Length]) -> list[Any]:
    return [n if p == 0 else "steps" if (n, p) == (1, 1) else f"{n} * steps" for n, p in shape]


def sliced(
    operator: Operator, axes: str, sizes: list[int | None], integers: Callable[[int], list[int]]
) -> tuple[str, Cuts]:
    """The axes that are left, and what is taken of an axis that is not taken whole: (start, count) of the features; of
    steps (None, 1) for the last.
    """
    left, cuts = [], {}
    for i, (axis, size) in enumerate(zip(axes, sizes)):
        start, stop, is_dropped = bounds(operator, i, len(axes), size, integers)
        if not is_dropped:
            left.append("1" if axis == "T" and (start, stop) != (0, None) else axis)
        if (start, stop) == (0, None):
            if is_dropped and size != 1:
                raise Refused(f"drops axis {i} of {sizes}")
            continue
        # Counted from the end where the length is open.
        is_last = start == -1 if size is None else start % size == size - 1 and stop in (None, size)
        if axis == "T":
            cuts[axis] = (None, 1) if is_last else (start, 0)
        elif axis == "F" and not is_dropped and size is not None and 0 <= start < (stop or size) <= size:
            cuts[axis] = (start, (stop or size) - start)
        elif axis == "1" and start in (0, -1):
            continue
        else:
            raise Refused(f"takes other than the last step, or than features, of {sizes}")
    return "".join(left), cuts


def bounds(
    operator: Operator, axis: int, count: int, size: int | None, integers: Callable[[int], list[int]]
) -> tuple[int, int | None, bool]:
    """Where the slice of an axis starts, where it ends (None at the end of the axis), and whether the axis is dropped."""
    inputs = operator.inputs
    if operator.kind == "GATHER":
        at = operator.option("Axis")
        index = integers(inputs[1])
        if at % count != axis or not -count <= at < count:
            return 0, None, False
        if len(index) != 1 or operator.option("BatchDims") != 0:
            raise Refused("takes several steps")
        return one(index[0], size) + (True,)
    begin, end = integers(inputs[1]), integers(inputs[2])
    if len(begin) != count or len(end) != count:
        raise Refused(f"a slice of {len(begin)} axes; expected {count}")
    if operator.kind == "SLICE":
        if end[axis] < -1 or begin[axis] < 0:
            raise Refused(f"from {begin[axis]}, {end[axis]} of them")
        stop = None if end[axis] == -1 or begin[axis] + end[axis] == size else begin[axis] + end[axis]
        return begin[axis], stop, False
    bit = 1 << axis
    if operator.option("EllipsisMask") or operator.option("NewAxisMask") or integers(inputs[3]) != [1] * count:
        raise Refused("an ellipsis, a new axis or strides")
    if operator.option("ShrinkAxisMask") & bit:
        return one(begin[axis], size) + (True,)
    start = 0 if operator.option("BeginMask") & bit else begin[axis]
    stop = None if operator.option("EndMask") & bit else end[axis]
    if size is not None:
        start, stop = (start + size if start < 0 else start), stop if stop is None or stop >= 0 else stop + size
        stop = None if stop is not None and stop >= size else stop
    if stop is not None and stop <= start and start >= 0:
        raise Refused("a slice of nothing")
    return start, stop, False


def one(index: int, size: int | None) -> tuple[int, int | None]:
    """The one item: (0, None) where there is no other."""
    if size == 1 and index in (0, -1):
        return 0, None
    return index, None if index == -1 or size is not None and index in (size - 1, -1) else index + 1
