"""Conversion cases in ONNX as PyTorch's two exporters write them. Not run by itself; make_conversion_cases.py imports it.

These hold the plumbing of real files: Transpose, Squeeze, Reshape, Slice and Concat around the recurrent nodes, and
initial states computed from the input's shape. Expected outputs are ONNX Runtime's, compared with PyTorch's on the way.
"""

import io
import logging
import warnings
from typing import Any

import numpy as np
import onnx
import torch
from torch import nn

from case_folder import Array, Case, ids, onnx_case, tensor
from exported_graphs import Network, graphs

LEGACY_OPSET = 17


class Tagger(nn.Module):
    """[embedding ->] recurrent -> linear -> activation, over the whole sequence or its last step."""

    def __init__(
        self, recurrent: nn.Module, head: nn.Module, activation: nn.Module, words: int = 0, last: bool = False
    ):
        super().__init__()
        self.embedding = nn.Embedding(words, recurrent.input_size) if words else nn.Identity()
        self.rnn, self.fc, self.activation, self.last = recurrent, head, activation, last

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.rnn(self.embedding(x))[0]
        if self.last:
            y = y[:, -1] if self.rnn.batch_first else y[-1]
        return self.activation(self.fc(y))


class WithStates(nn.Module):
    """The states go in and out of the graph, as in models that are run chunk by chunk."""

    def __init__(self, lstm: nn.LSTM, head: nn.Linear):
        super().__init__()
        self.lstm, self.fc = lstm, head

    def forward(self, x: torch.Tensor, h: torch.Tensor, c: torch.Tensor) -> tuple[torch.Tensor, ...]:
        y, (h, c) = self.lstm(x, (h, c))
        return self.fc(y), h, c


@torch.no_grad()
def fill(module: nn.Module, seed: int, scale: float = 0.4) -> nn.Module:
    """Generated parameters: the same on every machine and with every version of PyTorch."""
    for t, parameter in enumerate(module.parameters()):
        parameter.copy_(torch.from_numpy(tensor(seed * 1000 + t, *parameter.shape, scale=scale)))
    return module.eval()


def without_notes(model: onnx.ModelProto) -> onnx.ModelProto:
    """Drops doc strings and metadata: the exporter puts stack traces with its machine's paths there."""
    model.doc_string = ""
    del model.metadata_props[:]
    graph = model.graph
    for part in [graph, *graph.node, *graph.input, *graph.output, *graph.value_info, *graph.initializer]:
        part.doc_string = ""
        del part.metadata_props[:]
    return model


def export(name: str, module: nn.Module, inputs: list[Array], dynamo: bool, dynamic: dict[str, dict[int, str]]) -> Case:
    tensors = tuple(torch.from_numpy(x) for x in inputs)
    input_names = ["x", "h0", "c0"][: len(inputs)]
    output_names = None if isinstance(module, Network) else ["y", "hn", "cn"][: len(inputs)]
    target = io.BytesIO()
    arguments: dict[str, Any] = {"input_names": input_names, "output_names": output_names}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecation of the legacy exporter, whose files will be about for years
        if dynamo:
            shapes = {n: {a: torch.export.Dim(d) for a, d in axes.items()} for n, axes in dynamic.items()} or None
            program = torch.onnx.export(module, tensors, dynamo=True, dynamic_shapes=shapes, verbose=False, **arguments)
            assert program is not None
            model = program.model_proto
        else:
            torch.onnx.export(
                module,
                tensors,
                target,
                dynamo=False,
                opset_version=LEGACY_OPSET,
                dynamic_axes=dynamic or None,
                **arguments,
            )
            model = onnx.load_from_string(target.getvalue())
    case = onnx_case(f"{'dynamo' if dynamo else 'torch'}_{name}", without_notes(model), inputs)
    with torch.no_grad():
        expected = module(*tensors)
    for ours, theirs in zip(case.outputs, expected if isinstance(expected, tuple) else (expected,), strict=True):
        np.testing.assert_allclose(ours, theirs.numpy(), rtol=1e-4, atol=1e-6)
    return case


def exported_cases() -> list[Case]:
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    time_second = {"x": {1: "time"}}
    sigmoid, softmax, none = nn.Sigmoid(), nn.Softmax(-1), nn.Identity()
    specifications: list[tuple[str, nn.Module, list[Array], dict[str, dict[int, str]]]] = []

    def add(
        name: str, module: nn.Module, inputs: list[Array], dynamic: dict[str, dict[int, str]] | None = None
    ) -> None:
        specifications.append((name, fill(module, 740 + len(specifications)), inputs, dynamic or {}))

    add("lstm", Tagger(nn.LSTM(3, 8), nn.Linear(8, 2), sigmoid), [tensor(740900, 10, 1, 3, scale=1)])
    add(
        "lstm_batch_first",
        Tagger(nn.LSTM(3, 8, batch_first=True), nn.Linear(8, 2), sigmoid),
        [tensor(741900, 1, 10, 3, scale=1)],
    )
    add(
        "lstm_stacked_dynamic_time",
        Tagger(nn.LSTM(3, 9, num_layers=2, batch_first=True), nn.Linear(9, 2), nn.Tanh()),
        [tensor(742900, 1, 12, 3, scale=1)],
        time_second,
    )
    add(
        "gru_batch_first_dynamic_time",
        Tagger(nn.GRU(4, 7, batch_first=True), nn.Linear(7, 3), nn.ReLU()),
        [tensor(743900, 1, 11, 4, scale=1)],
        time_second,
    )
    add("gru_stacked", Tagger(nn.GRU(4, 7, num_layers=2), nn.Linear(7, 3), none), [tensor(744900, 9, 1, 4, scale=1)])
    add(
        "rnn_tanh_batch_first",
        Tagger(nn.RNN(2, 6, batch_first=True), nn.Linear(6, 1), none),
        [tensor(745900, 1, 15, 2, scale=1)],
    )
    add(
        "rnn_relu",
        Tagger(nn.RNN(2, 6, nonlinearity="relu"), nn.Linear(6, 1), none),
        [tensor(746900, 15, 1, 2, scale=1)],
    )
    add(
        "embedding_lstm_softmax",
        Tagger(nn.LSTM(5, 8, batch_first=True), nn.Linear(8, 4), softmax, words=12),
        [ids(747900, 12, 1, 13)],
        time_second,
    )
    add(
        "embedding_gru_last",
        Tagger(nn.GRU(5, 8, batch_first=True), nn.Linear(8, 2), softmax, words=12, last=True),
        [ids(748900, 12, 1, 13)],
    )
    add(
        "lstm_no_bias",
        Tagger(nn.LSTM(3, 8, bias=False), nn.Linear(8, 2, bias=False), none),
        [tensor(749900, 10, 1, 3, scale=1)],
    )
    add(
        "lstm_states",
        WithStates(nn.LSTM(3, 8, batch_first=True), nn.Linear(8, 2)),
        [tensor(750900, 1, 10, 3, scale=1), tensor(750901, 1, 1, 8, scale=0.5), tensor(750902, 1, 1, 8, scale=0.5)],
    )
    add(
        "lstm_bidirectional",
        Tagger(nn.LSTM(3, 5, bidirectional=True), nn.Linear(10, 2), none),
        [tensor(751900, 8, 1, 3, scale=1)],
    )
    for name, module, shape in graphs():
        add(name, module, [tensor(752900 + len(specifications), *shape, scale=1)], {"x": {0: "batch", 1: "time"}})
    cases = [export(name, module, inputs, False, dynamic) for name, module, inputs, dynamic in specifications]
    for name, module, inputs, dynamic in specifications:
        # The current exporter has no RNN node: it unrolls every step of nn.RNN, which leaves no recurrent layer to find.
        if not name.startswith("rnn_"):
            cases.append(export(name, module, inputs, True, dynamic))
    return cases
