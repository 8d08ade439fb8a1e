"""Recordings as samples from -1 to 1, of one channel."""

import os
import wave
from typing import Any

import numpy as np

from ._handle import FLOAT32, Floats
from .errors import DTypeError, NotFiniteError, ShapeError
from .model import Model
from .tool import convert


def opened(model: Any) -> Model:
    """A model, or that at a path: a .sluice file, or what the converter reads."""
    if isinstance(model, Model):
        return model
    if isinstance(model, str | os.PathLike) and not os.fspath(model).endswith(".sluice"):
        return convert(model)
    return Model(model)


def _of_file(path: Any) -> tuple[Any, int]:
    try:
        with wave.open(os.fspath(path), "rb") as file:
            width, channels, found = file.getsampwidth(), file.getnchannels(), file.getframerate()
            content = file.readframes(file.getnframes())
    except (wave.Error, EOFError) as error:
        why = str(error) or "it ends too early"
        raise DTypeError(f"{path}: expected a WAV file of whole numbers ({why}); give samples of others") from error
    if len(content) % (width * channels):
        raise DTypeError(f"{path}: the recording ends within a sample: it was cut short")
    if width == 1:
        samples = np.frombuffer(content, np.uint8).astype(np.float32) / 128 - 1
    elif width == 3:
        # As the upper bytes of 32 bits.
        wide = np.zeros((len(content) // 3, 4), np.uint8)
        wide[:, 1:] = np.frombuffer(content, np.uint8).reshape(-1, 3)
        samples = wide.view("<i4")[:, 0].astype(np.float32) / 2**31
    else:
        samples = np.frombuffer(content, f"<i{width}").astype(np.float32) / 2 ** (8 * width - 1)
    if channels > 1:
        samples = samples.reshape(-1, channels).mean(axis=1, dtype=np.float32)
    return samples, found


def samples(source: Any, rate: int) -> tuple[Floats, int]:
    """[N]: float32 from -1 to 1 as it is, 16-bit integers, or a WAV file's, its channels' mean; and samples a second.

    `rate` is that of an array; a file says its own.
    """
    if isinstance(source, str | os.PathLike):
        source, rate = _of_file(source)
    if not isinstance(source, np.ndarray) or source.dtype not in (FLOAT32, np.int16):
        kind = getattr(source, "dtype", type(source).__name__)
        raise DTypeError(f"samples: expected float32 from -1 to 1, int16 or the path of a WAV file, not {kind}")
    if source.ndim != 1:
        raise ShapeError(f"samples: expected one channel, [N], not the shape {source.shape}")
    if source.dtype == FLOAT32 and not np.isfinite(source).all():
        at = int(np.flatnonzero(~np.isfinite(source))[0])
        raise NotFiniteError(f"samples[{at}] is {source[at]}: give silence, 0, in its place")
    return np.ascontiguousarray(source if source.dtype == FLOAT32 else source.astype(np.float32) / 32768), rate
