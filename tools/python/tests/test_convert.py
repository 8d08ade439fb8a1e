"""The converter from Python."""

import numpy as np
import pytest
from conftest import TOP, rows

import sluice
from sluice import errors

SOURCE = TOP / "Tests/Fixtures/Conversion/safetensors_gru_dense/model.safetensors"


def test_converts(tmp_path):
    model = sluice.convert(SOURCE, tmp_path / "m.sluice", meta={"name": "a model"})
    assert model.metadata["name"] == "a model" and model.source == str(tmp_path / "m.sluice")
    small = sluice.convert(SOURCE, type="int8", calibrate=rows(500, model.input_size), max_error=1)
    assert small.layers[0].storage == "int8" and isinstance(small.source, bytes)
    assert np.abs(small.predict(rows(9, 5)) - model.predict(rows(9, 5))).max() < 0.1


def test_refusals(tmp_path, monkeypatch):
    with pytest.raises(errors.ToolError, match="none.onnx") as caught:
        sluice.convert(tmp_path / "none.onnx")
    assert caught.value.code == 3
    with pytest.raises(errors.ToolError, match="nothing is written") as caught:
        sluice.convert(SOURCE, tmp_path / "m.sluice", type="int4", max_error=1e-9)
    assert caught.value.code == 1 and not (tmp_path / "m.sluice").exists()
    with pytest.raises(errors.ArgumentError):
        sluice.convert(SOURCE, type="--help")
    monkeypatch.setenv("SLUICE_TOOL", "no-such-program")
    with pytest.raises(errors.ToolError, match="tools/install"):
        sluice.convert(SOURCE)
