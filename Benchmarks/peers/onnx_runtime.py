"""ONNX Runtime on one thread, inputs and outputs bound once, the state carried between buffers."""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic

from shapes import Shape

Prepared = tuple[Callable[[], object], Callable[[], np.ndarray]]
# Where PyTorch's gates (i f g o; r z n) stand in ONNX (i o f c; z r h).
ORDER = {"lstm": [0, 3, 1, 2], "gru": [1, 0, 2]}


def variants() -> Iterator[tuple[str, str, Callable[[Shape], Prepared | None]]]:
    """Name, storage, and what makes a call and its last h from a shape."""
    yield "ONNX Runtime", "f32", partial(session, quantized=False)
    yield "ONNX Runtime", "int8", partial(session, quantized=True)


def model(shape: Shape) -> onnx.ModelProto:
    """One recurrent node; its state comes in and goes out."""
    weights = shape.weights()

    def reordered(array: np.ndarray) -> np.ndarray:
        return np.concatenate([np.split(array, len(ORDER[shape.cell]))[i] for i in ORDER[shape.cell]])

    tensors = [
        numpy_helper.from_array(reordered(weights["W"])[None], "W"),
        numpy_helper.from_array(reordered(weights["U"])[None], "R"),
        numpy_helper.from_array(np.concatenate([reordered(weights["b"]), reordered(weights["c"])])[None], "B"),
    ]
    states = ["h", "c"] if shape.cell == "lstm" else ["h"]
    attributes = {"hidden_size": shape.hidden}
    if shape.cell == "gru":
        attributes["linear_before_reset"] = 1
    node = helper.make_node(
        shape.cell.upper(), ["x", "W", "R", "B", "", *(f"{s}0" for s in states)],
        ["y", *(f"{s}1" for s in states)], **attributes,
    )

    def value(name: str, *size: int) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, size)

    state_shape = (1, shape.streams, shape.hidden)
    graph = helper.make_graph(
        [node], "peer",
        [value("x", shape.steps, shape.streams, shape.inputs), *(value(f"{s}0", *state_shape) for s in states)],
        [value("y", shape.steps, *state_shape), *(value(f"{s}1", *state_shape) for s in states)],
        tensors,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=8)


def session(shape: Shape, quantized: bool) -> Prepared | None:
    if quantized and shape.cell != "lstm":
        return None  # There is a dynamic quantization of the LSTM alone.
    proto = model(shape)
    if quantized:
        import tempfile
        from pathlib import Path

        with tempfile.TemporaryDirectory() as folder:
            source, target = Path(folder) / "f32.onnx", Path(folder) / "int8.onnx"
            onnx.save(proto, source)
            quantize_dynamic(source, target, op_types_to_quantize=["LSTM"], weight_type=QuantType.QInt8)
            content = target.read_bytes()
    else:
        content = proto.SerializeToString()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.set_denormal_as_zero", "1")
    runtime = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])

    states = ["h", "c"] if shape.cell == "lstm" else ["h"]
    names = [f"{s}1" for s in states] + (["y"] if shape.steps > 1 else [])
    zero = np.zeros((1, shape.streams, shape.hidden), np.float32)
    buffers = [[onnxruntime.OrtValue.ortvalue_from_numpy(zero.copy()) for _ in states] for _ in range(2)]
    x = onnxruntime.OrtValue.ortvalue_from_numpy(shape.input())
    y = onnxruntime.OrtValue.ortvalue_from_shape_and_type(
        [shape.steps, 1, shape.streams, shape.hidden], np.float32)
    bindings = []
    for old, new in (buffers, buffers[::-1]):
        binding = runtime.io_binding()
        binding.bind_ortvalue_input("x", x)
        for name, before, after in zip(states, old, new):
            binding.bind_ortvalue_input(f"{name}0", before)
            binding.bind_ortvalue_output(f"{name}1", after)
        if "y" in names:
            binding.bind_ortvalue_output("y", y)
        bindings.append(binding)
    # The bare call: the Python wrapper around it only copies arguments.
    run = runtime._sess.run_with_iobinding
    turn = [0]

    def call() -> None:
        run(bindings[turn[0]]._iobinding, None)
        turn[0] ^= 1

    return call, lambda: buffers[turn[0]][0].numpy()
