"""Reads .keras and .h5 files: the model's configuration and each layer's weights, without running anything of them.

Not run by itself; keras_exporter.py imports it. Needs h5py and numpy, and no Keras. A file can only give what lies in it:
links, external storage and virtual datasets are refused, and what is larger than the file could hold is not read.
"""

import io
import json
import re
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from .sluice_architecture import Array, Refused, shown

DEPTH = 64  # of a configuration; Keras' own are within 16
SMALL = 16 << 20  # bytes that may be unpacked of any file
RATIO = 16  # more than that, bytes for each of the file's: weights hardly compress
# What damaged files make zipfile, zlib, json and h5py raise.
DAMAGE = (
    OSError, KeyError, ValueError, TypeError, RuntimeError, EOFError, OverflowError, MemoryError, zipfile.BadZipFile, zlib.error,
    struct.error,
)  # fmt: skip


@contextmanager
def damage_as_refusal(what: Any) -> Iterator[None]:
    try:
        yield
    except DAMAGE as error:
        raise Refused(f"{what} cannot be read: {' '.join(str(error).split())[:200]}") from error


class KerasFile:
    """A model's configuration, the version of Keras that wrote it (None where nothing says), and its weights by layer."""

    def __init__(self, path: Path):
        with damage_as_refusal(path):
            content = path.read_bytes()
            self.budget = SMALL + RATIO * len(content)
            if content.startswith(b"PK"):
                self.is_archive = True
                with zipfile.ZipFile(io.BytesIO(content)) as archive:
                    self.config = parsed("config.json", self.member(archive, "config.json"))
                    metadata = parsed("metadata.json", self.member(archive, "metadata.json"))
                    version = metadata.get("keras_version") if isinstance(metadata, dict) else None
                    content = self.member(archive, "model.weights.h5")
                self.file = self.opened(content)
            elif content.startswith(b"\x89HDF"):
                self.is_archive = False
                self.file = self.opened(content)
                config = self.attribute(self.file, "model_config")
                if config is None:
                    raise Refused(f"{path} holds weights without the model; save the whole model")
                self.config = parsed("model_config", config)
                self.weight_groups = self.object_at(self.file, "model_weights") or self.file
                # Keras takes a file that does not say as one of version 1.
                version = (
                    self.attribute(self.file, "keras_version") or self.attribute(self.weight_groups, "keras_version") or "1"
                )
            else:
                raise Refused(f"{path} is neither a .keras archive nor an HDF5 file")
        self.major = self.major_of(version)
        self.counts: dict[str, int] = {}

    @staticmethod
    def major_of(version: Any) -> int | None:
        if version is None or version == "":
            return None
        found = re.match(r"(\d{1,3})(\.|$)", version) if isinstance(version, str) else None
        if found is None:
            raise Refused(f"keras_version {shown(version)}; expected a version, such as '2.15.0'")
        return int(found[1])

    def spend(self, count: int, what: str) -> None:
        """Refuses what is larger than a file of this size could hold, before it is read."""
        self.budget -= count
        if self.budget < 0:
            raise Refused(f"{what} has {count} bytes: more than the file could hold")

    def member(self, archive: zipfile.ZipFile, name: str) -> bytes:
        info = archive.getinfo(name)
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or info.flag_bits & 1:
            raise Refused(f"{name} is encrypted, or compressed by other than deflate")
        self.spend(info.file_size, name)
        with archive.open(info) as stream:
            # Never more than it says to be, whatever is packed.
            content = stream.read(info.file_size + 1)
        if len(content) != info.file_size:
            raise Refused(f"{name} has {len(content)} bytes; the archive says {info.file_size}")
        return content

    # HDF5.

    def opened(self, content: bytes) -> h5py.File:
        self.size = self.unread = len(content)
        return h5py.File(io.BytesIO(content), "r")

    def object_at(self, group: Any, path: str) -> Any:
        """The group or dataset, reached through groups of this file alone; None where there is none."""
        for part in path.split("/"):
            if not isinstance(group, h5py.Group):
                return None
            link = group.get(part, getlink=True) if part not in ("", ".") else None
            if link is None:
                return None
            if not isinstance(link, h5py.HardLink):
                raise Refused(f"{shown(path)} is a link ({type(link).__name__}); Keras writes none")
            group = group[part]
        return group

    def attribute(self, owner: Any, name: str) -> str | None:
        """The attribute's text; None where there is none."""
        found = self.attribute_value(owner, name)
        return None if found is None else self.text(found)

    def texts(self, owner: Any, name: str) -> list[str]:
        """An attribute's list of texts, which Keras cuts into name0, name1, ... where it is long."""
        found = self.attribute_value(owner, name)
        parts = [] if found is None else [found]
        while found is None and (part := self.attribute_value(owner, f"{name}{len(parts)}")) is not None:
            parts.append(part)
        if not parts:
            raise Refused(f"the attribute {name} is missing")
        return [self.text(value) for part in parts for value in np.asarray(part).reshape(-1)]

    def attribute_value(self, owner: Any, name: str) -> Any:
        if name not in owner.attrs:
            return None
        with damage_as_refusal(f"the attribute {name}"):
            found = owner.attrs.get_id(name)
            # Of texts of any length the file holds a reference of 16 bytes each.
            width = 16 if found.dtype.kind == "O" else found.dtype.itemsize
            stored = width * int(np.prod(found.shape, dtype=object))
            if stored > self.size:
                raise Refused(f"the attribute {name} has {stored} bytes: more than the file could hold")
            return owner.attrs[name]

    @staticmethod
    def text(value: Any) -> str:
        if not isinstance(value, bytes | str):
            raise Refused(f"the text {shown(value)}")
        return value.decode() if isinstance(value, bytes) else str(value)

    def array(self, group: Any, path: str) -> Array:
        """A dataset's numbers, which lie in this file."""
        with damage_as_refusal(f"the dataset {shown(path)}"):
            found = self.object_at(group, path)
            if not isinstance(found, h5py.Dataset):
                raise Refused(f"the dataset {shown(path)} is missing")
            if found.external:
                raise Refused(f"the dataset {shown(path)} is stored in another file, {shown(found.external[0][0])}")
            if found.is_virtual:
                raise Refused(f"the dataset {shown(path)} is virtual: its numbers are other datasets'")
            kind, is_bfloat16 = found.dtype, self.is_bfloat16(found)
            if kind.kind != "f" and not is_bfloat16:
                raise Refused(f"the dataset {shown(path)} is of type {kind}; expected floating-point weights")
            count, stored = int(np.prod(found.shape, dtype=object)) * kind.itemsize, found.id.get_storage_size()
            # Numbers that were never written are in no file, and no two datasets share bytes.
            self.unread -= stored
            if self.unread < 0 or count > stored * (1 if found.id.get_create_plist().get_nfilters() == 0 else 1032):
                raise Refused(f"the dataset {shown(path)} has {count} bytes: more than the file could hold")
            self.spend(count, f"the dataset {shown(path)}")
            values = found[()]
        return self.from_bfloat16(values) if is_bfloat16 else values

    def is_bfloat16(self, dataset: Any) -> bool:
        """Keras stores bfloat16, which HDF5 has not, as two bytes with an attribute that says so."""
        if dataset.dtype.kind != "V" or dataset.dtype.itemsize != 2:
            return False
        return self.attribute(dataset, "dtype") == "bfloat16"

    @staticmethod
    def from_bfloat16(values: Array) -> Array:
        return (np.ascontiguousarray(values).view("<u2").astype(np.uint32) << 16).view(np.float32).reshape(values.shape)

    # Weights.

    def weights(self, kind: str, name: str, cells: list[str]) -> dict[str, list[Array]]:
        """The layer's arrays in the order in which it made them, by part: "", "forward_layer" or "backward_layer".

        To be asked for every layer in the order of the configuration: an archive numbers them by their class, and
        so the `cells` of an RNN, whose classes these are.
        """
        with damage_as_refusal("its weights"):
            return self.archived(kind, cells) if self.is_archive else self.named(kind, name)

    def named(self, kind: str, name: str) -> dict[str, list[Array]]:
        group = self.object_at(self.weight_groups, name)
        names = self.texts(group, "weight_names") if isinstance(group, h5py.Group) else []
        arrays = [self.array(group, one) for one in names]
        if kind == "Bidirectional":
            half = len(arrays) // 2
            return {"forward_layer": arrays[:half], "backward_layer": arrays[half:]}
        return {"": arrays}

    def archived(self, kind: str, cells: list[str]) -> dict[str, list[Array]]:
        group = self.object_at(self.file, f"layers/{self.numbered(kind, self.counts)}")
        if kind == "Bidirectional":
            parts = ("forward_layer", "backward_layer")
            return {part: self.variables(self.object_at(group, part)) for part in parts}
        stack = self.object_at(group, "cell/cells")
        if stack is not None:
            counts: dict[str, int] = {}
            names = [self.numbered(cell, counts) for cell in cells]
            return {"": [array for one in names for array in self.variables(self.object_at(stack, one))]}
        return {"": self.variables(self.object_at(group, "layer") or group)}

    def numbered(self, kind: str, counts: dict[str, int]) -> str:
        """The name that an archive has for the next of its class."""
        stem = self.snake_case(kind)
        number = counts.get(stem, 0)
        counts[stem] = number + 1
        return f"{stem}_{number}" if number else stem

    def variables(self, group: Any) -> list[Array]:
        for part in (group, self.object_at(group, "cell")):
            found = self.object_at(part, "vars")
            if isinstance(found, h5py.Group) and len(found):
                return [self.array(found, str(i)) for i in range(len(found))]
        return []

    @staticmethod
    def snake_case(name: str) -> str:
        name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W+", "", name))
        return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


def parsed(what: str, text: str | bytes) -> Any:
    """The JSON value; refused where it is nested deeper than any configuration."""
    try:
        value = json.loads(text)
    except RecursionError:
        raise Refused(f"{what} is nested more than {DEPTH} deep") from None
    except ValueError as error:
        raise Refused(f"{what} is no JSON: {error}") from None
    level = [value]
    for _ in range(DEPTH):
        level = [part for node in level for part in parts_of(node)]
        if not level:
            return value
    raise Refused(f"{what} is nested more than {DEPTH} deep")


def parts_of(node: Any) -> Iterable[Any]:
    return node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
