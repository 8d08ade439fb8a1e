"""What functions of torch, and methods of tensors, are in an architecture. Not run by itself; torch_exporter.py imports it."""

from typing import Any

import torch
from torch import fx, nn

from .sluice_architecture import INPUT, Refused, shown
from .torch_modules import Modules
from .torch_reshaping import Size, Zeros
from .torch_values import Value

MISSING = object()
FUNCTIONS = {"relu": "relu", "tanh": "tanh", "sigmoid": "sigmoid"}
# Functions that are what a module of these arguments computes.
MODULES = {
    "selu": nn.SELU, "celu": nn.CELU, "hardtanh": nn.Hardtanh, "relu6": nn.ReLU6, "hardsigmoid": nn.Hardsigmoid,
    "softplus": nn.Softplus, "softsign": nn.Softsign, "clamp": nn.Hardtanh, "clip": nn.Hardtanh,
}  # fmt: skip
RESHAPES = ("reshape", "view")


class Functions(Modules):
    """Adds to the architecture what a function computes."""

    @staticmethod
    def arguments(args: tuple[Any, ...], options: dict[str, Any], **names: Any) -> list[Any]:
        """The arguments by position and name, in the order of `names`, which has their defaults."""
        named = dict(zip(names, args))
        if len(args) > len(names) or set(options) - set(names) or set(options) & set(named):
            raise Refused("arguments that are not supported")
        found = names | named | options
        if any(value is MISSING for value in found.values()):
            raise Refused("an argument is missing")
        return list(found.values())

    def method(self, function: str, args: tuple[Any, ...], options: dict[str, Any], name: str) -> Value:
        """What is a function of torch and a method of tensors alike."""
        for key in ("inplace", "dtype", "_stacklevel"):
            options.pop(key, None)
        if function in ("transpose", "swapaxes", "swapdims"):
            keys = ("dim0", "dim1") if function == "transpose" or "dim0" in options else ("axis0", "axis1")
            x, one, other = self.arguments(args, options, input=MISSING, **dict.fromkeys(keys, MISSING))
            return self.transposed(self.sequence(x), [one, other], swaps=True)
        if function == "permute":
            return self.transposed(self.sequence(args[0]), self.several(args, options, "dims"), swaps=False)
        if function in RESHAPES:
            key = "shape" if "shape" in options else "size"
            return self.reshaped(self.value_or_last(args[0]), [self.plain(size) for size in self.several(args, options, key)])
        if function in ("squeeze", "unsqueeze"):
            x, axis = self.arguments(args, options, input=MISSING, dim=None)
            value = self.value_or_last(x, axis) if function == "squeeze" else self.sequence(x)
            return self.squeezed(value, axis) if function == "squeeze" else self.unsqueezed(value, axis)
        if function in FUNCTIONS:
            (x,) = self.arguments(args, options, input=MISSING)
            return self.function(self.sequence(x), name, FUNCTIONS[function])
        if function in ("softmax", "log_softmax"):
            x, axis = self.arguments(args, options, input=MISSING, dim=MISSING)
            value = self.sequence(x)
            self.feature_axis(value, axis)
            return self.function(value, name, function)
        if function in ("elu", "leaky_relu"):
            key, usual = ("alpha", 1.0) if function == "elu" else ("negative_slope", 0.01)
            x, alpha = self.arguments(args, options, input=MISSING, **{key: usual})
            if not isinstance(alpha, int | float):
                raise Refused(f"{key}={shown(alpha)}; expected a number")
            return self.function(self.sequence(x), name, {"function": function, "alpha": alpha})
        if function in MODULES and args:
            return self.computed(self.sequence(args[0]), name, self.module_of(function, args[1:], options))
        raise Refused(f"{function} is not supported")

    @staticmethod
    def module_of(function: str, args: tuple[Any, ...], options: dict[str, Any]) -> nn.Module:
        if function in ("clamp", "clip"):
            low, high = ([*args, None, None][:2] if args else (options.get("min"), options.get("max")))
            if not all(isinstance(bound, int | float) for bound in (low, high)) or not low < high:
                raise Refused(f"between {shown(low)} and {shown(high)}; expected two numbers, or relu")
            return nn.Hardtanh(float(low), float(high))
        try:
            return MODULES[function](*args, **options)
        except TypeError as error:
            raise Refused(f"its arguments: {error}") from None

    @staticmethod
    def several(args: tuple[Any, ...], options: dict[str, Any], key: str) -> list[Any]:
        """Arguments that may be given one by one or in a tuple."""
        found = options[key] if key in options else args[1] if len(args) == 2 else args[1:]
        return list(found) if isinstance(found, tuple | list) else [found]

    def value_or_last(self, node: Any, axis: Any = 0) -> Value:
        """A sequence; or of h_n of one layer, whose first axis has one entry, the last step."""
        value = self.values.get(node) if isinstance(node, fx.Node) else None
        if not isinstance(value, Value) or value.form != "hidden":
            return self.sequence(node)
        if axis != 0 or value.module.num_layers != 1 or value.module.bidirectional:
            raise Refused("of h_n of several layers or directions; take h_n[-1]")
        return self.final_state(value, -1)

    def dropout(self, args: tuple[Any, ...], options: dict[str, Any]) -> Value:
        x, _, training, _ = self.arguments(args, options, input=MISSING, p=0.5, training=True, inplace=False)
        if training is not False:
            raise Refused("training is not False: it would drop features at inference; pass training=self.training")
        return self.sequence(x)

    def concatenated(self, name: str, parts: Any, axis: Any) -> Value:
        if not isinstance(parts, tuple | list) or not parts:
            raise Refused("of what is no list of sequences")
        both = self.directions(list(parts))
        if both is not None:
            return both
        values = [self.sequence(part) for part in parts]
        self.feature_axis(values[0], axis)
        y = self.join("concatenate", name, values)
        sizes = [self.architecture.input_size if value.layer == INPUT else self.sizes.get(value.layer) for value in values]
        if None not in sizes:
            self.sizes[y.layer] = sum(size for size in sizes if size is not None)
        return y

    def is_zero(self, state: Any) -> bool:
        """Whether a recurrent layer that is given this state starts from zero; a state may be two, in a tuple."""
        if isinstance(state, tuple | list):
            return all(self.is_zero(part) for part in state)
        found = self.plain(state)
        return found is None or isinstance(found, Zeros) or isinstance(found, torch.Tensor) and not found.any()

    def arithmetic_of_sizes(self, kind: str, sides: list[Any]) -> Any:
        """The product of sizes, of which all but one are of the batch; None for what are no sizes."""
        sizes = [self.plain(side) for side in sides]
        if not any(isinstance(size, Size) for size in sizes):
            return None
        found = [size for size in sizes if not (isinstance(size, Size) and self.known(size.value, size.index) == "B")]
        if kind != "mul" or len(found) > 1 or not all(isinstance(size, Size | int) for size in found):
            raise Refused(f"{kind} of sizes")
        return found[0] if found else 1

    def is_given(self, argument: Any) -> bool:
        """Whether an argument is there: an LSTM's states are two, in a tuple."""
        if isinstance(argument, tuple | list):
            return any(self.is_given(part) for part in argument)
        return argument is not None and not (isinstance(argument, fx.Node) and self.values.get(argument) is None)

    def arithmetic(self, kind: str, name: str, sides: list[Any]) -> Value:
        """Of two sequences their sum or difference; of one and a constant what becomes of every feature."""
        constants = [self.constant(side) for side in sides]
        if constants == [None, None]:
            x, y = self.sequence(sides[0]), self.sequence(sides[1])
            if kind == "sub":
                return self.join("add", name, [x, self.affine(y, f"{name}.minus", -1, 0)])
            if kind != "add":
                raise Refused(f"{kind} of two sequences")
            return self.join("add", name, [x, y])
        is_left = constants[0] is None
        c = constants[1] if is_left else constants[0]
        if c is None or None not in constants or kind == "div" and not is_left:
            raise Refused(f"{kind} of constants, or by a sequence")
        if kind == "div" and isinstance(c, int | float) and c == 0:
            raise Refused("divides by zero")
        factor, summand = {
            "add": lambda: (1, c), "sub": lambda: (1, -c) if is_left else (-1, c), "mul": lambda: (c, 0), "div": lambda: (1 / c, 0),
        }[kind]()  # fmt: skip
        return self.affine(self.sequence(sides[0 if is_left else 1]), name, factor, summand)

    def constant(self, side: Any) -> Any:
        """A number, or a tensor that the module holds; None for a sequence."""
        value = self.values.get(side) if isinstance(side, fx.Node) else side
        if isinstance(value, torch.Tensor) and value.numel() == 1:
            return float(value)
        return value if isinstance(value, int | float | torch.Tensor) else None
