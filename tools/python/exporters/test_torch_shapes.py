"""Tests of sizes, reshapes and states in a traced forward: which are read, which refused. Run by test_exporters.py.

What is read gives the same architecture as the plain module; the fixtures test that architecture's numbers.
"""

import sys
import unittest
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import export_torch
from exporters.sluice_architecture import Architecture, Refused
from test_exporters import Forward


class Keeping(nn.Module):
    """One step a call: the state stays in the module, as policies of robots have it."""

    def __init__(self, keeps: str):
        super().__init__()
        self.rnn, self.fc, self.keeps, self.state = nn.GRU(3, 4), nn.Linear(4, 2), keeps, None
        self.register_buffer("h", torch.zeros(1, 1, 4))

    def forward(self, x: torch.Tensor) -> Any:
        y, h = self.rnn(x.unsqueeze(0), self.h if self.keeps == "buffer" else self.state)
        if self.keeps == "buffer":
            self.h[:] = h
        if self.keeps == "attribute":
            self.state = h
        y = self.fc(y.squeeze(0))
        return (y, h) if self.keeps == "caller" else y


class ShapeTests(unittest.TestCase):
    def setUp(self) -> None:
        self.modules = {
            "rnn": nn.GRU(3, 4, batch_first=True), "fc": nn.Linear(4, 3), "lstm": nn.LSTM(3, 4, 2, batch_first=True),
            "words": nn.Embedding(7, 3), "time": nn.LSTM(3, 4), "one": nn.Linear(4, 1),
            "sign": nn.Softsign(), "bound": nn.Hardtanh(-2, 3),
        }  # fmt: skip

    def exported(self, forward: Any) -> Architecture:
        return export_torch.architecture_of(Forward(forward, **self.modules))

    def same(self, plain: Any, *forwards: Any) -> None:
        expected = self.exported(plain)
        for number, forward in enumerate(forwards):
            with self.subTest(number):
                found = self.exported(forward)
                self.assertEqual(found.json(), expected.json())
                self.assertEqual(found.tensors.keys(), expected.tensors.keys())

    def refuses(self, text: str, *forwards: Any) -> None:
        for number, forward in enumerate(forwards):
            with self.subTest(f"{text} {number}"), self.assertRaisesRegex(Refused, text):
                self.exported(forward)

    def test_states_of_zero(self) -> None:
        def sized(m: Any, x: torch.Tensor) -> torch.Tensor:
            h = torch.zeros(2, x.size(0), 4).to(x.device)
            return m.fc(m.lstm(x, (h, torch.zeros_like(h)))[0])

        self.same(
            lambda m, x: m.fc(m.lstm(x)[0]),
            sized,
            lambda m, x: m.fc(m.lstm(x, (x.new_zeros(2, x.shape[0], 4), torch.zeros(2, len(x), 4)))[0]),
            lambda m, x: m.fc(m.lstm(x, hx=(torch.zeros(2, 1, 4), torch.zeros(2, 1, 4)))[0]),
            lambda m, x: m.fc(m.lstm(x, None)[0]),
        )
        self.refuses("initial state", lambda m, x: m.rnn(x, x)[0])
        self.refuses("randn", lambda m, x: m.fc(m.rnn(x, torch.randn(1, x.size(0), 4))[0]))

    def test_reshapes_that_change_nothing(self) -> None:
        self.same(
            lambda m, x: m.fc(m.rnn(x)[0]),
            lambda m, x: m.fc(m.rnn(x)[0].reshape(-1, 4)).view(x.size(0), -1, 3),
            lambda m, x: m.fc(m.rnn(x)[0].contiguous().view(x.shape[0] * x.shape[1], 4)),
            lambda m, x: m.fc(m.rnn(x)[0]).reshape(x.shape),
            lambda m, x: m.fc(m.rnn(x)[0].view(x.size(0), x.size(1), 4)),
            lambda m, x: m.fc(m.rnn(x.reshape((1, 20, 3)))[0]).view(20, 3),
            lambda m, x: m.fc(m.rnn(x.view(x.size(0), -1, 3))[0]).squeeze(-1),
            lambda m, x: m.fc(m.rnn(x)[0]).squeeze(0),
        )
        self.same(
            lambda m, x: m.fc(m.rnn(x)[0][:, -1]),
            lambda m, x: m.fc(m.rnn(x)[1].squeeze(0)),
            lambda m, x: m.fc(m.rnn(x)[1].view(-1, 4)),
            lambda m, x: m.fc(m.rnn(x)[1].reshape((1, 4))),
            lambda m, x: m.fc(m.rnn(x)[0][:, -1].view(x.size(0), -1)),
            lambda m, x: m.fc(m.rnn(x)[0][:, -1]).unsqueeze(1),
            lambda m, x: m.fc(m.rnn(x)[1][-1].view(1, -1)),
        )
        self.same(lambda m, x: m.one(m.rnn(x)[0]), lambda m, x: m.one(m.rnn(x)[0]).squeeze(-1))
        self.same(
            lambda m, x: F.log_softmax(m.fc(m.time(m.words(x))[0]), dim=-1),
            lambda m, x: F.log_softmax(m.fc(m.time(m.words(x).view(len(x), 1, -1))[0].view(len(x), -1)), dim=1),
            lambda m, x: F.log_softmax(m.fc(m.time(m.words(x).unsqueeze(1))[0].squeeze(1)), dim=1),
            lambda m, x: m.fc(m.time(m.words(x))[0]).log_softmax(-1),
        )

    def test_reshapes_that_mix_steps_and_features(self) -> None:
        self.refuses("steps become features", lambda m, x: m.rnn(x)[0].reshape(x.size(0), -1))
        self.refuses("stay together", lambda m, x: m.rnn(x)[0].reshape(x.size(0), -1, 2), lambda m, x: m.rnn(x)[0].view(-1))
        self.refuses("before the steps", lambda m, x: m.rnn(x)[0].transpose(1, 2).reshape(1, -1, 4))
        self.refuses("steps are left out", lambda m, x: m.rnn(x)[0].reshape(x.size(0), 4))
        self.refuses("no axis", lambda m, x: m.fc(m.rnn(x)[0][:, -1]).view(x.size(0), 5, 3))
        self.refuses("several layers", lambda m, x: m.fc(m.lstm(x)[1][0].squeeze(0)))
        self.refuses("sizes", lambda m, x: m.rnn(x)[0] + x.size(1), lambda m, x: m.rnn(x)[0].view(x.size(1) + 1, -1, 4))
        self.refuses("of the steps", lambda m, x: m.rnn(x)[0].squeeze(1))
        self.refuses("is not supported", lambda m, x: m.rnn(x.T)[0])

    def test_one_step_a_call(self) -> None:
        for keeps in ("buffer", "attribute", "caller"):
            module = Keeping(keeps)
            found = export_torch.architecture_of(module)
            self.assertEqual([layer["type"] for layer in found.layers], ["gru", "dense"])
            self.assertEqual((found.input_size, found.output), (3, "sequence"))
            self.assertIsNone(module.state)
        with self.assertRaisesRegex(Refused, "one step from zero at every call"):
            export_torch.architecture_of(Keeping("nothing"))

    def test_states_that_the_caller_gives(self) -> None:
        class Model(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.lstm = nn.LSTM(3, 4)

            def forward(self, x: torch.Tensor, state: Any) -> Any:
                return self.lstm(x, (state[0], state[1]))

        found = export_torch.architecture_of(Model())
        self.assertEqual([layer["type"] for layer in found.layers], ["lstm"])
        self.assertIn("the initial state 'state'", found.notes[0])

    def test_functions_of_modules(self) -> None:
        self.same(lambda m, x: m.sign(m.fc(m.rnn(x)[0])), lambda m, x: F.softsign(m.fc(m.rnn(x)[0])))
        self.same(lambda m, x: m.bound(m.fc(m.rnn(x)[0])), lambda m, x: m.fc(m.rnn(x)[0]).clamp(-2, 3))
        self.refuses("two numbers", lambda m, x: m.fc(m.rnn(x)[0]).clamp(min=0))
        self.refuses("axis", lambda m, x: F.log_softmax(m.fc(m.rnn(x)[0]), dim=1))


if __name__ == "__main__":
    unittest.main()
