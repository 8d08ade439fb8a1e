#!/usr/bin/env python3
"""Writes the matrix of ONNX recurrent cases, with the outputs that ONNX Runtime gives.

    pip install numpy onnx onnxruntime && python3 tools/python/make_onnx_matrix.py

Tests/Fixtures/ONNXMatrix/NAME is a case folder for `sluice conformance`: cells x directions x layouts, ragged lengths with
zeros among them, initial states of each sequence, every activation in every place, peepholes, a coupled forget gate, limits,
odd sizes. Weights are constants, lengths and initial states inputs. ONNX Runtime knows layout 0 alone: for layout 1 it runs
the same node with its axes in the other order.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from case_folder import Array, Case, run_onnx, tensor, write_cases

FOLDER = Path(__file__).resolve().parents[2] / "Tests/Fixtures/ONNXMatrix"
TOLERANCE = b'{"rtol": 1e-4, "atol": 1e-5}\n'
GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}
FUNCTIONS: dict[str, tuple[list[float], list[float]]] = {
    "Relu": ([], []),
    "Tanh": ([], []),
    "Sigmoid": ([], []),
    "Affine": ([0.4], [0.2]),
    "LeakyRelu": ([0.15], []),
    "ThresholdedRelu": ([0.1], []),
    "ScaledTanh": ([0.7], [1.2]),
    "HardSigmoid": ([0.3], [0.45]),
    "Elu": ([0.8], []),
    "Softsign": ([], []),
    "Softplus": ([], []),
}
USUAL = {"LSTM": ["Sigmoid", "Tanh", "Tanh"], "GRU": ["Sigmoid", "Tanh"], "RNN": ["Tanh"]}


@dataclass
class Spec:
    """One node; sizes are features, units, sequences and steps."""

    name: str
    cell: str
    size: tuple[int, int] = (3, 5)
    batch: int = 2
    steps: int = 5
    direction: str = "forward"
    layout: int = 0
    lengths: list[int] | None = None
    states: bool = False
    bias: bool = True
    peepholes: bool = False
    activations: list[str] | None = None
    given_parameters: bool = True
    attributes: dict[str, Any] = field(default_factory=dict)


def specs() -> list[Spec]:
    directions = ["forward", "reverse", "bidirectional"]
    cells = [("lstm", "LSTM", {}), ("gru_after", "GRU", {"linear_before_reset": 1}), ("gru_before", "GRU", {})]
    cells.append(("rnn", "RNN", {}))
    sizes = [(3, 5), (1, 1), (4, 8), (2, 9), (5, 16), (7, 17)]
    found: list[Spec] = []
    for c, (name, cell, more) in enumerate(cells):
        base = Spec(name, cell, attributes=dict(more))
        for d, direction in enumerate(directions):
            for layout in (0, 1):
                k = 6 * c + 2 * d + layout
                found.append(
                    replace(base, name=f"{name}_{direction}_layout{layout}", direction=direction, layout=layout,
                            size=sizes[k % 6], batch=1 + k % 3, steps=1 + k % 7)
                )
            lengths = [[5, 2, 0, 3], [0, 5], [1, 4, 5], [3, 0, 0, 5]][c]
            ragged = replace(base, direction=direction, lengths=lengths, batch=len(lengths), size=sizes[(c + d) % 6])
            found.append(replace(ragged, name=f"{name}_{direction}_ragged"))
            found.append(replace(ragged, name=f"{name}_{direction}_ragged_states", states=True, layout=d % 2))
        found.append(replace(base, name=f"{name}_no_bias", bias=False, size=(2, 7)))
        found.append(replace(base, name=f"{name}_clip", attributes=more | {"clip": 0.2}, size=(3, 11)))
        found.append(
            replace(base, name=f"{name}_clip_bidirectional_states", attributes=more | {"clip": 0.3}, states=True,
                    direction="bidirectional", size=(4, 3))
        )
        found.append(replace(base, name=f"{name}_states_wide", states=True, size=(9, 33), batch=2, steps=3))
    for f, function in enumerate(FUNCTIONS):
        for c, (name, cell, more) in enumerate(cells):
            places = len(USUAL[cell])
            # Every function in every place of the LSTM, in one of each GRU.
            for place in range(places) if cell == "LSTM" else [(f + c) % places]:
                activations = list(USUAL[cell])
                activations[place] = function
                found.append(
                    Spec(f"{name}_{function.lower()}_{'fgh'[place]}", cell, sizes[(f + c + place) % 6],
                         direction=directions[f % 2], activations=activations, attributes=dict(more))
                )
    for function in ("LeakyRelu", "Elu", "HardSigmoid"):
        found.append(Spec(f"rnn_{function.lower()}_default", "RNN", activations=[function], given_parameters=False))
    both = "bidirectional"
    found += [
        Spec("rnn_two_functions", "RNN", direction=both, activations=["LeakyRelu", "ScaledTanh"]),
        Spec("rnn_relu_both", "RNN", direction=both, activations=["Relu", "Relu"]),
        Spec("gru_two_functions", "GRU", direction=both, activations=["HardSigmoid", "Softsign", "Sigmoid", "Elu"]),
        Spec("lstm_two_functions", "LSTM", direction=both,
             activations=["HardSigmoid", "Softsign", "Tanh", "Sigmoid", "ScaledTanh", "Affine"]),
        Spec("lstm_peepholes_coupled_clip", "LSTM", (3, 9), peepholes=True,
             attributes={"input_forget": 1, "clip": 0.4}, states=True),
        Spec("lstm_everything", "LSTM", (5, 7), batch=3, direction=both, layout=1, lengths=[4, 0, 5], states=True,
             peepholes=True, activations=["HardSigmoid", "Softsign", "ScaledTanh", "Sigmoid", "Elu", "Tanh"],
             attributes={"input_forget": 1, "clip": 0.8}),
    ]
    for d, direction in enumerate(directions):
        found.append(Spec(f"lstm_peepholes_{direction}", "LSTM", sizes[d + 2], direction=direction, peepholes=True))
        found.append(
            Spec(f"lstm_coupled_{direction}", "LSTM", sizes[d + 3], direction=direction, attributes={"input_forget": 1})
        )
    return found


def weights(spec: Spec, seed: int) -> dict[str, Array]:
    directions = 2 if spec.direction == "bidirectional" else 1
    features, units = spec.size
    rows = GATES[spec.cell] * units
    bound = 1 / np.sqrt(units)
    arrays = {
        "W": tensor(seed + 1, directions, rows, features, scale=bound),
        "R": tensor(seed + 2, directions, rows, units, scale=bound),
    }
    if spec.bias:
        arrays["B"] = tensor(seed + 3, directions, 2 * rows, scale=0.4)
    if spec.peepholes:
        arrays["P"] = tensor(seed + 4, directions, 3 * units, scale=0.5)
    return arrays


def inputs(spec: Spec, seed: int) -> dict[str, Array]:
    """In the order of layout 0."""
    directions = 2 if spec.direction == "bidirectional" else 1
    arrays = {"x": tensor(seed + 5, spec.steps, spec.batch, spec.size[0], scale=1)}
    if spec.lengths is not None:
        arrays["sequence_lens"] = np.array(spec.lengths, np.int32)
    if spec.states:
        arrays["initial_h"] = tensor(seed + 6, directions, spec.batch, spec.size[1], scale=0.8)
        if spec.cell == "LSTM":
            arrays["initial_c"] = tensor(seed + 7, directions, spec.batch, spec.size[1], scale=0.8)
    return arrays


def model(spec: Spec, constants: dict[str, Array], given: dict[str, Array], layout: int) -> bytes:
    names = ["x", "W", "R", "B", "sequence_lens", "initial_h", "initial_c", "P"]
    outputs = ["Y", "Y_h", "Y_c"] if spec.cell == "LSTM" else ["Y", "Y_h"]
    more: dict[str, Any] = dict(spec.attributes)
    if spec.direction != "forward":
        more["direction"] = spec.direction
    if layout:
        more["layout"] = layout
    if spec.activations:
        more["activations"] = spec.activations
        for i, key in enumerate(("activation_alpha", "activation_beta")):
            values = [v for f in spec.activations for v in FUNCTIONS[f][i]]
            if values and spec.given_parameters:
                more[key] = values
    used = [n if n in constants or n in given else "" for n in names]
    while not used[-1]:
        used.pop()
    node = helper.make_node(spec.cell, used, outputs, name="cell", hidden_size=spec.size[1], **more)
    kinds = {"sequence_lens": TensorProto.INT32}
    graph = helper.make_graph(
        [node],
        spec.name,
        [helper.make_tensor_value_info(n, kinds.get(n, TensorProto.FLOAT), a.shape) for n, a in given.items()],
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, [None] * (4 if n == "Y" else 3)) for n in outputs],
        [numpy_helper.from_array(np.ascontiguousarray(a), n) for n, a in constants.items()],
    )
    result = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=8)
    onnx.checker.check_model(result)
    return result.SerializeToString(deterministic=True)


def case(spec: Spec, seed: int) -> Case:
    constants, given = weights(spec, seed), inputs(spec, seed)
    expected = run_onnx(model(spec, constants, given, 0), list(given.values()))
    if spec.layout:
        given = {n: a if n == "sequence_lens" else np.swapaxes(a, 0, 1) for n, a in given.items()}
        # Y [T, D, B, H] to [B, T, D, H], final states [D, B, H] to [B, D, H].
        expected = [np.moveaxis(expected[0], 2, 0), *(np.swapaxes(y, 0, 1) for y in expected[1:])]
    assert all(np.isfinite(y).all() and np.abs(y).max() < 50 for y in expected), spec.name
    files = {"model.onnx": model(spec, constants, given, spec.layout), "convert.json": TOLERANCE}
    return Case(spec.name, files, list(given.values()), expected)


def main() -> None:
    cases = [case(spec, 10_000 + 20 * i) for i, spec in enumerate(specs())]
    assert len({c.name for c in cases}) == len(cases)
    write_cases(FOLDER, cases)
    size = sum(p.stat().st_size for p in FOLDER.rglob("*") if p.is_file())
    print(f"{len(cases)} cases, {size / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
