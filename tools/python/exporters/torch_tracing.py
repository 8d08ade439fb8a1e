"""A module's forward as a torch.fx graph. Not run by itself; torch_exporter.py imports it."""

import builtins
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import fx, nn

from .sluice_architecture import Refused
from .torch_in_place import Tracer


LENGTH = builtins.len


def length(value: Any) -> Any:
    """len() that a graph records."""
    if isinstance(value, fx.Proxy):
        return value.tracer.create_proxy("call_function", length, (value,), {})
    return LENGTH(value)


@contextmanager
def recorded_length() -> Iterator[None]:
    """Python's len() must give a number, which torch.fx has none of, so while a forward is traced it is another function."""
    builtins.len = length
    try:
        yield
    finally:
        builtins.len = LENGTH


def attributes(module: nn.Module) -> dict[tuple[int, str], tuple[nn.Module, Any]]:
    """What every module within holds that is no parameter, buffer or module."""
    return {(id(one), key): (one, value) for one in module.modules() for key, value in vars(one).items() if key[0] != "_"}


def nodes_within(value: Any) -> list[fx.Node]:
    parts = value if isinstance(value, tuple | list) else [value]
    return [part.node for part in parts if isinstance(part, fx.Proxy)]


def traced(module: nn.Module) -> tuple[fx.Graph, set[fx.Node]]:
    """The graph, and the nodes that the module keeps in itself until its next call, which it has no more afterwards."""
    before = attributes(module)
    try:
        with recorded_length():
            graph = Tracer().trace(module)
    except Exception as error:  # whatever a traced forward raises
        raise Refused(f"{type(module).__name__} cannot be traced by torch.fx: {error}") from error
    finally:
        kept = set()
        for place, (one, value) in attributes(module).items():
            found = nodes_within(value)
            kept.update(found)
            if found and place in before:
                setattr(one, place[1], before[place][1])
            elif found:
                delattr(one, place[1])
    return graph, kept
