#!/usr/bin/env bash
# Keras 3.15.1: a recurrent layer with go_backwards=True and return_sequences=True gives its outputs in the
# opposite order of time, but hands on the mask of its input as it came. Behind a sequence that is padded at
# its end, the next layer therefore takes the outputs of the padding, which stand first, and passes over as
# many real ones, which stand last. Nothing is said; with a mask that is turned too the result is another.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install keras==3.15.1 numpy==2.2.6 scipy==1.15.3 jax==0.6.2
KERAS_BACKEND=numpy "$work/venv/bin/python" - <<'PYTHON'
import numpy as np
from keras import Input, Model, layers

generator = np.random.default_rng(0)
x = generator.normal(size=(1, 6, 3)).astype(np.float32)
x[0, 4:] = 0  # padding
inputs = Input((6, 3))
first = layers.GRU(4, return_sequences=True, go_backwards=True)
second = layers.GRU(2)
between = first(layers.Masking()(inputs))
model = Model(inputs, [between, second(between)])
for layer in (first, second):
    layer.set_weights([generator.normal(size=w.shape).astype(np.float32) for w in layer.get_weights()])

rows, last = (np.asarray(value) for value in model(x))
mask = (x != 0).any(axis=-1)
empty = [step for step in range(6) if not rows[0, step].any()]
as_it_came = np.abs(last - np.asarray(second(rows, mask=mask))).max()
turned = np.abs(last - np.asarray(second(rows, mask=mask[:, ::-1]))).max()
print("steps of the input that are masked:", [step for step in range(6) if not mask[0, step]])
print("rows of the first layer's output that stand for them:", empty)
print(f"the second layer against the mask as it came: {as_it_came:.2g}, and turned: {turned:.2g}")
assert empty == [0, 1], empty
assert as_it_came < 1e-6 and turned > 1e-2, (as_it_came, turned)
PYTHON
