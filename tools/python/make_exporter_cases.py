"""Writes small models as the exporters and audio tools write them, with the outputs that PyTorch and Keras give for them.

Run:    python tools/python/make_exporter_cases.py    (needs numpy, torch, keras 3, h5py, safetensors, ai-edge-litert)
Writes: Tests/Fixtures/Models/<case>/, one folder a case, in the format that `sluice conformance` reads

torch_*  modules, exported by export_torch.py, outputs by PyTorch
rtneural_*, aidax_*, guitarml_*, nam_*  the JSON of audio plug-ins, outputs by Keras and PyTorch
rnnoise_* the weights of RNNoise, outputs by NumPy in float64
tflite_* graphs made operator by operator, exported by export_tflite.py, outputs by LiteRT
keras_*  models saved as .keras and .h5, exported by export_keras.py, outputs by Keras
"""

import os
import sys
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "torch")

import torch

from audio_cases import audio_cases
from case_folder import write_cases
from keras_cases import keras_cases
from rnnoise_cases import rnnoise_cases
from tflite_cases import tflite_cases
from torch_cases import torch_cases

FOLDER = Path(__file__).resolve().parents[2] / "Tests/Fixtures/Models"
# What every case must meet.
TOLERANCES = b'{"rtol": 1e-4, "atol": 1e-5}\n'


def main() -> int:
    torch.set_num_threads(1)
    cases = torch_cases() + keras_cases() + audio_cases() + rnnoise_cases() + tflite_cases()
    assert len({case.name for case in cases}) == len(cases), "two cases share a name"
    for case in cases:
        case.files["convert.json"] = TOLERANCES
    write_cases(FOLDER, cases)
    for case in cases:
        print(case.name, [list(y.shape) for y in case.outputs])
    return 0


if __name__ == "__main__":
    sys.exit(main())
