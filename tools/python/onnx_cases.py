"""Conversion cases in ONNX, graphs built by hand and those that must be refused. Not run by itself;
make_conversion_cases.py imports it. Expected outputs are ONNX Runtime's.
"""

from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from case_folder import Array, Case, ids, onnx_case, tensor
from sluice_vectors import ONNX_OPERATOR, layer_tensors, onnx_weights

OPSET = 14


class Graph:
    """Collects nodes and constants; node names are set, so that errors can name them."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, Array] = {}

    def node(self, kind: str, inputs: list[str], outputs: str | list[str], **attributes: Any) -> str:
        names = [outputs] if isinstance(outputs, str) else outputs
        self.nodes.append(helper.make_node(kind, inputs, names, name=f"node_{names[0]}", **attributes))
        return names[0]

    def constant(self, name: str, value: Any) -> str:
        self.constants[name] = np.asarray(value)
        return name

    def recurrent(
        self, cell: str, seed: int, x: str, input_size: int, hidden: int, prefix: str = "", **more: Any
    ) -> str:
        """Adds one recurrent node; returns its Y [T, 1, B, H]. Y_h is `<prefix>Y_h`."""
        w, r, b = onnx_weights(cell, layer_tensors(cell, seed, 0, input_size, hidden))
        names = [self.constant(prefix + n, v) for n, v in (("W", w), ("R", r), ("B", b))]
        attributes: dict[str, Any] = {"hidden_size": hidden}
        if cell == "gruResetAfter":
            attributes["linear_before_reset"] = 1
        if cell == "rnnRelu":
            attributes["activations"] = ["Relu"]
        outputs = [prefix + "Y", prefix + "Y_h"]
        return self.node(ONNX_OPERATOR[cell], [x, *names], outputs, **(attributes | more))

    def squeeze(self, y: str, name: str, axis: int = 1) -> str:
        return self.node("Squeeze", [y, self.constant(name + "_axes", np.array([axis], np.int64))], name)

    def model(self, inputs: dict[str, tuple[int, list[Any]]], outputs: dict[str, list[Any]]) -> onnx.ModelProto:
        graph = helper.make_graph(
            self.nodes,
            "graph",
            [helper.make_tensor_value_info(n, kind, shape) for n, (kind, shape) in inputs.items()],
            [helper.make_tensor_value_info(n, TensorProto.FLOAT, shape) for n, shape in outputs.items()],
            [numpy_helper.from_array(np.ascontiguousarray(v), n) for n, v in self.constants.items()],
        )
        # The IR version and opset of the ONNX release that brought layout and opset 14, which every runtime reads.
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)


def float_input(*shape: Any) -> dict[str, tuple[int, list[Any]]]:
    return {"x": (TensorProto.FLOAT, list(shape))}


def helper_cases() -> list[Case]:
    cases: list[Case] = []

    g = Graph()  # Reshape to [T, H], Gemm with transposed weights, Sigmoid
    y = g.recurrent("lstm", 700, "x", 3, 8)
    rows = g.node("Reshape", [y, g.constant("shape", np.array([-1, 8], np.int64))], "rows")
    head = [rows, g.constant("fc_w", tensor(700100, 2, 8)), g.constant("fc_b", tensor(700101, 2, scale=0.3))]
    g.node("Sigmoid", [g.node("Gemm", head, "logits", transB=1)], "y")
    model = g.model(float_input("time", 1, 3), {"y": ["time", 2]})
    cases.append(onnx_case("onnx_lstm_gemm_sigmoid", model, [tensor(700900, 12, 1, 3, scale=1)]))

    g = Graph()  # MatMul + Add, Tanh; bias of the recurrence as ONNX has it with linear_before_reset
    y = g.squeeze(g.recurrent("gruResetAfter", 701, "x", 5, 9), "h")
    product = g.node("MatMul", [y, g.constant("fc_w", tensor(701100, 9, 3, scale=0.3))], "product")
    g.node("Tanh", [g.node("Add", [product, g.constant("fc_b", tensor(701101, 3))], "sum")], "y")
    model = g.model(float_input("time", 1, 5), {"y": ["time", 1, 3]})
    cases.append(onnx_case("onnx_gru_reset_after_matmul_add_tanh", model, [tensor(701900, 15, 1, 5, scale=1)]))

    g = Graph()  # ONNX's default GRU (reset before); Add with the constant first; Relu
    y = g.squeeze(g.recurrent("gruResetBefore", 702, "x", 4, 11), "h")
    product = g.node("MatMul", [y, g.constant("fc_w", tensor(702100, 11, 3, scale=0.3))], "product")
    g.node("Relu", [g.node("Add", [g.constant("fc_b", tensor(702101, 3)), product], "sum")], "y")
    model = g.model(float_input("time", 1, 4), {"y": ["time", 1, 3]})
    cases.append(onnx_case("onnx_gru_reset_before_matmul_add_relu", model, [tensor(702900, 20, 1, 4, scale=1)]))

    g = Graph()  # Gemm without transB, alpha and beta other than 1
    y = g.recurrent("rnnTanh", 703, "x", 2, 7)
    rows = g.node("Reshape", [y, g.constant("shape", np.array([-1, 7], np.int64))], "rows")
    head = [rows, g.constant("fc_w", tensor(703100, 7, 4)), g.constant("fc_b", tensor(703101, 4, scale=0.3))]
    g.node("Gemm", head, "y", alpha=0.5, beta=2.0)
    model = g.model(float_input("time", 1, 2), {"y": ["time", 4]})
    cases.append(onnx_case("onnx_rnn_tanh_gemm_alpha_beta", model, [tensor(703900, 10, 1, 2, scale=1)]))

    g = Graph()  # two stacked RNNs with Relu, the second's Y as the output
    y = g.squeeze(g.recurrent("rnnRelu", 704, "x", 3, 6, "l0_"), "l0_h")
    y = g.squeeze(g.recurrent("rnnRelu", 705, y, 6, 5, "l1_"), "y")
    model = g.model(float_input("time", 1, 3), {"y": ["time", 1, 5]})
    cases.append(onnx_case("onnx_rnn_relu_stacked", model, [tensor(704900, 18, 1, 3, scale=1)]))

    g = Graph()  # two stacked LSTMs, batch first outside: Transpose in and out
    x = g.node("Transpose", ["x"], "x_time_first", perm=[1, 0, 2])
    y = g.squeeze(g.recurrent("lstm", 706, x, 3, 8, "l0_"), "l0_h")
    y = g.squeeze(g.recurrent("lstm", 707, y, 8, 17, "l1_"), "l1_h")
    g.node("Transpose", [y], "y", perm=[1, 0, 2])
    model = g.model(float_input("batch", "time", 3), {"y": ["batch", "time", 17]})
    cases.append(onnx_case("onnx_lstm_stacked_batch_first", model, [tensor(706900, 1, 14, 3, scale=1)]))
    cases.append(onnx_case("onnx_lstm_stacked_batch_of_3", model, [tensor(706901, 3, 6, 3, scale=1)]))

    g = Graph()  # Gather as the embedding, Softmax over the features
    x = g.node("Gather", [g.constant("embedding", tensor(708100, 13, 6, scale=1)), "x"], "embedded")
    y = g.squeeze(g.recurrent("lstm", 708, x, 6, 10), "h")
    product = g.node("MatMul", [y, g.constant("fc_w", tensor(708101, 10, 4, scale=0.5))], "product")
    logits = g.node("Add", [product, g.constant("fc_b", tensor(708102, 4))], "logits")
    g.node("Softmax", [logits], "y", axis=-1)
    model = g.model({"x": (TensorProto.INT64, ["time", 1])}, {"y": ["time", 1, 4]})
    cases.append(onnx_case("onnx_embedding_lstm_softmax", model, [ids(708900, 13, 16, 1)]))

    g = Graph()  # only the last hidden state goes on: Y_h, not Y
    g.recurrent("gruResetAfter", 709, "x", 3, 8)
    last = g.squeeze("Y_h", "last", axis=0)
    head = [last, g.constant("fc_w", tensor(709100, 2, 8)), g.constant("fc_b", tensor(709101, 2))]
    g.node("Sigmoid", [g.node("Gemm", head, "logits", transB=1)], "y")
    model = g.model(float_input("time", 1, 3), {"y": [1, 2]})
    cases.append(onnx_case("onnx_gru_last_state_gemm", model, [tensor(709900, 9, 1, 3, scale=1)]))
    return cases


def refused(name: str, graph: Graph, output: list[Any], text: str, input_shape: list[Any] | None = None) -> Case:
    model = graph.model(float_input(*(input_shape or ["time", 1, 3])), {"y": output})
    onnx.checker.check_model(model)  # valid ONNX all the same: the converter refuses it, not the format
    return Case(f"refuse_onnx_{name}", {"model.onnx": model.SerializeToString(deterministic=True)}, expected_error=text)


def refused_cases() -> list[Case]:
    """Valid graphs outside what the runtime computes. The expected text is the attribute's or the operator's name."""
    cases: list[Case] = []
    attributes: dict[str, tuple[dict[str, Any], str]] = {
        "lstm_activations": ({"activations": ["Sigmoid", "Mish", "Tanh"]}, "Mish"),
        # The standard and ONNX Runtime differ about the default.
        "lstm_activation_default": ({"activations": ["Sigmoid", "ThresholdedRelu", "Tanh"]}, "activation_alpha"),
        "lstm_activation_surplus": (
            {"activations": ["Sigmoid", "Elu", "Tanh"], "activation_alpha": [0.5, 0.5]},
            "activation_alpha",
        ),
    }
    for i, (name, (more, text)) in enumerate(attributes.items()):
        g = Graph()
        g.squeeze(g.recurrent("lstm", 720 + i, "x", 3, 4, **more), "y")
        cases.append(refused(name, g, ["time", 1, 4], text))

    g = Graph()
    g.node("Erf", [g.squeeze(g.recurrent("gruResetAfter", 730, "x", 3, 4), "h")], "y")
    cases.append(refused("unknown_operator", g, ["time", 1, 4], "Erf"))

    g = Graph()  # a 2-d convolution over the whole sequence
    g.node("Conv", ["x", g.constant("kernel", tensor(731100, 2, 1, 3, 3))], "y")
    cases.append(refused("conv", g, [1, 2, 6, 4], "Conv", [1, 1, 8, 6]))

    g = Graph()  # an operator of another domain
    g.nodes.append(helper.make_node("LSTM", ["x"], ["y"], name="node_y", domain="com.example"))
    model = g.model(float_input("time", 1, 3), {"y": ["time", 1, 4]})
    model.opset_import.append(helper.make_opsetid("com.example", 1))
    cases.append(
        Case(
            "refuse_onnx_domain",
            {"model.onnx": model.SerializeToString(deterministic=True)},
            expected_error="com.example",
        )
    )
    return cases
