"""The recurrent cells that the gallery's models are compared with. Not run by itself; the train_* scripts import it."""

from torch import nn

CELLS = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}
GATES = {"rnn": 1, "gru": 3, "lstm": 4}


def recurrent(cell: str, inputs: int, units: int) -> nn.RNNBase:
    return CELLS[cell](inputs, units, batch_first=True)


def weights_of(cell: str, inputs: int, units: int) -> int:
    """Weights and both biases of PyTorch's layer."""
    return GATES[cell] * units * (inputs + units + 2)


def equal_units(cell: str, inputs: int, lstm_units: int) -> int:
    """Units with which the layer has no more weights than an LSTM of so many, and nearly as many."""
    most, units = weights_of("lstm", inputs, lstm_units), lstm_units
    while weights_of(cell, inputs, units + 1) <= most:
        units += 1
    return units


def open_forget_gate(layer: nn.RNNBase) -> None:
    """A bias of 1 for an LSTM's forget gate, whose gradient would not be recorded; other cells stay as they are."""
    if isinstance(layer, nn.LSTM):
        layer.bias_ih_l0.data[layer.hidden_size : 2 * layer.hidden_size] = 1
