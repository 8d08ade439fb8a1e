"""Models: opened .sluice files."""

import ctypes
import json
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ._handle import Floats, Handle, Ids
from ._library import Error, LayerInfo, library, text
from .describing import COPY, Feature, Layer, OpenOptions
from .errors import ArgumentError, ClosedError, DTypeError, PickleError, refuse

if TYPE_CHECKING:
    from .batch import Batch
    from .stream import Stream

#: To be raised when what a pickle of a model holds changes.
PICKLE_VERSION = 1


class Model:
    """An opened model: immutable, and shared by any number of streams and threads.

    `source` is the path of a .sluice file, or its bytes. The model works on a copy in memory; with `mapped=True` on the
    file where it lies, which processes then share: who truncates it while it is mapped ends the process.

    A pickle holds the path, or the bytes where it was opened from bytes, and the hash: a file that has changed is a
    `PickleError`.
    """

    def __init__(
        self,
        source: "str | os.PathLike[str] | bytes | bytearray | memoryview",
        *,
        mapped: bool = False,
        isa: str | None = None,
        max_stream_bytes: int = 0,
        max_step_operations: int = 0,
    ):
        self._options = OpenOptions(bool(mapped), isa, max_stream_bytes, max_step_operations)
        self._source: str | bytes
        if isinstance(source, bytes | bytearray | memoryview):
            self._source = bytes(source)
        elif isinstance(source, str | os.PathLike) and isinstance(os.fspath(source), str):
            self._source = os.path.abspath(os.fspath(source))
        else:
            raise DTypeError(f"source: expected the path of a .sluice file, or its bytes, not {type(source).__name__}")
        pointer = self._open()
        self._handle: Handle | None = Handle(pointer, library.close)
        self.input_size: int = library.input_size(pointer)
        """Floats read at a step; of a model that reads tokens the number of ids."""
        self.output_size: int = library.output_size(pointer)
        """Floats written at a step."""
        self.reads_tokens: bool = library.reads_tokens(pointer)
        """Whether a step reads a token id in place of floats."""
        self.yields_last: bool = library.yields_last(pointer)
        """Whether a sequence gives the last step's output alone."""
        self.is_streamable: bool = library.is_streamable(pointer)
        """Whether the model takes single steps; if not, whole sequences alone."""
        self.hash: str = f"{library.model_hash(pointer):016x}"
        """XXH64 of the file, as `sluice inspect` prints it."""
        self.topology: str = f"{library.model_topology(pointer):016x}"
        """A hash of what is computed but for its numbers: streams carry over between models that share it."""
        self.size: int = library.model_size(pointer)
        """Bytes."""
        self.step_operations: int = library.step_operations(pointer)
        self.state_size: int = library.state_size(pointer)
        """Bytes of a stream's saved state."""
        self.isa: str = library.isa_name(library.model_isa(pointer)).decode()
        self.metadata: dict[str, Any] = json.loads(text(library.model_metadata, pointer) or "{}")
        """What was written into the model about its use."""
        self.inputs = self._features("inputs", 1 if self.reads_tokens else self.input_size)
        self.outputs = self._features("outputs", self.output_size)
        self.labels = tuple(text(library.label, pointer, index) or "" for index in range(library.label_count(pointer)))
        self.layers = tuple(self._layer(index) for index in range(library.layer_count(pointer)))

    def _open(self) -> ctypes.c_void_p:
        pointer, error, options = ctypes.c_void_p(), Error(), self._options.c()
        if isinstance(self._source, str):
            if "\0" in self._source:
                raise ArgumentError(f"source: a path has no NUL: {self._source!r}")
            arguments: tuple[Any, ...] = (os.fsencode(self._source),)
            about = self._source
        else:
            # Borrowed bytes would have to start at a multiple of 64.
            options.flags |= COPY
            arguments, about = (self._source, len(self._source)), "a model in memory"
        function = library.open_file if len(arguments) == 1 else library.open_memory
        status = function(*arguments, ctypes.byref(options), ctypes.byref(pointer), ctypes.byref(error))
        if status:
            refuse(status, error, about)
        return pointer

    def _features(self, key: str, count: int) -> tuple[Feature, ...]:
        entries = self.metadata.get(key)
        if not isinstance(entries, list) or len(entries) != count:
            entries = [{}] * count
        return tuple(Feature.of(entry if isinstance(entry, dict) else {}) for entry in entries)

    def _layer(self, index: int) -> Layer:
        info = LayerInfo(size=ctypes.sizeof(LayerInfo))
        library.model_layer(self.handle.pointer, index, ctypes.byref(info))
        name = ctypes.string_at(info.name, info.name_size).decode() if info.name else ""
        return Layer(
            name, info.kind.decode(), info.storage.decode(), info.input_size, info.output_size,
            info.hidden_state_size, info.cell_state_size, info.weight_bytes,
        )  # fmt: skip

    @property
    def handle(self) -> Handle:
        """For this package; a reference keeps the model open."""
        handle = self._handle
        if handle is None:
            raise ClosedError("the model is closed: open it again with sluice.Model(...)")
        return handle

    @property
    def source(self) -> str | bytes:
        """The absolute path, or the bytes."""
        return self._source

    def close(self) -> None:
        """Lets go of the model; its memory goes with the last of its streams."""
        self._handle = None

    def __enter__(self) -> "Model":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        where = self._source if isinstance(self._source, str) else f"{len(self._source)} bytes"
        reads = "tokens" if self.reads_tokens else self.input_size
        return f"<sluice.Model {where}: {reads} -> {self.output_size}, {len(self.layers)} layers, {self.hash}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return _reopened, (PICKLE_VERSION, self._source, self.hash, self._options.__dict__)

    def __copy__(self) -> "Model":
        return self

    def __deepcopy__(self, _: dict[int, Any]) -> "Model":
        return self

    def stream(self, block_size: int = 0) -> "Stream":
        """A sequence from the model's initial state; `block_size` is the steps that `process` takes at once (32)."""
        from .stream import Stream

        return Stream(self, block_size)

    def batch(self, count: int) -> "Batch":
        """`count` sequences that are stepped in one call."""
        from .batch import Batch

        return Batch(self, count)

    def tokens(self, sentence: str) -> Ids:
        """The ids of a text's words in the model's vocabulary, 0 for those that it lacks."""
        if not isinstance(sentence, str):
            raise DTypeError(f"sentence: expected a str, not {type(sentence).__name__}")
        handle, characters = self.handle, sentence.encode(errors="replace")
        at, token, ids = ctypes.c_size_t(), ctypes.c_int32(), []
        arguments = handle.pointer, characters, len(characters), ctypes.byref(at), ctypes.byref(token)
        while library.next_token(*arguments):
            ids.append(token.value)
        return np.array(ids, np.int32)

    def predict(
        self,
        X: Any,
        lengths: Sequence[int] | None = None,
        *,
        out: Floats | None = None,
        threads: int = 1,
        progress: bool = False,
    ) -> Any:
        """Runs whole sequences, each from the model's initial state; see `sluice.predict`."""
        from .predicting import predict

        return predict(self, X, lengths, out=out, threads=threads, progress=progress)


def _reopened(version: int, source: str | bytes, expected: str, options: dict[str, Any]) -> Model:
    if version != PICKLE_VERSION:
        raise PickleError(
            f"a pickle of version {version}, not {PICKLE_VERSION}: pickle the model with this version of sluice"
        )
    model = Model(source, **options)
    if model.hash != expected:
        raise PickleError(f"{model.source!r}: holds the model {model.hash} now; {expected} was pickled")
    return model
