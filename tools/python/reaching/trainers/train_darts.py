"""RNNModel of Darts with covariates, by its own to_onnx. Run by trained.py in an environment with darts==0.48.1.

A step reads the target and, shifted by one, the covariates of the step that is forecast.
"""

import numpy as np
import pandas
import torch
from darts import TimeSeries
from darts.models import RNNModel
from darts.utils.data.torch_datasets.utils import ModuleStage, PLModuleInput

STEPS = 300
times = pandas.date_range("2020-01-01", periods=STEPS, freq="h")
target = np.sin(np.arange(STEPS) / 7).astype(np.float32)[:, None]
covariates = np.random.default_rng(3).normal(size=(STEPS, 3)).astype(np.float32)
quiet = {"accelerator": "cpu", "enable_progress_bar": False, "logger": False, "enable_checkpointing": False}

for kind in ("RNN", "LSTM", "GRU"):
    model = RNNModel(
        input_chunk_length=12, model=kind, hidden_dim=20, n_rnn_layers=2, training_length=24, n_epochs=2, random_state=1,
        pl_trainer_kwargs=quiet,
    )  # fmt: skip
    known = TimeSeries.from_times_and_values(times, covariates)
    model.fit(TimeSeries.from_times_and_values(times, target), future_covariates=known)
    model.to_onnx(f"{kind.lower()}.onnx")
    x = np.concatenate([target[:-1], covariates[1:]], axis=1)
    np.save(f"{kind.lower()}.x.npy", x)
    with torch.no_grad():
        rows = torch.from_numpy(x[None])
        # Stage of validation: every step's forecast, not only the last one's.
        given = PLModuleInput(past_target=rows[..., :1], future_covariates=rows[..., 1:], stage=ModuleStage.VALIDATE)
        np.save(f"{kind.lower()}.y.npy", model.model.eval()(given).prediction[0, :, :, 0].numpy())
