"""Sequences of features in a traced PyTorch graph, and their axes. Not run by itself; torch_exporter.py imports it."""

from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import fx, nn

from .sluice_architecture import INPUT, Architecture, Array, Refused, shown


@dataclass(frozen=True)
class Value:
    """What a node of the graph holds: the output of the architecture's layer `layer`.

    Axes are numbered as in the module's input, 0, 1, 2, until a layer tells what they are (Values.axis): "B" batch,
    "T" time, "F" features. `left` counts zero steps put before the first, `right` steps behind the last.
    """

    layer: str
    axes: tuple[Any, ...]
    left: int = 0
    right: int = 0
    last: bool = False
    # Of a cell "cells", its (h, c). Of a recurrent layer: "tuple" its result, "states" an LSTM's (h, c), "hidden" h_n, "forward" and "backward" the
    # final state of a direction of its last layer.
    form: str = "value"
    module: Any = field(default=None, compare=False)


class Values:
    """The values of a graph's nodes, and what is known of their axes."""

    def __init__(self, causal: bool, sequential: bool):
        self.causal, self.sequential = causal, sequential
        self.architecture = Architecture()
        self.axis: dict[Any, str] = {}
        self.values: dict[fx.Node, Any] = {}
        # Bidirectional layers that write their final states, and recurrent layers whose sequence is read.
        self.final: set[str] = set()
        self.read: set[str] = set()
        # Recurrent layers that run one step a call, and those whose states are kept until the next.
        self.single: set[str] = set()
        self.carried: set[str] = set()
        # Features that a layer writes, of those that tell.
        self.sizes: dict[str, int] = {}

    def sequence(self, node: Any) -> Value:
        value = self.values.get(node) if isinstance(node, fx.Node) else None
        if not isinstance(value, Value):
            raise Refused("an argument that is no sequence of features")
        if value.form == "tuple" and self.sequential:
            self.read.add(value.layer)
            return replace(value, form="value")
        if value.form != "value":
            raise Refused("the states of a recurrent layer, of which only h_n[-1] can be used")
        return value

    def feature_axis(self, x: Value, index: Any, what: str = "F") -> None:
        """The axis is that of the features (or "T", "B"); binds it where that was open."""
        axis = x.axes[self.index(x, index)]
        known = self.axis.get(axis, axis if isinstance(axis, str) else None)
        if known is None:
            if what in [self.axis.get(a, a) for a in x.axes]:
                raise Refused(f"axis {index} should be {what}, which another axis is already")
            self.axis[axis] = what
        elif known != what:
            raise Refused(f"axis {index} is {known} (B batch, T time, F features); expected {what}")

    @staticmethod
    def index(x: Value, index: Any) -> int:
        """The axis counted from the first."""
        if not is_whole(index) or not -len(x.axes) <= index < len(x.axes):
            raise Refused(f"axis {shown(index)} of {len(x.axes)}")
        return index % len(x.axes)

    def known(self, x: Value, index: int) -> str | None:
        axis = x.axes[index]
        return axis if isinstance(axis, str) else self.axis.get(axis)

    def layer(
        self, x: Value, name: str, kind: str, size: int | None, arrays: dict[str, Array] | None = None, **options: Any
    ) -> Value:
        """Adds a layer that reads `size` features, where it tells."""
        if x.left != 0:
            raise Refused("padded steps that no convolution reads")
        if x.layer == INPUT and size is not None and self.architecture.input_size is None:
            self.architecture.input_size = size
        if x.layer == INPUT and self.architecture.input_size is None:
            raise Refused("the first layer does not tell how many features it reads")
        return replace(x, layer=self.architecture.add(name, kind, [x.layer], arrays, **options), form="value")

    def function(self, x: Value, name: str, function: Any) -> Value:
        return x if function is None else self.layer(x, name, "activation", None, activation=function)

    def affine(self, x: Value, name: str, factor: Any, summand: Any) -> Value:
        """factor * x + summand, of numbers or of a number for each feature."""
        if all(isinstance(value, int | float) for value in (factor, summand)):
            if (factor, summand) == (1, 0):
                return x
            return self.layer(x, name, "scale", None, factor=float(factor), summand=float(summand))
        size = max(value.numel() for value in (factor, summand) if isinstance(value, torch.Tensor))
        arrays = {}
        for key, value in (("weight", factor), ("bias", summand)):
            value = value if isinstance(value, torch.Tensor) else torch.tensor(float(value))
            if value.numel() not in (1, size) or value.dim() > len(x.axes):
                raise Refused(f"a constant of the shape {tuple(value.shape)}")
            for index, length in enumerate(reversed(value.shape)):
                if length == size and size > 1:
                    self.feature_axis(x, len(x.axes) - 1 - index)
                elif length != 1:
                    raise Refused(f"a constant of the shape {tuple(value.shape)}")
            arrays[key] = value.reshape(-1).expand(size).numpy()
        arrays |= {"running_mean": torch.zeros(size).numpy(), "running_var": torch.ones(size).numpy()}
        return self.layer(x, name, "batchnorm", size, arrays, epsilon=0)

    def join(self, kind: str, name: str, parts: list[Value]) -> Value:
        axes = [[self.known(p, i) or p.axes[i] for i in range(len(p.axes))] for p in parts]
        if any(a != axes[0] for a in axes) or any(p.right or p.left or p.last != parts[0].last for p in parts):
            raise Refused("parts whose axes or steps are not the same")
        if any(p.layer == INPUT for p in parts) and self.architecture.input_size is None:
            raise Refused("the first layer does not tell how many features it reads")
        return replace(parts[0], layer=self.architecture.add(name, kind, [p.layer for p in parts]))

    def transposed(self, x: Value, axes: list[Any], swaps: bool) -> Value:
        axes = [self.index(x, axis) for axis in axes]
        order = list(range(len(x.axes)))
        if swaps and len(axes) == 2:
            order[axes[0]], order[axes[1]] = axes[1], axes[0]
        else:
            order = axes
        if sorted(order) != list(range(len(x.axes))):
            raise Refused(f"the axes {axes} of {len(x.axes)}")
        return replace(x, axes=tuple(x.axes[i] for i in order))

    def pad(self, x: Value, sides: Any) -> Value:
        sides = (sides, sides) if is_whole(sides) else sides
        if not isinstance(sides, tuple | list) or len(sides) != 2 or not all(is_whole(n) and n >= 0 for n in sides):
            raise Refused(f"padding by {shown(sides)}")
        self.feature_axis(x, -1, "T")
        if x.left != 0:
            raise Refused("padding what is padded")
        return replace(x, left=sides[0], right=x.right + sides[1])

    # Parts of values.

    def directions(self, parts: list[Any]) -> Value | None:
        """The final states of both directions side by side; None where the parts are others."""
        values = [self.values.get(part) if isinstance(part, fx.Node) else None for part in parts]
        if [getattr(value, "form", None) for value in values] != ["forward", "backward"]:
            return None
        one, other = values
        if one.layer != other.layer:
            raise Refused("directions of two layers")
        layer = next(layer for layer in self.architecture.layers if layer["name"] == one.layer)
        layer["final_state"] = True
        self.final.add(one.layer)
        return replace(one, form="value")

    def item(self, node: Any, index: Any, name: str, is_read: bool = True) -> Value:
        value = self.values.get(node) if isinstance(node, fx.Node) else None
        if not isinstance(value, Value):
            raise Refused("an element of what is no sequence of features")
        if value.form == "tuple" and is_whole(index) and index in (0, 1):
            lstm = isinstance(value.module, nn.LSTM)
            if index == 0 and is_read:
                self.read.add(value.layer)
            return replace(value, form="value" if index == 0 else "states" if lstm else "hidden")
        if value.form == "cells" and is_whole(index) and index in (0, 1):
            return replace(value, form="value" if index == 0 else "cell")
        if value.form == "states" and is_whole(index) and index in (0, 1):
            return replace(value, form="hidden" if index == 0 else "cell")
        if value.form == "hidden":
            return self.final_state(value, index)
        return self.sliced(self.sequence(node), index, name)

    def final_state(self, value: Value, index: Any) -> Value:
        """A layer's part of h_n."""
        # Of the last layer: its output at the last step.
        if isinstance(index, tuple) and index and all(part == slice(None) for part in index[1:]):
            index = index[0]
        count = value.module.num_layers * (2 if value.module.bidirectional else 1)
        if value.module.bidirectional and is_whole(index) and index in (-2, -1, count - 2, count - 1):
            form = "forward" if index in (-2, count - 2) else "backward"
            return replace(value, form=form, last=True, axes=("B", "F"))
        if value.module.bidirectional or not is_whole(index) or index not in (-1, count - 1):
            raise Refused(f"h_n[{shown(index)}]; expected h_n[-1]")
        return replace(value, form="value", last=True, axes=("B", "F"))

    def sliced(self, x: Value, index: Any, name: str) -> Value:
        parts = list(index) if isinstance(index, tuple) else [index]
        if any(part is Ellipsis for part in parts):
            at = next(i for i, part in enumerate(parts) if part is Ellipsis)
            parts[at : at + 1] = [slice(None)] * (len(x.axes) - len(parts) + 1)
        if len(parts) > len(x.axes):
            raise Refused(f"{len(parts)} indices of {len(x.axes)} axes")
        kept = []
        for position, part in enumerate(parts):
            what = self.known(x, position)
            if isinstance(part, slice):
                if part != slice(None):
                    x = self.stretch(x, name, position, part)
                kept.append(x.axes[position])
            elif is_whole(part) and part == -1 and what == "T":
                x = self.last_step(x)
            else:
                raise Refused(f"[{shown(part)}] of axis {position} ({what or 'which no layer has told yet'})")
        return replace(x, axes=tuple(kept) + x.axes[len(parts) :])

    @staticmethod
    def last_step(x: Value) -> Value:
        if x.right or x.left:
            raise Refused("the last of padded steps")
        return replace(x, last=True)

    def stretch(self, x: Value, name: str, position: int, part: slice) -> Value:
        """Some of the steps or features."""
        what, bounds = self.known(x, position), (part.start, part.stop, part.step)
        if all(bound is None or is_whole(bound) for bound in bounds):
            if what == "T" and bounds == (-1, None, None):
                return self.last_step(x)
            if what == "T" and part.start is None and part.step is None:
                if part.stop >= 0 or -part.stop > x.right:
                    raise Refused(f"steps up to {part.stop}")
                return replace(x, right=x.right + part.stop)
            if what == "F" and part.step in (None, 1):
                size = self.sizes.get(x.layer)
                start, stop = part.start or 0, size if part.stop is None else part.stop
                if stop is None or start < 0 or stop <= start or size is not None and stop > size:
                    raise Refused(f"features {start}:{stop}")
                y = self.layer(x, name, "slice", None, start=start, count=stop - start)
                self.sizes[y.layer] = stop - start
                return y
        text = ":".join("" if bound is None else shown(bound) for bound in bounds[: 2 if part.step is None else 3])
        raise Refused(f"[{text}] of axis {position} ({what or 'which no layer has told yet'})")


def is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
