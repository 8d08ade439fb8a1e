"""The recurrent models of PyTorch's tutorials and examples, as they are written there, with random weights: those ship none.

Each function builds one, for `sluice convert tutorials_of_pytorch.py:NAME`; tutorials.py of the folder above runs it.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class RNNModel(nn.Module):
    """examples/word_language_model."""

    def __init__(self, rnn_type: str, ntoken: int, ninp: int, nhid: int, nlayers: int, dropout: float = 0.5):
        super().__init__()
        self.ntoken = ntoken
        self.drop = nn.Dropout(dropout)
        self.encoder = nn.Embedding(ntoken, ninp)
        self.rnn = getattr(nn, rnn_type)(ninp, nhid, nlayers, dropout=dropout)
        self.decoder = nn.Linear(nhid, ntoken)

    def forward(self, input: Tensor) -> Tensor:
        emb = self.drop(self.encoder(input))
        output, hidden = self.rnn(emb)
        output = self.drop(output)
        decoded = self.decoder(output)
        decoded = decoded.view(-1, self.ntoken)
        return F.log_softmax(decoded, dim=1)


class CharRNN(nn.Module):
    """intermediate/char_rnn_classification_tutorial."""

    def __init__(self, input_size: int, hidden_size: int, output_size: int):
        super().__init__()
        self.rnn = nn.RNN(input_size, hidden_size)
        self.h2o = nn.Linear(hidden_size, output_size)
        self.softmax = nn.LogSoftmax(dim=1)

    def forward(self, line_tensor: Tensor) -> Tensor:
        rnn_out, hidden = self.rnn(line_tensor)
        output = self.h2o(hidden[0])
        return self.softmax(output)


class EncoderRNN(nn.Module):
    """intermediate/seq2seq_translation_tutorial."""

    def __init__(self, input_size: int, hidden_size: int, dropout_p: float = 0.1):
        super().__init__()
        self.hidden_size = hidden_size
        self.embedding = nn.Embedding(input_size, hidden_size)
        self.gru = nn.GRU(hidden_size, hidden_size, batch_first=True)
        self.dropout = nn.Dropout(dropout_p)

    def forward(self, input: Tensor) -> Tensor:
        embedded = self.dropout(self.embedding(input))
        output, hidden = self.gru(embedded)
        return output


class LSTMTagger(nn.Module):
    """beginner/nlp/sequence_models_tutorial."""

    def __init__(self, embedding_dim: int, hidden_dim: int, vocab_size: int, tagset_size: int):
        super().__init__()
        self.hidden_dim = hidden_dim
        self.word_embeddings = nn.Embedding(vocab_size, embedding_dim)
        self.lstm = nn.LSTM(embedding_dim, hidden_dim)
        self.hidden2tag = nn.Linear(hidden_dim, tagset_size)

    def forward(self, sentence: Tensor) -> Tensor:
        embeds = self.word_embeddings(sentence)
        lstm_out, _ = self.lstm(embeds.view(len(sentence), 1, -1))
        tag_space = self.hidden2tag(lstm_out.view(len(sentence), -1))
        return F.log_softmax(tag_space, dim=1)


class TextClassifier(nn.Module):
    """A classifier of texts by the last state of both directions, as tutorials of torchtext had it."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(1000, 100)
        self.rnn = nn.LSTM(100, 256, num_layers=2, bidirectional=True, dropout=0.5)
        self.fc = nn.Linear(256 * 2, 1)
        self.dropout = nn.Dropout(0.5)

    def forward(self, text: Tensor) -> Tensor:
        embedded = self.dropout(self.embedding(text))
        output, (hidden, cell) = self.rnn(embedded)
        hidden = self.dropout(torch.cat((hidden[-2, :, :], hidden[-1, :, :]), dim=1))
        return self.fc(hidden)


class AirModel(nn.Module):
    """Time series by an LSTM, as tutorials of air passengers have it."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(input_size=1, hidden_size=50, num_layers=1, batch_first=True)
        self.linear = nn.Linear(50, 1)

    def forward(self, x: Tensor) -> Tensor:
        x, _ = self.lstm(x)
        x = self.linear(x)
        return x


class Sequence(nn.Module):
    """examples/time_sequence_prediction, but for the future steps."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm1 = nn.LSTMCell(1, 51)
        self.lstm2 = nn.LSTMCell(51, 51)
        self.linear = nn.Linear(51, 1)

    def forward(self, input: Tensor) -> Tensor:
        outputs = []
        h_t = torch.zeros(input.size(0), 51)
        c_t = torch.zeros(input.size(0), 51)
        h_t2 = torch.zeros(input.size(0), 51)
        c_t2 = torch.zeros(input.size(0), 51)
        for input_t in input.split(1, dim=1):
            h_t, c_t = self.lstm1(input_t, (h_t, c_t))
            h_t2, c_t2 = self.lstm2(h_t, (h_t2, c_t2))
            output = self.linear(h_t2)
            outputs += [output]
        return torch.cat(outputs, dim=1)


class RNN(nn.Module):
    """A step of the classifier of names, as the tutorial had it until 2024."""

    def __init__(self, input_size: int, hidden_size: int, output_size: int):
        super().__init__()
        self.hidden_size = hidden_size
        self.i2h = nn.Linear(input_size, hidden_size)
        self.h2h = nn.Linear(hidden_size, hidden_size)
        self.h2o = nn.Linear(hidden_size, output_size)
        self.softmax = nn.LogSoftmax(dim=1)

    def forward(self, input: Tensor, hidden: Tensor) -> tuple[Tensor, Tensor]:
        hidden = F.tanh(self.i2h(input) + self.h2h(hidden))
        output = self.h2o(hidden)
        output = self.softmax(output)
        return output, hidden


class Generator(nn.Module):
    """A step of intermediate/char_rnn_generation_tutorial: its state has no activation."""

    def __init__(self, n_categories: int, input_size: int, hidden_size: int, output_size: int):
        super().__init__()
        self.hidden_size = hidden_size
        self.i2h = nn.Linear(n_categories + input_size + hidden_size, hidden_size)
        self.i2o = nn.Linear(n_categories + input_size + hidden_size, output_size)
        self.o2o = nn.Linear(hidden_size + output_size, output_size)
        self.dropout = nn.Dropout(0.1)
        self.softmax = nn.LogSoftmax(dim=1)

    def forward(self, category: Tensor, input: Tensor, hidden: Tensor) -> tuple[Tensor, Tensor]:
        input_combined = torch.cat((category, input, hidden), 1)
        hidden = self.i2h(input_combined)
        output = self.i2o(input_combined)
        output_combined = torch.cat((hidden, output), 1)
        output = self.o2o(output_combined)
        output = self.dropout(output)
        output = self.softmax(output)
        return output, hidden


def word_language_model_lstm() -> nn.Module:
    torch.manual_seed(1)
    return RNNModel("LSTM", 1000, 200, 200, 2).eval()


def word_language_model_gru() -> nn.Module:
    torch.manual_seed(2)
    return RNNModel("GRU", 1000, 200, 200, 2).eval()


def char_rnn_classification() -> nn.Module:
    torch.manual_seed(3)
    return CharRNN(58, 128, 18).eval()


def char_rnn_step() -> nn.Module:
    torch.manual_seed(4)
    return RNN(57, 128, 18).eval()


def char_rnn_generation() -> nn.Module:
    torch.manual_seed(5)
    return Generator(18, 59, 128, 59).eval()


def seq2seq_encoder() -> nn.Module:
    torch.manual_seed(6)
    return EncoderRNN(1000, 128).eval()


def sequence_tagger() -> nn.Module:
    torch.manual_seed(7)
    return LSTMTagger(6, 6, 9, 3).eval()


def text_classifier() -> nn.Module:
    torch.manual_seed(8)
    return TextClassifier().eval()


def air_passengers() -> nn.Module:
    torch.manual_seed(9)
    return AirModel().eval()


def time_sequence_prediction() -> nn.Module:
    torch.manual_seed(10)
    return Sequence().eval()
