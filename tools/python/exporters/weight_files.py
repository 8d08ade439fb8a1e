"""Reads weights without a graph: archives of arrays, checkpoints, HDF5. Not run by itself; export_weights.py is the command,
and says what is read.
"""

import pickle
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file, save

from . import ggml_files, jax_trees
from .keras_files import RATIO, SMALL, damage_as_refusal
from .sluice_architecture import Architecture, Array, Refused, shown
from .tree_files import arrays_within, packed, pickled

OLD_CHECKPOINT = b"\x80\x02\x8a\nl\xfc\x9cF"  # what torch.save of versions before 1.6 begins with
WAY_ON = "save the module's state_dict(), or export the module itself: export_torch.py MODEL.py:NAME"
DEPTH = 8  # of dictionaries within a checkpoint
COUNT = 1 << 16  # of arrays
# What a trainer calls the model's state_dict beside its own.
KEYS = ("state_dict", "model_state_dict", "model_state", "model", "net", "network", "module", "generator", "policy", "params")


class Weights:
    """Tensors by their names."""

    def __init__(self) -> None:
        self.tensors: dict[str, Array] = {}
        self.notes: list[str] = []

    def add(self, name: str, value: Array) -> None:
        if value.dtype.kind == "f" and value.size > 0:
            if name in self.tensors:
                raise Refused(f"two tensors are called {shown(name)}")
            self.tensors[name] = Architecture.floats(name, value)
        else:
            self.notes.append(f"{shown(name)} is left out: {value.size} numbers of type {value.dtype}")

    def bytes(self) -> bytes:
        if not self.tensors:
            raise Refused("there are no floating-point weights")
        return save(self.tensors)

    def summary(self) -> str:
        return f"{len(self.tensors)} tensors: " + ", ".join(
            f"{name} {list(value.shape)}" for name, value in sorted(self.tensors.items())[:8]
        )


def weights_of(path: Path, key: str | None = None) -> Weights:
    """The weights of a file. Raises Refused for what is not read, by its name."""
    with damage_as_refusal(path), path.open("rb") as file:
        start = file.read(8)
    ending = path.name.lower().split(".")[-1]
    if start.startswith(b"\x89HDF") or ending == "keras":
        from .keras_weights import layers_of

        weights = Weights()
        for layer, arrays in layers_of(path, weights.notes):
            for name, value in arrays.items():
                weights.add(f"{layer}.{name}", value)
        return weights
    if start.startswith(ggml_files.MAGIC):
        return named(ggml_files.silero_weights(path))
    if ending == "npz":
        return array_weights(path)
    if ending in ("pkl", "pickle") and (start.startswith(OLD_CHECKPOINT) or zipfile.is_zipfile(path)):
        return checkpoint_weights(path, key)  # as torch.save writes it, whatever the name
    if ending in ("pkl", "pickle", "msgpack"):
        return named(arrays_within(packed(path) if ending == "msgpack" else pickled(path), path, DEPTH, COUNT))
    if ending == "safetensors":
        with damage_as_refusal(path):
            return named({name.replace("/", "."): value for name, value in load_file(path).items()})
    if ending in ("pt", "pth", "ckpt", "bin", "state_dict"):
        return checkpoint_weights(path, key)
    raise Refused(
        f"{path.name}: expected .npz, a checkpoint (.pt, .pth, .ckpt), a tree of haiku or flax (.pkl, .msgpack, .safetensors) or "
        "HDF5 (.h5, .keras)"
    )


def named(arrays: dict[str, Array]) -> Weights:
    """Arrays under their names, or under PyTorch's where they are those of haiku or flax."""
    weights = Weights()
    if jax_trees.is_tree(list(arrays)):
        tree = jax_trees.Tree(arrays)
        arrays = tree.all()
        weights.notes += tree.notes
    for name, value in arrays.items():
        weights.add(name, value)
    return weights


def refuse_unpacking(path: Path) -> None:
    """An archive whose members are larger than it could hold would fill the memory."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            count = sum(member.file_size for member in archive.infolist())
        if count > SMALL + RATIO * path.stat().st_size:
            raise Refused(f"its members have {count} bytes: more than the file could hold")


def array_weights(path: Path) -> Weights:
    with damage_as_refusal(path):
        refuse_unpacking(path)
        # allow_pickle=False: an array of objects is an error, not code.
        with np.load(path, allow_pickle=False) as archive:
            return named({name.replace("/", "."): archive[name] for name in archive.files})


# PyTorch.


def checkpoint_weights(path: Path, key: str | None) -> Weights:
    try:
        import torch
    except ImportError as error:
        raise Refused(f"a checkpoint needs torch: {error}") from None
    try:
        refuse_unpacking(path)
        refuse_script(path)
        found = torch.load(path, map_location="cpu", weights_only=True)
    except Refused:
        raise
    except pickle.UnpicklingError as error:
        # PyTorch's own text advises to load what may run code, in terminal colours.
        raise Refused(f"{path} holds Python objects beside tensors, such as a whole module: {WAY_ON}") from error
    except Exception as error:  # whatever the file's readers raise
        reason = " ".join("".join(part for part in word if part.isprintable()) for word in str(error).split())
        raise Refused(f"{path} is no checkpoint of tensors alone: {reason[:300]}") from error
    taken, state = state_within(found, key)
    weights = Weights()
    if taken:
        weights.notes.append(f"the weights are those under {shown(taken)}")
    for name, value in flattened(state, "", 0):
        if isinstance(value, torch.Tensor):
            weights.add(name, value.detach().float().numpy() if value.is_floating_point() else value.numpy())
    return weights


def refuse_script(path: Path) -> None:
    """Refuses TorchScript, an archive of code."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            if any(name.endswith("/constants.pkl") for name in archive.namelist()):
                raise Refused(f"{path} is TorchScript, code beside weights: {WAY_ON}")


def state_within(found: Any, key: str | None) -> tuple[str, Any]:
    """The state_dict of a checkpoint, and where it stood."""
    if not isinstance(found, Mapping):
        raise Refused(f"a {type(found).__name__}; expected a dictionary of tensors")
    if key:
        for part in key.split("."):
            if not isinstance(found, Mapping) or part not in found:
                raise Refused(f"there is no {shown(part)}; expected one of {shown(list(found)[:12])}")
            found = found[part]
        return key, found
    if any(hasattr(value, "detach") for value in found.values()) and not any(name in found for name in KEYS):
        return "", found
    nested = [name for name in KEYS if isinstance(found.get(name), Mapping)]
    if len(nested) > 1:
        raise Refused(f"several of {shown(nested)} are there; say which: --key {nested[0]}")
    if nested:
        inner, state = state_within(found[nested[0]], None)
        return ".".join([nested[0], inner] if inner else [nested[0]]), state
    if not any(hasattr(value, "detach") for value in found.values()):
        raise Refused(f"no state_dict among {shown(list(found)[:12])}; say which with --key")
    return "", found


def flattened(value: Any, prefix: str, depth: int) -> list[tuple[str, Any]]:
    if not isinstance(value, Mapping):
        return [(prefix, value)]
    if depth == DEPTH:
        raise Refused(f"dictionaries more than {DEPTH} deep")
    return [
        pair
        for name, one in value.items()
        for pair in flattened(one, f"{prefix}.{name}" if prefix else str(name), depth + 1)
    ]
