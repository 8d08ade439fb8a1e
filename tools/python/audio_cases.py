"""Models in the JSON of audio plug-ins with the outputs of Keras and PyTorch. make_exporter_cases.py imports it.

RTNeural's and AIDA-X's weights are those of Keras' get_weights(); GuitarML's and NAM's are PyTorch's.
"""

import json
from typing import Any

import keras
import numpy as np
import torch
from keras import layers
from torch import nn

from case_folder import Array, Case, tensor
from exported_cases import fill
from keras_cases import fill as fill_keras

Json = dict[str, Any]
TYPES = {
    layers.LSTM: "lstm", layers.GRU: "gru", layers.Dense: "dense", layers.Conv1D: "conv1d", layers.PReLU: "prelu",
    layers.BatchNormalization: "batchnorm", layers.Activation: "activation", layers.TimeDistributed: "time-distributed-dense",
}  # fmt: skip


def to_json(value: Any) -> bytes:
    return (json.dumps(value) + "\n").encode()


def rtneural(model: keras.Model) -> Json:
    """The model as RTNeural's own exporter writes it."""

    def layer(one: keras.Layer) -> Json:
        inner = one.layer if isinstance(one, layers.TimeDistributed) else one
        function = getattr(inner, "activation", keras.activations.linear).__name__
        entry: Json = {
            "type": TYPES[type(one)],
            "activation": "" if function == "linear" else function,
            "shape": [None, None, one.output.shape[-1]],
        }
        if isinstance(one, layers.Conv1D):
            entry |= {"kernel_size": one.kernel_size, "dilation": one.dilation_rate, "groups": one.groups}
        if isinstance(one, layers.BatchNormalization):
            entry["epsilon"] = one.epsilon
        return entry | {"weights": [w.tolist() for w in one.get_weights()]}

    return {"in_shape": [None, None, model.input_shape[-1]], "layers": [layer(one) for one in model.layers]}


def audio_cases() -> list[Case]:
    cases: list[Case] = []

    def keras_case(name: str, size: int, *stack: keras.Layer, aida: Json | None = None) -> None:
        model = keras.Sequential([keras.Input((None, size)), *stack])
        seed = 860 + len(cases)
        fill_keras(model, seed)
        x = tensor(seed * 1000 + 900, 30, size, scale=1)
        given = x.copy()
        aida = aida or {}
        given[:, 0] *= np.float32(10 ** (aida.get("in_gain", 0) / 20))
        y = np.asarray(keras.ops.convert_to_numpy(model(given[np.newaxis], training=False)))[0]
        if aida.get("in_skip"):
            y = y + given[:, :1]
        y = y * np.float32(10 ** (aida.get("out_gain", 0) / 20))
        cases.append(Case(name, {"model.json": to_json(rtneural(model) | aida)}, [x], [y]))

    every = {"return_sequences": True}
    stack = (
        layers.TimeDistributed(layers.Dense(8, "tanh")), layers.Conv1D(4, 3, padding="causal", dilation_rate=2, activation="tanh"),
        layers.GRU(8, **every), layers.BatchNormalization(), layers.PReLU(shared_axes=[1]), layers.Dense(1),
    )  # fmt: skip
    keras_case("rtneural_conv1d_gru_batchnorm_prelu", 1, *stack)
    convolutions = (
        layers.Conv1D(6, 4, padding="causal", groups=3, dilation_rate=3, activation="elu"), layers.Activation("sigmoid"),
        layers.BatchNormalization(scale=False, center=False), layers.Dense(3, "softmax"),
    )  # fmt: skip
    keras_case("rtneural_conv1d_groups_elu_softmax", 3, *convolutions)
    stacked = layers.LSTM(12, **every), layers.LSTM(5, **every), layers.Dense(4, "relu"), layers.Dense(2, use_bias=False)
    keras_case("rtneural_lstm_stacked", 2, *stacked)
    aida = {"in_skip": 1, "in_gain": 6, "out_gain": -3.5, "metadata": {"name": "amp", "samplerate": "48000", "esr": 0.01}}
    keras_case("aidax_lstm_skip_gains", 1, layers.LSTM(9, **every), layers.Dense(1), aida=aida)
    aida = {"in_skip": 1, "in_gain": -2.25, "samplerate": 44100}
    keras_case("aidax_gru_three_inputs", 3, layers.GRU(7, **every), layers.Dense(1), aida=aida)

    @torch.no_grad()
    def guitarml(name: str, kind: type, size: int, hidden: int, count: int, outputs: int, skip: int, bias: bool) -> None:
        seed = 870 + len(cases)
        module = nn.ModuleDict(
            {"rec": kind(size, hidden, count, batch_first=True), "lin": nn.Linear(hidden, outputs, bias=bias)}
        )
        fill(module, seed)
        x = tensor(seed * 1000 + 900, 30, size, scale=1)
        given = torch.from_numpy(x)[None]
        y = module["lin"](module["rec"](given)[0])
        y = y + given[:, :, :skip] if skip else y
        data = {"model": "SimpleRNN", "input_size": size, "skip": skip, "output_size": outputs, "unit_type": kind.__name__}
        data |= {"num_layers": count, "hidden_size": hidden, "bias_fl": bias}
        states = {key: value.tolist() for key, value in module.state_dict().items()}
        files = {"model.json": to_json({"model_data": data, "state_dict": states})}
        cases.append(Case(name, files, [x], [y[0].numpy()]))

    guitarml("guitarml_lstm_stacked_two_inputs", nn.LSTM, 2, 11, 2, 1, 1, True)
    guitarml("guitarml_gru_no_skip_no_bias", nn.GRU, 1, 6, 1, 1, 0, False)
    guitarml("guitarml_lstm_stereo_skip", nn.LSTM, 2, 5, 1, 2, 2, True)

    @torch.no_grad()
    def nam(name: str, size: int, hidden: int, count: int, outputs: int, **more: Any) -> None:
        seed = 880 + len(cases)
        rnn, head = fill(nn.LSTM(size, hidden, count), seed), fill(nn.Linear(hidden, outputs), seed + 1)
        h, c = (torch.from_numpy(tensor(seed * 1000 + 800 + i, count, hidden, scale=0.5)) for i in (0, 1))
        flat: list[Array] = []
        for k in range(count):
            w, u = (getattr(rnn, f"weight_{n}_l{k}") for n in ("ih", "hh"))
            flat += [torch.cat([w, u], 1), getattr(rnn, f"bias_ih_l{k}") + getattr(rnn, f"bias_hh_l{k}"), h[k], c[k]]
        flat += [head.weight, head.bias]
        weights = np.concatenate([np.asarray(part.detach()).reshape(-1) for part in flat]).tolist()
        x = tensor(seed * 1000 + 900, 30, size, scale=1)
        y = head(rnn(torch.from_numpy(x), (h, c))[0])
        config = {"input_size": size, "hidden_size": hidden, "num_layers": count}
        config |= {"in_channels": size, "out_channels": outputs} if size > 1 or outputs > 1 else {}
        content = {"version": "0.5.4", "architecture": "LSTM", "config": config, "weights": weights} | more
        cases.append(Case(name, {"model.nam": to_json(content)}, [x], [y.numpy()]))

    nam("nam_lstm_stacked", 1, 9, 3, 1, sample_rate=48000, metadata={"loudness": -20.5})
    nam("nam_lstm_channels", 2, 5, 1, 3, version="0.7.0")
    return cases
