"""DeepAR of GluonTS as PyTorchPredictor.serialize leaves it. Run by trained.py in an environment with gluonts==0.17.0.

What a step reads is made by the model's prepare_rnn_input, lags and static features among it; what it writes are
the degrees of freedom, the place and the scale of the distribution.
"""

from pathlib import Path

import numpy as np
import torch
from gluonts.dataset.common import ListDataset
from gluonts.torch import DeepAREstimator
from gluonts.torch.model.predictor import PyTorchPredictor

torch.manual_seed(4)
STEPS = 240
series = np.sin(np.arange(3000) / 7).astype(np.float32) + 2
data = ListDataset([{"start": "2020-01-01 00:00", "target": series}], freq="h")
estimator = DeepAREstimator(
    freq="h", prediction_length=12, context_length=STEPS, num_batches_per_epoch=3,
    trainer_kwargs={"max_epochs": 1, "accelerator": "cpu", "enable_progress_bar": False, "logger": False},
)  # fmt: skip
estimator.train(data).serialize(Path("."))
model = PyTorchPredictor.deserialize(Path("."), device="cpu").prediction_net.model.eval()
past = model._past_length
with torch.no_grad():
    rows, _, _ = model.prepare_rnn_input(
        torch.zeros(1, 1, dtype=torch.long), torch.zeros(1, 1), torch.randn(1, past, model.num_feat_dynamic_real),
        torch.from_numpy(series[None, :past]), torch.ones(1, past), torch.randn(1, 1, model.num_feat_dynamic_real),
    )  # fmt: skip
    parameters = model.param_proj(model.rnn(rows)[0])
np.save("prediction-net-state.x.npy", rows[0].numpy())
np.save("prediction-net-state.y.npy", torch.stack([one[0] for one in parameters], -1).numpy())
