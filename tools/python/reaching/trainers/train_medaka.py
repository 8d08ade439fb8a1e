"""The models that medaka ships, unpacked. Run by trained.py in an environment with medaka==2.2.2.

A step is a column of a pileup: shares of its reads, few of the ten near one. On other numbers the model of 256 units
is chaotic: over uniform noise PyTorch in float32 ends up 0.8 away from PyTorch in float64.
"""

import tarfile
from pathlib import Path

import medaka
import numpy as np
import torch
from medaka.architectures import GRUModel

x = np.random.default_rng(8).dirichlet([0.1] * 10, 300).astype(np.float32)
for archive in sorted((Path(medaka.__file__).parent / "data").glob("*_model_pt.tar.gz")):
    name = archive.name.removesuffix("_model_pt.tar.gz")
    with tarfile.open(archive) as files:
        files.extractall(filter="data")
    weights = Path("model/weights.pt").rename(f"{name}.pt")
    state = torch.load(weights, weights_only=True, map_location="cpu")
    model = GRUModel(gru_size=state["gru.weight_hh_l0"].shape[1])
    model.load_state_dict(state)
    with torch.no_grad():
        y = model.eval()(torch.from_numpy(x[None]))
    np.save(f"{name}.x.npy", x)
    np.save(f"{name}.y.npy", y[0].numpy())
