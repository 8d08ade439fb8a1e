"""Sizes that a forward asks for, and reshapes that move no number of one sequence. Not run by itself; torch_modules.py
imports it.

A stream is one sequence: the axis of the batch has one entry. So a reshape changes nothing as long as the steps stay in
front of the features; what its sizes must tell is which axis becomes which.
"""

from dataclasses import dataclass, replace
from typing import Any

from torch import fx

from .sluice_architecture import INPUT, Refused, shown
from .torch_values import Value, Values, is_whole


@dataclass(frozen=True)
class Size:
    """How long an axis is: of `value`, counted from the first."""

    value: Value
    index: int


@dataclass(frozen=True)
class Shape:
    """All sizes of a value, as x.shape and x.size() give them."""

    value: Value


@dataclass(frozen=True)
class Ignored:
    """What no number follows from: a device, a type."""


@dataclass(frozen=True)
class Zeros:
    """A tensor of zeros, such as an initial state."""


@dataclass(frozen=True)
class Axis:
    """An axis that a reshape has made: of one entry, or of a length that it tells."""

    number: int
    is_single: bool


class Reshaping(Values):
    """Sizes, reshapes and axes of one entry."""

    def __init__(self, causal: bool, sequential: bool):
        super().__init__(causal, sequential)
        self.made = 0

    def new_axis(self, is_single: bool = True) -> Axis:
        self.made += 1
        return Axis(self.made, is_single)

    # Sizes.

    def shape_of(self, node: Any) -> Shape:
        value = self.values.get(node) if isinstance(node, fx.Node) else None
        if not isinstance(value, Value) or value.form != "value":
            raise Refused("the sizes of what is no sequence of features")
        return Shape(value)

    def size_of(self, shape: Shape, index: Any) -> int | Size:
        index = self.index(shape.value, index)
        if self.known(shape.value, index) == "F":
            count = self.feature_count(shape.value)
            if count is not None:
                return count
        return Size(shape.value, index)

    def feature_count(self, x: Value) -> int | None:
        return self.architecture.input_size if x.layer == INPUT else self.sizes.get(x.layer)

    def plain(self, argument: Any) -> Any:
        """A number, a Size, or what else a node stands for that is no sequence."""
        if isinstance(argument, fx.Node):
            return self.values.get(argument)
        if isinstance(argument, tuple | list):
            return [self.plain(part) for part in argument]
        return argument

    def is_axis(self, x: Value, at: int, size: Any) -> bool:
        """Whether `size` was taken of the axis of x at this place."""
        if not isinstance(size, Size):
            return False
        one, other = size.value.axes[size.index], x.axes[at]
        return one == other or self.axis.get(one, one) == self.axis.get(other, other)

    def is_batch(self, x: Value, size: Any) -> bool:
        if not isinstance(size, Size) or self.known(size.value, size.index) != "B":
            return False
        return not any(self.is_axis(x, at, size) for at in range(len(x.axes)))

    # Reshapes.

    def reshaped(self, x: Value, sizes: list[Any]) -> Value:
        """x with its axes as `sizes` tell them: numbers, one of them perhaps -1, and sizes of values."""
        if len(sizes) == 1 and isinstance(sizes[0], Shape):
            sizes = [self.size_of(sizes[0], index) for index in range(len(sizes[0].value.axes))]
        # The batch has one entry, whatever else asks how many.
        sizes = [1 if self.is_batch(x, size) else size for size in sizes]
        if not sizes or not all(is_whole(size) or isinstance(size, Size) for size in sizes):
            raise Refused(f"to the sizes {shown(sizes)}")
        if sum(1 for size in sizes if is_whole(size) and size == -1) > 1:
            raise Refused("two sizes are -1")
        names = [self.known(x, index) for index in range(len(x.axes))]
        if all(name is None for name in names):
            return self.reshaped_input(x, sizes)
        if names[-1] != "F":
            raise Refused("of what has the features before the steps; transpose it first")
        count = self.feature_count(x)
        last = sizes[-1]
        keeps = last == count if is_whole(last) and last != -1 else self.is_axis(x, len(x.axes) - 1, last)
        keeps = keeps or last == -1 and (len(sizes) > 1 or len(x.axes) == 1)
        if not keeps:
            raise Refused(f"its last size is {shown(last)}; expected the {count} features of a step, which stay together")
        return replace(x, axes=tuple(self.places(x, sizes[:-1], last == -1)) + (x.axes[-1],))

    def places(self, x: Value, sizes: list[Any], is_told: bool) -> list[Any]:
        """The axes that stand before the features: each of x that has more than one entry comes again, in order."""
        left = list(range(len(x.axes) - 1))
        axes: list[Any] = []
        for position, size in enumerate(sizes):
            at = next((i for i in left if self.is_axis(x, i, size)), None)
            if at is None and is_whole(size) and size == 1:
                # The batch, where it is not asked for behind this, or an axis that was not there.
                others = sizes[position + 1 :]
                free = [i for i in left[:1] if not any(self.is_axis(x, i, other) for other in others)]
                at = next((i for i in free if self.known(x, i) in ("B", None)), None)
                if at is None:
                    axes.append(self.new_axis())
                    continue
            if at is None and is_whole(size):
                # -1, or a number of steps that the model is written for: the steps, or all that is left of them.
                at = next((i for i in left if self.known(x, i) == "T"), None)
                at = next((i for i in left if self.known(x, i) is None), at) if at is None else at
                if at is None and size == -1 and x.last:
                    at = left[0] if left else None
            if at is None:
                raise Refused(f"size {shown(size)} at {position}: no axis of the value has it")
            axes.append(x.axes[at])
            left.remove(at)
        if is_told and any(self.known(x, i) == "T" for i in left):
            raise Refused("the steps become features")
        if any(self.known(x, i) == "T" for i in left):
            raise Refused("the steps are left out")
        return axes

    def reshaped_input(self, x: Value, sizes: list[Any]) -> Value:
        """The model's input: what its axes are, the layers behind it tell. Its numbers stay in their order."""
        places = [next((i for i in range(len(x.axes)) if self.is_axis(x, i, size)), None) for size in sizes]
        if len(sizes) == len(x.axes) and all(at in (None, index) for index, at in enumerate(places)):
            return x
        axes: list[Any] = []
        left = list(range(len(x.axes)))
        for size in sizes:
            at = next((i for i in left if self.is_axis(x, i, size)), None)
            axes.append(self.new_axis(size == 1) if at is None else x.axes[at])
            if at is not None:
                left.remove(at)
        return replace(x, axes=tuple(axes))

    def squeezed(self, x: Value, axis: Any) -> Value:
        """x without an axis of one entry: the batch, one that a reshape has made, or a single feature."""
        places = [self.index(x, axis)] if axis is not None else list(range(len(x.axes)))
        gone = []
        for place in places:
            name = self.known(x, place)
            if name is None and not self.is_single(x, place):
                raise Refused(f"axis {place}, of which no layer has told yet what it is")
            if name == "B" or self.is_single(x, place) or name == "F" and self.feature_count(x) == 1:
                gone.append(place)
            elif axis is not None and name == "T":
                raise Refused("of the steps")
        return replace(x, axes=tuple(one for place, one in enumerate(x.axes) if place not in gone))

    @staticmethod
    def is_single(x: Value, place: int) -> bool:
        return isinstance(x.axes[place], Axis) and x.axes[place].is_single

    def unsqueezed(self, x: Value, axis: Any) -> Value:
        if not is_whole(axis) or not -len(x.axes) - 1 <= axis <= len(x.axes):
            raise Refused(f"axis {shown(axis)} of {len(x.axes) + 1}")
        at = axis % (len(x.axes) + 1)
        return replace(x, axes=x.axes[:at] + (self.new_axis(),) + x.axes[at:])
