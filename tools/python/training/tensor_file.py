"""Writes a safetensors file whose bytes are the same at every run. Not run by itself; the train_* scripts import it."""

import json
from pathlib import Path

import torch


def save_tensors(tensors: dict[str, torch.Tensor], path: Path, metadata: dict[str, str]) -> None:
    """Float32 tensors in their order; safetensors' own save_file orders metadata keys anew at every run."""
    header: dict[str, object] = {"__metadata__": metadata}
    data = b""
    for name, value in tensors.items():
        content = value.contiguous().numpy().astype("<f4").tobytes()
        header[name] = {
            "dtype": "F32",
            "shape": list(value.shape),
            "data_offsets": [len(data), len(data) + len(content)],
        }
        data += content
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # the format aligns the data with spaces
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)
