"""Policies of robots as their trainers make and save them. Not run by itself; rows.py imports it.

The trainers must be installed: rsl-rl-lib with tensordict, sb3-contrib with stable-baselines3 and gymnasium.
"""

import zipfile
from pathlib import Path

import numpy as np

Array = np.ndarray

RSL = '''
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


def rsl_source(kind: str, folder: Path) -> Path:
    """What a user writes to export a policy: the module that rsl-rl exports itself."""
    import rsl_rl  # noqa: F401

    path = folder / f"rsl_{kind}.py"
    path.write_text(RSL.replace("KIND", kind))
    return Path(f"{path}:build")


def rsl_expected(path: Path, x: Array) -> Array:
    import torch

    names: dict[str, object] = {}
    exec(compile(Path(str(path).partition(":")[0]).read_text(), "model.py", "exec"), names)  # what was just written
    module = names["policy"]().as_jit().eval()  # type: ignore[operator]
    with torch.no_grad():
        return np.concatenate([module(torch.from_numpy(row[None])).numpy() for row in x])


def sb3_source(folder: Path) -> Path:
    """policy.pth of the archive that RecurrentPPO.save writes."""
    model = sb3_model()
    model.save(folder / "ppo.zip")
    with zipfile.ZipFile(folder / "ppo.zip") as archive:
        return Path(archive.extract("policy.pth", folder))


def sb3_model() -> object:
    import gymnasium
    from sb3_contrib import RecurrentPPO

    class World(gymnasium.Env):
        observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (6,))
        action_space = gymnasium.spaces.Box(-1, 1, (3,))

        def reset(self, *, seed: int | None = None, options: object = None) -> tuple[Array, dict[str, object]]:
            return np.zeros(6, np.float32), {}

        def step(self, action: Array) -> tuple[Array, float, bool, bool, dict[str, object]]:
            return np.zeros(6, np.float32), 0.0, False, False, {}

    return RecurrentPPO("MlpLstmPolicy", World(), device="cpu", seed=3, policy_kwargs={"lstm_hidden_size": 32})


def sb3_expected(path: Path, x: Array) -> Array:
    import torch
    from sb3_contrib import RecurrentPPO

    policy = RecurrentPPO.load(path.parent / "ppo.zip", device="cpu").policy
    states, rows = (torch.zeros(1, 1, 32), torch.zeros(1, 1, 32)), []
    with torch.no_grad():
        for row in x:
            found, states = policy.get_distribution(torch.from_numpy(row[None]), states, torch.zeros(1))
            rows.append(found.mode().numpy()[0])
    return np.stack(rows)
