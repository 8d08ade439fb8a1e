"""Exports a Keras model (.keras or .h5, of Keras 2 or 3) as a safetensors file with its architecture, for `sluice convert`.

Run:   python tools/python/export_keras.py model.keras model.safetensors
       sluice convert model.safetensors -o model.sluice
Needs: Python 3.10 or newer, h5py, numpy, safetensors. Keras itself is not needed, and nothing of the file is run.

Sequential and functional models with one input and one output, of: LSTM, GRU (both forms), SimpleRNN, Bidirectional (concat,
sum or ave), Dense, TimeDistributed, Embedding, Conv1D (causal), BatchNormalization, LayerNormalization, Normalization,
Rescaling, PReLU, Activation, ReLU, LeakyReLU, ELU, Softmax, Add, Subtract, Average, Concatenate, Flatten and Reshape of a last
step, Masking and mask_zero, RepeatVector (of as many steps as the input has), and RNN of cells, also stacked.
Dropout and noise layers mean nothing here. A layer without return_sequences makes the model's output that of the last step.
`stateful` is what a stream always is. Refused by name, with exit status 3: every other layer, outputs in reverse order
(go_backwards with return_sequences), time_major, initial states, shared layers, options that change the meaning, and files that would
bring in what does not lie in them.
"""

import argparse
import sys
from pathlib import Path

from exporters.keras_exporter import Exporter, architecture_of
from exporters.sluice_architecture import run_exporter

__all__ = ["Exporter", "architecture_of"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path, metavar="MODEL.keras")
    parser.add_argument("output", type=Path, metavar="OUT.safetensors")
    options = parser.parse_args()
    return run_exporter(lambda: (options.output, architecture_of(options.source)))


if __name__ == "__main__":
    sys.exit(main())
