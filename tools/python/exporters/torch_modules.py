"""What each of PyTorch's modules is in an architecture. Not run by itself; torch_exporter.py imports it."""

from dataclasses import replace
from typing import Any

from torch import nn
from torch.nn.utils.prune import BasePruningMethod

from .sluice_architecture import INPUT, Array, Refused
from .torch_reshaping import Reshaping
from .torch_values import Value

RECURRENT = {nn.LSTM: "lstm", nn.GRU: "gru", nn.RNN: "rnn"}
CELLS = {nn.LSTMCell: "lstm", nn.GRUCell: "gru", nn.RNNCell: "rnn"}
NOTHING = (nn.Identity, nn.Dropout, nn.Dropout1d, nn.AlphaDropout, nn.FeatureAlphaDropout)


class WrongRank(Refused):
    """A recurrent layer that reads more or fewer axes than three."""


def class_of(module: nn.Module) -> type:
    """The module's class; of one with parametrizations, the class below that torch makes of it."""
    kind = type(module)
    return kind.__mro__[1] if nn.utils.parametrize.is_parametrized(module) else kind


def prepare(module: nn.Module) -> None:
    """Lets what computes a weight before every call compute it; any other hook could change what is computed."""
    for hook in module._forward_pre_hooks.values():
        # The older weight_norm and spectral_norm, and pruning.
        if type(hook).__name__ not in ("WeightNorm", "SpectralNorm") and not isinstance(hook, BasePruningMethod):
            raise Refused("a forward_pre_hook")
        hook(module, None)
    if module._forward_hooks:
        raise Refused("a forward_hook")


class Modules(Reshaping):
    """Adds to the architecture what a module computes."""

    def computed(self, x: Value, name: str, module: Any) -> Value:
        prepare(module)
        kind = class_of(module)
        if kind in RECURRENT:
            return self.recurrent(x, name, module, RECURRENT[kind])
        if kind is nn.Linear:
            self.feature_axis(x, -1)
            y = self.layer(x, name, "dense", module.in_features, self.arrays(module, "weight", "bias"))
            self.sizes[y.layer] = module.out_features
            return y
        if kind is nn.Embedding:
            if x.layer != INPUT or self.architecture.layers:
                raise Refused("an embedding that does not read the model's input")
            if module.max_norm is not None:
                raise Refused("max_norm")
            self.architecture.input_size = module.num_embeddings
            layer = self.architecture.add(name, "embedding", [INPUT], self.arrays(module, "weight"))
            self.sizes[layer] = module.embedding_dim
            return replace(x, layer=layer, axes=(*x.axes[:-1], "F"))
        if kind is nn.Conv1d:
            return self.convolution(x, name, module)
        if kind is nn.LayerNorm:
            self.feature_axis(x, -1)
            if len(module.normalized_shape) != 1:
                raise Refused(f"normalized_shape {module.normalized_shape}")
            size = module.normalized_shape[0]
            return self.layer(x, name, "layernorm", size, self.arrays(module, "weight", "bias"), epsilon=module.eps)
        if kind is nn.BatchNorm1d:
            self.feature_axis(x, 1)
            if module.running_mean is None:
                raise Refused("track_running_stats=False")
            arrays = self.arrays(module, "weight", "bias", "running_mean", "running_var")
            return self.layer(x, name, "batchnorm", module.num_features, arrays, epsilon=module.eps)
        if kind is nn.PReLU:
            if module.num_parameters > 1:
                self.feature_axis(x, 1)
            size = module.num_parameters if module.num_parameters > 1 else None
            return self.layer(x, name, "prelu", size, self.arrays(module, "weight"))
        if kind in NOTHING:
            return x
        if kind in (nn.ZeroPad1d, nn.ConstantPad1d):
            if getattr(module, "value", 0) != 0:
                raise Refused(f"{kind.__name__} with a value other than 0")
            return self.pad(x, module.padding)
        shape = self.affine_activation(kind, module)
        if shape is not None:
            before, function, after = shape
            x = self.affine(x, f"{name}.before", *before)
            return self.affine(self.function(x, f"{name}.function", function), name, *after)
        return self.function(x, name, self.activation_of(x, kind, module))

    @staticmethod
    def arrays(module: nn.Module, *names: str) -> dict[str, Array]:
        found = {name: getattr(module, name) for name in names}
        return {name: value.detach().cpu().numpy() for name, value in found.items() if value is not None}

    def affine_activation(self, kind: type, module: Any) -> Any:
        """(factor, summand), a function, and (factor, summand) behind it; None for other modules."""
        if kind is nn.SELU:
            return (1, 0), {"function": "elu", "alpha": 1.6732632423543772}, (1.0507009873554805, 0)
        if kind is nn.CELU:
            return (1 / module.alpha, 0), "elu", (module.alpha, 0)
        if kind in (nn.Hardtanh, nn.ReLU6):
            low, high = module.min_val, module.max_val
            slope = 1 / (high - low)
            return (1, 0), {"function": "hard_sigmoid", "alpha": slope, "beta": -low * slope}, (high - low, low)
        return None

    def activation_of(self, x: Value, kind: type, module: Any) -> Any:
        if kind in (nn.Softmax, nn.LogSoftmax):
            self.feature_axis(x, module.dim if module.dim is not None else -1)
            return "softmax" if kind is nn.Softmax else "log_softmax"
        if kind is nn.ELU:
            return {"function": "elu", "alpha": float(module.alpha)}
        if kind is nn.LeakyReLU:
            return {"function": "leaky_relu", "alpha": float(module.negative_slope)}
        if kind is nn.Hardsigmoid:
            return {"function": "hard_sigmoid", "alpha": 1 / 6, "beta": 0.5}
        if kind is nn.Softplus and module.beta == 1 and module.threshold >= 20:
            return "softplus"
        simple = {nn.ReLU: "relu", nn.Tanh: "tanh", nn.Sigmoid: "sigmoid", nn.Softsign: "softsign"}
        if kind not in simple:
            raise Refused(f"{kind.__name__} is not supported")
        return simple[kind]

    def recurrent(self, x: Value, name: str, module: Any, kind: str, initial: dict[str, Array] | None = None) -> Value:
        if x.last:
            raise Refused("a recurrent layer behind the last step")
        if len(x.axes) != 3:
            raise WrongRank(f"{len(x.axes)} axes; expected batch, steps and features")
        time, batch = (1, 0) if module.batch_first else (0, 1)
        for index, what in ((time, "T"), (batch, "B"), (2, "F")):
            self.feature_axis(x, index, what)
        options: dict[str, Any] = {"layers": module.num_layers}
        if module.bidirectional:
            options["bidirectional"] = True
        if kind == "rnn":
            options["nonlinearity"] = module.nonlinearity
        if getattr(module, "proj_size", 0):
            options["projection"] = module.proj_size
        y = self.layer(x, name, kind, module.input_size, self.cell_arrays(module) | (initial or {}), **options)
        width = getattr(module, "proj_size", 0) or module.hidden_size
        self.sizes[y.layer] = width * (2 if module.bidirectional else 1)
        if self.is_single(x, time):
            self.single.add(y.layer)
        return replace(y, form="tuple", module=module)

    def cell_arrays(self, module: Any) -> dict[str, Array]:
        """Every layer's and direction's, by the names that they have also where a parametrization computes them."""
        kinds = ["weight_ih", "weight_hh"] + (["bias_ih", "bias_hh"] if module.bias else [])
        kinds += ["weight_hr"] if getattr(module, "proj_size", 0) else []
        ends = [
            f"_l{i}{end}" for i in range(module.num_layers) for end in (["", "_reverse"] if module.bidirectional else [""])
        ]
        return self.arrays(module, *[kind + end for end in ends for kind in kinds])

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
        options: dict[str, Any] = {"padding": "causal"}
        if module.dilation != (1,):
            options["dilation"] = module.dilation[0]
        if module.groups != 1:
            options["groups"] = module.groups
        y = self.layer(
            replace(x, left=0), name, "conv1d", module.in_channels, self.arrays(module, "weight", "bias"), **options
        )
        self.sizes[y.layer] = module.out_channels
        return replace(y, right=right)
