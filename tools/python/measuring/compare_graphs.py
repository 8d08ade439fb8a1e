"""Draws random small ONNX graphs, and compares what Sluice makes of each with what ONNX Runtime computes.

Run:   python tools/python/measuring/compare_graphs.py SLUICE [--count 2000] [--seed 1] [--users 20] [--moves | --ends] [--keep DIR]
       SLUICE is the tool's program, such as .build/release/sluice
Needs: Python 3.10 or newer, numpy, onnx, onnxruntime.

Graphs over sequences and graphs of one step: LSTM, GRU and RNN in every direction and form, lengths, initial states, and
between them what moves axes about, joins and selects. Some are wrong on purpose: states crossed, shared or read by nothing.
Each becomes a case folder that `sluice conformance` converts, packs and runs as users do, but for the accuracy report, 500 in
one process; a graph of one step is run over several steps, ONNX Runtime a call a step. Of every 20th graph (--users) of one
output `sluice convert` writes the blob too and `sluice run` its output: those are compared as well, and where conformance
refuses, so must convert. With --moves the outputs of graphs over sequences are reshaped, flattened and transposed; with --ends graphs over sequences
keep their last steps, as rows or as features side by side. Every graph is one of

    same       the outputs agree
    given      the same, with lengths or states of the case that `convert` and `run` do not take
    refused    Sluice refuses what ONNX Runtime runs: counted by its reason
    ONE-SIDED  conformance refuses what convert takes, or the reverse: listed
    by both    refused by ONNX Runtime and by Sluice
    only here  ONNX Runtime refuses what Sluice converts: listed
    not finite what ONNX Runtime computes, which is compared with nothing
    DIFFERENT  the outputs differ: the case is kept and listed
    CRASHED    the process died: the case is found, kept and listed

The exit status is 1 where there is one of these in capitals.
"""

import argparse
import collections
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}


class Graph:
    """Nodes, constants, inputs and outputs of a graph in the making."""

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, np.ndarray] = {}
        self.inputs: list[onnx.ValueInfoProto] = []
        self.outputs: list[str] = []
        self.count = 0
        # The one output as `run` writes it, before the graph moves its axes about; the output itself where it does not.
        self.unmoved = ""
        # How the axes of that stand: of steps, sequences and features.
        self.layout = ""
        self.is_batch_first = False

    def chance(self, probability: float) -> bool:
        return bool(self.random.random() < probability)

    def pick(self, *choices):
        return choices[int(self.random.integers(len(choices)))]

    def name(self, stem: str) -> str:
        self.count += 1
        return f"{stem}{self.count}"

    def node(self, kind: str, inputs: list[str], outputs: int | list[str] = 1, **attributes):
        names = [self.name("v") for _ in range(outputs)] if isinstance(outputs, int) else outputs
        self.nodes.append(helper.make_node(kind, inputs, names, name=self.name("n"), **attributes))
        return names[0] if len(names) == 1 else names

    def constant(self, value, kind=np.float32) -> str:
        name = self.name("k")
        self.constants[name] = np.asarray(value, kind)
        return name

    def floats(self, *shape: int, bound: float = 0.6) -> str:
        return self.constant(self.random.uniform(-bound, bound, shape))

    def integers(self, *values: int) -> str:
        return self.constant(list(values), np.int64)

    def input(self, name: str, shape: list, kind: int = TensorProto.FLOAT) -> str:
        self.inputs.append(helper.make_tensor_value_info(name, kind, shape))
        return name

    def model(self) -> bytes:
        graph = helper.make_graph(
            self.nodes,
            "graph",
            self.inputs,
            [helper.make_tensor_value_info(n, TensorProto.FLOAT, None) for n in self.outputs],
            [numpy_helper.from_array(v, n) for n, v in self.constants.items()],
        )
        opset = [helper.make_opsetid("", int(self.pick(14, 17, 20, 22)))]
        return helper.make_model(graph, opset_imports=opset, ir_version=8).SerializeToString()

    # What one layer is made of

    def recurrent(self, x: str, size: int, batch: int, *, lengths="", states=None, direction=None):
        """Adds a node; returns Y, Y_h, Y_c (None but for LSTM), units and directions."""
        kind = self.pick("LSTM", "GRU", "RNN")
        direction = direction or self.pick("forward", "forward", "forward", "reverse", "bidirectional")
        directions, units = (2 if direction == "bidirectional" else 1), int(self.random.integers(1, 6))
        rows = GATES[kind] * units
        attributes = {"hidden_size": units}
        if direction != "forward" or self.chance(0.2):
            attributes["direction"] = direction
        if self.chance(0.15):
            attributes["clip"] = float(self.random.uniform(0.2, 2))
        if kind == "GRU" and self.chance(0.5):
            attributes["linear_before_reset"] = 1
        if kind == "LSTM" and self.chance(0.1):
            attributes["input_forget"] = 1
        if self.chance(0.25):
            functions, alphas, betas = [], [], []
            for _ in range(directions * {"LSTM": 3, "GRU": 2, "RNN": 1}[kind]):
                name = self.pick("Tanh", "Sigmoid", "Relu", "HardSigmoid", "Elu", "Softsign", "Affine", "LeakyRelu")
                functions.append(name)
                if name in ("HardSigmoid", "Elu", "Affine", "LeakyRelu"):
                    alphas.append(float(self.random.uniform(0.1, 0.6)))
                if name in ("HardSigmoid", "Affine"):
                    betas.append(float(self.random.uniform(0, 0.5)))
            attributes["activations"] = functions
            surplus = [0.25] if self.chance(0.3) else []
            if alphas + surplus:
                attributes["activation_alpha"] = alphas + surplus
            if betas + surplus:
                attributes["activation_beta"] = betas + surplus
        inputs = [x, self.floats(directions, rows, size), self.floats(directions, rows, units)]
        inputs.append(self.floats(directions, 2 * rows) if self.chance(0.8) else "")
        inputs.append(lengths)
        if states is None:
            states = ["", ""]
            if self.chance(0.3):
                shape = (directions, batch, units)
                shared = self.random.uniform(-1, 1, (directions, 1, units))
                value = self.random.uniform(-1, 1, shape) if self.chance(0.3) else np.broadcast_to(shared, shape)
                states = [self.constant(value), self.constant(value[..., ::-1]) if self.chance(0.5) else ""]
        elif callable(states):
            states = states(kind, units)
        inputs += states if kind == "LSTM" else states[:1]
        if kind == "LSTM" and self.chance(0.1):
            inputs += [""] * (7 - len(inputs)) + [self.floats(directions, 3 * units)]
        while not inputs[-1]:
            inputs.pop()
        outputs = self.node(kind, inputs, 3 if kind == "LSTM" else 2, **attributes)
        return outputs[0], outputs[1], outputs[2] if kind == "LSTM" else None, units, directions

    def pointwise(self, x: str) -> str:
        kind = self.pick("Relu", "Tanh", "Sigmoid", "Softplus", "Softsign", "Elu", "LeakyRelu", "HardSigmoid", "Neg", "Identity")
        return self.node(kind, [x])

    def arithmetic(self, x: str, size: int) -> str:
        kind = self.pick("Add", "Sub", "Mul", "Div")
        value = self.constant(self.random.uniform(0.4, 1.6, (self.pick([size], [1], [], [1, size]))))
        swapped = kind != "Div" and self.chance(0.4)
        return self.node(kind, [value, x] if swapped else [x, value])

    def dense(self, x: str, size: int) -> tuple[str, int]:
        units = int(self.random.integers(1, 6))
        y = self.node("MatMul", [x, self.floats(size, units)])
        return (self.node("Add", [y, self.floats(units)]) if self.chance(0.6) else y), units


def moved(g: Graph, x: str, shape: list[int]) -> str:
    """What a few nodes make of x that move its axes about, or part and join them."""
    for _ in range(int(g.random.integers(1, 4))):
        match g.pick("reshape", "reshape", "reshape", "transpose", "flatten", "unsqueeze", "squeeze"):
            case "transpose":
                order = [int(i) for i in g.random.permutation(len(shape))]
                x, shape = g.node("Transpose", [x], perm=order), [shape[i] for i in order]
            case "flatten":
                axis = int(g.random.integers(0, len(shape) + 1))
                x = g.node("Flatten", [x], axis=axis)
                shape = [int(np.prod(shape[:axis])), int(np.prod(shape[axis:]))]
            case "unsqueeze":
                axis = int(g.random.integers(0, len(shape) + 1))
                x = g.node("Unsqueeze", [x, g.integers(axis)])
                shape = [*shape[:axis], 1, *shape[axis:]]
            case "squeeze" if 1 in shape and len(shape) > 1:
                axis = g.pick(*(i for i, n in enumerate(shape) if n == 1))
                x = g.node("Squeeze", [x, g.integers(axis)])
                shape = shape[:axis] + shape[axis + 1 :]
            case "reshape":
                parts = [p for n in shape for p in ((2, n // 2) if n > 2 and n % 2 == 0 and g.chance(0.3) else (n,))]
                groups: list[list[int]] = []
                for n in parts:
                    if groups and g.chance(0.3):
                        groups[-1].append(n)
                    else:
                        groups.append([n])
                new = [int(np.prod(group)) for group in groups]
                if g.chance(0.2):
                    new.insert(int(g.random.integers(0, len(new) + 1)), 1)
                target = [0 if i < len(shape) and shape[i] == n and g.chance(0.6) else n for i, n in enumerate(new)]
                free = [i for i, n in enumerate(target) if n != 0]
                if free and g.chance(0.7):
                    target[g.pick(*free)] = -1
                x, shape = g.node("Reshape", [x, g.integers(*target)]), new
    return x


def ended(g: Graph, x: str, steps: int, size: int) -> str:
    """Some of the last steps of x, [T, B, size], and what is computed of them."""
    count = int(g.random.integers(1, steps + 1))
    behind = int(g.random.integers(0, steps - count + 1))
    end = -behind if behind else int(np.iinfo(np.int64).max)
    x = g.node("Slice", [x, g.integers(-count - behind), g.integers(end), g.integers(0)])
    for _ in range(int(g.random.integers(0, 3))):
        match g.pick("pointwise", "dense", "arithmetic"):
            case "pointwise":
                x = g.pointwise(x)
            case "dense":
                x, size = g.dense(x, size)
            case _:
                x = g.arithmetic(x, size)
    if count > 1 and g.chance(0.2):
        start = int(g.random.integers(0, count - 1))
        x, count = g.node("Slice", [x, g.integers(start), g.integers(count), g.integers(0)]), count - start
    g.layout = "TBF"
    if g.chance(0.3):
        return x
    rows, order = x, g.pick([1, 0, 2], [1, 0, 2], [1, 2, 0])
    x = g.node("Transpose", [x], perm=order)
    if g.chance(0.3):
        if order[1] == 2:  # Features before steps, where `run` writes a row for each step.
            g.unmoved = rows
        else:
            g.layout = "BTF"
        return x
    g.layout = "BTF"
    x = g.node("Flatten", [x], axis=1) if g.chance(0.5) else g.node("Reshape", [x, g.integers(0, count * size)])
    return g.dense(x, count * size)[0] if g.chance(0.7) else x


def sequence_graph(g: Graph, moves: bool = False, ends_early: bool = False) -> list[np.ndarray]:
    """Fills `g` with a graph over sequences; returns the arrays that it reads."""
    steps, batch, size = (int(g.random.integers(*r)) for r in ((1, 6), (1, 4), (1, 5)))
    # ONNX Runtime has no batch-first nodes: exporters transpose, and so does the graph.
    is_batch_first = g.is_batch_first = g.chance(0.4)
    sizes = {"T": steps if g.chance(0.4) else "T", "B": batch if g.chance(0.5) else "B"}
    x = g.input("x", [sizes[a] for a in ("BT" if is_batch_first else "TB")] + [size])
    shape = (batch, steps, size) if is_batch_first else (steps, batch, size)
    arrays = [g.random.uniform(-1.5, 1.5, shape).astype(np.float32)]
    if is_batch_first:
        x = g.node("Transpose", [x], perm=[1, 0, 2])
    lengths = ""
    if g.chance(0.15):
        whole = g.chance(0.4)
        values = np.full(batch, steps, np.int32) if whole else g.random.integers(0, steps + 1, batch).astype(np.int32)
        if g.chance(0.5):
            lengths = g.input("lengths", ["B"], TensorProto.INT32)
            arrays.append(values)
        else:
            lengths = g.constant(values, np.int32)
    earlier: list[tuple[str, int]] = []
    ends: list[str] = []
    for index in range(int(g.random.integers(1, 5))):
        if index == 0 and g.chance(0.7) or g.chance(0.35):
            given = lengths if g.chance(0.9) else ""
            y, h, c, units, directions = g.recurrent(x, size, batch, lengths=given)
            ends += [name for name in (h, c) if name and g.chance(0.2)]
            if g.chance(0.15):  # A head on the final state ends the graph.
                last = g.node("Squeeze", [h, g.integers(0)]) if directions == 1 else None
                if last is None:
                    parts = [g.node("Gather", [h, g.constant(d, np.int64)], axis=0) for d in (0, 1)]
                    last = g.node("Concat", parts, axis=1)
                last, size = g.dense(last, units * directions)
                g.unmoved = last
                g.outputs = [moved(g, last, [batch, size]) if moves else last, *ends]
                g.layout = "BF"
                return arrays
            if directions == 1 and g.chance(0.5):  # [T, 1, B, H]
                y = g.node("Squeeze", [y, g.integers(1)])
            else:
                y = g.node("Reshape", [g.node("Transpose", [y], perm=[0, 2, 1, 3]), g.integers(0, 0, -1)])
            x, size = y, units * directions
        else:
            match int(g.random.integers(10)):
                case 0 | 1:
                    x = g.pointwise(x)
                case 2 | 3:
                    x = g.arithmetic(x, size)
                case 4 | 5:
                    x, size = g.dense(x, size)
                case 6 if size > 1:
                    start = int(g.random.integers(0, size - 1))
                    end = int(g.random.integers(start + 1, size + 1))
                    x, size = g.node("Slice", [x, g.integers(start), g.integers(end), g.integers(2)]), end - start
                case 7 if earlier:
                    other, more = earlier[int(g.random.integers(len(earlier)))]
                    if more == size and g.chance(0.5):
                        x = g.node(g.pick("Add", "Sub"), [x, other])
                    else:
                        x, size = g.node("Concat", [x, other], axis=g.pick(2, -1)), size + more
                case 8:
                    back = g.node("Transpose", [g.pointwise(g.node("Transpose", [x], perm=[1, 2, 0]))], perm=[2, 0, 1])
                    x = back
                case 9 if g.chance(0.5):
                    x = g.node("LayerNormalization", [x, g.floats(size, bound=1.5), g.floats(size)], axis=-1)
                case _:
                    x = g.pointwise(x)
        earlier.append((x, size))
    if ends_early:
        g.outputs = [ended(g, x, steps, size)]
        return arrays
    g.layout = "TBF"
    if g.chance(0.25):
        x, g.layout = g.node("Gather", [x, g.constant(-1, np.int64)], axis=0), "BF"
        if g.chance(0.5):
            x, size = g.dense(x, size)
    elif is_batch_first or g.chance(0.1):
        x, g.layout = g.node("Transpose", [x], perm=[1, 0, 2]), "BTF"
    g.unmoved = x
    lengths_of = {"T": steps, "B": batch, "F": size}
    g.outputs = [moved(g, x, [lengths_of[a] for a in g.layout]) if moves else x, *ends]
    if len(earlier) > 1 and g.chance(0.15) and earlier[0][0] not in g.outputs:
        g.outputs.append(earlier[0][0])
    return arrays


def step_graph(g: Graph) -> tuple[list[str], list[str]]:
    """Fills `g` with a graph of one step; returns its state inputs and outputs, in their order."""
    rank, size = g.pick(2, 3), int(g.random.integers(1, 5))
    x = g.input("x", [1] * (rank - 1) + [size])
    inputs, outputs, pending = [], [], []

    def states(kind: str, units: int) -> list[str]:
        names = [f"{s}{len(pending)}" for s in ("hc" if kind == "LSTM" else "h")]
        for name in names:
            g.input(name, [1, 1, units])
            inputs.append(name)
        used = list(names)
        if len(used) > 1 and g.chance(0.1):
            used.reverse()
        elif len(used) > 1 and g.chance(0.07):
            used = [used[1], used[1]]
        elif pending and g.chance(0.1) and pending[-1][1] == units:
            used[0] = pending[-1][0]
        elif g.chance(0.03):
            used[0] = g.floats(1, 1, units)
        pending.append((names[0], units))
        return [g.node("Identity", [n]) if g.chance(0.2) else n for n in used]

    for _ in range(int(g.random.integers(1, 3))):
        if g.chance(0.3):
            x, size = g.dense(x, size)
        if g.chance(0.3):
            x = g.pointwise(x)
        if rank == 2:
            x = g.node("Unsqueeze", [x, g.integers(0)])
        y, h, c, size, _ = g.recurrent(x, size, 1, states=states, direction="forward")
        outputs += [name for name in (h, c) if name]
        x = g.node("Squeeze", [y, g.integers(0, 1)]) if rank == 2 else g.node("Squeeze", [y, g.integers(1)])
    if g.chance(0.7):
        x, size = g.dense(x, size)
    if g.chance(0.4):
        x = g.pointwise(x)
    if g.nodes[-1].op_type in ("Squeeze", "Identity") or g.chance(0.3):  # What comes out is no state.
        x = g.node("Tanh", [x])
    if len(outputs) > 1 and g.chance(0.12):
        outputs[0], outputs[1] = outputs[1], outputs[0]
    g.outputs = [x, *outputs] if g.chance(0.85) else [*outputs, x]
    return inputs, outputs


def reference(model: bytes, g: Graph, arrays, states) -> tuple[list[np.ndarray], list[np.ndarray]] | None:
    """The case's inputs and outputs as ONNX Runtime gives them; nil where it refuses the graph."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    try:
        session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        if states is None:
            return arrays, session.run(None, {i.name: a for i, a in zip(g.inputs, arrays)})
        # One call a step, each state output carried to the state input of its place.
        shape = [d.dim_value for d in g.inputs[0].type.tensor_type.shape.dim]
        x = g.random.uniform(-1.5, 1.5, (5, *shape)).astype(np.float32)
        values = {i.name: np.zeros([d.dim_value for d in i.type.tensor_type.shape.dim], np.float32) for i in g.inputs[1:]}
        rows, found = [], {}
        for row in x:
            found = dict(zip(g.outputs, session.run(None, {"x": row, **values})))
            for source, target in zip(states[1], states[0]):
                if values[target].shape != found[source].shape:
                    return None
                values[target] = found[source]
            rows.append(next(v for n, v in found.items() if n not in states[1]))
        result = [np.concatenate(rows) if n not in states[1] else v for n, v in found.items()]
        zeros = [np.zeros([d.dim_value for d in i.type.tensor_type.shape.dim], np.float32) for i in g.inputs[1:]]
        return [np.concatenate(x), *zeros], result
    except Exception:
        return None


def write_case(folder: Path, seed: int, moves: bool, ends: bool) -> str:
    """Writes a case; returns "case", or why there is none, beside the model alone."""
    g = Graph(seed)
    states = arrays = None
    if seed % 3 == 0 and not moves and not ends:
        states = step_graph(g)
    else:
        arrays = sequence_graph(g, moves, ends)
    model = g.model()
    data = reference(model, g, arrays, states)
    folder.mkdir(parents=True)
    (folder / "model.onnx").write_bytes(model)
    if data is None:
        return "refused"
    if not all(np.isfinite(a).all() for a in data[1]):
        return "not finite"
    (folder / "test_data_set_0").mkdir()
    for kind, values in zip(("input", "output"), data):
        for i, value in enumerate(values):
            np.save(folder / f"test_data_set_0/{kind}_{i}.npy", np.ascontiguousarray(value))
    # As `run` reads and writes them: [T, F] of a stream, [B, T, F] of several.
    (x, *others), (y, *more) = data
    if states is not None:
        y = next(v for n, v in zip(g.outputs, data[1]) if n not in states[1])
        x, y = (a.reshape(len(x), -1) for a in (x, y))
    elif others or more:
        return "case"
    else:
        if g.unmoved not in ("", g.outputs[0]):
            g.outputs = [g.unmoved]
            y = reference(g.model(), g, arrays, None)[1][0]
        x = x if g.is_batch_first else x.transpose(1, 0, 2)
        y = y.transpose(1, 0, 2) if g.layout == "TBF" else y
    for name, value in (("x", x), ("y", y)):
        np.save(folder / f"{name}.npy", np.ascontiguousarray(value))
    return "case"


def run(sluice: str, folders: list[Path]) -> list[dict] | None:
    """What `sluice conformance` says of the folders; nil where it died."""
    done = subprocess.run([sluice, "conformance", "--json", *map(str, folders)], capture_output=True, text=True)
    if done.returncode not in (0, 1):
        return None
    return json.loads(done.stdout)["cases"]


def outcomes(sluice: str, folders: list[Path]) -> list[tuple[str, str]]:
    results = run(sluice, folders)
    if results is None:
        if len(folders) == 1:
            return [("CRASHED", "")]
        middle = len(folders) // 2
        return outcomes(sluice, folders[:middle]) + outcomes(sluice, folders[middle:])
    found = []
    for result in results:
        message = result["message"]
        wrong = "element" in message and " for the expected " in message
        wrong = wrong or "has the shape" in message and "; expected [" in message and "output" in message
        wrong = wrong or "other bits" in message or "elements; expected" in message
        same = "given" if result["given"] else "same"
        found.append((same if result["passed"] else "DIFFERENT" if wrong else "refused", message))
    return found


def unrun_outcome(sluice: str, folder: Path) -> str:
    """What `convert` makes of a graph that ONNX Runtime refuses."""
    command = [sluice, "convert", str(folder / "model.onnx"), "-o", str(folder / "model.sluice")]
    match subprocess.run(command, capture_output=True).returncode:
        case 0:
            return "only here"
        case 3:
            return "by both"
        case _:
            return "CRASHED"


def users_outcome(sluice: str, folder: Path) -> tuple[str, str]:
    """What `convert` and then `run` make of a graph of one output that conformance found to be the same."""
    blob, written = folder / "model.sluice", folder / "written.npy"
    for command in (
        ["convert", folder / "model.onnx", "-o", blob],
        ["run", blob, "--input", folder / "x.npy", "--output", written],
    ):
        done = subprocess.run([sluice, *map(str, command)], capture_output=True, text=True)
        if done.returncode:
            return ("CRASHED" if done.returncode not in (1, 2, 3) else "ONE-SIDED"), f"{command[0]}: {done.stderr}"
    found, expected = np.load(written), np.load(folder / "y.npy")
    if found.size != expected.size or not np.allclose(found.ravel(), expected.ravel(), rtol=1e-3, atol=1e-5):
        return "DIFFERENT", f"run writes {found.shape}; expected {expected.shape}"
    return "same", ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sluice", metavar="SLUICE")
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1, help="of the first graph; each has the next")
    parser.add_argument("--users", type=int, default=20, help="every how manieth graph goes through convert and run too")
    parser.add_argument("--moves", action="store_true", help="move the axes of outputs about")
    parser.add_argument("--ends", action="store_true", help="keep the last steps of sequences")
    parser.add_argument("--keep", type=Path, help="a folder for the cases that differ or crash")
    options = parser.parse_args()
    kinds: collections.Counter[str] = collections.Counter()
    reasons: collections.Counter[str] = collections.Counter()
    examples: dict[str, int] = {}
    through_files = 0
    for first in range(options.seed, options.seed + options.count, 500):
        with tempfile.TemporaryDirectory() as work:
            folders = []
            for seed in range(first, min(first + 500, options.seed + options.count)):
                folder = Path(work) / str(seed)
                match write_case(folder, seed, options.moves, options.ends):
                    case "case":
                        folders.append(folder)
                    case "refused":
                        kind = unrun_outcome(options.sluice, folder)
                        kinds[kind] += 1
                        if kind != "by both":
                            print(f"{kind}  seed {seed}", flush=True)
                    case why:
                        kinds[why] += 1
            for folder, (kind, message) in zip(folders, outcomes(options.sluice, folders)):
                if kind == "same" and int(folder.name) % options.users == 0 and (folder / "x.npy").exists():
                    through_files += 1
                    kind, message = users_outcome(options.sluice, folder)
                elif kind == "refused" and int(folder.name) % options.users == 0 and "the case's values" not in message:
                    if unrun_outcome(options.sluice, folder) != "by both":
                        kind, message = "ONE-SIDED", f"convert takes it; conformance: {message}"
                kinds[kind] += 1
                if kind == "refused":
                    text = re.sub(r'"[^"]*"|\[[^]]*\]|[0-9.e+-]*[0-9]|node [^ ]*', "_", message.split(": ", 1)[-1])[:110]
                    reasons[text] += 1
                    examples.setdefault(text, int(folder.name))
                elif kind not in ("same", "given"):
                    print(f"{kind}  seed {folder.name}  {message[-160:]}", flush=True)
                    if options.keep:
                        shutil.copytree(folder, options.keep / folder.name, dirs_exist_ok=True)
    print(f"{options.count} graphs from seed {options.seed}: " + ", ".join(f"{n} {k}" for k, n in kinds.most_common())
          + f"; {through_files} of them through convert and run too")
    for reason, count in reasons.most_common():
        print(f"{count:6}  {reason}  (seed {examples[reason]})")
    return 1 if kinds["DIFFERENT"] + kinds["CRASHED"] + kinds["ONE-SIDED"] else 0


if __name__ == "__main__":
    sys.exit(main())
