#!/usr/bin/env bash
# medaka 2.2.2: the larger of its models, hac_v6.0.0 (a bidirectional GRU of 2 layers of 256 units, trained to
# saturate), is chaotic where its input is not a pileup. Over 300 steps of uniform noise the last bits of float32 grow
# until probabilities are off by a half and more from the same formula in float64, while over shares that sum to one, as
# medaka feeds it, the two agree to 1e-4, and a neighbour of 128 units agrees on both. Whoever compares two runtimes
# of it on random numbers finds one of them wrong, and cannot tell which.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install numpy==2.2.6
"$work/venv/bin/pip" -q download --no-deps --only-binary :all: --python-version 3.11 --platform manylinux_2_28_x86_64 \
  --platform manylinux_2_17_x86_64 --platform manylinux2014_x86_64 -d "$work" medaka==2.2.2
"$work/venv/bin/python" - "$work" <<'PYTHON'
import io
import pickle
import sys
import tarfile
import zipfile
from pathlib import Path

import numpy as np

np.seterr(over="ignore")  # of a sigmoid's exponential: 1 / (1 + inf) is 0, as it should be


class Table(dict):
    pass


class Weights(pickle.Unpickler):
    """A state_dict without PyTorch: its storages are members of the archive, float32 throughout."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        self.top = archive.namelist()[0].partition("/")[0]
        super().__init__(io.BytesIO(archive.read(f"{self.top}/data.pkl")))

    def find_class(self, module: str, name: str):
        if name == "_rebuild_tensor_v2":
            return lambda storage, offset, size, *rest: storage[offset:][: np.prod(size)].reshape(size)
        return Table if name == "OrderedDict" else str

    def persistent_load(self, key):
        return np.frombuffer(self.archive.read(f"{self.top}/data/{key[2]}"), np.float32)


def layer(x, w, suffix):
    wi, wh, bi, bh = (w[f"gru.{name}_{suffix}"].astype(x.dtype) for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))
    h = np.zeros(wh.shape[1], x.dtype)
    rows = []
    for one in x:
        a, b = np.split(wi @ one + bi, 3), np.split(wh @ h + bh, 3)
        r, z = 1 / (1 + np.exp(-a[0] - b[0])), 1 / (1 + np.exp(-a[1] - b[1]))
        h = (1 - z) * np.tanh(a[2] + r * b[2]) + z * h
        rows.append(h)
    return np.stack(rows)


def model(x, w):
    for index in range(2):
        x = np.concatenate([layer(x, w, f"l{index}"), layer(x[::-1], w, f"l{index}_reverse")[::-1]], axis=1)
    y = np.exp(x @ w["linear.weight"].T.astype(x.dtype) + w["linear.bias"].astype(x.dtype))
    return y / y.sum(axis=1, keepdims=True)


work = Path(sys.argv[1])
generator = np.random.default_rng(8)
noise, shares = generator.uniform(size=(300, 10)), generator.dirichlet([0.1] * 10, 300)
off = {}
with zipfile.ZipFile(next(work.glob("*.whl"))) as wheel:
    for name in ("hac_v6.0.0", "hac_variant_v5.0.0"):
        packed = io.BytesIO(wheel.read(f"medaka/data/r1041_e82_400bps_{name}_model_pt.tar.gz"))
        with tarfile.open(fileobj=packed) as files:
            archive = zipfile.ZipFile(io.BytesIO(files.extractfile("model/weights.pt").read()))
        w = Weights(archive).load()
        for kind, x in (("noise", noise), ("shares", shares)):
            x = x.astype(np.float32)
            off[name, kind] = np.abs(model(x, w) - model(x.astype(np.float64), w)).max()
            print(f"{name}, {kind}: float32 is {off[name, kind]:.1e} from float64")
assert off["hac_v6.0.0", "noise"] > 0.1
assert max(off["hac_v6.0.0", "shares"], off["hac_variant_v5.0.0", "noise"], off["hac_variant_v5.0.0", "shares"]) < 1e-4
PYTHON
