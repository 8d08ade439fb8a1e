"""Which rows of a call are scored, in which order, and what is filled in: arrays alone, nothing of it touches a state."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from ._handle import Floats, numbers
from .errors import ArgumentError, DTypeError, ShapeError

Ints: TypeAlias = npt.NDArray[np.int64]
Bools: TypeAlias = npt.NDArray[np.bool_]


class LateRowError(ArgumentError):
    """A row is no later than one that was scored for its key, and `late` is "refuse"."""


class MissingRowError(ArgumentError):
    """Rows or values are missing, and `missing` is "refuse", or nothing is there to hold."""


@dataclass(frozen=True)
class Scored:
    """What became of the rows of a call."""

    #: [rows, output_size]; of a late row what `late` says.
    outputs: Floats
    #: [rows]: the row is no later than one that was scored for its key, and was not scored.
    late: Bools
    #: [rows]: how many missing rows were filled in before this one.
    filled: Ints


def policy(value: Any, name: str, words: tuple[str, ...]) -> Any:
    if isinstance(value, str) and value in words:
        return value
    if isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool):
        # NaN is what a late row may get, and what a missing number is.
        value = float(value)
        if abs(value) <= float(np.finfo(np.float32).max) or (name == "late" and value != value):
            return value
    raise ArgumentError(f"{name}: expected {', '.join(map(repr, words))} or a number of float32, not {value!r:.80}")


def listed_keys(keys: Any) -> list[int | str]:
    """Keys as Python's own."""
    listed = keys.tolist() if hasattr(keys, "tolist") else list(keys) if isinstance(keys, Iterable) else None
    if isinstance(listed, list) and not set(map(type, listed)) <= {int, str}:
        listed = [key.item() if isinstance(key, np.integer | np.str_) else key for key in listed]
    if not isinstance(listed, list) or isinstance(keys, str | bytes) or not set(map(type, listed)) <= {int, str}:
        raise DTypeError("keys: expected whole numbers or texts")
    return listed


@dataclass
class Known:
    """What is known of the keys of a call, each [keys]."""

    seen: Bools
    last: npt.NDArray[Any]
    #: The last features of each key, where they are held: [keys, inputs].
    features: npt.NDArray[Any] | None


@dataclass
class Plan:
    """Rows to be stepped, those of a key side by side and in time's order."""

    #: The place of each key of the call in its list, and where its rows begin in those below; one more at the end.
    keys: Ints
    starts: Ints
    #: The row of the call that each is, -1 for one that is filled in.
    rows: Ints
    #: float32, or ids as float64, which holds each of them and NaN.
    x: npt.NDArray[Any]
    #: Of each row of the call: whether it is late, and how many rows were filled in before it.
    late: Bools
    filled: Ints
    #: Numbers that were filled into rows that are there.
    values: int


def clock(times: Any, interval: Any) -> tuple[npt.NDArray[Any], Any]:
    """Times as int64 or float64, and the interval in their unit; instants count in nanoseconds."""
    array = numbers(times, "times")
    if array.dtype.kind == "M":
        if np.isnat(array).any():
            raise ArgumentError("times: NaT is no time")
        instants = array.astype("datetime64[ns]")
        # NumPy wraps them silently.
        if (instants.astype(array.dtype) != array).any():
            raise ArgumentError("times: expected those of datetime64[ns], 1678 to 2262; else give whole numbers")
        array = instants.view(np.int64)
        if isinstance(interval, np.timedelta64 | timedelta):
            interval = int(np.timedelta64(interval).astype("timedelta64[ns]").astype(np.int64))
        elif interval is not None:
            interval = 0
    elif array.dtype.kind in "iu":
        if array.dtype.kind == "u" and array.size and int(array.max()) >= 1 << 63:
            raise ArgumentError("times: expected numbers below 2^63")
        array = array.astype(np.int64)
    elif array.dtype.kind == "f":
        array = array.astype(np.float64)
        if not np.isfinite(array).all():
            raise ArgumentError("times: NaN and infinity are no times")
    elif not array.size:
        array = np.empty(array.shape, np.int64)
    else:
        hint = ": those of pandas with a zone by dt.tz_convert(None)" if array.dtype == object else ""
        raise ArgumentError(f"times: expected whole numbers, floats or datetime64, not {array.dtype}{hint}")
    if interval is not None and not (isinstance(interval, int | float) and interval > 0):
        raise ArgumentError("interval: expected a positive number, or a timedelta beside datetime64")
    return array, interval


def plan(
    ids: Ints, times: npt.NDArray[Any], x: npt.NDArray[Any], known: Known, interval: Any, missing: Any, most: int
) -> Plan:
    """Sorts rows by key, and finds what is late or missing. `ids` are places in `known`."""
    order = np.argsort(ids, kind="stable")
    key, time = ids[order], times[order]
    first = np.empty(len(key), np.bool_)
    first[:1] = True
    first[1:] = key[1:] != key[:-1]
    accepted, before = _in_order(key, time, first, known)
    late = np.zeros(len(ids), np.bool_)
    late[order[~accepted]] = True
    # The first row of a key's life has none before it.
    has_before = known.seen[key] | ~_firsts(key, accepted)
    gaps = _gaps(time[accepted], before[accepted], has_before[accepted], interval, missing, most)
    order, key = order[accepted], key[accepted]
    filled = np.zeros(len(ids), np.int64)
    filled[order] = gaps
    # Each row stands behind those that are filled in before it.
    places = np.cumsum(gaps + 1) - 1
    total = int(places[-1]) + 1 if len(places) else 0
    rows = np.full(total, -1, np.int64)
    rows[places] = order
    keys, starts = _groups(key, places, gaps, total)
    taken = np.full((total, x.shape[1]), np.nan, x.dtype)
    taken[places] = x[order]
    values = _fill(taken, rows, keys, starts, known, missing)
    return Plan(keys, starts, rows, taken, late, filled, values)


def _firsts(key: Ints, accepted: Bools) -> Bools:
    """Whether a row is the first that is accepted of its key."""
    at = np.flatnonzero(accepted)
    firsts = np.zeros(len(key), np.bool_)
    if len(at):
        firsts[at[np.r_[True, key[at][1:] != key[at][:-1]]]] = True
    return firsts


def _in_order(key: Ints, time: npt.NDArray[Any], first: Bools, known: Known) -> tuple[Bools, npt.NDArray[Any]]:
    """Which rows are later than all before them of their key, and the time of the one before."""
    before = np.empty_like(time)
    before[1:] = time[:-1]
    before[first] = known.last[key[first]]
    accepted: Bools = (time > before) | (first & ~known.seen[key])
    if accepted.all():
        return accepted, before
    # Each key's greatest time so far, by ranks, which may be offset by the key.
    instants = np.unique(np.concatenate([time, known.last[key[first]]]))
    width = len(instants) + 1
    rank = np.searchsorted(instants, time) + 1 + key * width
    start = key[first] * width + np.where(
        known.seen[key[first]], np.searchsorted(instants, known.last[key[first]]) + 1, 0
    )
    running = np.empty_like(rank)
    running[1:] = rank[:-1]
    running[first] = start
    np.maximum.accumulate(running, out=running)
    accepted = rank > running
    place = running - key * width - 1
    return accepted, instants[np.maximum(place, 0)]


def _gaps(
    time: npt.NDArray[Any], before: npt.NDArray[Any], has_before: Bools, interval: Any, missing: Any, most: int
) -> Ints:
    if interval is None:
        return np.zeros(len(time), np.int64)
    # As floats where whole numbers would wrap.
    apart = time - before
    if apart.dtype.kind == "i":
        apart = np.where(apart < 0, time.astype(np.float64) - before, apart)
    with np.errstate(over="ignore"):
        steps = np.where(has_before, np.rint(apart / interval), 1)
    greatest = steps.max(initial=1) - 1
    if greatest > 0 and missing == "refuse":
        raise MissingRowError(f"{greatest:.0f} rows of a key are missing; missing='hold' or a number fills them in")
    if greatest > most:
        raise MissingRowError(
            f"{greatest:.0f} rows of a key are missing, more than max_missing, {most}: forget the key"
        )
    gaps: Ints = np.maximum(steps - 1, 0).astype(np.int64)
    return gaps


def _groups(key: Ints, places: Ints, gaps: Ints, total: int) -> tuple[Ints, Ints]:
    firsts = np.flatnonzero(np.r_[True, key[1:] != key[:-1]]) if len(key) else np.empty(0, np.int64)
    return key[firsts], np.r_[places[firsts] - gaps[firsts], total]


def _fill(x: npt.NDArray[Any], rows: Ints, keys: Ints, starts: Ints, known: Known, missing: Any) -> int:
    """Puts what stands for missing numbers into x; how many of them lie in rows that are there."""
    absent = np.isnan(x)
    if np.isinf(x).any():
        raise ShapeError("features: infinity stands for nothing")
    if not absent.any():
        return 0
    if missing == "refuse":
        row = min(rows[absent.any(axis=1)])
        column = int(np.argmax(absent[rows == row]))
        raise MissingRowError(f"features[{row}, {column}] is NaN; missing='hold' or a number fills it in")
    if missing == "hold":
        begins = starts[:-1]
        if known.features is not None:
            x[begins] = np.where(absent[begins], known.features[keys], x[begins])
        # The last row of the key, or its first, which has what was kept.
        place = np.where(absent, 0, np.arange(len(x))[:, None])
        place[begins] = begins[:, None]
        np.maximum.accumulate(place, axis=0, out=place)
        x[:] = np.take_along_axis(x, place, axis=0)
        if np.isnan(x).any():
            raise MissingRowError("a key's first row has a NaN, and there is nothing to hold")
    else:
        x[absent] = missing
    return int(absent[rows >= 0].sum())
