"""Writes small ONNX graphs that compute one step, their state going in and out, for the converter's tests.

Run:    python tools/python/make_step_cases.py    (needs numpy, onnx, onnxruntime)
Writes: Tests/Fixtures/StepGraphs/<case>/, one folder a case, in the format that `sluice conformance` reads

input_0 and output_0 are the frames and what ONNX Runtime gives for them, one call a frame, the state carried
from call to call by this script. given_* is one call from states that are inputs of the case, and its
states among the outputs. refuse_* must fail with a message that contains the text of expect_error.txt.
"""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from case_folder import Array, Case, write_cases

FOLDER = Path(__file__).resolve().parents[2] / "Tests/Fixtures/StepGraphs"


class Graph:
    """Nodes added one after the other, each with one output of its own name."""

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.nodes: list[onnx.NodeProto] = []
        self.tensors: list[onnx.TensorProto] = []

    def add(self, operator: str, *inputs: str, outputs: int = 1, **attributes: object) -> str:
        name = f"{operator.lower()}_{len(self.nodes)}"
        names = [name, *(f"{name}_{index}" for index in range(1, outputs))]
        self.nodes.append(helper.make_node(operator, list(inputs), names, name=name, **attributes))
        return name

    def constant(self, value: object, dtype: type = np.int64) -> str:
        name = f"constant_{len(self.tensors)}"
        self.tensors.append(numpy_helper.from_array(np.asarray(value, dtype), name))
        return name

    def weight(self, *shape: int) -> str:
        bound = np.prod(shape[1:]) ** -0.5 if len(shape) > 1 else 0.3
        return self.constant(self.random.uniform(-bound, bound, shape), np.float32)

    def recurrent(self, operator: str, x: str, inputs: int, size: int, *states: str, **more: object) -> str:
        gates = {"LSTM": 4, "GRU": 3, "RNN": 1}[operator]
        return self.add(
            operator, x, self.weight(1, gates * size, inputs), self.weight(1, gates * size, size),
            self.weight(1, 2 * gates * size), "", *states, outputs=3 if operator == "LSTM" else 2,
            hidden_size=size, **more)

    def case(
        self, name: str, frame: list[int], states: dict[str, tuple[str, list[int]]], output: str, shape: list[int],
        steps: int = 23, error: str | None = None, given: bool = False, states_first: bool = False,
    ) -> Case:
        """states: input -> (output, shape)"""
        def value(name: str, shape: list[int]) -> onnx.ValueInfoProto:
            return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

        inputs = [value("frame", frame), *(value(state, size) for state, (_, size) in states.items())]
        outputs = [value(output, shape), *(value(end, size) for end, size in states.values())]
        if states_first:
            outputs = outputs[1:] + outputs[:1]
        graph = helper.make_graph(self.nodes, name, inputs, outputs, self.tensors)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 16)], ir_version=8)
        onnx.checker.check_model(model)
        files = {"model.onnx": model.SerializeToString()}
        if error is not None:
            return Case(f"refuse_{name}", files, expected_error=error)
        session = onnxruntime.InferenceSession(files["model.onnx"])
        if given:
            inputs = [self.random.uniform(-1, 1, size).astype(np.float32) for _, size in
                      [("frame", frame), *((name, size) for name, (_, size) in states.items())]]
            return Case(f"given_{name}", files, inputs, session.run(None, dict(zip(["frame", *states], inputs))))
        frames: Array = self.random.uniform(-1, 1, (steps, *frame[1:])).astype(np.float32)
        kept = {state: np.zeros(size, np.float32) for state, (_, size) in states.items()}
        results = []
        for row in frames:
            y, *after = session.run(None, {"frame": row[None], **kept})
            kept = dict(zip(kept, after))
            results.append(y.reshape(shape[1:]))
        return Case(name, files, [frames], [np.stack(results)])


def speech(seed: int = 1) -> Graph:
    """As Silero's: a mirrored frame, a spectrum's magnitude, strided maps, an LSTM whose states are one array."""
    g = Graph(seed)
    padded = g.add("Pad", "frame", g.constant([0, 0, 0, 6]), mode="reflect")
    maps = g.add("Unsqueeze", padded, g.constant([1]))
    spectrum = g.add("Conv", maps, g.weight(10, 1, 8), strides=[4], kernel_shape=[8])
    bounds = [g.constant([0]), g.constant([5]), g.constant([10]), g.constant([1])]
    real = g.add("Slice", spectrum, bounds[0], bounds[1], bounds[3])
    imaginary = g.add("Slice", spectrum, bounds[1], bounds[2], bounds[3])
    two = g.constant(2, np.float32)
    squares = g.add("Add", g.add("Pow", real, two), g.add("Pow", imaginary, two))
    x = g.add("Sqrt", squares)
    x = g.add("Relu", g.add("Conv", x, g.weight(12, 5, 3), g.weight(12), pads=[1, 1]))
    x = g.add("Relu", g.add("Conv", x, g.weight(7, 12, 3), g.weight(7), pads=[1, 1], strides=[2]))
    x = g.add("Relu", g.add("Conv", x, g.weight(9, 7, 3), g.weight(9), strides=[2]))
    x = g.add("Unsqueeze", g.add("Squeeze", x, g.constant([-1])), g.constant([0]))
    states = [g.add("Unsqueeze", g.add("Gather", "state", g.constant(i)), g.constant([0])) for i in (0, 1)]
    y = g.recurrent("LSTM", x, 9, 11, *states)
    ends = [g.add("Unsqueeze", g.add("Squeeze", f"{y}_{i}", g.constant([0])), g.constant([0])) for i in (1, 2)]
    g.nodes.append(helper.make_node("Concat", ends, ["stateN"], axis=0))
    h = g.add("Unsqueeze", g.add("Squeeze", f"{y}_1", g.constant([0])), g.constant([-1]))
    head = g.add("Conv", g.add("Relu", h), g.weight(1, 11, 1), g.weight(1))
    mean = g.add("ReduceMean", g.add("Squeeze", g.add("Sigmoid", head), g.constant([1])), axes=[1], keepdims=0)
    g.nodes.append(helper.make_node("Unsqueeze", [mean, g.constant([1])], ["output"]))
    return g


def residual() -> Graph:
    """Two GRUs, each with a state of its own, a skip around the second, scaled and shifted."""
    g = Graph(2)
    x = g.add("MatMul", g.add("Reshape", "frame", g.constant([1, 1, -1])), g.weight(6, 8))
    x = g.add("Tanh", g.add("Add", x, g.weight(8)))
    first = g.recurrent("GRU", x, 8, 8, "h0", linear_before_reset=1)
    h = g.add("Squeeze", first, g.constant([1]))
    second = g.recurrent("GRU", h, 8, 8, "g0")
    both = g.add("Add", g.add("Squeeze", second, g.constant([1])), h)
    scaled = g.add("Mul", both, g.weight(8))
    joined = g.add("Concat", scaled, x, axis=2)
    flat = g.add("Flatten", g.add("Transpose", joined, perm=[1, 0, 2]))
    out = g.add("Gemm", flat, g.weight(3, 16), g.weight(3), transB=1)
    g.nodes += [
        helper.make_node("Relu", [out], ["output"]),
        helper.make_node("Identity", [f"{first}_1"], ["h1"]),
        helper.make_node("Identity", [f"{second}_1"], ["g1"]),
    ]
    return g


def stack(operator: str) -> Graph:
    """As PyTorch writes a stack of two layers: the states of both are one array, h, and of an LSTM another, c."""
    g = Graph(3)
    x = g.add("Transpose", "frame", perm=[1, 0, 2])
    ends, names = [], ["h", "c"] if operator == "LSTM" else ["h"]
    bounds, zero = [g.constant([i]) for i in range(3)], g.constant([0])
    for layer, inputs in enumerate([6, 13]):
        states = [g.add("Slice", name, bounds[layer], bounds[layer + 1], zero) for name in names]
        ends.append(g.recurrent(operator, x, inputs, 13, *states))
        x = g.add("Squeeze", ends[-1], bounds[1])
    x = g.add("Transpose", x, perm=[1, 0, 2])
    for index, name in enumerate(names):
        g.nodes.append(helper.make_node("Concat", [f"{end}_{index + 1}" for end in ends], [f"{name}n"], axis=0))
    g.nodes.append(helper.make_node("Add", [g.add("MatMul", x, g.weight(13, 2)), g.weight(2)], ["output"]))
    return g


def main() -> None:
    state = {"state": ("stateN", [2, 1, 11])}
    cases = [
        speech().case("speech", [1, 26], state, "output", [1, 1]),
        residual().case("residual", [1, 6], {"h0": ("h1", [1, 1, 8]), "g0": ("g1", [1, 1, 8])}, "output", [1, 3]),
    ]
    cases.append(speech().case("states", [1, 26], state, "output", [1, 1], given=True))
    for operator in ["LSTM", "GRU"]:
        both = {name: (f"{name}n", [2, 1, 13]) for name in ("h", "c")[: 2 if operator == "LSTM" else 1]}
        cases.append(stack(operator).case(f"stack_{operator.lower()}", [1, 1, 6], both, "output", [1, 1, 2], steps=11))
    one = {"h": ("hn", [2, 1, 13])}
    cases.append(
        stack("GRU").case("states_first", [1, 1, 6], one, "output", [1, 1, 2], given=True, states_first=True))
    for operator in ["Erf", "Cos"]:
        unknown = speech()
        last = unknown.nodes.pop()
        last.input[0] = unknown.add(operator, last.input[0])
        unknown.nodes.append(last)
        cases.append(unknown.case(f"operator_{operator.lower()}", [1, 26], state, "output", [1, 1], error=operator))
    swapped = speech()
    for node in swapped.nodes:
        if node.output[0] == "stateN":
            node.input[0], node.input[1] = node.input[1], node.input[0]
    cases.append(swapped.case("swapped_states", [1, 26], state, "output", [1, 1], error="stateN"))
    swapped = stack("GRU")
    swapped.nodes[-3].input.reverse()
    cases.append(swapped.case("swapped_stack", [1, 1, 6], one, "output", [1, 1, 2], error="hn"))
    padded = speech()
    padded.nodes[0].attribute[0].s = b"edge"
    cases.append(padded.case("pad_mode", [1, 26], state, "output", [1, 1], error="mode"))
    write_cases(FOLDER, cases)


if __name__ == "__main__":
    main()
