"""Makes small models of each kind in FOLDER, with weights that mean nothing: voice.safetensors and denoiser.safetensors, beside
each its architecture and metadata for `sluice convert`.

    make_models.py FOLDER
"""

import json
import random
import struct
import sys

random.seed(19)


def save(path, tensors):
    """Writes safetensors: {name: (shape, floats)}."""
    header, data = {}, b""
    for name, (shape, values) in tensors.items():
        part = struct.pack(f"<{len(values)}f", *values)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + len(part)]}
        data += part
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def noise(*shape, scale):
    """A tensor of noise."""
    count = 1
    for size in shape:
        count *= size
    return list(shape), [random.uniform(-scale, scale) for _ in range(count)]


def model(folder, name, inputs, hidden, outputs, activation, metadata):
    """A GRU and a dense layer."""
    gates = 3 * hidden
    save(f"{folder}/{name}.safetensors", {
        "rnn.weight_ih_l0": noise(gates, inputs, scale=0.3), "rnn.weight_hh_l0": noise(gates, hidden, scale=0.3),
        "rnn.bias_ih_l0": noise(gates, scale=0.1), "rnn.bias_hh_l0": noise(gates, scale=0.1),
        "fc.weight": noise(outputs, hidden, scale=1), "fc.bias": noise(outputs, scale=0.1)})
    architecture = {"input_size": inputs, "layers": [
        {"type": "gru", "tensors": "rnn."}, {"type": "dense", "tensors": "fc.", **activation}]}
    for suffix, value in (("architecture", architecture), ("meta", metadata)):
        with open(f"{folder}/{name}.{suffix}.json", "w", encoding="utf-8") as file:
            json.dump(value, file)


def main():
    folder = sys.argv[1]
    model(folder, "voice", 576, 12, 1, {"activation": "sigmoid"},
          {"task": "voice-activity", "sample_rate": 16000, "hop": 512, "context": 64})
    # A size with an odd factor, of frames that lie closer than half of one.
    model(folder, "denoiser", 242, 16, 242, {},
          {"task": "denoising", "sample_rate": 16000, "hop": 80, "context": 160})


if __name__ == "__main__":
    main()
