"""What only one thread at a time may use."""

import ctypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ._handle import Handle
from .errors import BusyError, ClosedError
from .model import Model


class Guarded:
    """An object of the C library for one thread at a time: a second one is refused, since two would compute garbage."""

    _kind = "stream"

    def __init__(self, model: Model, handle: Handle):
        self.model = model
        self._handle: Handle | None = handle
        lock = threading.Lock()
        self._acquire, self._release = lock.acquire, lock.release

    @contextmanager
    def _use(self) -> Iterator[ctypes.c_void_p]:
        if not self._acquire(False):
            raise self._busy()
        try:
            if self._handle is None:
                raise self._closed()
            yield self._handle.pointer
        finally:
            self._release()

    def _busy(self) -> BusyError:
        return BusyError(
            f"another thread is using this {self._kind}: make one for each thread, model.{self._kind}(...)"
        )

    def _closed(self) -> ClosedError:
        return ClosedError(f"the {self._kind} is closed: make another with model.{self._kind}(...)")

    def close(self) -> None:
        """Frees its memory."""
        with self._use():
            self._handle = None

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        if self._handle is not None:
            self.close()
