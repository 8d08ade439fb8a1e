"""From a training script: modules and models as they stand there."""

import numpy as np
import pytest
from conftest import rows

import sluice
from sluice import errors

torch = pytest.importorskip("torch")
pytest.importorskip("safetensors")


class Tagger(torch.nn.Module):
    def __init__(self, batch_first: bool, last: bool = False):
        super().__init__()
        torch.manual_seed(0)
        self.rnn = torch.nn.LSTM(3, 8, 2, batch_first=batch_first)
        self.fc = torch.nn.Linear(8, 2)
        self.last = last

    def forward(self, x):
        y, _ = self.rnn(x)
        return self.fc(y[:, -1] if self.last else y)


@pytest.mark.parametrize("batch_first", [True, False])
def test_one_line_from_a_training_script(tmp_path, batch_first):
    module = Tagger(batch_first).train()
    example = torch.randn(2, 6, 3)
    model = sluice.export.torch(module, example, tmp_path / "m.sluice")
    assert module.training and model.source == str(tmp_path / "m.sluice") and len(list(tmp_path.iterdir())) == 1
    x = rows(1, 9, 3)
    order = x if batch_first else x.swapaxes(0, 1)
    expected = module.eval()(torch.from_numpy(order.copy())).detach().numpy().reshape(9, 2)
    assert np.abs(model.predict(x[0]) - expected).max() < 1e-6
    assert sluice.export.torch(module).predict(x).shape == (1, 9, 2)
    assert sluice.export.torch(module, example, type="int8").layers[0].storage == "int8"
    last = Tagger(True, last=True)
    assert sluice.export.torch(last, torch.randn(2, 6, 3)).yields_last


def test_what_differs_or_is_refused(tmp_path):
    class Scaled(Tagger):
        def forward(self, x):
            return super().forward(x)

    module = Scaled(True)
    with pytest.raises(errors.ToolError, match="differ by"):
        sluice.export.torch(module, torch.randn(2, 6, 3), tmp_path / "m.sluice", tolerance=-1)
    with pytest.raises(errors.ToolError, match="Conv2d") as caught:
        sluice.export.torch(torch.nn.Sequential(torch.nn.Conv2d(1, 1, 3)), path=tmp_path / "m.sluice")
    assert caught.value.code == 3 and not list(tmp_path.iterdir())


def test_keras(tmp_path):
    keras = pytest.importorskip("keras")
    pytest.importorskip("h5py")
    model = keras.Sequential(
        [keras.Input((None, 3)), keras.layers.GRU(6, return_sequences=True), keras.layers.Dense(2)]
    )
    x = rows(1, 7, 3)
    converted = sluice.export.keras(model, tmp_path / "m.sluice")
    assert np.abs(converted.predict(x) - np.asarray(model(x).detach())).max() < 1e-5


def test_weights(tmp_path):
    module = torch.nn.GRU(3, 4)
    torch.save(module.state_dict(), tmp_path / "w.pt")
    layers = {"input_size": 3, "layers": [{"type": "gru", "tensors": ""}]}
    model = sluice.export.weights(tmp_path / "w.pt", architecture=layers)
    x = rows(5, 3)
    assert np.abs(model.predict(x) - module(torch.from_numpy(x))[0].detach().numpy()).max() < 1e-6
    assert isinstance(model, sluice.Model)
