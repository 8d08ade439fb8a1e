"""Rows of many keys in any order, each key with a state of its own."""

import os
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import numpy as np

from ._handle import Floats, floats, output, token_ids, whole
from .errors import ArgumentError, ClosedError, DTypeError, NotFiniteError, PickleError, ShapeError
from .keyed_plan import Ints, Known, LateRowError, Plan, Scored, clock, listed_keys, plan, policy
from .keyed_slots import Slots
from .model import Model

#: To be raised when what a pickle of a scorer holds changes.
PICKLE_VERSION = 1


class KeyedScorer:
    """Scores rows (key, time, features) in any order of keys, each key with the bits that it would have alone.

    Of a model that reads tokens a row has an id in place of features. Of one that yields the last step's output alone
    each row has the output of a sequence that ends there.

    `capacity` states lie in slots of a batch; those used least recently make room for others, as bytes in memory.

    `late` says what a row's output is that is no later than one of its key that was scored, and so is not scored:
    "nan", "hold" (the key's last output), a number, or "refuse", a `LateRowError`.

    `missing` says what stands for a NaN among the features, and, where the `interval` between the times of a key is
    given, for the rows that are missing between two: "refuse", a `MissingRowError`; "hold", the values before; or a
    number. Of more than `max_missing` rows at once the call is refused.

    Of a call that is refused no row was scored. One thread at a time.
    """

    def __init__(
        self,
        model: Model,
        capacity: int = 4096,
        *,
        interval: Any = None,
        missing: str | float = "refuse",
        late: str | float = "nan",
        max_missing: int = 1000,
    ):
        if not isinstance(model, Model):
            raise DTypeError(f"model: expected a sluice.Model, not {type(model).__name__}")
        capacity = whole(capacity, "capacity", 1)
        self.slots = Slots(model, capacity)
        self.model, self.capacity, self.interval = model, capacity, interval
        self.missing = policy(missing, "missing", ("refuse", "hold"))
        if model.reads_tokens and not isinstance(self.missing, str):
            self.missing = whole(missing, "missing, a token's id", 0, model.input_size - 1)
        self.late = policy(late, "late", ("nan", "hold", "refuse"))
        self.max_missing = whole(max_missing, "max_missing")
        clock(np.empty(0, "M8[ns]" if isinstance(interval, np.timedelta64 | timedelta) else np.int64), interval)
        #: Rows scored, late and filled in, values filled in, and states that were moved out of slots.
        self.counts: Counter[str] = Counter()
        # Not so while states and times are on their way to the next rows: who is interrupted then has some of both.
        self._is_whole = True
        self._ids: dict[int | str, int] = {}
        self._free: list[int] = []
        columns: dict[str, tuple[int, type]] = {"seen": (0, np.bool_), "last": (0, np.float64)}
        if self.missing == "hold":
            columns["features"] = (1, np.float64) if model.reads_tokens else (model.input_size, np.float32)
        if self.late == "hold":
            columns["outputs"] = (model.output_size, np.float32)
        self._columns: dict[str, Any] = {
            name: np.zeros((0, width) if width else 0, dtype) for name, (width, dtype) in columns.items()
        }

    def __len__(self) -> int:
        """Keys that are known."""
        return len(self._ids)

    def __contains__(self, key: object) -> bool:
        return key in self._ids

    @property
    def bytes_per_key(self) -> float:
        """Bytes of states and of what else is kept, slots too, by the number of keys; without the dictionary of keys."""
        kept = sum(column.nbytes for column in self._columns.values())
        return float(kept + self.slots.nbytes) / max(1, len(self._ids))

    def _known(self, keys: Any, count: int) -> tuple[list[int | str], Ints, list[int | str]]:
        """The keys as Python's, their ids, and those that are new."""
        listed = listed_keys(keys)
        if len(listed) != count:
            raise ArgumentError(f"keys: expected {count} of them, not {len(listed)}")
        get = self._ids.get
        ids = np.fromiter((get(key, -1) for key in listed), np.int64, count)
        unknown = ids < 0
        new: list[int | str] = []
        if unknown.any():
            places: dict[int | str, int] = {}
            for index in np.flatnonzero(unknown).tolist():
                # Below 0 for now: a call that is refused makes no key known.
                ids[index] = -1 - places.setdefault(listed[index], len(places))
            new = list(places)
        return listed, ids, new

    def score(self, keys: Sequence[int | str] | Any, times: Any, features: Any, out: Floats | None = None) -> Scored:
        """Scores rows: keys [N], whole numbers or texts; times [N], numbers or datetime64; features [N, input_size], or ids [N].

        Rows of one key count in the order in which they stand.
        """
        with self.slots.batch._use():
            return self._score(keys, times, features, out)

    def _check_whole(self) -> None:
        if not self._is_whole:
            raise ClosedError("the scorer was interrupted while it stepped: restore() a snapshot, or make another")

    def _score(self, keys: Any, times: Any, features: Any, out: Floats | None) -> Scored:
        self._check_whole()
        x = self._features(features)
        instants, interval = clock(times, self.interval)
        if instants.shape != (len(x),):
            raise ShapeError(f"times: expected {len(x)} of them, not {instants.shape}")
        y = output(out, (len(x), self.model.output_size))
        if len(self._ids) and instants.dtype != self._columns["last"].dtype and len(x):
            raise DTypeError(f"times: {instants.dtype} now, {self._columns['last'].dtype} before: keep to one kind")
        _, ids, new = self._known(keys, len(x))
        present, ids = np.unique(ids, return_inverse=True)
        old = present >= 0
        known = Known(np.zeros(len(present), np.bool_), np.zeros(len(present), instants.dtype), None)
        known.seen[old] = self._columns["seen"][present[old]]
        known.last[old] = self._columns["last"][present[old]]
        if self.missing == "hold":
            known.features = np.full((len(present), x.shape[1]), np.nan, x.dtype)
            known.features[old] = self._columns["features"][present[old]]
        made = plan(ids, instants, x, known, interval, self.missing, self.max_missing)
        if self.late == "refuse" and made.late.any():
            raise LateRowError(f"row {int(np.argmax(made.late))} is no later than one that was scored for its key")
        self._is_whole = False
        present[~old] = self._admit(new, instants.dtype)[-1 - present[~old]]
        return self._run(made, present, ids, instants, y)

    def _features(self, features: Any) -> Any:
        """What the plan works on: [N, input_size], or the ids of tokens as [N, 1]."""
        if self.model.reads_tokens:
            ids = token_ids(features, "features", self.model.input_size)
            if ids.ndim != 1:
                raise ShapeError(f"features: the model reads tokens: expected ids [rows], not the shape {ids.shape}")
            return ids[:, None].astype(np.float64)
        x = floats(features, "features")
        if x.ndim != 2 or x.shape[1] != self.model.input_size:
            raise ShapeError(f"features: expected the shape [rows, {self.model.input_size}], not {x.shape}")
        return x

    def _admit(self, keys: list[int | str], time: Any) -> Ints:
        """Makes keys known; their ids."""
        if not self._ids:
            self._columns["last"] = self._columns["last"].astype(time)
        begun = len(self._ids) + len(self._free)
        ids = [self._free.pop() for _ in range(min(len(keys), len(self._free)))]
        end = begun + len(keys) - len(ids)
        ids += range(begun, end)
        self._ids.update(zip(keys, ids, strict=True))
        room = len(self._columns["seen"])
        if end > room:
            for name, column in self._columns.items():
                wider = np.zeros((max(end, 2 * room), *column.shape[1:]), column.dtype)
                wider[:room] = column
                self._columns[name] = wider
        made = np.array(ids, np.int64)
        self.slots.begin(made, len(self._columns["seen"]))
        return made

    def _run(self, made: Plan, present: Ints, ids: Ints, times: Any, y: Floats) -> Scored:
        stepped = np.empty((len(made.x), self.model.output_size), np.float32)
        keys = present[made.keys]
        x = made.x[:, 0].astype(np.int32) if self.model.reads_tokens else made.x
        for begin in range(0, len(keys), self.capacity):
            end = min(begin + self.capacity, len(keys))
            self.counts["moved"] += self.slots.bring(keys[begin:end])
            self.slots.run(keys[begin:end], made.starts[begin : end + 1], x, stepped)
        there = made.rows >= 0
        y[made.rows[there]] = stepped[there]
        lasts = made.starts[1:] - 1
        self._columns["seen"][keys] = True
        self._columns["last"][keys] = times[made.rows[lasts]]
        if "features" in self._columns:
            self._columns["features"][keys] = made.x[lasts]
        if made.late.any():
            y[made.late] = np.nan if isinstance(self.late, str) else self.late
            if self.late == "hold":
                self._hold(made, present, ids, stepped, y)
        if "outputs" in self._columns:
            self._columns["outputs"][keys] = stepped[lasts]
        self.counts.update(
            scored=int(there.sum()), late=int(made.late.sum()), filled=int((~there).sum()), values=made.values
        )
        self._is_whole = True
        if not np.isfinite(stepped).all():
            self._drop(keys, made.starts, stepped)
        return Scored(y, made.late, made.filled)

    def _hold(self, made: Plan, present: Ints, ids: Ints, stepped: Floats, y: Floats) -> None:
        """Gives late rows the output that their key had when they came."""
        owner = np.full(len(present), -1, np.int64)
        owner[made.keys] = np.arange(len(made.keys))
        for row in np.flatnonzero(made.late).tolist():
            group = owner[ids[row]]
            held = self._columns["outputs"][present[ids[row]]]
            if group >= 0:
                inside = np.arange(made.starts[group], made.starts[group + 1])
                earlier = inside[(made.rows[inside] >= 0) & (made.rows[inside] < row)]
                held = stepped[earlier[-1]] if len(earlier) else held
            y[row] = held

    def _drop(self, keys: Ints, starts: Ints, stepped: Floats) -> None:
        """Forgets keys whose outputs are no longer finite, and says which."""
        bad = ~np.isfinite(stepped).all(axis=1)
        of = keys[np.unique(np.searchsorted(starts, np.flatnonzero(bad), side="right") - 1)]
        names = {index: key for key, index in self._ids.items()}
        lost = [names[index] for index in of.tolist()]
        self._forget(lost)
        raise NotFiniteError(
            f"keys {lost[:5]}: features are beyond what the model can read; they start anew, others were scored"
        )

    def forget(self, keys: Sequence[int | str]) -> None:
        """Lets go of keys, which start anew when they come again; one that is not known is ignored."""
        with self.slots.batch._use():
            self._forget(listed_keys(keys))

    def _forget(self, keys: Sequence[int | str]) -> None:
        ids = [self._ids.pop(key) for key in keys if key in self._ids]
        self._free += ids
        self._columns["seen"][np.array(ids, np.int64)] = False
        self.slots.release(np.array(ids, np.int64))

    def __reduce__(self) -> tuple[Any, ...]:
        policies = {
            "interval": self.interval,
            "missing": self.missing,
            "late": self.late,
            "max_missing": self.max_missing,
        }
        return _restored, (PICKLE_VERSION, self.model, self.capacity, policies, self.snapshot())

    def snapshot(self, path: "str | os.PathLike[str] | None" = None) -> bytes | None:
        """All states, times and counts as bytes, or in a file; `restore` goes on from there, with the same bits."""
        from .keyed_snapshot import written

        with self.slots.batch._use():
            self._check_whole()
            return written(self, path)

    def restore(self, snapshot: "bytes | str | os.PathLike[str]") -> None:
        """Goes on from a snapshot of a scorer of the same model and policies, of any capacity."""
        from .keyed_snapshot import read

        with self.slots.batch._use():
            read(self, snapshot)


def _restored(version: int, model: Model, capacity: int, policies: dict[str, Any], snapshot: bytes) -> KeyedScorer:
    if version != PICKLE_VERSION:
        raise PickleError(f"a pickle of version {version}, not {PICKLE_VERSION}: keep snapshot(), which lasts longer")
    scorer = KeyedScorer(model, capacity, **policies)
    scorer.restore(snapshot)
    return scorer
