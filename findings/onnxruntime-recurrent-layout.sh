#!/usr/bin/env bash
# ONNX Runtime 1.32.0 on CPUs: LSTM, GRU and RNN with the attribute layout=1 (batch first, in the
# standard since operator set 14), which onnx 1.23.2's checker passes and its own reference evaluator
# computes, are refused when a session is made: a model is valid and runs elsewhere, and its export as
# batch first must be two transpositions to run here.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install onnx==1.23.2 onnxruntime==1.32.0 numpy==2.2.6
"$work/venv/bin/python" - <<'PYTHON'
import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

random = np.random.default_rng(1)
weights = {
    "W": random.standard_normal((1, 16, 3)).astype(np.float32),
    "R": random.standard_normal((1, 16, 4)).astype(np.float32),
}


def model(layout):
    shape, out = ([2, 5, 3], [2, 5, 1, 4]) if layout else ([5, 2, 3], [5, 1, 2, 4])
    node = helper.make_node("LSTM", ["X", "W", "R"], ["Y"], hidden_size=4, layout=layout)
    graph = helper.make_graph(
        [node],
        "lstm",
        [helper.make_tensor_value_info("X", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("Y", TensorProto.FLOAT, out)],
        [numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 22)], ir_version=10)
    onnx.checker.check_model(made, full_check=True)
    return made


x = random.standard_normal((2, 5, 3)).astype(np.float32)
(y,) = ReferenceEvaluator(model(1)).run(None, {"X": x})
print("reference evaluator, layout=1:", y.shape)
session = onnxruntime.InferenceSession(model(0).SerializeToString())
print("ONNX Runtime, layout=0:", session.run(None, {"X": x.transpose(1, 0, 2)})[0].shape)
try:
    onnxruntime.InferenceSession(model(1).SerializeToString())
except Exception as error:
    print("ONNX Runtime, layout=1:", str(error).splitlines()[0])
    assert "atchwise recurrent operations" in str(error), error
else:
    raise SystemExit("layout=1 is taken now")
PYTHON
