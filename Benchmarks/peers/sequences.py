"""Sequences that are read from both ends: Sluice, ONNX Runtime and PyTorch, called alike from Python, one thread, in turns.

Run:    taskset -c 1 python Benchmarks/peers/sequences.py SLUICE [--steps 1000] [--rounds 5] [--seconds 0.3] [--type int8]
Needs:  a built `sluice`, requirements.txt, and this package (pip install ./tools/python)

Bidirectional LSTMs of one and two layers over 32 features, the same weights in all three, outputs compared first. A row is
the least of all rounds, in us a step. The exit status is 1 where Sluice takes more than half of the better of the others.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper

import sluice
from timing import close, measure

INPUTS = 32
SHAPES = [(layers, hidden) for layers in (1, 2) for hidden in (25, 32, 64, 128)]
# Where PyTorch's gates (i f g o) stand in ONNX (i o f c).
ORDER = [0, 3, 1, 2]


def graph(module: torch.nn.LSTM, path: Path) -> None:
    """The module as ONNX nodes, steps first."""
    nodes, tensors, x = [], [], "x"
    weights = {name: value.numpy() for name, value in module.state_dict().items()}

    def both(name: str, layer: int) -> np.ndarray:
        parts = [np.split(weights[f"{name}_l{layer}{end}"], 4) for end in ("", "_reverse")]
        return np.stack([np.concatenate([part[i] for i in ORDER]) for part in parts])

    for layer in range(module.num_layers):
        bias = np.concatenate([both("bias_ih", layer), both("bias_hh", layer)], 1)
        tensors += [
            numpy_helper.from_array(value, f"{name}{layer}")
            for name, value in {"W": both("weight_ih", layer), "R": both("weight_hh", layer), "B": bias}.items()
        ]
        inputs = [x, *(f"{name}{layer}" for name in "WRB")]
        nodes += [
            helper.make_node("LSTM", inputs, [f"y{layer}"], direction="bidirectional", hidden_size=module.hidden_size),
            helper.make_node("Transpose", [f"y{layer}"], [f"t{layer}"], perm=[0, 2, 1, 3]),
            helper.make_node("Reshape", [f"t{layer}", "rows"], [f"z{layer}"]),
        ]
        x = f"z{layer}"
    tensors.append(numpy_helper.from_array(np.array([0, 0, -1], np.int64), "rows"))
    values = [helper.make_tensor_value_info(n, TensorProto.FLOAT, ["T", 1, size]) for n, size in (("x", INPUTS), (x, 2 * module.hidden_size))]
    model = helper.make_graph(nodes, "sequences", values[:1], values[1:], tensors)
    onnx.save(helper.make_model(model, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)


def bound(path: Path, x: np.ndarray, width: int):
    """A call of ONNX Runtime over buffers that it was given once, and its output."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    binding, y = session.io_binding(), np.empty((len(x), 1, width), np.float32)
    binding.bind_cpu_input("x", x[:, None])
    output = onnxruntime.OrtValue.ortvalue_from_numpy(y)
    binding.bind_ortvalue_output(session.get_outputs()[0].name, output)
    return lambda: session.run_with_iobinding(binding), lambda: output.numpy()[:, 0]


def row(tool: str, layers: int, hidden: int, options: argparse.Namespace) -> tuple[float, ...]:
    torch.manual_seed(layers * 1000 + hidden)
    module = torch.nn.LSTM(INPUTS, hidden, layers, bidirectional=True).eval()
    x = np.random.default_rng(1).uniform(-1, 1, (options.steps, INPUTS)).astype(np.float32)
    with tempfile.TemporaryDirectory() as folder:
        source, blob = Path(folder) / "model.onnx", Path(folder) / "model.sluice"
        graph(module, source)
        subprocess.run([tool, "convert", source, "-o", blob, "--type", options.type], check=True, stdout=subprocess.DEVNULL)
        model = sluice.Model(blob.read_bytes())
        theirs, output = bound(source, x, 2 * hidden)
    tensor, mine = torch.from_numpy(x)[:, None], np.empty((options.steps, 2 * hidden), np.float32)

    def ours() -> None:
        model.predict(x, out=mine)

    def layer() -> torch.Tensor:
        return module(tensor)[0]

    ours()
    theirs()
    expected = layer().numpy()[:, 0]
    close(output(), expected, 1e-5, "ONNX Runtime")
    close(mine, expected, 1e-5 if options.type == "f32" else 0.1, "Sluice")
    calls = (ours, theirs, layer)
    rounds = [[measure(call, options.steps, options.seconds)["min"] for call in calls] for _ in range(options.rounds)]
    return tuple(min(times) for times in zip(*rounds))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sluice", metavar="SLUICE")
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.3, help="of each call in each round")
    parser.add_argument("--type", default="f32", choices=["f32", "bf16", "f16", "int8", "int4"])
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    print(f"us a step of {options.steps}, both ways; Sluice {options.type}, ONNX Runtime {onnxruntime.__version__}, "
          f"PyTorch {torch.__version__}")
    print(f"{'LSTM':16}{'Sluice':>10}{'ONNX Runtime':>14}{'PyTorch':>10}{'of the better':>15}")
    worst = 0.0
    for layers, hidden in SHAPES:
        times = row(options.sluice, layers, hidden, options)
        share = times[0] / min(times[1:])
        worst = max(worst, share)
        print(f"{layers} x 2 x {hidden:<9}" + f"{times[0] / 1000:10.3f}{times[1] / 1000:14.3f}{times[2] / 1000:10.3f}{share:15.2f}",
              flush=True)
    print(f"{'met ' if worst <= 0.5 else 'MISS'}  at most 0.5 of the better: {worst:.2f}")
    return 0 if worst <= 0.5 else 1


if __name__ == "__main__":
    sys.exit(main())
