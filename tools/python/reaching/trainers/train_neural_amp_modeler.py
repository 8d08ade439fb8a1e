"""An LSTM of Neural Amp Modeler as its export leaves it. Run by trained.py in an environment with neural-amp-modeler==0.13.0.

The weights are random: what counts is how they are written, and that the file's initial state is the one of 48,000
silent samples.
"""

import json
from pathlib import Path

import numpy as np
import torch
from nam.models import init_from_nam
from nam.models.recurrent import LSTM

for layers in (1, 2):
    torch.manual_seed(layers)
    LSTM(hidden_size=16, num_layers=layers, sample_rate=48000.0).eval().export(Path("."), basename=f"lstm_{layers}")
    x = np.random.default_rng(6).normal(size=(2000, 1)).astype(np.float32) * 0.5
    model = init_from_nam(json.loads(Path(f"lstm_{layers}.nam").read_text())).eval()
    with torch.no_grad():
        y = model(torch.from_numpy(x[None, :, 0]), pad_start=False)
    np.save(f"lstm_{layers}.x.npy", x)
    np.save(f"lstm_{layers}.y.npy", y[0].numpy())
