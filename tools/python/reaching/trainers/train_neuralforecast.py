"""Recurrent models of neuralforecast as save() leaves them. Run by trained.py in an environment with neuralforecast==3.3.0.

The horizon is as long as the window, so that the model gives the forecast of every step.
"""

import numpy as np
import pandas
import torch
from neuralforecast import NeuralForecast
from neuralforecast.models import GRU, LSTM, RNN

STEPS = 240
times = pandas.date_range("2020-01-01", periods=3 * STEPS, freq="h")
target = np.sin(np.arange(3 * STEPS) / 7).astype(np.float32)
frame = pandas.DataFrame({"unique_id": "a", "ds": times, "y": target})
quiet = {"accelerator": "cpu", "enable_progress_bar": False, "logger": False, "max_steps": 3, "random_seed": 2}

for kind in (RNN, LSTM, GRU):
    for recurrent in (False, True):
        name = f"{kind.__name__.lower()}{'_recurrent' if recurrent else ''}"
        model = kind(h=STEPS, input_size=STEPS, recurrent=recurrent, alias=name, **quiet)
        forecast = NeuralForecast(models=[model], freq="h")
        forecast.fit(frame)
        forecast.save(name, save_dataset=False, overwrite=True)
        x = target[:STEPS, None]
        np.save(f"{name}/{name}_0.x.npy", x)
        batch = {"insample_y": torch.from_numpy(x[None]), "futr_exog": None, "hist_exog": None, "stat_exog": None}
        with torch.no_grad():
            np.save(f"{name}/{name}_0.y.npy", NeuralForecast.load(name).models[0].eval()(batch)[0].numpy())
