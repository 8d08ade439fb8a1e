"""Files of rows, and folders of them: CSV, .npy, .npz and Parquet, read and written."""

import os
import tokenize
import zipfile
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from ._handle import FLOAT32, whole
from .errors import ArgumentError, DTypeError, NotAFileError, ShapeError, SluiceError
from .model import Model
from .predicting import bar, predict
from .rows import ordered, rounded, sequence

KINDS = (".csv", ".npy", ".npz", ".parquet")


#: What NumPy and zipfile raise of bytes that are no array, of heads that promise more than there is, and of passwords.
_DAMAGE = (
    ValueError, EOFError, MemoryError, SyntaxError, RuntimeError, tokenize.TokenError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _read_csv(path: Path, model: Model) -> Any:
    """Rows of numbers with commas between them; a first line without a number names the columns."""
    # Spreadsheets put a mark before the first line, which would make a name of a number.
    with open(path, encoding="utf-8-sig") as file:
        names = [name.strip().strip('"') for name in file.readline().rstrip("\n").split(",")]
        has_names = any(names) and not any(map(_is_number, names))
        if not has_names:
            file.seek(0)
        dtype = np.int64 if model.reads_tokens else np.float32
        try:
            rows = np.loadtxt(file, dtype, comments=None, delimiter=",", ndmin=2)
        except ValueError as error:
            raise DTypeError(f"{error}{', rows counted behind the names' if has_names else ''}") from error
    if not rows.size:
        rows = np.empty((0, len(names)), dtype)
    if has_names and rows.shape[1] != len(names):
        raise ShapeError(f"the first line names {len(names)} columns, the rows have {rows.shape[1]}")
    if model.reads_tokens:
        if rows.shape[1] != 1:
            raise ShapeError(f"the model reads token ids: expected one column, not {rows.shape[1]}")
        return rows[:, 0]
    return np.ascontiguousarray(rows[:, ordered(names, model, "columns")]) if has_names else rows


def _read_parquet(path: Path, model: Model) -> Any:
    import pyarrow
    from pyarrow import parquet

    try:
        table = parquet.read_table(path)
    except pyarrow.ArrowException as error:
        raise DTypeError(f"no table of Parquet's: {error}") from error
    return sequence(table, model)


def _array(array: Any, model: Model) -> Any:
    if model.reads_tokens or array.dtype == FLOAT32:
        return array
    return rounded(array, "X")


def _read(path: Path, model: Model) -> Any:
    """What predict takes; of an .npz a dictionary of it."""
    kind = path.suffix.lower()
    if kind == ".csv":
        try:
            return _read_csv(path, model)
        except UnicodeDecodeError as error:
            raise DTypeError(f"expected UTF-8: {error}") from error
    if kind == ".parquet":
        return _read_parquet(path, model)
    try:
        # To map a small file takes longer than to read it.
        is_mapped = kind == ".npy" and path.stat().st_size > 1 << 20
        loaded = np.load(path, mmap_mode="r" if is_mapped else None, allow_pickle=False)
        if isinstance(loaded, np.ndarray) != (kind == ".npy"):
            raise ValueError(f"the content is not that of {kind}")
        if kind == ".npy":
            return _array(loaded, model)
        with loaded:
            return {name: _array(loaded[name], model) for name in loaded.files}
    except SluiceError:
        raise
    except _DAMAGE as error:
        raise DTypeError(f"no array, or one of Python's objects: {error}") from error


def _names(model: Model) -> list[str]:
    return [feature.name or f"y{index}" for index, feature in enumerate(model.outputs)]


def _write(path: Path, y: Any, model: Model) -> None:
    """Whole or not at all."""
    kind = path.suffix.lower()
    if isinstance(y, dict) != (kind == ".npz"):
        raise ArgumentError(f"several arrays go from .npz to .npz, not to {path.name}")
    if kind in (".csv", ".parquet"):
        y = y.reshape(-1, model.output_size) if y.ndim < 3 else y
        if y.ndim != 2:
            raise ArgumentError(f"{len(y)} sequences go to .npy, not to {path.name}")
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    with open(part, "wb") as file:
        if kind == ".npy":
            np.save(file, y, allow_pickle=False)
        elif kind == ".npz":
            np.savez(file, **y)
        elif kind == ".csv":
            # float32 comes back as it was.
            np.savetxt(
                file, y, fmt="%.9g", delimiter=",", header=",".join(_names(model)), comments="", encoding="utf-8"
            )
        else:
            import pyarrow
            from pyarrow import parquet

            parquet.write_table(pyarrow.table(dict(zip(_names(model), y.T, strict=True))), file)
    os.replace(part, path)


def _one(model: Model, source: Path, target: Path) -> int:
    """Scores a file; its rows."""
    try:
        x = _read(source, model)
        y = {name: predict(model, part) for name, part in x.items()} if isinstance(x, dict) else predict(model, x)
        _write(target, y, model)
    except SluiceError as error:
        raise type(error)(
            f"{source}: {error}", code=error.code, offset=error.offset, system_error=error.system_error
        ) from error
    parts = x.values() if isinstance(x, dict) else [x]
    axes = 1 if model.reads_tokens else 2
    return sum(int(np.prod(part.shape[: part.ndim - axes + 1])) for part in parts)


def score(
    model: Model,
    source: "str | os.PathLike[str]",
    target: "str | os.PathLike[str]",
    *,
    format: str | None = None,
    threads: int = 1,
    resume: bool = False,
    progress: bool = False,
) -> int:
    """Scores a file, or every file of a folder and those below it, each a sequence of its own; gives the rows.

    Read are .csv (a first line without a number names the columns), .npy [T, inputs] or [B, T, inputs], .npz of such
    arrays, and .parquet where pyarrow is installed. float64 is rounded to float32. Of a folder `target` is one too, outside
    of it, with the same names; `format` is their ending, else that of the source. A file comes into being whole; with `resume` those
    that are there are left as they are. `threads` share the files.

    Errors name the file and the row: the others that had begun are written.
    """
    if not isinstance(model, Model):
        raise DTypeError(f"model: expected a sluice.Model, not {type(model).__name__}")
    threads, begin, end = whole(threads, "threads", 1), Path(source), Path(target)
    if format is not None and f".{format}" not in KINDS:
        raise ArgumentError(f"format: expected {', '.join(kind[1:] for kind in KINDS)}, not {format!r}")
    if begin.is_dir():
        found = sorted(path for path in begin.rglob("*") if path.suffix.lower() in KINDS and _is_there(path))
        pairs = [(path, end / path.relative_to(begin)) for path in found]
        if format:
            pairs = [(path, to.with_suffix(f".{format}")) for path, to in pairs]
    else:
        pairs = [(begin, end)]
    for name in (name for pair in pairs for name in pair):
        if name.suffix.lower() not in KINDS:
            raise NotAFileError(f"{name}: expected a file that ends with {', '.join(KINDS)}, or a folder")
    if end.resolve() == begin.resolve():
        raise ArgumentError(f"{end}: is the source; nothing is written over what is read")
    if begin.is_dir() and end.resolve().is_relative_to(begin.resolve()):
        raise ArgumentError(f"{end}: lies in the source, and would be read the next time: give a folder beside it")
    if len({to for _, to in pairs}) < len(pairs):
        raise ArgumentError("two files of the folder would go to one: they differ in their endings alone")
    left = [pair for pair in pairs if not (resume and pair[1].exists())]
    tick = bar(len(left), progress)
    return sum(_scored(model, left, threads, tick))


def _is_there(path: Path) -> bool:
    """Whether it is a file, or a link to what is gone, which is told rather than left out."""
    return path.is_file() or (path.is_symlink() and not path.exists())


def _scored(model: Model, pairs: list[tuple[Path, Path]], threads: int, tick: Callable[[], Any]) -> list[int]:
    def work(pair: tuple[Path, Path]) -> int:
        rows = _one(model, *pair)
        tick()
        return rows

    if threads < 2:
        return [work(pair) for pair in pairs]
    with ThreadPoolExecutor(threads) as pool:
        running = [pool.submit(work, pair) for pair in pairs]
        try:
            return [future.result() for future in running]
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
