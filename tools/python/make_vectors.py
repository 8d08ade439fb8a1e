"""Writes the expected outputs of recurrent layers, computed by PyTorch and by ONNX Runtime, for the runtime's tests.

Run:    python tools/python/make_vectors.py            (needs numpy, torch, onnx, onnxruntime)
        python tools/python/make_vectors.py --check    regenerates in memory, compares with the committed files within
                                                       1e-6, and prints each source's distance from a float64 reference
Writes: Tests/Fixtures/Vectors/<cell>-<source>.f32     little-endian float32, no header
        Tests/Fixtures/Vectors/manifest.json

Weights and inputs are not stored: sluice_vectors.py generates them, and the Swift tests do the same. A case has an
integer `seed`; its tensor t is the stream `seed*1000 + t`: layer l has weight_ih t=4l, weight_hh 4l+1, bias_ih 4l+2,
bias_hh 4l+3 (PyTorch's shapes and row order, scale 1/sqrt(hidden)); x [steps, inputSize] is t=999, scale 1. Where
`hasInitialState`, h0 of layer l is t=900+l and c0 is t=950+l, scale 0.5; else the state starts at zero. Batch 1.

manifest.json is a list of {name, cell, source, inputSize, hiddenSize, layers, steps, seed, hasInitialState,
recordedSteps, file, outputOffset, finalOffset}. recordedSteps is {"first": F, "stride": K, "count": N}: the steps
0..<F, then F, F+K, F+2K, ... below steps, and the last step where these missed it; N in all, ascending. At outputOffset
(in floats) lie N times hiddenSize floats, the top layer's h after each recorded step. At finalOffset lie the final h of
layer 0, 1, ..., and for lstm then the final c of layer 0, 1, ....
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper

from sluice_vectors import GATES, ONNX_OPERATOR, Array, layer_tensors, onnx_weights, reference, uniform

FOLDER = Path(__file__).resolve().parents[2] / "Tests/Fixtures/Vectors"
STEPS = 1000
FIRST = 10
FLOATS_PER_CASE = 4000
TOLERANCE = 1e-6

# (inputSize, hiddenSize, layers): widths around the 8-lane panels, then stacks.
SHAPES = [(1, 1, 1), (2, 3, 1), (5, 7, 1), (8, 8, 1), (9, 17, 1), (16, 31, 1), (31, 33, 1), (32, 64, 1), (64, 128, 1)]
SHAPES += [(100, 256, 1), (9, 17, 2), (32, 64, 2), (5, 7, 3), (31, 33, 3)]
INITIAL_STATE_SHAPES = [(8, 8, 1), (9, 17, 1), (32, 64, 1)]
INITIAL_STATE_CELLS = ("lstm", "gruResetAfter", "rnnTanh")
SOURCES = ("pytorch", "onnxruntime")

Result = tuple[Array, Array, Array]  # y [T, H], final h [L, H], final c [L, H] (zeros where the cell has none)


def make_cases() -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = []
    for cell_index, cell in enumerate(GATES):
        shapes = [(shape, False) for shape in SHAPES]
        if cell in INITIAL_STATE_CELLS:
            shapes += [(shape, True) for shape in INITIAL_STATE_SHAPES]
        for shape_index, ((input_size, hidden_size, layers), has_state) in enumerate(shapes):
            name = f"{cell}-{input_size}x{hidden_size}" + (f"-l{layers}" if layers > 1 else "")
            # Short records for wide layers keep the files small; the first steps and the last are always there.
            count = max(FLOATS_PER_CASE // hidden_size, FIRST + 6)
            stride = max(1, -(-(STEPS - FIRST) // (count - FIRST)))
            steps = recorded_steps(FIRST, stride)
            cases.append(
                {
                    "name": name + ("-state" if has_state else ""),
                    "cell": cell,
                    "inputSize": input_size,
                    "hiddenSize": hidden_size,
                    "layers": layers,
                    "steps": STEPS,
                    "seed": 100 * (cell_index + 1) + shape_index,
                    "hasInitialState": has_state,
                    "recordedSteps": {"first": FIRST, "stride": stride, "count": len(steps)},
                }
            )
    return cases


def recorded_steps(first: int, stride: int) -> list[int]:
    steps = list(range(first)) + list(range(first, STEPS, stride))
    return steps if steps[-1] == STEPS - 1 else steps + [STEPS - 1]


def case_tensors(case: dict[str, Any]) -> tuple[list[dict[str, Array]], Array, Array, Array]:
    """The layers' tensors, x [T, I], h0 and c0 [L, H]."""
    seed, hidden, count = case["seed"], case["hiddenSize"], case["layers"]
    layers = [layer_tensors(case["cell"], seed, l, hidden if l else case["inputSize"], hidden) for l in range(count)]
    x = uniform(seed * 1000 + 999, STEPS * case["inputSize"], np.float32(1)).reshape(STEPS, case["inputSize"])
    h0 = c0 = np.zeros((count, hidden), np.float32)
    if case["hasInitialState"]:
        h0 = np.stack([uniform(seed * 1000 + 900 + l, hidden, np.float32(0.5)) for l in range(count)])
        c0 = np.stack([uniform(seed * 1000 + 950 + l, hidden, np.float32(0.5)) for l in range(count)])
    return layers, x, h0, c0


@torch.no_grad()
def run_pytorch(case: dict[str, Any], layers: list[dict[str, Array]], x: Array, h0: Array, c0: Array) -> Result:
    cell, sizes = case["cell"], (case["inputSize"], case["hiddenSize"], case["layers"])
    if cell == "lstm":
        module: torch.nn.RNNBase = torch.nn.LSTM(*sizes)
    elif cell == "gruResetAfter":
        module = torch.nn.GRU(*sizes)
    else:
        module = torch.nn.RNN(*sizes, nonlinearity="tanh" if cell == "rnnTanh" else "relu")
    for l, tensors in enumerate(layers):
        for name, value in tensors.items():
            getattr(module, f"{name}_l{l}").copy_(torch.from_numpy(value))
    h = torch.from_numpy(h0)
    state = (h, torch.from_numpy(c0)) if cell == "lstm" else h
    y, final = module(torch.from_numpy(x), state)
    h_final, c_final = final if cell == "lstm" else (final, torch.from_numpy(c0))
    return y.numpy(), h_final.numpy(), c_final.numpy()


def run_onnxruntime(case: dict[str, Any], layers: list[dict[str, Array]], x: Array, h0: Array, c0: Array) -> Result:
    """One ONNX node a layer: ONNX's recurrent operators do not stack."""
    cell, hidden = case["cell"], case["hiddenSize"]
    is_lstm = cell == "lstm"
    nodes, constants, outputs = [], {"axis": np.array([1], np.int64)}, []
    current = "x"
    for l, tensors in enumerate(layers):
        w, r, b = onnx_weights(cell, tensors)
        constants |= {f"W{l}": w, f"R{l}": r, f"B{l}": b, f"h0_{l}": h0[l][None, None]}
        inputs = [current, f"W{l}", f"R{l}", f"B{l}", "", f"h0_{l}"]
        finals = [f"h{l}"]
        attributes: dict[str, Any] = {"hidden_size": hidden}
        if is_lstm:
            constants[f"c0_{l}"] = c0[l][None, None]
            inputs.append(f"c0_{l}")
            finals.append(f"c{l}")
        elif cell.startswith("gru"):
            attributes["linear_before_reset"] = int(cell == "gruResetAfter")
        else:
            attributes["activations"] = ["Tanh" if cell == "rnnTanh" else "Relu"]
        nodes.append(helper.make_node(ONNX_OPERATOR[cell], inputs, [f"Y{l}", *finals], **attributes))
        nodes.append(helper.make_node("Squeeze", [f"Y{l}", "axis"], [f"y{l}"]))
        outputs += finals
        current = f"y{l}"
    value = lambda name: helper.make_tensor_value_info(name, TensorProto.FLOAT, [None] * 3)
    graph = helper.make_graph(
        nodes,
        case["name"],
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [STEPS, 1, case["inputSize"]])],
        [value(name) for name in [current, *outputs]],
        [numpy_helper.from_array(np.ascontiguousarray(v), k) for k, v in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=8)
    onnx.checker.check_model(model)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    y, *finals = session.run([current, *outputs], {"x": x[:, None]})
    each = 2 if is_lstm else 1
    h_final = np.stack([v.reshape(hidden) for v in finals[::each]])
    return y[:, 0], h_final, np.stack([v.reshape(hidden) for v in finals[1::2]]) if is_lstm else c0


def generate() -> tuple[list[dict[str, Any]], dict[str, Array], dict[tuple[str, str], tuple[float, str]]]:
    """The manifest, the files' contents, and per (cell, source) the distance from float64 and the case it is in."""
    manifest: list[dict[str, Any]] = []
    files: dict[str, list[Array]] = {}
    distances: dict[tuple[str, str], tuple[float, str]] = {}
    for case in make_cases():
        cell = case["cell"]
        layers, x, h0, c0 = case_tensors(case)
        exact = reference(cell, layers, x, h0, c0)
        steps = recorded_steps(FIRST, case["recordedSteps"]["stride"])
        for source in SOURCES:
            if source == "pytorch" and cell == "gruResetBefore":
                continue  # PyTorch has no such cell
            run = run_pytorch if source == "pytorch" else run_onnxruntime
            y, h_final, c_final = run(case, layers, x, h0, c0)
            pairs = list(zip((y, h_final, c_final), exact))[: 3 if cell == "lstm" else 2]
            distance = max(float(np.abs(a - b).max()) for a, b in pairs)
            distances[cell, source] = max(distances.get((cell, source), (-1.0, "")), (distance, case["name"]))
            file = f"{cell}-{source}.f32"
            parts = files.setdefault(file, [])
            offset = sum(p.size for p in parts)
            finals = [h_final, c_final] if cell == "lstm" else [h_final]
            parts += [y[steps].ravel()] + [f.ravel() for f in finals]
            entry = {"name": case["name"], "cell": cell, "source": source}
            entry |= {k: v for k, v in case.items() if k not in entry}
            entry |= {"file": file, "outputOffset": offset, "finalOffset": offset + len(steps) * case["hiddenSize"]}
            manifest.append(entry)
    return manifest, {k: np.concatenate(v).astype("<f4") for k, v in files.items()}, distances


def manifest_text(manifest: list[dict[str, Any]]) -> str:
    return "[\n" + ",\n".join(json.dumps(entry) for entry in manifest) + "\n]\n"


def check(manifest: list[dict[str, Any]], files: dict[str, Array]) -> bool:
    passed = True
    if (FOLDER / "manifest.json").read_text() != manifest_text(manifest):
        print("manifest.json differs")
        passed = False
    for name, values in files.items():
        stored = np.fromfile(FOLDER / name, "<f4")
        if stored.shape != values.shape:
            print(f"{name}: {stored.size} floats stored, {values.size} expected")
            passed = False
            continue
        difference = float(np.abs(stored - values).max())
        print(f"{name}: stored against regenerated {difference:.2e}")
        passed &= difference <= TOLERANCE
    return passed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare with the committed files instead of writing")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    manifest, files, distances = generate()
    for (cell, source), (distance, name) in distances.items():
        print(f"{cell} {source}: at most {distance:.2e} from float64 (in {name})")
    if arguments.check:
        return 0 if check(manifest, files) else 1
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, values in files.items():
        values.tofile(FOLDER / name)
        print(f"{name}: {values.nbytes} bytes")
    (FOLDER / "manifest.json").write_text(manifest_text(manifest))
    return 0


if __name__ == "__main__":
    sys.exit(main())
