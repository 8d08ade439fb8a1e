"""Tests of states that a forward starts from, and of cells of one step: which are read, which refused. Run by
test_exporters.py; the fixtures test the numbers of what is read.
"""

import sys
import unittest
from pathlib import Path
from typing import Any

import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import export_torch
from exporters.sluice_architecture import Architecture, Refused
from test_exporters import Forward


class Cell(nn.Module):
    """Two cells of one step, as `forward` calls them."""

    def __init__(self, step: Any):
        super().__init__()
        self.lstm, self.gru, self.fc, self.step = nn.LSTMCell(3, 4), nn.GRUCell(4, 4), nn.Linear(4, 2), step
        self.first = nn.Parameter(torch.ones(1, 4))

    def forward(self, x: torch.Tensor, state: Any = None, other: Any = None) -> Any:
        return self.step(self, x, state, other)


class StateTests(unittest.TestCase):
    def setUp(self) -> None:
        torch.manual_seed(7)
        self.modules: dict[str, Any] = {
            "rnn": nn.GRU(3, 4, 2, batch_first=True), "both": nn.GRU(3, 4, bidirectional=True), "fc": nn.Linear(3, 3),
            "lstm": nn.LSTM(3, 5, batch_first=True, proj_size=4), "h": nn.Parameter(torch.randn(2, 1, 4)),
            "c": nn.Parameter(torch.randn(1, 5)), "many": nn.Parameter(torch.randn(2, 3, 4)),
        }  # fmt: skip

    def exported(self, forward: Any) -> Architecture:
        return export_torch.architecture_of(Forward(forward, **self.modules))

    def test_learned_states(self) -> None:
        rows = self.modules["h"].detach().numpy()[:, 0]
        for forward in (
            lambda m, x: m.rnn(x, m.h)[0],
            lambda m, x: m.rnn(x, m.h.expand(-1, x.size(0), -1))[0],
            lambda m, x: m.rnn(x, m.h.expand(2, len(x), 4).contiguous())[0],
            lambda m, x: m.rnn(m.fc(x), m.h.repeat(1, x.shape[0], 1))[0],
            lambda m, x: m.rnn(x, torch.tile(m.h, (1, x.shape[0], 1)).to(x.device))[0],
            lambda m, x: m.rnn(x, m.h.squeeze(1).unsqueeze(1).repeat_interleave(x.size(0), dim=1))[0],
            lambda m, x: m.rnn(x, torch.stack([m.h[0], m.h[1]]))[0],
        ):
            found = self.exported(forward)
            for index in range(2):
                self.assertEqual(found.tensors[f"rnn.initial_h_l{index}"].tolist(), rows[index].tolist())
        found = self.exported(lambda m, x: m.both(x, m.h.expand(2, x.size(1), 4))[0])
        self.assertEqual(found.tensors["both.initial_h_l0_reverse"].tolist(), rows[1].tolist())
        found = self.exported(lambda m, x: m.lstm(x, (torch.tanh(m.h[:1]), m.c.unsqueeze(0)))[0])
        self.assertEqual(found.tensors["lstm.initial_c_l0"].tolist(), self.modules["c"].detach().numpy()[0].tolist())
        self.assertEqual(found.tensors["lstm.initial_h_l0"].tolist(), torch.tanh(self.modules["h"][0, 0]).tolist())
        found = self.exported(lambda m, x: m.lstm(x, (torch.zeros(1, x.size(0), 4), m.c.unsqueeze(0)))[0])
        self.assertEqual([name for name in found.tensors if "initial" in name], ["lstm.initial_c_l0"])

    def test_the_module_stays_as_it_was(self) -> None:
        before = self.modules["h"].detach().clone()

        def forward(m: Any, x: torch.Tensor) -> torch.Tensor:
            h = m.h.detach()
            h += 1
            return m.rnn(x, h)[0]

        found = self.exported(forward)
        self.assertEqual(found.tensors["rnn.initial_h_l0"].tolist(), (before[0, 0] + 1).tolist())
        self.assertTrue(torch.equal(self.modules["h"].detach(), before))

    def test_states_that_are_refused(self) -> None:
        for text, forward in {
            "for each step": lambda m, x: m.rnn(x, m.h.repeat(1, x.size(1), 1))[0],
            "as often as there are steps": lambda m, x: m.rnn(m.fc(x), m.h.repeat(1, x.size(1), 1))[0],
            "from one sequence to the next": lambda m, x: m.rnn(x, m.many)[0],
            r"shape \(1, 1, 4\); expected \(2, 1, 4\)": lambda m, x: m.rnn(x, m.h[:1])[0],
            "of 1 tensors; expected 2": lambda m, x: m.lstm(x, (m.h[:1], None))[0],
            "that is computed": lambda m, x: m.rnn(x, m.fc(x))[0],
            "own tensors": lambda m, x: m.rnn(x, m.h.expand(7, 7))[0],
        }.items():
            with self.subTest(text), self.assertRaisesRegex(Refused, text):
                self.exported(forward)

    def types(self, module: nn.Module) -> list[str]:
        return [layer["type"] for layer in export_torch.architecture_of(module).layers]

    def test_cells(self) -> None:
        for cell, kind in ((nn.LSTMCell(3, 4), "lstm"), (nn.GRUCell(3, 4, bias=False), "gru"), (nn.RNNCell(3, 4), "rnn")):
            self.assertEqual(self.types(cell), [kind])
        for step in (
            lambda m, x, state, _: (m.fc((pair := m.lstm(x, state))[0]), pair),
            lambda m, x, h, c: (m.fc((pair := m.lstm(x, (h, c)))[0]), pair[0], pair[1]),
        ):
            self.assertEqual(self.types(Cell(step)), ["lstm", "dense"])
        self.assertEqual(self.types(Cell(lambda m, x, state, _: m.lstm(x, state))), ["lstm"])

        def stacked(m: Any, x: torch.Tensor, state: Any, other: Any) -> Any:
            h, c = m.lstm(x, (state[0], state[1]))
            g = m.gru(h, other)
            return m.fc(g), (h, c), g

        self.assertEqual(self.types(Cell(stacked)), ["lstm", "gru", "dense"])

    def test_cells_that_are_refused(self) -> None:
        def crossed(m: Any, x: torch.Tensor, h: Any, c: Any) -> Any:
            h, c = m.lstm(x, (h, c))
            return m.fc(h), c, h

        def twice(m: Any, x: torch.Tensor, h: Any, _: Any) -> Any:
            h = m.gru(m.lstm(x)[0], h)
            h = m.gru(h, h)
            return m.fc(h), h

        for text, module in {
            "another order": Cell(crossed),
            "that is computed": Cell(twice),
            "from zero at every call": Cell(lambda m, x, *_: m.fc(m.lstm(x)[0])),
            "runs one step from zero": Cell(lambda m, x, *_: m.gru(m.fc(x), m.first)),
            "GRUCell reads 3 axes": nn.Sequential(nn.LSTM(3, 4), nn.GRUCell(4, 4)),
            "more than one output": Cell(lambda m, x, state, _: (m.fc(m.lstm(x, state)[0]), m.lstm(x, state)[0] + 1)),
        }.items():
            with self.subTest(text), self.assertRaisesRegex(Refused, text):
                export_torch.architecture_of(module)


if __name__ == "__main__":
    unittest.main()
