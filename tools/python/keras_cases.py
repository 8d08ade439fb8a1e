"""Models for export_keras.py with Keras' outputs. Not run by itself; make_exporter_cases.py imports it."""

import tempfile
from pathlib import Path

import keras
import numpy as np
from keras import layers

from case_folder import Array, Case, ids, tensor
from export_keras import architecture_of


def fill(model: keras.Model, seed: int) -> None:
    """Generated weights, the same everywhere; variances around 1."""
    for t, weight in enumerate(model.weights):
        value = tensor(seed * 1000 + t, *weight.shape, scale=0.4)
        weight.assign(value + 1 if weight.path.endswith("moving_variance") else value)


def keras_cases() -> list[Case]:
    cases: list[Case] = []

    def add(name: str, model: keras.Model, x: Array, suffix: str = ".keras", batched: bool = False) -> None:
        fill(model, 830 + len(cases))
        y = np.asarray(keras.ops.convert_to_numpy(model(x if batched else x[np.newaxis], training=False)))
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"model{suffix}"
            model.save(path)
            files = {"model.safetensors": architecture_of(path).bytes()}
        cases.append(Case(f"keras_{name}", files, [x], [y[0] if y.ndim == 3 and not batched else y]))

    def x(size: int, steps: int = 18) -> Array:
        return tensor(830900 + len(cases), steps, size, scale=1)

    def sequential(size: int, *stack: keras.Layer) -> keras.Model:
        return keras.Sequential([keras.Input((None, size)), *stack])

    every = {"return_sequences": True}
    for suffix in (".keras", ".h5"):
        end = suffix[1:]
        add(f"lstm_dense_{end}", sequential(3, layers.LSTM(9, **every), layers.Dense(2, "sigmoid")), x(3), suffix)
        gru = layers.GRU(7, **every, reset_after=True), layers.Dropout(0.4), layers.Dense(3, "softmax")
        add(f"gru_reset_after_{end}", sequential(4, *gru), x(4), suffix)
        model = sequential(4, layers.Bidirectional(layers.LSTM(5, **every)), layers.Dense(2))
        add(f"bidirectional_concat_{end}", model, x(4), suffix)
    gru = layers.GRU(7, **every, reset_after=False), layers.GRU(6), layers.Dense(2)
    add("gru_reset_before_last", sequential(4, *gru), x(4))
    add("rnn_relu_no_bias", sequential(3, layers.SimpleRNN(8, "relu", use_bias=False, **every), layers.Dense(1)), x(3))
    summed = layers.Bidirectional(layers.GRU(5, **every), merge_mode="sum")
    add("bidirectional_sum", sequential(4, summed, layers.Dense(2, "elu")), x(4))
    stateful = layers.LSTM(6, "softsign", "hard_sigmoid", **every, unit_forget_bias=False)
    add("lstm_activations", sequential(3, stateful, layers.LeakyReLU(0.1), layers.Dense(2, "softplus")), x(3))
    words = keras.Sequential([keras.Input((None,), dtype="int32"), layers.Embedding(11, 6), layers.LSTM(8), layers.Dense(3)])
    add("embedding_lstm_last", words, ids(845900, 11, 15))
    convolutions = (
        layers.Conv1D(8, 3, padding="causal", dilation_rate=2, activation="relu"), layers.BatchNormalization(),
        layers.Conv1D(6, 2, padding="causal", groups=2, use_bias=False), layers.PReLU(shared_axes=[1]),
        layers.TimeDistributed(layers.Dense(5, "tanh")), layers.LayerNormalization(), layers.GRU(4, **every),
        layers.Dense(1),
    )  # fmt: skip
    add("conv1d_norms_prelu_gru", sequential(4, *convolutions), x(4))
    norms = layers.BatchNormalization(scale=False, center=False, epsilon=0.1), layers.LayerNormalization(center=False)
    add("norms_without_weights", sequential(5, *norms, layers.Activation("relu"), layers.LSTM(4, **every)), x(5))
    given = keras.Input((None, 3))
    one = layers.LSTM(5, **every)(given)
    two = layers.TimeDistributed(layers.Dense(5, "tanh"))(given)
    joined = layers.Concatenate()([layers.Add()([one, two]), given])
    model = keras.Model(given, layers.Softmax()(layers.Dense(4)(layers.ELU(0.5)(joined))))
    add("functional_skips", model, x(3))
    add("functional_skips_h5", model, x(3), ".h5")
    # The state in which the direction ends that reads backwards, of two sequences at once.
    three = lambda: np.stack([x(3), -x(3)])  # noqa: E731
    for merge in ("concat", "ave"):
        stack = layers.Bidirectional(layers.LSTM(5, **every)), layers.Bidirectional(layers.GRU(4), merge_mode=merge)
        add(f"bidirectional_last_{merge}", sequential(3, *stack, layers.Dense(2, "softmax")), three(), batched=True)
    backwards = layers.Rescaling(0.5, offset=0.25), layers.LSTM(5, go_backwards=True), layers.Dense(2)
    add("go_backwards_last", sequential(3, *backwards), three(), batched=True)
    given = keras.Input((None, 3))
    one, two = layers.GRU(5, **every)(given), layers.Dense(5)(given)
    model = keras.Model(given, layers.Subtract()([layers.Average()([one, two, layers.ReLU()(one)]), two]))
    add("functional_average_subtract", model, three(), batched=True)
    return cases
