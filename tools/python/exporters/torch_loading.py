"""Modules and their weights, from files. Not run by itself; torch_exporter.py imports it."""

import importlib.util
import sys
from pathlib import Path

import torch
from torch import nn

from .sluice_architecture import Refused
from .weight_files import refuse_unpacking


def load(source: str, weights: str | None) -> nn.Module:
    """The module that `source`, MODEL.py:NAME, is or makes, with the weights of a state_dict."""
    file, _, name = source.rpartition(":")
    if not file.endswith(".py") or not Path(file).is_file():
        raise Refused(f"'{source}' is no model.py:name; a pickled module is refused, since reading it runs its code")
    spec = importlib.util.spec_from_file_location(Path(file).stem, file)
    loaded = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(Path(file).resolve().parent))
    try:
        spec.loader.exec_module(loaded)
        module = getattr(loaded, name, None)
        module = module if isinstance(module, nn.Module) or module is None else module()
    except Exception as error:  # whatever the user's code raises
        raise Refused(f"{file} cannot be run: {type(error).__name__}: {error}") from error
    if module is None:
        raise Refused(f"{file} has no '{name}'")
    if not isinstance(module, nn.Module):
        raise Refused(f"{source} is no torch.nn.Module")
    if weights:
        try:
            refuse_unpacking(Path(weights))
            module.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
        except Exception as error:  # whatever the file's readers raise
            reason = " ".join(str(error).split())
            raise Refused(f"{weights} is no state_dict of {type(module).__name__}: {reason[:300]}") from error
    return module
