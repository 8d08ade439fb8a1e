"""Darts' RNNModel, exported by itself: the forecasts of its own `predict`."""

import warnings

import numpy as np
import pytest

import sluice

warnings.filterwarnings("ignore")
darts = pytest.importorskip("darts")
models = pytest.importorskip("darts.models")


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "RNN"])
@pytest.mark.parametrize("with_covariates", [False, True])
def test_forecasts(kind, with_covariates, tmp_path):
    time = np.arange(330)
    series = np.stack([np.sin(time[:300] / 7), np.cos(time[:300] / 3)], axis=1).astype(np.float32)
    known = np.stack([time % 7 / 7, time % 12 / 12, time / 330], axis=1).astype(np.float32)
    trainer = {"accelerator": "cpu", "enable_progress_bar": False, "logger": False, "enable_model_summary": False}
    network = models.RNNModel(
        model=kind, input_chunk_length=24, hidden_dim=20, n_rnn_layers=2, training_length=36, n_epochs=2, random_state=0,
        pl_trainer_kwargs=trainer,
    )  # fmt: skip
    of_darts = darts.TimeSeries.from_values
    network.fit(of_darts(series), future_covariates=of_darts(known) if with_covariates else None)
    network.to_onnx(str(tmp_path / "m.onnx"))
    expected = network.predict(n=30).values()
    model = sluice.convert(tmp_path / "m.onnx")
    ours = sluice.forecast(model, series, 30, known if with_covariates else None)
    print(f"{kind}, covariates {with_covariates}: differs by {np.abs(ours - expected).max():.1e}")
    assert np.abs(ours - expected).max() < 1e-5
