"""policy.pth of the archive that RecurrentPPO.save writes. Run by trained.py in an environment with sb3-contrib==2.9.2."""

import zipfile

import gymnasium
import numpy as np
import torch
from sb3_contrib import RecurrentPPO


class World(gymnasium.Env):
    observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (6,))
    action_space = gymnasium.spaces.Box(-1, 1, (3,))

    def reset(self, *, seed=None, options=None):
        return np.zeros(6, np.float32), {}

    def step(self, action):
        return np.zeros(6, np.float32), 0.0, False, False, {}


x = np.random.default_rng(7).normal(size=(300, 6)).astype(np.float32)
RecurrentPPO("MlpLstmPolicy", World(), device="cpu", seed=3, policy_kwargs={"lstm_hidden_size": 32}).save("ppo.zip")
with zipfile.ZipFile("ppo.zip") as archive:
    archive.extract("policy.pth")
policy = RecurrentPPO.load("ppo.zip", device="cpu").policy
states, rows = (torch.zeros(1, 1, 32), torch.zeros(1, 1, 32)), []
with torch.no_grad():
    for row in x:
        found, states = policy.get_distribution(torch.from_numpy(row[None]), states, torch.zeros(1))
        rows.append(found.mode().numpy()[0])
np.save("policy.x.npy", x)
np.save("policy.y.npy", np.stack(rows))
