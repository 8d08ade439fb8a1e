#!/usr/bin/env bash
# safetensors 0.8.0: safetensors.numpy writes a transposed array's memory as it lies, under the transposed
# shape: the file loads without an error, and its numbers are in another order.
# Keras keeps kernels as [inputs, units]: who saves kernel.T for a tool that wants [units, inputs] is
# hit. np.ascontiguousarray before saving helps.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install safetensors==0.8.0 numpy==2.2.6
cd "$work"
venv/bin/python - <<'PYTHON'
import numpy as np
from safetensors.numpy import load, load_file, save, save_file

kernel = np.arange(6, dtype=np.float32).reshape(2, 3)  # [inputs, units]
save_file({"weight": kernel.T}, "transposed.safetensors")
found = load_file("transposed.safetensors")["weight"]
print("saved ", kernel.T.tolist())
print("loaded", found.tolist())
assert found.shape == (3, 2)
# What lies in memory, in the shape of the transpose: neither kernel.T nor an error.
assert np.array_equal(found, kernel.reshape(3, 2)) and not np.array_equal(found, kernel.T)
copied = load(save({"weight": np.ascontiguousarray(kernel.T)}))["weight"]
assert np.array_equal(copied, kernel.T)
print("copied", copied.tolist())
PYTHON
