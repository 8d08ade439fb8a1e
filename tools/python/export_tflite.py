"""Exports a TensorFlow Lite model (.tflite) as a safetensors file with its architecture, for `sluice convert`.

Run:   python tools/python/export_tflite.py model.tflite model.safetensors
       sluice convert model.safetensors -o model.sluice
Needs: Python 3.10 or newer, numpy, safetensors, flatbuffers, and the schema of ai-edge-litert (or of the package tflite).

One graph with one input, of: a GATHER of an embedding's rows by the ids of the input, UNIDIRECTIONAL_SEQUENCE_LSTM
(float32 or float16 weights, perhaps with a projection; its clips are computed), also over steps that REVERSE_V2 turned
round, FULLY_CONNECTED with any activation, TANH, LOGISTIC, RELU, RELU6, ELU, LEAKY_RELU, SOFTMAX, PRELU, ADD, SUB, MUL and
DIV with a constant, ADD and SUB of two layers, CONCATENATION, RESHAPE, EXPAND_DIMS, SQUEEZE and TRANSPOSE that keep the
features (SHAPE and what is computed of it too), DEQUANTIZE of float16 weights, and a STRIDED_SLICE, SLICE or GATHER of
features or of the last step.
Refused by name, with exit status 3: every other operator (a loop of a recurrent layer that was not fused among them), several
sequences at once, peepholes, layer norm within the cell, CIFG, quantised tensors, variables with values.
"""

import argparse
import sys
from pathlib import Path

from exporters.sluice_architecture import run_exporter
from exporters.tflite_exporter import Exporter, architecture_of

__all__ = ["Exporter", "architecture_of"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path, metavar="MODEL.tflite")
    parser.add_argument("output", type=Path, metavar="OUT.safetensors")
    options = parser.parse_args()
    return run_exporter(lambda: (options.output, architecture_of(options.source)))


if __name__ == "__main__":
    sys.exit(main())
