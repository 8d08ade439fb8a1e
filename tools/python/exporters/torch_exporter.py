"""A PyTorch module's traced forward as an architecture. Not run by itself; export_torch.py is the command, and says what is
read.
"""

import operator
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import fx, nn

from .sluice_architecture import INPUT, Architecture, Refused, shown
from .torch_functions import MISSING
from .torch_in_place import refuse_changes_that_are_read
from .torch_loading import load
from .torch_modules import CELLS, RECURRENT, WrongRank, class_of, prepare
from .torch_reshaping import Ignored, Shape, Zeros
from .torch_states import States, Step
from .torch_tracing import length, traced
from .torch_values import Value

__all__ = ["Exporter", "architecture_of", "export", "load"]

ARITHMETIC = {"add": "add", "iadd": "add", "sub": "sub", "isub": "sub", "mul": "mul", "imul": "mul", "truediv": "div",
              "div": "div", "itruediv": "div"}  # fmt: skip
# Methods that change no number of one sequence.
SAME = ("contiguous", "float", "clone", "detach", "to", "cpu", "cuda", "type_as", "requires_grad_")
MOVES = ("unsqueeze", "squeeze", "view", "reshape")
DEVICES = ("device", "dtype", "is_cuda", "requires_grad")


class Exporter(States):
    def __init__(self, module: nn.Module, causal: bool, rank: int = 3):
        module = Step(module) if class_of(module) in CELLS else module
        sequential = isinstance(module, nn.Sequential)
        if type(module).__module__.startswith("torch.nn") and not sequential:
            module = nn.Sequential(module)
            sequential = True
        super().__init__(causal, sequential)
        self.module = module.eval()
        # Axes of features that the module reads; of ids it has one less.
        self.rank = rank
        self.graph, self.kept = traced(self.module)
        self.drop_unread()
        refuse_changes_that_are_read(self.graph, self.module)

    def drop_unread(self) -> None:
        """Takes out the calls of modules whose outputs nothing reads, unless they change what they read."""
        for node in reversed(list(self.graph.nodes)):
            is_call = node.op == "call_module" and not getattr(self.module.get_submodule(node.target), "inplace", False)
            if not node.users and node not in self.kept and (is_call or node.target is operator.getitem):
                self.graph.erase_node(node)

    def run(self) -> Architecture:
        self.bind_input()
        for node in self.graph.nodes:
            try:
                self.values[node] = getattr(self, node.op)(node)
            except Refused as refusal:
                name = getattr(node.target, "__name__", node.target)
                if node.target is getattr:  # as torch.fx has x.shape
                    raise Refused(f"the attribute {node.args[1]} of {node.args[0]}: {refusal}") from None
                raise type(refusal)(f"{node.op.replace('call_', '')} {name}: {refusal}") from None
        for name in self.final & self.read:
            raise Refused(f"module {name}: both its sequence and its final states are read; the last step of the sequence, y[:, -1],"
                          " is the final h of a layer in one direction, and torch.onnx.export writes all of them for `convert`")
        self.check_repeated()
        self.carried |= {value.layer for node in self.kept if isinstance(value := self.values.get(node), Value)}
        for name in self.single - self.carried:
            raise Refused(f"module {name}: runs one step from zero at every call; expected its states to be kept or returned")
        return self.architecture

    def bind_input(self) -> None:
        """Binds the input's axes by the layers that read it, so that a slice may stand before them."""
        same = {node for node in self.graph.nodes if node.op == "placeholder"}
        # Those with the input's features, but on other axes.
        moved: set[fx.Node] = set()
        for node in self.graph.nodes:
            before = same.union(moved).intersection(node.all_input_nodes[:1])
            target = getattr(node.target, "__name__", node.target)
            if target in ARITHMETIC and same.union(moved).intersection(node.all_input_nodes):
                (moved if moved.intersection(node.all_input_nodes) else same).add(node)
            elif target in MOVES and before:
                moved.add(node)
            if node.op != "call_module" or not before:
                continue
            module, x = self.module.get_submodule(node.target), Value(INPUT, tuple(range(self.rank)))
            if class_of(module) in RECURRENT and self.rank == 3 and not moved.intersection(before):
                for index, what in zip((0, 1, 2), "BTF" if module.batch_first else "TBF"):
                    self.feature_axis(x, index, what)
            sizes = (getattr(module, n, None) for n in ("input_size", "in_features", "in_channels", "num_features"))
            self.architecture.input_size = next((n for n in sizes if isinstance(n, int)), None)

    # The kinds of nodes.

    def placeholder(self, node: fx.Node) -> Value | Zeros | None:
        if INPUT not in [value.layer for value in self.values.values() if isinstance(value, Value)]:
            return Value(INPUT, tuple(range(self.rank)))
        is_taken_apart = any(user.target is operator.getitem for user in node.users)
        if node.args and node.args[0] is None and not is_taken_apart:
            return None  # an initial state that may be left out
        if node.users and all(self.is_state_of(user, node) for user in node.users):
            self.architecture.notes.append(f"the initial state {shown(node.name)} is zero, or what a stream is given")
            return Zeros()
        raise Refused("a second input; expected one sequence")

    def is_state_of(self, user: fx.Node, state: fx.Node) -> bool:
        """Whether `user` is a recurrent layer, or takes a part for one, that starts from this state."""
        if user.target is operator.getitem:
            return bool(user.users) and all(self.is_state_of(one, user) for one in user.users)
        if user.op != "call_module" or user.all_input_nodes[0] is state:
            return False
        return class_of(self.module.get_submodule(user.target)) in RECURRENT | CELLS

    def get_attr(self, node: fx.Node) -> Any:
        value: Any = self.module
        for part in node.target.split("."):
            value = getattr(value, part)
        if not isinstance(value, torch.Tensor):
            raise Refused("a parameter or constant that is used outside of a known layer")
        return value.detach().float().cpu()

    def output(self, node: fx.Node) -> None:
        result = node.args[0]
        if isinstance(result, tuple | list) and result:
            # States go with the sequence: a stream keeps them.
            is_cell = isinstance(found := self.values.get(result[0]), Value) and found.layer in self.cells
            # h of a cell is its output and its state.
            self.carry(result if is_cell and found.form == "value" and len(result) == 2 else result[1:])
            result = result[0]
        whole = self.values.get(result) if isinstance(result, fx.Node) else None
        if isinstance(whole, Value) and whole.layer in self.cells and whole.form in ("value", "cells"):
            self.carried |= {whole.layer} if self.is_kept(whole) else set()
            whole = replace(whole, form="value")
        if isinstance(whole, Value) and whole.form == "tuple":
            self.carried.add(whole.layer)
            whole = replace(whole, form="value")
        value = whole if isinstance(whole, Value) and whole.form == "value" else self.sequence(result)
        if value.right != 0 and not self.causal:
            raise Refused(f"{value.right} more steps come out than go in")
        if self.architecture.layers and value.layer != self.architecture.layers[-1]["name"]:
            raise Refused("the last layer is not the output")
        self.architecture.output = "last" if value.last else "sequence"

    def call_module(self, node: fx.Node) -> Value:
        module, args, options = self.module.get_submodule(node.target), node.args, dict(node.kwargs)
        given = args[0] if args else options.pop("input", None)
        if class_of(module) in CELLS:
            return self.cell(node, module)
        if class_of(module) in RECURRENT and not all(self.is_zero(state) for state in [*args[1:], options.get("hx")]):
            prepare(module)
            initial = self.initial(module, [*args[1:], options.get("hx")])
            return self.recurrent(self.sequence(given), node.target, module, RECURRENT[class_of(module)], initial)
        if class_of(module) in RECURRENT:
            options.pop("hx", None)
            args = args[:1]
        if self.is_given(args[1:]) or any(value is not None for value in options.values()):
            raise Refused(f"{class_of(module).__name__} with more than its input, such as an initial state")
        return self.computed(self.sequence(given), node.target, module)

    def call_function(self, node: fx.Node) -> Any:
        target, args, options = node.target, node.args, dict(node.kwargs)
        function, name = getattr(target, "__name__", str(target)), node.name
        if target is not getattr and self.is_learned(node):
            return self.learned(node)
        if target is getattr:
            if args[1] in DEVICES:
                return Ignored()
            if args[1] == "shape":
                return self.shape_of(args[0])
            raise Refused("is not supported; a module's own attributes are")
        if target is length:
            return self.size_of(self.shape_of(args[0]), 0)
        if target is operator.getitem:
            found = self.plain(args[0])
            if isinstance(found, Shape):
                return self.size_of(found, args[1])
            return found if isinstance(found, Zeros) else self.item(args[0], args[1], name, bool(node.users))
        if target in (torch.zeros, torch.zeros_like):
            return Zeros()
        if function in ARITHMETIC:
            sides = self.arguments(args, options, input=MISSING, other=MISSING)
            return self.arithmetic_of_sizes(ARITHMETIC[function], sides) or self.arithmetic(ARITHMETIC[function], name, sides)
        if target in (torch.cat, torch.concat, torch.concatenate):
            parts, axis = self.arguments(args, options, tensors=MISSING, dim=0)
            return self.concatenated(name, parts, axis)
        if target is F.pad:
            x, pad, mode, value = self.arguments(args, options, input=MISSING, pad=MISSING, mode="constant", value=None)
            if mode != "constant" or value not in (0, None):
                raise Refused(f"padding with {shown(mode)}, or with a value other than 0")
            return self.pad(self.sequence(x), pad)
        if target in (F.dropout, torch.dropout):
            return self.dropout(args, options)
        return self.method(function, args, options, name)

    def call_method(self, node: fx.Node) -> Any:
        target, args, options = node.target, node.args, dict(node.kwargs)
        if self.is_learned(node):
            return self.learned(node)
        if target in SAME and args and isinstance(args[0], fx.Node):
            return self.values[args[0]]
        if target == "size":
            shape = self.shape_of(args[0])
            return self.size_of(shape, args[1]) if len(args) > 1 else shape
        if target in ("new_zeros", "zero_"):
            return Zeros()
        if target in ("__setitem__", "copy_"):
            return self.keep(args)
        if target in ARITHMETIC:
            sides = self.arguments(args, options, input=MISSING, other=MISSING)
            return self.arithmetic(ARITHMETIC[target], node.name, sides)
        return self.method(target, args, options, node.name)

    def keep(self, args: tuple[Any, ...]) -> None:
        """A buffer of the module that keeps a state from call to call, as a stream does."""
        value = self.values.get(args[-1]) if isinstance(args[-1], fx.Node) else None
        if not isinstance(value, Value) or value.form not in ("states", "hidden", "cell"):
            raise Refused("of what is no state of a recurrent layer")
        self.carried.add(value.layer)


def architecture_of(module: nn.Module, causal: bool = False) -> Architecture:
    """The module's architecture and tensors. Raises Refused for what is not supported, by its name."""
    with torch.no_grad():
        try:
            return Exporter(module, causal).run()
        except WrongRank as refusal:
            # A module that adds the axis of the batch, or of the steps, itself reads one axis less.
            try:
                return Exporter(module, causal, rank=2).run()
            except WrongRank:
                raise refusal from None


def export(module: nn.Module, path: str | Path, causal: bool = False) -> None:
    """Writes the module to a safetensors file that `sluice convert` reads."""
    Path(path).write_bytes(architecture_of(module, causal).bytes())
