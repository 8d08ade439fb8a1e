"""Forecasts of models that predict a series' next value, as Darts' RNNModel.to_onnx writes them."""

import json
from typing import Any

import numpy as np

from ._handle import Floats, floats, whole
from .errors import DTypeError, InputError, MetadataError, NotFiniteError, ShapeError
from .model import Model

_KEY = "darts.onnx_spec"


def _spec(model: Model) -> dict[str, Any]:
    try:
        spec = json.loads(model.metadata["custom"][_KEY])
    except (KeyError, TypeError, ValueError) as error:
        raise MetadataError(
            f"the model's metadata have no {_KEY}: expected a model that Darts' to_onnx wrote"
        ) from error
    if not isinstance(spec, dict) or not spec.get("stepwise_state"):
        raise InputError("the model forecasts a whole window at once: predict() gives it; RNNModel goes step by step")
    if spec.get("likelihood_parameter_names"):
        raise InputError("the model gives a likelihood's parameters, which Darts draws from: predict() gives them")
    if spec.get("uses_past_covariates") or spec.get("uses_static_covariates") or spec.get("output_chunk_shift"):
        raise InputError("expected a model of the series and future covariates alone, without a shift")
    return spec


def forecast(model: Model, history: Any, n: int, future_covariates: Any = None) -> Floats:
    """The next `n` values of a series, [n, targets], as Darts' `predict` gives them.

    `model` is what `sluice.convert` made of a file that Darts' RNNModel.to_onnx wrote; `history` is the series so far,
    [T, targets] of float32, of which the last input_chunk_length rows are read. `future_covariates`, [T + n, covariates],
    begin with the history. Each value that was predicted is what is read at the next step.
    """
    if not isinstance(model, Model):
        raise DTypeError(f"model: expected a sluice.Model, not {type(model).__name__}")
    spec, steps, targets = _spec(model), whole(n, "n", 1), model.output_size
    past = floats(history, "history")
    window = whole(spec.get("input_chunk_length"), "input_chunk_length", 1)
    if past.ndim != 2 or past.shape[1] != targets or len(past) < window:
        raise ShapeError(f"history: expected [T, {targets}] with at least {window} rows, not {past.shape}")
    total, begin = len(past) + steps, len(past) - window
    x = np.full((window + steps - 1, model.input_size), np.nan, np.float32)
    x[:window, :targets] = past[begin:]
    # Those of the past are an input of the graph, too, which one step does not read.
    width = model.input_size - targets
    if width:
        known = floats(future_covariates, "future_covariates")
        if known.shape != (total, width):
            raise ShapeError(f"future_covariates: expected the shape {(total, width)}, not {known.shape}")
        # Covariates of the time that is predicted go with the value before it.
        x[:, targets:] = known[begin + 1 : begin + 1 + len(x)]
    elif future_covariates is not None:
        raise InputError("future_covariates: the model reads none")
    with model.stream() as stream:
        y = np.empty((steps, targets), np.float32)
        try:
            y[0] = stream.process(x[:window])[-1]
            for step in range(1, steps):
                x[window + step - 1, :targets] = y[step - 1]
                stream.step(x[window + step - 1], y[step])
        except NotFiniteError as error:
            raise NotFiniteError(
                f"history or covariates: not finite, or beyond what the model can read: {error}"
            ) from error
    return y
