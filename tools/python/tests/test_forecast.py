"""Forecasts, each value from the one before, by the metadata that Darts writes; engines/test_darts.py has Darts itself."""

import json

import numpy as np
import pytest
from conftest import rows

import sluice
from sluice import errors


def spec(**changes) -> dict:
    known = {"input_chunk_length": 6, "stepwise_state": True, "feature_input_names": ["past_target"]} | changes
    return {"custom": {"darts.onnx_spec": json.dumps(known)}}


def by_hand(model, history, n, known):
    stream, result, row = model.stream(), [], None
    for t in range(len(history) - 6, len(history) + n - 1):
        target = history[t] if t < len(history) else result[-1]
        row = stream.step(np.concatenate([target, known[t + 1]]).astype(np.float32))
        if t >= len(history) - 1:
            result.append(row)
    return np.array(result)


def test_each_value_from_the_one_before(make):
    model = sluice.Model(make("forecast", "lstm", 2, 8, 2, meta=spec()))
    covariates = sluice.Model(make("covariates", "gru", 5, 8, 2, meta=spec()))
    history, known = rows(20, 2), rows(31, 3, seed=1)
    assert np.array_equal(sluice.forecast(model, history, 9), by_hand(model, history, 9, rows(31, 0)))
    result = sluice.forecast(covariates, history, 11, known)
    assert np.array_equal(result, by_hand(covariates, history, 11, known)) and result.shape == (11, 2)


def test_refusals(make, gru):
    model = sluice.Model(make("forecast", "lstm", 2, 8, 2, meta=spec()))
    covariates = sluice.Model(make("covariates", "gru", 5, 8, 2, meta=spec()))
    drawn = sluice.Model(make("drawn", "gru", 2, 8, 2, meta=spec(likelihood_parameter_names=["a"])))
    window = sluice.Model(make("window", "gru", 2, 8, 2, meta=spec(stepwise_state=False)))
    history = rows(20, 2)
    bad = history.copy()
    bad[-1, 0] = np.nan
    for call, error in [
        (lambda: sluice.forecast(gru, rows(20, 3), 3), errors.MetadataError),
        (lambda: sluice.forecast(drawn, history, 3), errors.InputError),
        (lambda: sluice.forecast(window, history, 3), errors.InputError),
        (lambda: sluice.forecast(model, history[:5], 3), errors.ShapeError),
        (lambda: sluice.forecast(model, history, 0), errors.ArgumentError),
        (lambda: sluice.forecast(model, history.astype(np.float64), 3), errors.DTypeError),
        (lambda: sluice.forecast(model, history, 3, rows(23, 1)), errors.InputError),
        (lambda: sluice.forecast(covariates, history, 3, rows(20, 3)), errors.ShapeError),
        (lambda: sluice.forecast(covariates, history, 3), errors.DTypeError),
        (lambda: sluice.forecast(model, bad, 3), errors.NotFiniteError),
    ]:
        with pytest.raises(error):
            call()
