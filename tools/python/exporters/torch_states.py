"""States that a forward is given, starts from and gives back, and cells that compute one step. Not run by itself;
torch_exporter.py imports it.

A stream is one sequence, so that a learned state of which every sequence of the batch has a copy is the state itself.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import torch
from torch import fx, nn

from .sluice_architecture import Array, Refused
from .torch_functions import Functions
from .torch_modules import CELLS, WrongRank, class_of, prepare
from .torch_reshaping import Size, Zeros
from .torch_values import Value

# A state as it goes in, or comes out: of a layer, h or c.
Part = tuple[str, str]


class Step(nn.Module):
    """A cell that is exported by itself: its input and its state go in."""

    def __init__(self, cell: nn.Module):
        super().__init__()
        self.cell = cell

    def forward(self, x: torch.Tensor, state: Any = None) -> Any:
        return self.cell(x, state)


class States(Functions):
    """Adds to the architecture what a layer starts from, and cells."""

    def __init__(self, causal: bool, sequential: bool):
        super().__init__(causal, sequential)
        # Axes whose length a learned state was repeated by: they must turn out to be the batch's.
        self.repeated: list[Any] = []
        # What a cell writes is its state as well.
        self.cells: set[str] = set()
        # Where the states of cells come from: the input of the module, and the place in it.
        self.origins: dict[Part, tuple[Any, ...]] = {}

    # Learned states.

    def is_learned(self, node: fx.Node) -> bool:
        """Whether a node computes of the module's own tensors, numbers and sizes alone."""
        found = [self.values.get(one) for one in node.all_input_nodes]
        known = (torch.Tensor, int, float, Size, Zeros)
        return any(isinstance(one, torch.Tensor) for one in found) and all(isinstance(one, known) for one in found)

    def learned(self, node: fx.Node) -> Any:
        """The tensor that such a node computes, for one sequence."""

        def own(argument: Any) -> Any:
            found = self.values.get(argument) if isinstance(argument, fx.Node) else argument
            if isinstance(found, Size):
                if self.known(found.value, found.index) not in ("B", None):
                    raise Refused("a learned state for each step; expected one for all sequences")
                self.repeated.append(found.value.axes[found.index])
                return 1
            if isinstance(found, Zeros):
                raise Refused("a learned state joined with zeros whose sizes are not known")
            # What is changed in its place is the module's own.
            return found.clone() if isinstance(found, torch.Tensor) else found

        args, options = fx.map_arg(node.args, own), fx.map_arg(node.kwargs, own)
        try:
            if node.op == "call_method":
                return getattr(args[0], node.target)(*args[1:], **options)
            return node.target(*args, **options)
        except (RuntimeError, TypeError, IndexError, ValueError) as error:
            raise Refused(f"of the module's own tensors: {error}") from None

    def check_repeated(self) -> None:
        """A state is repeated for each sequence: nothing else may have been counted."""
        for axis in self.repeated:
            if (axis if isinstance(axis, str) else self.axis.get(axis)) not in ("B", None):
                raise Refused("a learned state that is repeated as often as there are steps or features; repeat it by x.size(0)"
                              " of what has the sequences there")  # fmt: skip

    def initial(self, module: Any, states: list[Any]) -> dict[str, Array]:
        """Tensors of what a recurrent module or cell starts from; none for zero."""
        kind = class_of(module).__name__
        parts = [self.plain(part) for state in states for part in (state if isinstance(state, tuple | list) else [state])]
        parts = [part for whole in parts for part in (whole if isinstance(whole, list) else [whole])]
        parts = [part for part in parts if part is not None]
        if all(isinstance(part, Zeros) for part in parts):
            return {}
        if not all(isinstance(part, torch.Tensor | Zeros) for part in parts):
            raise Refused(f"{kind} with more than its input: an initial state that is computed; expected zeros, a parameter "
                          "that is the same for every sequence (h0.expand(-1, x.size(0), -1)), or an argument of forward")  # fmt: skip
        wanted = ["initial_h", "initial_c"] if isinstance(module, nn.LSTM | nn.LSTMCell) else ["initial_h"]
        if len(parts) != len(wanted):
            raise Refused(f"{kind} with an initial state of {len(parts)} tensors; expected {len(wanted)}")
        arrays: dict[str, Array] = {}
        for key, part in zip(wanted, parts):
            if isinstance(part, torch.Tensor):
                arrays |= self.rows(key, part, module, kind)
        return arrays

    def rows(self, key: str, state: torch.Tensor, module: Any, kind: str) -> dict[str, Array]:
        """A state's row of each layer and direction."""
        state = state.detach().float().cpu()
        if isinstance(module, nn.RNNCellBase):
            ends = [""]
            state = state.reshape(1, *state.shape) if state.dim() < 3 else state
        else:
            ends = [f"_l{i}{end}" for i in range(module.num_layers) for end in (["", "_reverse"] if module.bidirectional else [""])]
        width = module.hidden_size
        if key == "initial_h" and getattr(module, "proj_size", 0):
            width = module.proj_size
        state = state.reshape(state.shape[0], 1, -1) if state.dim() == 2 else state
        if state.dim() != 3 or state.shape[0] != len(ends) or state.shape[2] != width:
            raise Refused(f"{kind} with an initial state of the shape {tuple(state.shape)}; expected {(len(ends), 1, width)}")
        if not torch.equal(state, state[:, :1].expand_as(state)):
            raise Refused(f"{kind} with an initial state that differs from one sequence to the next; export one sequence's")
        return {key + end: row[0].numpy() for end, row in zip(ends, state)}

    # Cells.

    def cell(self, node: fx.Node, module: Any) -> Value:
        """One step of a cell, whose state goes in and comes out."""
        prepare(module)
        args = self.arguments(node.args, dict(node.kwargs), input=None, hx=None)
        x = self.sequence(args[0])
        if len(x.axes) != 2:
            raise WrongRank(f"{type(module).__name__} reads {len(x.axes)} axes; expected the batch and features of one step")
        for index, what in ((1, "F"), (0, "B")):
            self.feature_axis(x, index, what)
        kind = CELLS[class_of(module)]
        keys = ["weight_ih", "weight_hh"] + (["bias_ih", "bias_hh"] if module.bias else [])
        arrays = self.arrays(module, *keys) | self.initial(module, [args[1]])
        options = {"nonlinearity": module.nonlinearity} if kind == "rnn" else {}
        y = self.layer(x, node.target, kind, module.input_size, arrays, **options)
        self.sizes[y.layer] = module.hidden_size
        self.cells.add(y.layer)
        self.single.add(y.layer)
        given = args[1] if isinstance(args[1], tuple | list) else [args[1]]
        for what, state in zip(("h", "c") if len(given) > 1 else ("h",), given):
            self.place(y.layer, what, state)
        if kind == "lstm" and len(given) == 1 and isinstance(given[0], fx.Node):
            place = self.origins.pop((y.layer, "h"), None)
            if place is not None:
                self.origins |= {(y.layer, "h"): (*place, 0), (y.layer, "c"): (*place, 1)}
        return replace(y, form="cells") if kind == "lstm" else y

    def is_kept(self, value: Value) -> bool:
        """Whether what comes out as a layer's state goes in again: of a cell, that it is given one."""
        return value.layer not in self.cells or (value.layer, "h") in self.origins

    def place(self, layer: str, what: str, state: Any) -> None:
        """Notes the argument, and the place in it, of which a cell takes its state."""
        path: list[int] = []
        while isinstance(state, fx.Node) and state.op != "placeholder":
            if len(state.args) < 2 or not isinstance(state.args[1], int):
                return
            path.insert(0, state.args[1])
            state = state.args[0]
        if isinstance(state, fx.Node):
            order = [one for one in state.graph.nodes if one.op == "placeholder"]
            self.origins[layer, what] = (order.index(state), *path)

    def returned(self, states: Any) -> Iterator[tuple[Value, str]]:
        """The states among what a forward returns behind its output, in their order."""
        if isinstance(states, tuple | list):
            for state in states:
                yield from self.returned(state)
        elif states is not None:
            value = self.values.get(states) if isinstance(states, fx.Node) else None
            if isinstance(value, Value) and value.layer in self.cells and value.form in ("value", "cells", "cell"):
                for part in {"value": "h", "cells": "hc", "cell": "c"}[value.form]:
                    yield value, part
            elif isinstance(value, Value) and value.form in ("states", "hidden", "cell"):
                yield value, ""
            else:
                raise Refused("more than one output; return them side by side, torch.cat((a, b), -1), or convert what torch.onnx.export writes")

    def carry(self, states: Any) -> None:
        """Checks that states come out in the order in which they went in: the stream keeps each in its layer."""
        found = list(self.returned(states))
        self.carried |= {value.layer for value, _ in found if self.is_kept(value)}
        own = [(value.layer, part) for value, part in found if (value.layer, part) in self.origins]
        if own != sorted(own, key=lambda part: self.origins[part]):
            raise Refused("states that come out in another order than they go in")
