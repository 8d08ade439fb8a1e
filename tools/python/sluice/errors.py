"""What can go wrong: one class for each status of the C library, and those that only Python knows.

Every one is a `SluiceError`; those that Python has a word for are that, too, so that `except ValueError` works.
"""

import enum
from typing import Any, NoReturn

from ._library import Error, library

__all__ = [
    "ArgumentError", "BusyError", "ClosedError", "DTypeError", "InputError", "InstructionSetError", "InvalidModelError",
    "InvalidStateError", "LimitError", "MemoryLimitError", "MetadataError", "NeedsSequenceError", "NotAFileError",
    "NotFiniteError", "PickleError", "ShapeError", "SluiceError", "Status", "SystemCallError", "ToolError",
    "TopologyError",
]  # fmt: skip


class Status(enum.IntEnum):
    """The statuses of sluice.h."""

    OK = 0
    BAD_ARGUMENT = 1
    SYSTEM_ERROR = 2
    NOT_A_FILE = 3
    INVALID_MODEL = 4
    NO_INSTRUCTION_SET = 5
    OUT_OF_MEMORY = 6
    WRONG_INPUT = 7
    INVALID_STATE = 8
    NOT_FINITE = 9
    NEEDS_SEQUENCE = 10
    ABOVE_LIMIT = 11
    OTHER_TOPOLOGY = 12
    NO_METADATA = 13


class SluiceError(Exception):
    """A failure, with what the C library knows of it."""

    #: The status as a number; of a `ToolError` the exit status.
    code: int = Status.BAD_ARGUMENT
    #: The byte of a model or state at which a rule is broken, else -1.
    offset: int
    #: The system's errno with SYSTEM_ERROR, else 0.
    system_error: int

    def __init__(self, message: str, *, code: int | None = None, offset: int = -1, system_error: int = 0):
        super().__init__(message)
        if code is not None:
            self.code = code
        self.offset = offset
        self.system_error = system_error


class ArgumentError(SluiceError, ValueError):
    """An argument is out of its range."""


class ShapeError(ArgumentError):
    """An array's shape or layout is not what the model reads or writes."""


class DTypeError(SluiceError, TypeError):
    """An array or argument is of another type than the model reads or writes."""


class ClosedError(SluiceError, ValueError):
    """The model, stream or batch was closed."""


class BusyError(SluiceError, RuntimeError):
    """Another thread is within a call on the same stream or batch: each thread needs its own."""


class PickleError(SluiceError, ValueError):
    """A pickle is of another version, or the file that it names holds another model now."""


class SystemCallError(SluiceError):
    """The system refused: a file cannot be read, or memory not be locked; `system_error` is the errno."""

    code = Status.SYSTEM_ERROR


class NotAFileError(SluiceError):
    """The path is a directory, FIFO, socket or device, or the file is empty."""

    code = Status.NOT_A_FILE


class InvalidModelError(SluiceError, ValueError):
    """The bytes break a rule of the format, at `offset`."""

    code = Status.INVALID_MODEL


class InstructionSetError(SluiceError):
    """This CPU cannot run the instruction set asked for."""

    code = Status.NO_INSTRUCTION_SET


class MemoryLimitError(SluiceError, MemoryError):
    """Memory ran out, or the size asked for cannot be expressed."""

    code = Status.OUT_OF_MEMORY


class InputError(SluiceError, ValueError):
    """The model has no such token; or it reads tokens where features were given, or the reverse."""

    code = Status.WRONG_INPUT


class InvalidStateError(SluiceError, ValueError):
    """A saved state is damaged, not finite, of another model or of another version, at `offset`."""

    code = Status.INVALID_STATE


class NotFiniteError(SluiceError, ArithmeticError):
    """An input was not finite, or the state no longer is."""

    code = Status.NOT_FINITE


class NeedsSequenceError(SluiceError):
    """The model reads backwards: it takes whole sequences, of at most block_size steps."""

    code = Status.NEEDS_SEQUENCE


class LimitError(SluiceError):
    """A stream or step takes more than the model was opened with."""

    code = Status.ABOVE_LIMIT


class TopologyError(SluiceError, ValueError):
    """The two models compute differently, not only with other numbers: no state can be carried."""

    code = Status.OTHER_TOPOLOGY


class MetadataError(SluiceError, LookupError):
    """The metadata do not say that the model is for what is asked of it."""

    code = Status.NO_METADATA


class ToolError(SluiceError):
    """The program `sluice` is not there, or refused: `code` is its exit status, the message what it said."""

    code = 1


_CLASSES: dict[int, type[SluiceError]] = {
    Status.BAD_ARGUMENT: ArgumentError,
    Status.SYSTEM_ERROR: SystemCallError,
    Status.NOT_A_FILE: NotAFileError,
    Status.INVALID_MODEL: InvalidModelError,
    Status.NO_INSTRUCTION_SET: InstructionSetError,
    Status.OUT_OF_MEMORY: MemoryLimitError,
    Status.WRONG_INPUT: InputError,
    Status.INVALID_STATE: InvalidStateError,
    Status.NOT_FINITE: NotFiniteError,
    Status.NEEDS_SEQUENCE: NeedsSequenceError,
    Status.ABOVE_LIMIT: LimitError,
    Status.OTHER_TOPOLOGY: TopologyError,
    Status.NO_METADATA: MetadataError,
}
# What to do, where the library's own sentence does not say it.
_WAYS_ON: dict[int, str] = {
    Status.NOT_FINITE: "the step was done; reset() or a saved state mends the stream",
    Status.NEEDS_SEQUENCE: "use predict(), or process() of a stream whose block_size is the sequence's length",
    Status.WRONG_INPUT: "look at model.reads_tokens and model.input_size",
}


def failure(status: int, error: Any = None, about: str = "") -> SluiceError:
    """The exception of a status, with what the library wrote to `error`."""
    said: Error | None = error
    message = (said.message if said else b"") or library.status_text(status)
    way_on = _WAYS_ON.get(status)
    return _CLASSES.get(status, SluiceError)(
        (f"{about}: " if about else "") + message.decode(errors="replace") + (f" ({way_on})" if way_on else ""),
        code=status,
        offset=said.offset if said else -1,
        system_error=said.system_error if said else 0,
    )


def refuse(status: int, error: Any = None, about: str = "") -> NoReturn:
    raise failure(status, error, about)
