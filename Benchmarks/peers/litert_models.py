"""The cells as LiteRT models: a step of operators that XNNPACK runs, and LiteRT's own LSTM operator."""

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from flatmodel import FlatModel

from shapes import Shape


def step_model(shape: Shape, int8: bool) -> bytes:
    """Inputs x, h (and c), outputs h (and c)."""
    build = lstm if shape.cell == "lstm" else gru
    model = FlatModel()
    build(Cell(model, shape, int8), shape.weights())
    return model.bytes()


class Cell:
    """The operators of a cell's step, all of them [streams, units]."""

    def __init__(self, model: FlatModel, shape: Shape, int8: bool) -> None:
        self.model, self.int8, self.hidden, self.streams = model, int8, shape.hidden, shape.streams
        self.x = model.input("x", shape.streams, shape.inputs)
        self.h = model.input("h", shape.streams, shape.hidden)

    def dense(self, x: int, weights: np.ndarray, bias: np.ndarray) -> int:
        options = schema.FullyConnectedOptionsT()
        options.asymmetricQuantizeInputs = self.int8
        w = self.model.weights("w", weights, self.int8)
        b = self.model.tensor("b", bias.shape, bias)
        shape = (self.streams, len(weights))
        return self.model.add("FULLY_CONNECTED", [x, w, b], [shape], 9 if self.int8 else 1, options)[0]

    def concatenated(self, a: int, b: int, width: int) -> int:
        options = schema.ConcatenationOptionsT()
        options.axis = 1
        return self.model.add("CONCATENATION", [a, b], [(self.streams, width)], 1, options)[0]

    def split(self, x: int, parts: int) -> list[int]:
        options = schema.SplitOptionsT()
        options.numSplits = parts
        axis = self.model.tensor("axis", (), np.array(1, np.int32))
        return self.model.add("SPLIT", [axis, x], [(self.streams, self.hidden)] * parts, 1, options)

    def apply(self, operator: str, *inputs: int) -> int:
        options = {"ADD": schema.AddOptionsT, "SUB": schema.SubOptionsT, "MUL": schema.MulOptionsT}
        made = options[operator]() if operator in options else None
        return self.model.add(operator, list(inputs), [(self.streams, self.hidden)], 1, made)[0]


def lstm(cell: Cell, w: dict[str, np.ndarray]) -> None:
    c = cell.model.input("c", cell.streams, cell.hidden)
    both = np.concatenate([w["W"], w["U"]], axis=1)
    i, f, g, o = cell.split(
        cell.dense(cell.concatenated(cell.x, cell.h, both.shape[1]), both, w["b"] + w["c"]), 4)
    kept = cell.apply("MUL", cell.apply("LOGISTIC", f), c)
    new = cell.apply("MUL", cell.apply("LOGISTIC", i), cell.apply("TANH", g))
    c1 = cell.apply("ADD", kept, new)
    cell.model.output(cell.apply("MUL", cell.apply("LOGISTIC", o), cell.apply("TANH", c1)))
    cell.model.output(c1)


def gru(cell: Cell, w: dict[str, np.ndarray]) -> None:
    xr, xz, xn = cell.split(cell.dense(cell.x, w["W"], w["b"]), 3)
    hr, hz, hn = cell.split(cell.dense(cell.h, w["U"], w["c"]), 3)
    r = cell.apply("LOGISTIC", cell.apply("ADD", xr, hr))
    z = cell.apply("LOGISTIC", cell.apply("ADD", xz, hz))
    n = cell.apply("TANH", cell.apply("ADD", xn, cell.apply("MUL", r, hn)))
    cell.model.output(cell.apply("ADD", n, cell.apply("MUL", z, cell.apply("SUB", cell.h, n))))


def sequence_model(shape: Shape, int8: bool) -> bytes:
    """UNIDIRECTIONAL_SEQUENCE_LSTM over [T, B, I]; its state stays in the interpreter."""
    model, w = FlatModel(), shape.weights()

    def gates(name: str) -> list[np.ndarray]:
        return np.split(w["b"] + w["c"] if name == "b" else w[name], 4)

    inputs = [model.input("x", shape.steps, shape.streams, shape.inputs)]
    for name in ("W", "U"):
        inputs += [model.weights(name, part, int8, per_row=False) for part in gates(name)]
    inputs += [-1] * 3
    inputs += [model.tensor("b", part.shape, part) for part in gates("b")]
    inputs += [-1] * 2
    inputs += [model.tensor(s, (shape.streams, shape.hidden), variable=True) for s in ("h", "c")]
    inputs += [-1] * 4
    options = schema.UnidirectionalSequenceLSTMOptionsT()
    options.fusedActivationFunction = schema.ActivationFunctionType.TANH
    options.timeMajor, options.asymmetricQuantizeInputs = True, False
    model.output(model.add(
        "UNIDIRECTIONAL_SEQUENCE_LSTM", inputs, [(shape.steps, shape.streams, shape.hidden)],
        2 if int8 else 1, options)[0])
    return model.bytes()
