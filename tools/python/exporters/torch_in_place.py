"""What a traced forward changes in its place. Not run by itself; torch_exporter.py imports it.

An architecture's layers change nothing: `y = relu(x)` with inplace=True leaves y in x as well, so that whoever reads x behind it
reads y.
"""

import operator
from collections.abc import Callable, Iterator
from typing import Any

from torch import fx, nn

from .sluice_architecture import Refused
from .torch_modules import RECURRENT, class_of

IN_PLACE = (operator.iadd, operator.isub, operator.imul, operator.itruediv, operator.ipow, operator.imatmul)
# What gives the same numbers in the same memory, perhaps some of them.
VIEWS = {
    "getitem", "transpose", "permute", "swapaxes", "swapdims", "contiguous", "float", "detach", "squeeze", "unsqueeze", "view",
    "reshape", "flatten", "narrow", "select", "dropout",
}  # fmt: skip
VIEW_MODULES = (nn.Identity, nn.Dropout, nn.Flatten)


class Proxy(fx.Proxy):
    """A value under trace. torch.fx takes `y += 1` for `y = y + 1`, though other names of y see it too."""


def in_place(target: Any) -> Callable[[Proxy, Any], fx.Proxy]:
    return lambda self, other: self.tracer.create_proxy("call_function", target, (self, other), {})


for target in IN_PLACE:
    setattr(Proxy, f"__{target.__name__}__", in_place(target))


class Tracer(fx.Tracer):
    def proxy(self, node: fx.Node) -> fx.Proxy:
        return Proxy(node, self)


def refuse_changes_that_are_read(graph: fx.Graph, module: nn.Module) -> None:
    """Refuses a change in place of what is read again behind it, under another name than the result's."""
    behind: dict[fx.Node, int] = {node: index for index, node in enumerate(graph.nodes)}
    for node in graph.nodes:
        if not is_in_place(node, module) or not node.all_input_nodes:
            continue
        changed = node.all_input_nodes[0]
        while (before := viewed(changed, module)) is not None:
            changed = before
        for view in views(changed, module, node, behind):
            reader = next((user for user in view.users if behind[user] > behind[node]), None)
            if reader is not None:
                raise Refused(
                    f"{node.name} changes {view.name} in its place, which {reader.name} reads behind it; write it without inplace"
                )


def is_in_place(node: fx.Node, module: nn.Module) -> bool:
    if node.op == "call_module":
        called = module.get_submodule(node.target)
        return bool(getattr(called, "inplace", False)) and not isinstance(called, VIEW_MODULES)
    return node.op == "call_function" and (node.target in IN_PLACE or node.kwargs.get("inplace") is True)


def viewed(node: fx.Node, module: nn.Module) -> fx.Node | None:
    """What `node` is a view of; None for what has memory of its own."""
    if node.op == "call_module":
        is_view = isinstance(module.get_submodule(node.target), VIEW_MODULES)
    else:
        is_view = getattr(node.target, "__name__", node.target) in VIEWS or is_in_place(node, module)
    if node.op == "call_module" and is_in_place(node, module):
        is_view = True
    if not is_view or not node.all_input_nodes or is_tuple(node.all_input_nodes[0], module):
        return None
    return node.all_input_nodes[0]


def is_tuple(node: fx.Node, module: nn.Module) -> bool:
    """Whether it is a recurrent layer's outputs, or its states: tensors of their own."""
    if node.op == "call_module":
        return class_of(module.get_submodule(node.target)) in RECURRENT
    return node.target is operator.getitem and node.args[1] == 1 and is_tuple(node.all_input_nodes[0], module)


def views(base: fx.Node, module: nn.Module, change: fx.Node, behind: dict[fx.Node, int]) -> Iterator[fx.Node]:
    """`base`, and what was a view of it before `change`."""
    yield base
    for user in base.users:
        if behind[user] < behind[change] and viewed(user, module) is base:
            yield from views(user, module, change, behind)
