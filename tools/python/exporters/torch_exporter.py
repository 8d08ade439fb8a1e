"""A PyTorch module's traced forward as an architecture. Not run by itself; export_torch.py is the command, and says what is
read.
"""

import importlib.util
import operator
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import fx, nn

from sluice_architecture import INPUT, Architecture, Refused

RECURRENT = {nn.LSTM: "lstm", nn.GRU: "gru", nn.RNN: "rnn"}
ARITHMETIC = {"add": "add", "iadd": "add", "sub": "sub", "isub": "sub", "mul": "mul", "imul": "mul", "truediv": "div",
              "div": "div", "itruediv": "div"}  # fmt: skip
FUNCTIONS = {"relu": "relu", "tanh": "tanh", "sigmoid": "sigmoid"}


@dataclass(frozen=True)
class Value:
    """What a node of the graph holds: the output of the architecture's layer `layer`.

    Axes are numbered as in the module's input, 0, 1, 2, until a layer tells what they are (Exporter.axis): "B" batch,
    "T" time, "F" features. `left` counts zero steps put before the first, `right` steps behind the last.
    """

    layer: str
    axes: tuple[Any, ...]
    left: int = 0
    right: int = 0
    last: bool = False
    # Of a recurrent layer: "tuple" its result, "states" an LSTM's (h, c), "hidden" h_n, "forward" and "backward" the
    # final state of a direction of its last layer.
    form: str = "value"
    module: Any = field(default=None, compare=False)


class Exporter:
    def __init__(self, module: nn.Module, causal: bool):
        self.causal = causal
        self.architecture = Architecture()
        self.axis: dict[Any, str] = {}
        self.values: dict[fx.Node, Any] = {}
        # Bidirectional layers that write their final states, and recurrent layers whose sequence is read.
        self.final: set[str] = set()
        self.read: set[str] = set()
        # Features that a layer writes, of those that tell.
        self.sizes: dict[str, int] = {}
        self.sequential = isinstance(module, nn.Sequential)
        if type(module).__module__.startswith("torch.nn") and not self.sequential:
            module = nn.Sequential(module)
            self.sequential = True
        self.module = module.eval()
        try:
            self.graph = fx.Tracer().trace(self.module)
        except Exception as error:  # whatever a traced forward raises
            raise Refused(f"{type(module).__name__} cannot be traced by torch.fx: {error}") from error

    def bind_input(self) -> None:
        """Binds the input's axes by the layers that read it, so that a slice may stand before them."""
        same = {node for node in self.graph.nodes if node.op == "placeholder"}
        for node in self.graph.nodes:
            if getattr(node.target, "__name__", node.target) in ARITHMETIC and same.intersection(node.all_input_nodes):
                same.add(node)
            if node.op != "call_module" or not node.args or node.args[0] not in same:
                continue
            module, x = self.module.get_submodule(node.target), Value(INPUT, (0, 1, 2))
            if type(module) in RECURRENT:
                for index, what in zip((0, 1, 2), "BTF" if module.batch_first else "TBF"):
                    self.feature_axis(x, index, what)
            sizes = (getattr(module, n, None) for n in ("input_size", "in_features", "in_channels", "num_features"))
            self.architecture.input_size = next((n for n in sizes if isinstance(n, int)), None)

    def run(self) -> Architecture:
        self.bind_input()
        for node in self.graph.nodes:
            try:
                self.values[node] = getattr(self, node.op)(node)
            except Refused as refusal:
                name = getattr(node.target, "__name__", node.target)
                raise Refused(f"{node.op.replace('call_', '')} {name}: {refusal}") from None
        for name in self.final & self.read:
            raise Refused(f"module {name}: both its sequence and its final states are read")
        return self.architecture

    # The kinds of nodes.

    def placeholder(self, node: fx.Node) -> Value | None:
        if INPUT in [value.layer for value in self.values.values() if isinstance(value, Value)]:
            if node.args and node.args[0] is None:
                return None  # an initial state that may be left out
            raise Refused("a second input; expected one sequence")
        return Value(INPUT, (0, 1, 2))

    def get_attr(self, node: fx.Node) -> Any:
        value: Any = self.module
        for part in node.target.split("."):
            value = getattr(value, part)
        if not isinstance(value, torch.Tensor):
            raise Refused("a parameter or constant that is used outside of a known layer")
        return value.detach().float().cpu()

    def output(self, node: fx.Node) -> None:
        result = node.args[0]
        if isinstance(result, tuple | list):
            # States go with the sequence: a stream keeps them.
            for other in result[1:]:
                states = other if isinstance(other, tuple | list) else [other]
                for state in states:
                    value = self.values.get(state)
                    if not isinstance(value, Value) or value.form not in ("states", "hidden", "cell"):
                        raise Refused("more than one output")
            result = result[0]
        value = self.sequence(result)
        if value.right != 0 and not self.causal:
            raise Refused(f"{value.right} more steps come out than go in")
        if self.architecture.layers and value.layer != self.architecture.layers[-1]["name"]:
            raise Refused("the last layer is not the output")
        self.architecture.output = "last" if value.last else "sequence"

    def call_module(self, node: fx.Node) -> Value:
        module = self.module.get_submodule(node.target)
        if self.is_given(node.args[1:]) or any(value is not None for value in node.kwargs.values()):
            raise Refused(f"{type(module).__name__} with more than its input, such as an initial state")
        x = self.sequence(node.args[0])
        name, prefix = node.target, f"{node.target}."
        for hook in module._forward_pre_hooks.values():
            # A weight that an older weight_norm or spectral_norm computes before every call.
            if type(hook).__name__ in ("WeightNorm", "SpectralNorm"):
                hook(module, None)
        kind = type(module)
        if nn.utils.parametrize.is_parametrized(module) and kind.__mro__[1] in (nn.Linear, nn.Conv1d):
            kind = kind.__mro__[1]
        if kind in RECURRENT:
            return self.recurrent(x, name, module, RECURRENT[kind])
        if kind is nn.Linear:
            self.feature_axis(x, -1)
            self.tensors(module, prefix, ["weight", "bias"])
            self.sizes[name] = module.out_features
            return self.layer(x, name, "dense", module.in_features, tensors=prefix)
        if kind is nn.Embedding:
            if x.layer != INPUT or self.architecture.layers:
                raise Refused("an embedding that does not read the model's input")
            if module.max_norm is not None:
                raise Refused("max_norm")
            self.architecture.input_size = module.num_embeddings
            self.tensors(module, prefix, ["weight"])
            self.architecture.add(name, "embedding", [INPUT], tensors=prefix)
            return Value(name, (0, 1, "F"))
        if kind is nn.Conv1d:
            return self.convolution(x, name, module)
        if kind is nn.LayerNorm:
            self.feature_axis(x, -1)
            if len(module.normalized_shape) != 1:
                raise Refused(f"normalized_shape {module.normalized_shape}")
            self.tensors(module, prefix, ["weight", "bias"])
            size = module.normalized_shape[0]
            return self.layer(x, name, "layernorm", size, tensors=prefix, epsilon=module.eps)
        if kind is nn.BatchNorm1d:
            self.feature_axis(x, 1)
            if module.running_mean is None:
                raise Refused("track_running_stats=False")
            self.tensors(module, prefix, ["weight", "bias", "running_mean", "running_var"])
            return self.layer(x, name, "batchnorm", module.num_features, tensors=prefix, epsilon=module.eps)
        if kind is nn.PReLU:
            if module.num_parameters > 1:
                self.feature_axis(x, 1)
            self.tensors(module, prefix, ["weight"])
            size = module.num_parameters if module.num_parameters > 1 else None
            return self.layer(x, name, "prelu", size, tensors=prefix)
        if kind in (nn.Identity, nn.Dropout, nn.Dropout1d, nn.AlphaDropout, nn.FeatureAlphaDropout):
            return x
        if kind in (nn.ZeroPad1d, nn.ConstantPad1d):
            if getattr(module, "value", 0) != 0:
                raise Refused(f"{kind.__name__} with a value other than 0")
            return self.pad(x, module.padding)
        shape = self.affine_activation(module)
        if shape is not None:
            before, function, after = shape
            x = self.affine(x, f"{name}.before", *before)
            return self.affine(self.function(x, f"{name}.function", function), name, *after)
        return self.function(x, name, self.activation_of(x, module))

    def call_function(self, node: fx.Node) -> Any:
        target, args, options = node.target, node.args, dict(node.kwargs)
        name = node.name
        if target is operator.getitem:
            return self.item(args[0], args[1], name, bool(node.users))
        kind = ARITHMETIC.get(getattr(target, "__name__", ""))
        if kind is not None:
            if options or len(args) != 2:
                raise Refused(f"{target.__name__} with options")
            return self.arithmetic(kind, name, *args)
        if target in (torch.cat, torch.concat):
            both = self.directions(list(args[0]))
            if both is not None:
                return both
            parts = [self.sequence(a) for a in args[0]]
            self.feature_axis(parts[0], args[1] if len(args) > 1 else options.get("dim", 0))
            return self.join("concatenate", name, parts)
        if target is F.pad:
            mode = options.get("mode", args[2] if len(args) > 2 else "constant")
            if mode != "constant" or options.get("value", args[3] if len(args) > 3 else 0) not in (0, None):
                raise Refused(f"padding with {mode}, or with a value other than 0")
            return self.pad(self.sequence(args[0]), args[1] if len(args) > 1 else options["pad"])
        if target is F.dropout:
            return self.sequence(args[0])
        if target in (torch.transpose, torch.permute, torch.swapaxes):
            return self.transposed(target.__name__, args)
        return self.named_function(getattr(target, "__name__", str(target)), args, options, name)

    def call_method(self, node: fx.Node) -> Any:
        target, args, options = node.target, node.args, dict(node.kwargs)
        if target in ("transpose", "permute", "swapaxes"):
            return self.transposed(target, args)
        if target in ("contiguous", "float", "clone", "detach"):
            return self.values[args[0]]
        if target == "squeeze":
            value = self.values[args[0]]
            axis = args[1] if len(args) > 1 else None
            if isinstance(value, Value) and value.form == "hidden" and axis == 0 and value.module.num_layers == 1:
                return self.item(args[0], -1, node.name)
            raise Refused("of anything but h_n of one layer; leave the axis to whoever reads the output")
        if target in ARITHMETIC and len(args) == 2 and not options:
            return self.arithmetic(ARITHMETIC[target], node.name, *args)
        return self.named_function(target, args, options, node.name)

    # What they share.

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

    def is_given(self, argument: Any) -> bool:
        """Whether an argument is there: an LSTM's states are two, in a tuple."""
        if isinstance(argument, tuple | list):
            return any(self.is_given(part) for part in argument)
        return argument is not None and not (isinstance(argument, fx.Node) and self.values.get(argument) is None)

    def feature_axis(self, x: Value, index: int, what: str = "F") -> None:
        """The axis is that of the features (or "T", "B"); binds it where that was open."""
        axis = x.axes[index]
        known = self.axis.get(axis, axis if isinstance(axis, str) else None)
        if known is None:
            if what in [self.axis.get(a, a) for a in x.axes]:
                raise Refused(f"axis {index} should be {what}, which another axis is already")
            self.axis[axis] = what
        elif known != what:
            raise Refused(f"axis {index} is {known} (B batch, T time, F features); expected {what}")

    def known(self, x: Value, index: int) -> str | None:
        axis = x.axes[index]
        return axis if isinstance(axis, str) else self.axis.get(axis)

    def tensors(self, module: nn.Module, prefix: str, names: list[str]) -> None:
        for name in names:
            value = getattr(module, name)
            if value is not None and prefix + name not in self.architecture.tensors:
                self.architecture.tensor(prefix + name, value.detach().cpu().numpy())
            elif value is not None:
                raise Refused("a layer that is used twice")

    def layer(self, x: Value, name: str, kind: str, size: int | None, **options: Any) -> Value:
        if x.left != 0:
            raise Refused("padded steps that no convolution reads")
        if x.layer == INPUT and size is not None and self.architecture.input_size is None:
            self.architecture.input_size = size
        if x.layer == INPUT and self.architecture.input_size is None:
            raise Refused("the first layer does not tell how many features it reads")
        self.architecture.add(name, kind, [x.layer], **options)
        return replace(x, layer=name, form="value")

    def arithmetic(self, kind: str, name: str, left: Any, right: Any) -> Value:
        """Of two sequences their sum or difference; of one and a constant what becomes of every feature."""
        constants = [self.constant(side) for side in (left, right)]
        if constants == [None, None]:
            x, y = self.sequence(left), self.sequence(right)
            if kind == "sub":
                return self.join("add", name, [x, self.affine(y, f"{name}.minus", -1, 0)])
            if kind != "add":
                raise Refused(f"{kind} of two sequences")
            return self.join("add", name, [x, y])
        if constants[0] is None:
            x, c = self.sequence(left), constants[1]
            factor, summand = {"add": (1, c), "sub": (1, -c), "mul": (c, 0), "div": (1 / c, 0)}[kind]
        elif constants[1] is None and kind != "div":
            x, c = self.sequence(right), constants[0]
            factor, summand = {"add": (1, c), "sub": (-1, c), "mul": (c, 0)}[kind]
        else:
            raise Refused(f"{kind} of constants, or by a sequence")
        return self.affine(x, name, factor, summand)

    def constant(self, side: Any) -> Any:
        """A number, or a tensor that the module holds; None for a sequence."""
        value = self.values.get(side) if isinstance(side, fx.Node) else side
        if isinstance(value, torch.Tensor) and value.numel() == 1:
            return float(value)
        return value if isinstance(value, int | float | torch.Tensor) else None

    def affine(self, x: Value, name: str, factor: Any, summand: Any) -> Value:
        """factor * x + summand, of numbers or of a number for each feature."""
        if all(isinstance(value, int | float) for value in (factor, summand)):
            if (factor, summand) == (1, 0):
                return x
            return self.layer(x, name, "scale", None, factor=float(factor), summand=float(summand))
        size = max(value.numel() for value in (factor, summand) if isinstance(value, torch.Tensor))
        tensors = {}
        for key, value in (("weight", factor), ("bias", summand)):
            value = value if isinstance(value, torch.Tensor) else torch.tensor(float(value))
            if value.numel() not in (1, size) or value.dim() > len(x.axes):
                raise Refused(f"a constant of the shape {tuple(value.shape)}")
            for index, length in enumerate(reversed(value.shape)):
                if length == size and size > 1:
                    self.feature_axis(x, len(x.axes) - 1 - index)
                elif length != 1:
                    raise Refused(f"a constant of the shape {tuple(value.shape)}")
            tensors[key] = value.reshape(-1).expand(size)
        tensors |= {"running_mean": torch.zeros(size), "running_var": torch.ones(size)}
        for key, value in tensors.items():
            self.architecture.tensor(f"{name}.{key}", value.numpy())
        return self.layer(x, name, "batchnorm", size, tensors=f"{name}.", epsilon=0)

    def directions(self, parts: list[Any]) -> Value | None:
        """The final states of both directions side by side; None where the parts are others."""
        values = [self.values.get(part) for part in parts]
        if [getattr(value, "form", None) for value in values] != ["forward", "backward"]:
            return None
        one, other = values
        if one.layer != other.layer:
            raise Refused("directions of two layers")
        layer = next(layer for layer in self.architecture.layers if layer["name"] == one.layer)
        layer["final_state"] = True
        self.final.add(one.layer)
        return replace(one, form="value")

    def affine_activation(self, module: nn.Module) -> Any:
        """(factor, summand), a function, and (factor, summand) behind it; None for other modules."""
        kind = type(module)
        if kind is nn.SELU:
            return (1, 0), {"function": "elu", "alpha": 1.6732632423543772}, (1.0507009873554805, 0)
        if kind is nn.CELU:
            return (1 / module.alpha, 0), "elu", (module.alpha, 0)
        if kind in (nn.Hardtanh, nn.ReLU6):
            low, high = module.min_val, module.max_val
            slope = 1 / (high - low)
            return (1, 0), {"function": "hard_sigmoid", "alpha": slope, "beta": -low * slope}, (high - low, low)
        return None

    def function(self, x: Value, name: str, function: Any) -> Value:
        return x if function is None else self.layer(x, name, "activation", None, activation=function)

    def activation_of(self, x: Value, module: nn.Module) -> Any:
        kind = type(module)
        if kind is nn.Softmax:
            self.feature_axis(x, module.dim if module.dim is not None else -1)
            return "softmax"
        if kind is nn.ELU:
            return {"function": "elu", "alpha": module.alpha}
        if kind is nn.LeakyReLU:
            return {"function": "leaky_relu", "alpha": module.negative_slope}
        if kind is nn.Hardsigmoid:
            return {"function": "hard_sigmoid", "alpha": 1 / 6, "beta": 0.5}
        if kind is nn.Softplus and module.beta == 1 and module.threshold >= 20:
            return "softplus"
        simple = {nn.ReLU: "relu", nn.Tanh: "tanh", nn.Sigmoid: "sigmoid", nn.Softsign: "softsign"}
        if kind not in simple:
            raise Refused(f"{kind.__name__} is not supported")
        return simple[kind]

    def named_function(self, function: str, args: tuple[Any, ...], options: dict[str, Any], name: str) -> Value:
        options.pop("inplace", None)
        options.pop("dtype", None)
        options.pop("_stacklevel", None)
        if function in FUNCTIONS and len(args) == 1 and not options:
            return self.function(self.sequence(args[0]), name, FUNCTIONS[function])
        if function == "softmax" and (len(args) == 2 or "dim" in options):
            x = self.sequence(args[0])
            self.feature_axis(x, args[1] if len(args) == 2 else options["dim"])
            return self.function(x, name, "softmax")
        if function in ("elu", "leaky_relu") and len(args) <= 2:
            key, other = ("alpha", 1.0) if function == "elu" else ("negative_slope", 0.01)
            alpha = args[1] if len(args) > 1 else options.get(key, other)
            return self.function(self.sequence(args[0]), name, {"function": function, "alpha": alpha})
        raise Refused(f"{function} is not supported")

    def recurrent(self, x: Value, name: str, module: Any, kind: str) -> Value:
        if x.last:
            raise Refused("a recurrent layer behind the last step")
        time, batch = (1, 0) if module.batch_first else (0, 1)
        for index, what in ((time, "T"), (batch, "B"), (2, "F")):
            self.feature_axis(x, index, what)
        prefix = f"{name}."
        names = [n for n, _ in module.named_parameters()]
        self.tensors(module, prefix, names)
        options: dict[str, Any] = {"tensors": prefix, "layers": module.num_layers}
        if module.bidirectional:
            options["bidirectional"] = True
        if kind == "rnn":
            options["nonlinearity"] = module.nonlinearity
        if getattr(module, "proj_size", 0):
            options["projection"] = module.proj_size
        y = self.layer(x, name, kind, module.input_size, **options)
        self.sizes[name] = (getattr(module, "proj_size", 0) or module.hidden_size) * (2 if module.bidirectional else 1)
        return replace(y, form="tuple", module=module)

    def convolution(self, x: Value, name: str, module: nn.Conv1d) -> Value:
        if x.last:
            raise Refused("a convolution behind the last step")
        for index, what in ((0, "B"), (1, "F"), (2, "T")):
            self.feature_axis(x, index, what)
        if module.stride != (1,):
            raise Refused("Conv1d with a stride: a stream gives an output for every step")
        if module.padding_mode != "zeros":
            raise Refused(f"padding_mode {module.padding_mode}")
        reach = (module.kernel_size[0] - 1) * module.dilation[0]
        same = (reach // 2, reach - reach // 2)
        padding = {"valid": (0, 0), "same": same}.get(module.padding) if isinstance(module.padding, str) else None
        before, after = padding or (module.padding[0], module.padding[0])
        left, right = x.left + before - reach, x.right + after
        if left < 0 and self.causal and x.left == 0 and before == 0:
            left, right = 0, x.right
        if left < 0 and right > 0:
            raise Refused("Conv1d that reads steps to come; pad the past alone")
        if left < 0:
            raise Refused("Conv1d without its past; pad it, or say --causal (see --help)")
        if left > 0:
            raise Refused(f"Conv1d with {left} more steps before the first than it reaches")
        self.tensors(module, f"{name}.", ["weight", "bias"])
        options: dict[str, Any] = {"tensors": f"{name}.", "padding": "causal"}
        if module.dilation != (1,):
            options["dilation"] = module.dilation[0]
        if module.groups != 1:
            options["groups"] = module.groups
        y = self.layer(replace(x, left=0), name, "conv1d", module.in_channels, **options)
        return replace(y, right=right)

    def pad(self, x: Value, sides: Any) -> Value:
        if isinstance(sides, int):
            sides = (sides, sides)
        if len(sides) != 2 or min(sides) < 0:
            raise Refused(f"padding by {sides}")
        self.feature_axis(x, -1, "T")
        if x.left != 0:
            raise Refused("padding what is padded")
        return replace(x, left=sides[0], right=x.right + sides[1])

    def join(self, kind: str, name: str, parts: list[Value]) -> Value:
        axes = [[self.known(p, i) or p.axes[i] for i in range(len(p.axes))] for p in parts]
        if any(a != axes[0] for a in axes) or any(p.right or p.left or p.last != parts[0].last for p in parts):
            raise Refused("parts whose axes or steps are not the same")
        if any(p.layer == INPUT for p in parts) and self.architecture.input_size is None:
            raise Refused("the first layer does not tell how many features it reads")
        self.architecture.add(name, kind, [p.layer for p in parts])
        return replace(parts[0], layer=name)

    def transposed(self, function: str, args: tuple[Any, ...]) -> Value:
        x = self.sequence(args[0])
        order = list(range(len(x.axes)))
        if function == "permute":
            order = list(args[1]) if isinstance(args[1], tuple | list) else list(args[1:])
        else:
            a, b = args[1] % len(order), args[2] % len(order)
            order[a], order[b] = order[b], order[a]
        return replace(x, axes=tuple(x.axes[i] for i in order))

    def item(self, node: Any, index: Any, name: str, is_read: bool = True) -> Value:
        value = self.values.get(node)
        if not isinstance(value, Value):
            raise Refused("an element of what is no sequence of features")
        if value.form == "tuple" and index in (0, 1):
            lstm = isinstance(value.module, nn.LSTM)
            if index == 0 and is_read:
                self.read.add(value.layer)
            return replace(value, form="value" if index == 0 else "states" if lstm else "hidden")
        if value.form == "states" and index in (0, 1):
            return replace(value, form="hidden" if index == 0 else "cell")
        if value.form == "hidden":
            count = value.module.num_layers * (2 if value.module.bidirectional else 1)
            if value.module.bidirectional and index in (-2, -1, count - 2, count - 1):
                form = "forward" if index in (-2, count - 2) else "backward"
                return replace(value, form=form, last=True, axes=("B", "F"))
            # Of the last layer: its output at the last step.
            if isinstance(index, tuple) and index[1:] == (slice(None),) * (len(index) - 1):
                index = index[0]
            if index != -1 and not (index == 0 and value.module.num_layers == 1):
                raise Refused(f"h_n[{index}]; expected h_n[-1]")
            return replace(value, form="value", last=True, axes=("B", "F"))
        return self.sliced(self.sequence(node), index, name)

    def sliced(self, x: Value, index: Any, name: str) -> Value:
        parts = list(index) if isinstance(index, tuple) else [index]
        if Ellipsis in parts:
            at = parts.index(Ellipsis)
            parts[at : at + 1] = [slice(None)] * (len(x.axes) - len(parts) + 1)
        kept = []
        for position, part in enumerate(parts):
            what = self.known(x, position)
            if part == slice(None):
                kept.append(x.axes[position])
            elif part in (-1, slice(-1, None)) and what == "T":
                if x.right or x.left:
                    raise Refused("the last of padded steps")
                x = replace(x, last=True)
                kept += [] if part == -1 else [x.axes[position]]
            elif isinstance(part, slice) and what == "T" and part.start is None and part.step is None:
                if not isinstance(part.stop, int) or part.stop >= 0 or -part.stop > x.right:
                    raise Refused(f"steps up to {part.stop}")
                x = replace(x, right=x.right + part.stop)
                kept.append(x.axes[position])
            elif isinstance(part, slice) and what == "F" and part.step in (None, 1):
                start, stop = part.start or 0, part.stop
                if stop is None:
                    stop = self.sizes.get(x.layer)
                if not isinstance(stop, int) or not isinstance(start, int) or start < 0 or stop <= start:
                    raise Refused(f"features {start}:{stop}")
                self.architecture.add(name, "slice", [x.layer], start=start, count=stop - start)
                x = replace(x, layer=name)
                self.sizes[name] = stop - start
                kept.append(x.axes[position])
            else:
                text = part
                if isinstance(part, slice):
                    text = ":".join("" if end is None else str(end) for end in (part.start, part.stop))
                    text += "" if part.step is None else f":{part.step}"
                raise Refused(f"[{text}] of axis {position} ({what or 'which no layer has told yet'})")
        return replace(x, axes=tuple(kept) + x.axes[len(parts) :])


def architecture_of(module: nn.Module, causal: bool = False) -> Architecture:
    """The module's architecture and tensors. Raises Refused for what is not supported, by its name."""
    with torch.no_grad():
        return Exporter(module, causal).run()


def export(module: nn.Module, path: str | Path, causal: bool = False) -> None:
    """Writes the module to a safetensors file that `sluice convert` reads."""
    Path(path).write_bytes(architecture_of(module, causal).bytes())


def load(source: str, weights: str | None) -> nn.Module:
    file, _, name = source.rpartition(":")
    if not file or not Path(file).is_file():
        raise Refused(f"'{source}' is no model.py:name; a pickled module is refused, since reading it runs its code")
    spec = importlib.util.spec_from_file_location(Path(file).stem, file)
    assert spec and spec.loader
    loaded = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(Path(file).resolve().parent))
    spec.loader.exec_module(loaded)
    if not hasattr(loaded, name):
        raise Refused(f"{file} has no '{name}'")
    module = getattr(loaded, name)
    module = module if isinstance(module, nn.Module) else module()
    if not isinstance(module, nn.Module):
        raise Refused(f"{source} is no torch.nn.Module")
    if weights:
        try:
            module.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
        except Exception as error:  # whatever the file's readers raise
            reason = " ".join(str(error).split())
            raise Refused(f"{weights} is no state_dict of {type(module).__name__}: {reason[:300]}") from error
    return module
