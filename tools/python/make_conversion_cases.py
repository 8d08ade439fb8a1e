"""Writes small trained-model files with expected outputs, and files that must be refused, for the converter's tests.

Run:    python tools/python/make_conversion_cases.py    (needs numpy, torch, safetensors, onnx, onnxscript, onnxruntime)
Writes: Tests/Fixtures/Conversion/<case>/, one folder a case, in the format that `sluice conformance` reads

safetensors_*   tensors named by PyTorch, expected outputs by PyTorch; [T, inputSize] in, [T, outputSize] out
                ([1, outputSize] where "output" is "last")
onnx_*          graphs made node by node (onnx_cases.py), expected outputs by ONNX Runtime
torch_*         exported by torch.onnx's TorchScript exporter, dynamo_* by the current one (exported_cases.py)
refuse_*        conversion must fail with a message that contains the text of expect_error.txt
"""

import json
import sys
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import nn

from case_folder import Array, Case, ids, tensor, write_cases
from exported_cases import exported_cases, fill
from onnx_cases import helper_cases, refused_cases

FOLDER = Path(__file__).resolve().parents[2] / "Tests/Fixtures/Conversion"
Architecture = dict[str, Any]


def save_module(module: nn.Module, metadata: dict[str, str] | None = None) -> bytes:
    return save({name: value.contiguous() for name, value in module.state_dict().items()}, metadata)


def json_bytes(value: Any) -> bytes:
    return (json.dumps(value, indent=1) + "\n").encode()


@torch.no_grad()
def run(module: nn.ModuleDict, x: Array, activation: nn.Module, last: bool = False) -> Array:
    """Runs the submodules in their order, as an architecture file would list them."""
    y = torch.from_numpy(x)
    for layer in module.values():
        y = layer(y)
        y = y[0] if isinstance(y, tuple) else y
    return activation(y[-1:] if last else y).numpy()


def safetensors_cases() -> list[Case]:
    cases: list[Case] = []

    def add(
        name: str, module: nn.Module, files: dict[str, bytes], x: Array, activation: nn.Module, last: bool = False
    ) -> None:
        cases.append(Case(f"safetensors_{name}", files, [x], [run(module, x, activation, last)]))

    def recurrent(kind: str, prefix: str, layers: int = 1, **more: Any) -> Architecture:
        return {"type": kind, "tensors": prefix, "layers": layers, **more}

    def dense(activation: str | None = None) -> Architecture:
        return {"type": "dense", "tensors": "fc."} | ({"activation": activation} if activation else {})

    module = fill(nn.ModuleDict({"lstm": nn.LSTM(3, 17, num_layers=2), "fc": nn.Linear(17, 2)}), 760)
    architecture = {"input_size": 3, "layers": [recurrent("lstm", "lstm.", 2), dense("sigmoid")]}
    files = {"model.safetensors": save_module(module), "model.json": json_bytes(architecture)}
    add("lstm_stacked_dense", module, files, tensor(760900, 20, 3, scale=1), nn.Sigmoid())

    module = fill(nn.ModuleDict({"lstm": nn.LSTM(4, 8), "fc": nn.Linear(8, 3)}), 761)
    architecture = {"input_size": 4, "layers": [recurrent("lstm", "lstm."), dense("tanh")]}
    files = {"model.safetensors": save_module(module, {"sluice.architecture": json.dumps(architecture)})}
    add("architecture_in_metadata", module, files, tensor(761900, 12, 4, scale=1), nn.Tanh())

    module = fill(nn.ModuleDict({"rnn": nn.LSTM(3, 8), "fc": nn.Linear(8, 1)}), 762)
    files = {"model.safetensors": save_module(module)}
    add("architecture_inferred", module, files, tensor(762900, 10, 3, scale=1), nn.Identity())

    module = fill(nn.ModuleDict({"gru": nn.GRU(5, 9), "fc": nn.Linear(9, 4)}), 763)
    architecture = {"input_size": 5, "layers": [recurrent("gru", "gru."), dense("relu")]}
    files = {"model.safetensors": save_module(module), "model.json": json_bytes(architecture)}
    add("gru_dense", module, files, tensor(763900, 15, 5, scale=1), nn.ReLU())

    module = fill(nn.ModuleDict({"rnn": nn.RNN(2, 7, nonlinearity="relu"), "fc": nn.Linear(7, 2)}), 764)
    architecture = {"input_size": 2, "layers": [recurrent("rnn", "rnn.", nonlinearity="relu"), dense()]}
    files = {"model.safetensors": save_module(module), "model.json": json_bytes(architecture)}
    add("rnn_relu_dense", module, files, tensor(764900, 15, 2, scale=1), nn.Identity())

    parts = {"embedding": nn.Embedding(11, 6), "lstm": nn.LSTM(6, 10), "fc": nn.Linear(10, 3)}
    module = fill(nn.ModuleDict(parts), 765)
    embedding = {"type": "embedding", "tensors": "embedding."}
    architecture = {
        "input_size": 11,
        "output": "last",
        "layers": [embedding, recurrent("lstm", "lstm."), dense("softmax")],
    }
    files = {"model.safetensors": save_module(module), "model.json": json_bytes(architecture)}
    add("embedding_lstm_last", module, files, ids(765900, 11, 14), nn.Softmax(-1), last=True)

    # Projections, and both directions: told, and inferred from the tensors' names.
    forms: list[tuple[str, nn.Module, int, Architecture | None]] = [
        ("lstm_projection", nn.LSTM(3, 9, num_layers=2, proj_size=5), 5, recurrent("lstm", "rnn.", 2, projection=5)),
        ("lstm_projection_inferred", nn.LSTM(4, 17, proj_size=3), 3, None),
        (
            "lstm_bidirectional",
            nn.LSTM(3, 8, num_layers=2, bidirectional=True),
            16,
            recurrent("lstm", "rnn.", 2, bidirectional=True),
        ),
        ("gru_bidirectional_inferred", nn.GRU(2, 7, bidirectional=True), 14, None),
        (
            "rnn_bidirectional",
            nn.RNN(5, 6, nonlinearity="relu", bidirectional=True),
            12,
            recurrent("rnn", "rnn.", nonlinearity="relu", bidirectional=True),
        ),
        (
            "lstm_bidirectional_projection",
            nn.LSTM(3, 9, num_layers=2, proj_size=4, bidirectional=True, bias=False),
            8,
            recurrent("lstm", "rnn.", 2, bidirectional=True, projection=4),
        ),
    ]
    for i, (name, rnn, outputs, layer) in enumerate(forms):
        module = fill(nn.ModuleDict({"rnn": rnn, "fc": nn.Linear(outputs, 2)}), 780 + i)
        files = {"model.safetensors": save_module(module)}
        if layer is not None:
            files["model.json"] = json_bytes({"input_size": rnn.input_size, "layers": [layer, dense()]})
        x = tensor(780900 + i, 11, rnn.input_size, scale=1)
        add(name, module, files, x, nn.Identity())

    # What must be refused. A tensor that the architecture does not mention:
    module = fill(nn.ModuleDict({"lstm": nn.LSTM(3, 4), "fc": nn.Linear(4, 1), "extra": nn.Linear(4, 1)}), 770)
    architecture = {"input_size": 3, "layers": [recurrent("lstm", "lstm."), dense()]}
    files = {"model.safetensors": save_module(module), "model.json": json_bytes(architecture)}
    cases.append(Case("refuse_safetensors_left_over", files, expected_error="extra.weight"))
    # ... a layer type that does not exist:
    module = fill(nn.ModuleDict({"lstm": nn.LSTM(3, 4), "fc": nn.Linear(4, 1)}), 771)
    unknown = {"input_size": 3, "layers": [recurrent("lstm", "lstm."), {"type": "attention", "tensors": "fc."}]}
    files = {"model.safetensors": save_module(module), "model.json": json_bytes(unknown)}
    cases.append(Case("refuse_safetensors_layer_type", files, expected_error="attention"))
    # ... a tensor that is missing:
    missing = {"input_size": 3, "layers": [recurrent("lstm", "lstm.", 2), dense()]}
    files = {"model.safetensors": save_module(module), "model.json": json_bytes(missing)}
    cases.append(Case("refuse_safetensors_missing_tensor", files, expected_error="lstm.weight_ih_l1"))
    # ... and sizes that disagree:
    sizes = {"input_size": 4, "layers": [recurrent("lstm", "lstm."), dense()]}
    files = {"model.safetensors": save_module(module), "model.json": json_bytes(sizes)}
    cases.append(Case("refuse_safetensors_input_size", files, expected_error="lstm.weight_ih_l0"))
    return cases


def main() -> int:
    torch.set_num_threads(1)
    cases = safetensors_cases() + helper_cases() + exported_cases() + refused_cases()
    assert len({case.name for case in cases}) == len(cases), "two cases share a name"
    write_cases(FOLDER, cases)
    for case in cases:
        shapes = [list(y.shape) for y in case.outputs]
        print(case.name, f"refused: {case.expected_error}" if case.expected_error else f"outputs {shapes}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
