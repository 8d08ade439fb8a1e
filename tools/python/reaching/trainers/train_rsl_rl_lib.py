"""Recurrent policies of rsl-rl: its file by torch.onnx.export, called as its runner does, and the module that it exports
itself, by model.py:build. Run by trained.py in an environment with rsl-rl-lib==5.5.1.
"""

from pathlib import Path

import numpy as np
import torch

MODEL = '''
import torch
from rsl_rl.models.rnn_model import RNNModel
from tensordict import TensorDict


def policy():
    torch.manual_seed(5)
    observations = TensorDict({"policy": torch.zeros(1, 12)}, batch_size=[1])
    model = RNNModel(observations, {"actor": ["policy"]}, "actor", 4, (32, 16), rnn_type="KIND", rnn_hidden_dim=24,
                     obs_normalization=True)
    model.obs_normalizer._mean.normal_()
    model.obs_normalizer._std.uniform_(0.5, 2)
    return model.eval()


def build():
    return policy().as_onnx()
'''

x = np.random.default_rng(7).normal(size=(300, 12)).astype(np.float32)
for kind in ("lstm", "gru"):
    names: dict = {}
    Path(f"{kind}.py").write_text(MODEL.replace("KIND", kind))
    exec(Path(f"{kind}.py").read_text(), names)
    module = names["policy"]().as_jit().eval()
    with torch.no_grad():
        y = np.concatenate([module(torch.from_numpy(row[None])).numpy() for row in x])
    model = names["build"]().eval()
    torch.onnx.export(
        model, model.get_dummy_inputs(), f"{kind}.onnx", export_params=True, opset_version=18,
        input_names=model.input_names, output_names=model.output_names,
    )  # fmt: skip
    np.save(f"{kind}.x.npy", x)
    np.save(f"{kind}.y.npy", y)
