"""A PyTorch module's traced forward as an architecture. Not run by itself; export_torch.py is the command, and says what is
read.
"""

import importlib.util
import operator
import sys
import zipfile
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import fx, nn

from sluice_architecture import INPUT, Architecture, Refused, shown
from torch_in_place import Tracer, refuse_changes_that_are_read
from torch_modules import RECURRENT, Modules, class_of
from torch_values import Value

ARITHMETIC = {"add": "add", "iadd": "add", "sub": "sub", "isub": "sub", "mul": "mul", "imul": "mul", "truediv": "div",
              "div": "div", "itruediv": "div"}  # fmt: skip
FUNCTIONS = {"relu": "relu", "tanh": "tanh", "sigmoid": "sigmoid"}
MISSING = object()
# What a size that forward asks of a value is told.
SIZES = "a size asked of a value is not computed; write a number, or leave out what only checks or reshapes by it"


class Exporter(Modules):
    def __init__(self, module: nn.Module, causal: bool):
        sequential = isinstance(module, nn.Sequential)
        if type(module).__module__.startswith("torch.nn") and not sequential:
            module = nn.Sequential(module)
            sequential = True
        super().__init__(causal, sequential)
        self.module = module.eval()
        try:
            self.graph = Tracer().trace(self.module)
        except Exception as error:  # whatever a traced forward raises
            raise Refused(f"{type(module).__name__} cannot be traced by torch.fx: {error}") from error
        self.drop_unread()
        refuse_changes_that_are_read(self.graph, self.module)

    def drop_unread(self) -> None:
        """Takes out the calls of modules whose outputs nothing reads, unless they change what they read."""
        for node in reversed(list(self.graph.nodes)):
            is_call = node.op == "call_module" and not getattr(self.module.get_submodule(node.target), "inplace", False)
            if not node.users and (is_call or node.target is operator.getitem):
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
                raise Refused(f"{node.op.replace('call_', '')} {name}: {refusal}") from None
        for name in self.final & self.read:
            raise Refused(f"module {name}: both its sequence and its final states are read")
        return self.architecture

    def bind_input(self) -> None:
        """Binds the input's axes by the layers that read it, so that a slice may stand before them."""
        same = {node for node in self.graph.nodes if node.op == "placeholder"}
        for node in self.graph.nodes:
            if getattr(node.target, "__name__", node.target) in ARITHMETIC and same.intersection(node.all_input_nodes):
                same.add(node)
            if node.op != "call_module" or not same.intersection(node.all_input_nodes[:1]):
                continue
            module, x = self.module.get_submodule(node.target), Value(INPUT, (0, 1, 2))
            if class_of(module) in RECURRENT:
                for index, what in zip((0, 1, 2), "BTF" if module.batch_first else "TBF"):
                    self.feature_axis(x, index, what)
            sizes = (getattr(module, n, None) for n in ("input_size", "in_features", "in_channels", "num_features"))
            self.architecture.input_size = next((n for n in sizes if isinstance(n, int)), None)

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
        if isinstance(result, tuple | list) and result:
            # States go with the sequence: a stream keeps them.
            for other in result[1:]:
                states = other if isinstance(other, tuple | list) else [other]
                for state in states:
                    value = self.values.get(state) if isinstance(state, fx.Node) else None
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
        module, args, options = self.module.get_submodule(node.target), node.args, dict(node.kwargs)
        given = args[0] if args else options.pop("input", None)
        if self.is_given(args[1:]) or any(value is not None for value in options.values()):
            raise Refused(f"{class_of(module).__name__} with more than its input, such as an initial state")
        return self.computed(self.sequence(given), node.target, module)

    def call_function(self, node: fx.Node) -> Any:
        target, args, options = node.target, node.args, dict(node.kwargs)
        function, name = getattr(target, "__name__", str(target)), node.name
        if target is getattr:
            raise Refused(SIZES if args[1] in ("shape", "ndim") else "is not supported; a module's own attributes are")
        if target is operator.getitem:
            return self.item(args[0], args[1], name, bool(node.users))
        if function in ARITHMETIC:
            return self.arithmetic(ARITHMETIC[function], name, self.arguments(args, options, input=MISSING, other=MISSING))
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
        if target in ("contiguous", "float", "clone", "detach") and args and isinstance(args[0], fx.Node):
            return self.values[args[0]]
        if target == "squeeze":
            x, axis = self.arguments(args, options, input=MISSING, dim=None)
            value = self.values.get(x) if isinstance(x, fx.Node) else None
            if isinstance(value, Value) and value.form == "hidden" and axis == 0 and value.module.num_layers == 1:
                return self.item(x, -1, node.name)
            raise Refused("of anything but h_n of one layer; leave the axis to whoever reads the output")
        if target in ("size", "dim"):
            raise Refused(SIZES)
        if target in ARITHMETIC:
            return self.arithmetic(
                ARITHMETIC[target], node.name, self.arguments(args, options, input=MISSING, other=MISSING)
            )
        return self.method(target, args, options, node.name)

    # Functions and methods.

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
            order = options.pop("dims", args[1] if len(args) == 2 else args[1:])
            order = order if isinstance(order, tuple | list) else [order]
            return self.transposed(self.sequence(args[0] if args else options.get("input")), list(order), swaps=False)
        if function in FUNCTIONS:
            (x,) = self.arguments(args, options, input=MISSING)
            return self.function(self.sequence(x), name, FUNCTIONS[function])
        if function == "softmax":
            x, axis = self.arguments(args, options, input=MISSING, dim=MISSING)
            value = self.sequence(x)
            self.feature_axis(value, axis)
            return self.function(value, name, "softmax")
        if function in ("elu", "leaky_relu"):
            key, usual = ("alpha", 1.0) if function == "elu" else ("negative_slope", 0.01)
            x, alpha = self.arguments(args, options, input=MISSING, **{key: usual})
            if not isinstance(alpha, int | float):
                raise Refused(f"{key}={shown(alpha)}; expected a number")
            return self.function(self.sequence(x), name, {"function": function, "alpha": alpha})
        raise Refused(f"{function} is not supported")

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


def architecture_of(module: nn.Module, causal: bool = False) -> Architecture:
    """The module's architecture and tensors. Raises Refused for what is not supported, by its name."""
    with torch.no_grad():
        return Exporter(module, causal).run()


def export(module: nn.Module, path: str | Path, causal: bool = False) -> None:
    """Writes the module to a safetensors file that `sluice convert` reads."""
    Path(path).write_bytes(architecture_of(module, causal).bytes())


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


def refuse_unpacking(path: Path) -> None:
    """torch.save packs nothing; an archive whose members are larger than it is would fill the memory."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            count = sum(member.file_size for member in archive.infolist())
        if count > (16 << 20) + 16 * path.stat().st_size:
            raise Refused(f"its members have {count} bytes: more than the file could hold")
