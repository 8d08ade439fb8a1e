"""PyTorch on one thread: the layer (its fused kernel), the cell, and both compiled by TorchScript."""

from collections.abc import Callable, Iterator

import numpy as np
import torch

from shapes import Shape

Prepared = tuple[Callable[[], object], Callable[[], np.ndarray]]


def variants() -> Iterator[tuple[str, str, Callable[[Shape], Prepared | None]]]:
    """Name, storage, and what makes a call and its last h from a shape (None: not for this shape)."""
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    yield "PyTorch layer", "f32", lambda shape: layer(shape)
    yield "PyTorch cell", "f32", lambda shape: cell(shape, scripted=False)
    yield "PyTorch cell, jit", "f32", lambda shape: cell(shape, scripted=True)
    yield "PyTorch layer", "int8", lambda shape: layer(shape, quantized=True)


def load(module: torch.nn.Module, shape: Shape, suffix: str) -> None:
    names = {"W": "weight_ih", "U": "weight_hh", "b": "bias_ih", "c": "bias_hh"}
    module.load_state_dict({names[k] + suffix: torch.from_numpy(v) for k, v in shape.weights().items()})
    module.eval()


def layer(shape: Shape, quantized: bool = False) -> Prepared:
    kind = torch.nn.LSTM if shape.cell == "lstm" else torch.nn.GRU
    module = kind(shape.inputs, shape.hidden)
    load(module, shape, "_l0")
    if quantized:
        module = torch.ao.quantization.quantize_dynamic(torch.nn.Sequential(module), {kind}, torch.qint8)[0]
    x = torch.from_numpy(shape.input())
    zero = torch.zeros(1, shape.streams, shape.hidden)
    state = [(zero, zero) if shape.cell == "lstm" else zero]

    @torch.inference_mode()
    def call() -> None:
        state[0] = module(x, state[0])[1]

    return call, lambda: (state[0][0] if shape.cell == "lstm" else state[0]).numpy()


def cell(shape: Shape, scripted: bool) -> Prepared | None:
    if shape.steps > 1:
        return None
    kind = torch.nn.LSTMCell if shape.cell == "lstm" else torch.nn.GRUCell
    module = kind(shape.inputs, shape.hidden)
    load(module, shape, "")
    x = torch.from_numpy(shape.input()[0])
    zero = torch.zeros(shape.streams, shape.hidden)
    state = [(zero, zero) if shape.cell == "lstm" else zero]
    if scripted:
        with torch.inference_mode():
            module = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.script(module)))

    @torch.inference_mode()
    def call() -> None:
        state[0] = module(x, state[0])

    return call, lambda: (state[0][0] if shape.cell == "lstm" else state[0]).numpy()
