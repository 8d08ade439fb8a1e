"""Snapshots of a KeyedScorer: NumPy's .npz without pickles, its head in JSON."""

import io
import json
import os
from typing import TYPE_CHECKING, Any

import numpy as np

from ._handle import address
from ._library import library
from .errors import DTypeError, InvalidStateError, refuse

if TYPE_CHECKING:
    from .keyed import KeyedScorer

FORMAT, VERSION = "sluice-keyed", 1


def written(scorer: "KeyedScorer", path: "str | os.PathLike[str] | None") -> bytes | None:
    scorer.slots.save()
    ids = np.fromiter(scorer._ids.values(), np.int64, len(scorer._ids))
    head = {
        "format": FORMAT, "version": VERSION, "model": scorer.model.hash, "counts": scorer.counts, "keys": list(scorer._ids),
    }  # fmt: skip
    arrays: dict[str, Any] = {name: column[ids] for name, column in scorer._columns.items()}
    arrays["head"] = np.frombuffer(json.dumps(head).encode(), np.uint8)
    arrays["states"] = scorer.slots.states[ids]
    if path is not None:
        # Whole or not at all.
        part = f"{os.fspath(path)}.part"
        with open(part, "wb") as file:
            np.savez(file, **arrays)
        os.replace(part, path)
        return None
    kept = io.BytesIO()
    np.savez(kept, **arrays)
    return kept.getvalue()


def _arrays(snapshot: Any) -> dict[str, Any]:
    if isinstance(snapshot, bytes):
        file: Any = io.BytesIO(snapshot)
    elif isinstance(snapshot, str | os.PathLike):
        file = snapshot
    else:
        raise DTypeError(f"snapshot: expected its bytes or a path, not {type(snapshot).__name__}")
    try:
        with np.load(file, allow_pickle=False) as loaded:
            return dict(loaded)
    except OSError:
        raise
    except Exception as error:  # whatever a zip's or an array's reader raises of damaged bytes
        raise InvalidStateError(f"snapshot: damaged: {error}") from error


def read(scorer: "KeyedScorer", snapshot: Any) -> None:
    arrays = _arrays(snapshot)
    try:
        head = json.loads(arrays["head"].tobytes())
        kind, version, model, keys = head["format"], head["version"], head["model"], head["keys"]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidStateError("snapshot: no head of a KeyedScorer's") from error
    if kind != FORMAT or version != VERSION:
        raise InvalidStateError(f"snapshot: {kind} {version}; expected {FORMAT} {VERSION}: take it with this version")
    if model != scorer.model.hash:
        raise InvalidStateError(f"snapshot: of the model {model}; this one is {scorer.model.hash}")
    if not isinstance(keys, list) or not set(map(type, keys)) <= {int, str} or len(set(keys)) != len(keys):
        raise InvalidStateError("snapshot: its keys are none")
    counts = head.get("counts")
    if not isinstance(counts, dict) or not all(type(number) is int and number >= 0 for number in counts.values()):
        raise InvalidStateError("snapshot: its counts are none")
    columns, states, count = scorer._columns, arrays.get("states"), len(keys)
    for name, column in columns.items():
        found = arrays.get(name)
        if found is None or found.shape != (count, *column.shape[1:]):
            raise InvalidStateError(f"snapshot: has no {name!r} of {count} keys: it was taken with other policies")
        # Times are of either kind.
        if found.dtype not in ([np.int64, np.float64] if name == "last" else [column.dtype]):
            raise InvalidStateError(f"snapshot: its {name!r} are {found.dtype}")
        if found.dtype.kind == "f" and name == "last" and not np.isfinite(found).all():
            raise InvalidStateError("snapshot: its times are not finite")
    if states is None or states.dtype != np.uint8 or states.shape != (count, scorer.model.state_size):
        raise InvalidStateError(f"snapshot: expected the states of {count} keys")
    _check(scorer, states)
    ids = np.arange(count)
    scorer._is_whole = False
    scorer._forget(list(scorer._ids))
    scorer._free.clear()
    scorer._admit(keys, arrays["last"].dtype)
    scorer._columns["last"] = scorer._columns["last"].astype(arrays["last"].dtype)
    for name in columns:
        scorer._columns[name][ids] = arrays[name]
    scorer.slots.states[ids] = states
    scorer.counts.clear()
    scorer.counts.update(counts)
    scorer._is_whole = True


def _check(scorer: "KeyedScorer", states: Any) -> None:
    """Refuses states that the model cannot go on from, before one is taken."""
    with scorer.slots.stream._use() as stream:
        for row in np.ascontiguousarray(states):
            status = library.stream_restore(stream, address(row), row.nbytes, None)
            if status:
                refuse(status, about="snapshot")
