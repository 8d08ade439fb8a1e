"""Reads .keras and .h5 files: the model's configuration and each layer's weights, without running anything of them.

Not run by itself; export_keras.py imports it. Needs h5py and numpy, and no Keras.
"""

import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from sluice_architecture import Array, Refused

Config = dict[str, Any]


class KerasFile:
    """A model's configuration, the version of Keras that wrote it, and its weights by layer."""

    def __init__(self, path: Path):
        content = path.read_bytes()
        try:
            if content.startswith(b"PK"):
                with zipfile.ZipFile(io.BytesIO(content)) as archive:
                    self.config: Config = json.loads(archive.read("config.json"))
                    self.version = str(json.loads(archive.read("metadata.json")).get("keras_version", ""))
                    self.file = h5py.File(io.BytesIO(archive.read("model.weights.h5")), "r")
                self.is_archive = True
            elif content.startswith(b"\x89HDF"):
                self.file = h5py.File(io.BytesIO(content), "r")
                if "model_config" not in self.file.attrs:
                    raise Refused(f"{path} holds weights without the model; save the whole model")
                self.config = json.loads(self.text(self.file.attrs["model_config"]))
                self.version = self.text(self.file.attrs.get("keras_version", ""))
                self.is_archive = False
            else:
                raise Refused(f"{path} is neither a .keras archive nor an HDF5 file")
        except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
            raise Refused(f"{path} cannot be read: {error}") from error
        self.used: set[str] = set()
        self.counts: dict[str, int] = {}

    @staticmethod
    def text(value: Any) -> str:
        return value.decode() if isinstance(value, bytes) else str(value)

    def weights(self, kind: str, name: str) -> dict[str, list[Array]]:
        """The layer's arrays in the order in which it made them, by part: "", "forward_layer" or "backward_layer".

        To be asked for every layer in the order of the configuration: an archive numbers them by their class.
        """
        if not self.is_archive:
            group = self.file["model_weights"].get(name)
            names = [] if group is None else [self.text(n) for n in group.attrs["weight_names"]]
            arrays = [np.asarray(group[n]) for n in names]
            half = len(arrays) // 2
            if kind == "Bidirectional":
                return {"forward_layer": arrays[:half], "backward_layer": arrays[half:]}
            return {"": arrays}
        stem = self.snake_case(kind)
        number = self.counts.get(stem, 0)
        self.counts[stem] = number + 1
        group = self.file.get(f"layers/{stem}_{number}" if number else f"layers/{stem}")
        if group is None:
            return {"": []}
        if kind == "Bidirectional":
            return {part: self.variables(group[part]) for part in ("forward_layer", "backward_layer")}
        return {"": self.variables(group["layer"] if "layer" in group else group)}

    def variables(self, group: Any) -> list[Array]:
        for part in (group, group.get("cell")):
            found = None if part is None else part.get("vars")
            if found is not None and len(found):
                return [np.asarray(found[str(i)]) for i in range(len(found))]
        return []

    @staticmethod
    def snake_case(name: str) -> str:
        name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W+", "", name))
        return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


def tensors_within(node: Any) -> list[tuple[str, int, int]]:
    """The tensors that a layer's call names: (layer, call, output), of Keras 3's form and of Keras 2's."""
    if isinstance(node, dict):
        if node.get("class_name") == "__keras_tensor__":
            layer, call, output = node["config"]["keras_history"]
            return [(layer, call, output)]
        return [found for value in node.values() for found in tensors_within(value)]
    if isinstance(node, list):
        if len(node) in (3, 4) and isinstance(node[0], str) and all(isinstance(n, int) for n in node[1:3]):
            if len(node) == 4 and any(value is not None for value in (node[3] or {}).values()):
                raise Refused(f"is called with {sorted(node[3])}")
            return [(node[0], node[1], node[2])]
        return [found for value in node for found in tensors_within(value)]
    return []
