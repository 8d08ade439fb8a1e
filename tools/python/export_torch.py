"""Exports a PyTorch module as a safetensors file with its architecture, for `sluice convert`.

Run:   python tools/python/export_torch.py model.py:build model.safetensors [--weights weights.pt] [--causal]
       sluice convert model.safetensors -o model.sluice
Needs: Python 3.10 or newer, torch 2.0 or newer, numpy, safetensors.

`build` in model.py is a module, or a class or function without arguments that makes one; --weights loads a state_dict.
In Python: `export_torch.export(module, "model.safetensors")`.

The module is traced with torch.fx, so what counts is what `forward` computes, not the order in which modules stand:
nn.LSTM, GRU, RNN (stacked, bidirectional, proj_size), Linear, Embedding, Conv1d (causal, stride 1), LayerNorm,
BatchNorm1d, PReLU, activations, sums, differences and concatenations of features, numbers and buffers that are added to
features or multiplied with them, slices of features, transpositions around a convolution, the last step (y[:, -1] or
h_n[-1]), and the final states of both directions side by side (torch.cat((h_n[-2], h_n[-1]), 1)). Initial states may be
zeros of the batch's size. view, reshape, squeeze, unsqueeze, len() and sizes are followed where steps and features do not mix.
A module of one step a call must keep its states, or take and give them. Dropout means nothing here; weight_norm, other parametrizations and pruning are computed; a module may be called more than once. An
nn.Sequential may hold recurrent layers although PyTorch could not run it: their output sequence is what the next layer
reads. Anything else is refused by name, with exit status 3. A convolution must see the past alone: pad the past yourself
(F.pad(x, (p, 0)), or padding=p and x[..., :-p], p = (kernel_size - 1) * dilation), or say --causal, which takes an
unpadded convolution as one whose past is zero before the first step; then the first steps are those that PyTorch leaves
out.
"""

import argparse
import sys
from pathlib import Path

from exporters.sluice_architecture import run_exporter
from exporters.torch_exporter import Exporter, architecture_of, export, load

__all__ = ["Exporter", "architecture_of", "export", "load"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", metavar="MODEL.py:NAME")
    parser.add_argument("output", type=Path, metavar="OUT.safetensors")
    parser.add_argument("--weights", help="a state_dict to load, as torch.save writes it")
    parser.add_argument("--causal", action="store_true", help="unpadded convolutions see zeros before the first step")
    options = parser.parse_args()
    return run_exporter(lambda: (options.output, architecture_of(load(options.source, options.weights), options.causal)))


if __name__ == "__main__":
    sys.exit(main())
