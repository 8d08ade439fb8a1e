"""Reads dictionaries of arrays from pickles and from flax' msgpack, without running anything of them. Not run by itself;
weight_files.py imports it.
"""

import pickle
from pathlib import Path
from typing import Any

import numpy as np

from .sluice_architecture import Array, Refused, shown

# What arrays and dictionaries are made of, and nothing that acts. jax' arrays hold NumPy's.
SAFE = {
    ("collections", "OrderedDict"), ("numpy", "dtype"), ("numpy", "ndarray"), ("numpy._core.multiarray", "_reconstruct"),
    ("numpy.core.multiarray", "_reconstruct"), ("numpy._core.multiarray", "scalar"), ("numpy.core.multiarray", "scalar"),
}  # fmt: skip
JAX = {("jax._src.array", "_reconstruct_array"), ("jax._src.device_array", "reconstruct_device_array")}


def jax_array(function: Any, arguments: Any, state: Any, *_: Any) -> Array:
    """What jax does with the NumPy array that it has pickled, but for the device."""
    if function is not NUMPY_RECONSTRUCT:
        raise pickle.UnpicklingError("an array of jax that is none of NumPy's")
    array: Array = function(*arguments)
    array.__setstate__(state)
    return array


class Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in JAX:
            return jax_array
        if (module, name) not in SAFE:
            raise pickle.UnpicklingError(f"it holds a {module}.{name}")
        return super().find_class(module, name)


NUMPY_RECONSTRUCT = np.ndarray.__reduce__(np.zeros(0))[0]


def pickled(path: Path) -> Any:
    try:
        with path.open("rb") as file:
            return Unpickler(file).load()
    except Exception as error:  # whatever a damaged pickle raises
        reason = " ".join(str(error).split())
        raise Refused(f"{path.name} is no pickle of arrays in dictionaries alone: {reason[:200]}") from error


def packed(path: Path) -> Any:
    """What flax.serialization.to_bytes wrote."""
    try:
        import msgpack
    except ImportError as error:
        raise Refused(f"flax' msgpack needs the package msgpack: {error}") from None

    def array(code: int, data: bytes) -> Array:
        if code != 1:
            raise ValueError(f"a value of the kind {code}, which is no array")
        shape, kind, numbers = msgpack.unpackb(data, strict_map_key=False)
        if kind == "bfloat16":
            return (np.frombuffer(numbers, np.uint16).astype(np.uint32) << 16).view(np.float32).reshape(shape)
        return np.frombuffer(numbers, np.dtype(kind)).reshape(shape)

    try:
        return msgpack.unpackb(path.read_bytes(), ext_hook=array, strict_map_key=False)
    except Exception as error:  # whatever a damaged file raises
        reason = " ".join(str(error).split())
        raise Refused(f"{path.name} is not what flax.serialization.to_bytes writes: {reason[:200]}") from error


def arrays_within(value: Any, path: Path, depth: int, limit: int) -> dict[str, Array]:
    """The arrays of nested dictionaries under their names, dots between."""
    found: dict[str, Array] = {}

    def walk(value: Any, prefix: str, depth: int) -> None:
        if len(found) > limit:
            raise Refused(f"{path.name} holds more than {limit} arrays")
        if isinstance(value, dict):
            if depth == 0:
                raise Refused("dictionaries lie too deep in one another")
            for name, one in value.items():
                own = str(name).replace("/", ".")
                walk(one, f"{prefix}.{own}" if prefix else own, depth - 1)
        elif isinstance(value, np.ndarray | np.generic):
            found[prefix] = np.asarray(value)
        elif value is not None and not isinstance(value, int | float | str | bool):
            raise Refused(f"{shown(prefix)} is a {type(value).__name__}; expected dictionaries of arrays")

    walk(value, "", depth)
    return found
