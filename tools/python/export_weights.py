"""Exports weights without a graph as a safetensors file, for `sluice convert --architecture A.json`.

Run:   python tools/python/export_weights.py weights.pt weights.safetensors [--key model_state]
       sluice convert weights.safetensors --architecture A.json -o model.sluice
Needs: Python 3.10 or newer, numpy, safetensors; torch for checkpoints, h5py for HDF5, msgpack for flax'.

Read are NumPy's .npz, PyTorch's checkpoints (.pt, .pth, .ckpt: a state_dict, or one that stands under a key such as
state_dict, model_state or model; which it was is said), Keras' weights in HDF5 (.h5, .weights.h5, .keras), and trees of haiku and
flax (.npz, .safetensors, .pkl of dictionaries of arrays, flax' .msgpack), whose cells become PyTorch's too. Arrays keep their names, nested ones with dots between. Keras' become PyTorch's, since that is what an architecture names: of a layer
`lstm_1` the tensors lstm_1.weight_ih_l0, weight_hh_l0, bias_ih_l0 and bias_hh_l0, the gates in PyTorch's order; of `dense`
dense.weight and dense.bias; of norms weight, bias, running_mean and running_var. Nothing of a file is run: pickles may
hold tensors, numbers and texts alone. tools/models holds architectures for weights that are published.
"""

import argparse
import sys
from pathlib import Path

from exporters.sluice_architecture import run_exporter
from exporters.weight_files import Weights, weights_of

__all__ = ["Weights", "weights_of"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path, metavar="WEIGHTS")
    parser.add_argument("output", type=Path, metavar="OUT.safetensors")
    parser.add_argument("--key", help="where in a checkpoint the state_dict stands, with dots between")
    options = parser.parse_args()
    return run_exporter(lambda: (options.output, weights_of(options.source, options.key)))


if __name__ == "__main__":
    sys.exit(main())
