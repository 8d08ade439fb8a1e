"""The recurrent models of Keras' own examples, at their sizes, untrained. Run by trained.py with keras==3.15.1."""

import os

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np
from keras import layers

STEPS = 200
generator = np.random.default_rng(9)
keras.utils.set_random_seed(9)


def kept(name: str, model: keras.Model, x: np.ndarray) -> None:
    model.save(f"{name}.keras")
    np.save(f"{name}.x.npy", x)
    np.save(f"{name}.y.npy", np.asarray(keras.models.load_model(f"{name}.keras")(x[None]).detach())[0])


# nlp/bidirectional_lstm_imdb
ids = keras.Input((None,), dtype="int32")
x = layers.Embedding(20000, 128)(ids)
x = layers.Bidirectional(layers.LSTM(64, return_sequences=True))(x)
x = layers.Bidirectional(layers.LSTM(64))(x)
kept("imdb", keras.Model(ids, layers.Dense(1, activation="sigmoid")(x)), generator.integers(0, 20000, STEPS))

# timeseries/timeseries_weather_forecasting
features = keras.Input((STEPS, 7))
model = keras.Model(features, layers.Dense(1)(layers.LSTM(32)(features)))
kept("weather", model, generator.normal(size=(STEPS, 7)).astype(np.float32))

# generative/lstm_character_level_text_generation
model = keras.Sequential([keras.Input((STEPS, 57)), layers.LSTM(128), layers.Dense(57, activation="softmax")])
kept("characters", model, np.eye(57, dtype=np.float32)[generator.integers(0, 57, STEPS)])
