"""Trained recurrent networks, one time step at a time: the C library of Sluice with NumPy arrays.

    model = sluice.Model("model.sluice")
    y = model.predict(x)              # whole sequences: [T, inputs] or [B, T, inputs], lists, tables
    stream = model.stream()
    y = stream.step(x)                # one time step; the stream carries the network's state

A model is immutable and shared by any number of threads; a stream belongs to one at a time. The same model, state and
input give the same bits: by steps, blocks, batches and keys, on every machine with a fused multiply-add.
"""

import importlib
from typing import Any

from . import errors
from ._library import VERSION as __version__
from .batch import Batch
from .denoising import Denoiser
from .describing import Feature, Layer
from .errors import SluiceError, Status
from .files import score
from .forecasting import forecast
from .keyed import KeyedScorer
from .keyed_plan import LateRowError, MissingRowError, Scored
from .model import Model
from .predicting import predict
from .speech import Segment, SileroVAD
from .stream import Stream
from .tool import convert

__all__ = [
    "Batch", "Denoiser", "Feature", "KeyedScorer", "LateRowError", "Layer", "MissingRowError", "Model", "Scored", "Segment",
    "SileroVAD", "SluiceError", "Status", "Stream", "__version__", "convert", "errors", "forecast", "predict", "score",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    # Its folder lies elsewhere in the sources, and few need it.
    if name == "export":
        return importlib.import_module(".export", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
