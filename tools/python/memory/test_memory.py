"""Tests of the memory study, and its smallest version: seconds.

Run:    python tools/python/memory/test_memory.py        (needs torch, numpy, onnx and matplotlib)
        what needs the tool is skipped without $SLUICE_TOOL or .build/release/sluice
"""

import dataclasses
import json
import os
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np
import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from memory import figures, jacobians, report
from memory.blobs import Tool, write_onnx
from memory.cells import CELLS, Weights, initial, step
from memory.study import PARAMETERS, TINY, UNITS, Job, Study
from memory.tasks import TASKS
from memory.training import clipped, flattened, settle
from memory.weight_types import KINDS, measure, torch_answers
from memory.unrolled import backward, forward

TOOL = Path(os.environ.get("SLUICE_TOOL", Path(__file__).resolve().parents[3] / ".build/release/sluice"))
INPUTS, UNITS_HERE, OUTPUTS, RUNS, BATCH, STEPS, LAST = 3, 7, 2, 2, 4, 9, 3


def drawn(name: str) -> Weights:
    """Weights of two runs in float64, none of them zero or one."""
    generator = torch.Generator().manual_seed(len(name))
    weights = initial(CELLS[name], INPUTS, UNITS_HERE, OUTPUTS, [1, 2])
    return {k: v.double() + 0.2 * torch.randn(v.shape, generator=generator).double() for k, v in weights.items()}


class CellTests(unittest.TestCase):
    def setUp(self) -> None:
        settle()
        generator = torch.Generator().manual_seed(3)
        self.x = torch.randn(STEPS, RUNS, INPUTS, BATCH, generator=generator).double()
        self.top = torch.randn(LAST, RUNS, UNITS_HERE, BATCH, generator=generator).double()

    def test_gradients_are_those_of_autograd_through_the_equations(self) -> None:
        for name, cell in CELLS.items():
            with self.subTest(name):
                weights = drawn(name)
                tape = forward(cell, weights, self.x)
                found = backward(cell, weights, tape, self.top)
                leaves = {key: value.clone().requires_grad_() for key, value in weights.items()}
                total = torch.zeros((), dtype=torch.float64)
                for run in range(RUNS):
                    own = {key: value[run] for key, value in leaves.items()}
                    for row in range(BATCH):
                        h = c = torch.zeros(UNITS_HERE, dtype=torch.float64)
                        for t in range(STEPS):
                            h, c = step(cell, own, self.x[t, run, :, row], h, c)
                            self.assertLess(float((h.detach() - tape.h[t + 1, run, :, row]).abs().max()), 1e-12)
                            if t >= STEPS - LAST:
                                total = total + (h * self.top[t - STEPS + LAST, run, :, row]).sum()
                total.backward()
                self.assertEqual(set(found), set(weights) - {"v", "a"})
                for key, value in found.items():
                    gradient = leaves[key].grad
                    assert gradient is not None
                    self.assertGreater(float(gradient.abs().max()), 0)
                    self.assertLess(float((value - gradient).abs().max()), 1e-12, key)

    def test_layers_are_pytorchs(self) -> None:
        layers = {
            "rnn": (nn.RNN(INPUTS, UNITS_HERE), "h"), "irnn": (nn.RNN(INPUTS, UNITS_HERE, nonlinearity="relu"), "h"),
            "gru": (nn.GRU(INPUTS, UNITS_HERE), "rzn"), "lstm": (nn.LSTM(INPUTS, UNITS_HERE), "ifgo"),
        }  # fmt: skip
        for name, (layer, order) in layers.items():
            with self.subTest(name):
                weights = {key: value[:1].float() for key, value in drawn(name).items()}
                parts = {
                    key: dict(zip(CELLS[name].gates, weights[key][0].split(UNITS_HERE, -1))) for key in ("w", "u", "b")
                }
                state = {
                    "weight_ih_l0": torch.cat([parts["w"][gate].T for gate in order]),
                    "weight_hh_l0": torch.cat([parts["u"][gate].T for gate in order]),
                    "bias_ih_l0": torch.cat([parts["b"][gate] for gate in order]),
                    "bias_hh_l0": torch.zeros(len(order) * UNITS_HERE),
                }
                if "n" in weights:
                    state["bias_hh_l0"][-UNITS_HERE:] = weights["n"][0]
                layer.load_state_dict(state)
                x = self.x[:, :1].float()
                expected = layer(x[:, 0].transpose(1, 2))[0]
                found = forward(CELLS[name], weights, x).h[1:, 0].transpose(1, 2)
                self.assertTrue(torch.allclose(found, expected, rtol=1e-5, atol=1e-6))

    def test_equal_parameters_are_within_five_percent(self) -> None:
        for task in TASKS.values():
            wanted = CELLS["lstm"].parameters(task.inputs, 16, task.outputs)
            for name, cell in CELLS.items():
                units = cell.units_for(wanted, task.inputs, task.outputs)
                weights = initial(cell, task.inputs, units, task.outputs, [1])
                count = sum(value.numel() for value in weights.values())
                self.assertEqual(count, cell.parameters(task.inputs, units, task.outputs), name)
                self.assertLess(abs(count / wanted - 1), 0.05, f"{name}, {task.name}")

    def test_a_gradient_is_clipped_or_left_out(self) -> None:
        gradient = torch.tensor([[3.0, 4.0], [0.3, 0.4], [float("inf"), 1.0]])
        norms = clipped(gradient, 1)
        self.assertEqual([round(value, 4) for value in norms.tolist()[:2]], [5, 0.5])
        for found, expected in zip(gradient.flatten().tolist(), [0.6, 0.8, 0.3, 0.4, 0, 0]):
            self.assertAlmostEqual(found, expected, places=5)

    def test_weights_in_a_row_are_the_weights(self) -> None:
        weights = drawn("peephole")
        flat, views = flattened(weights)
        flat += 1
        for key, value in views.items():
            self.assertTrue(torch.equal(value, weights[key] + 1))

    def test_norms_grow_as_powers_where_nothing_bends(self) -> None:
        cell = CELLS["irnn"]
        weights = {key: value[0].abs() for key, value in initial(cell, 1, 4, 1, [1]).items()}
        weights["u"] = 1.1 * torch.eye(4)
        found = jacobians.norms(cell, weights, torch.ones(20, 2, 1))["h"]
        expected = 1.1 ** np.arange(20)
        self.assertLess(float(np.abs(found / expected - 1).max()), 1e-6)

    def test_the_belt_alone_is_the_product_of_the_forget_gate(self) -> None:
        weights = {key: value[0] for key, value in initial(CELLS["lstm-1"], 1, 4, 1, [1]).items()}
        for key in ("w", "u"):
            weights[key] = torch.zeros_like(weights[key])  # every gate is then that of its bias
        found = jacobians.norms(CELLS["lstm-1"], weights, torch.ones(6, 1, 1))
        kept = 1 / (1 + np.exp(-1.0))
        self.assertLess(float(np.abs(found["belt"][0] - kept ** np.arange(6)).max()), 1e-7)
        self.assertLess(float(np.abs(found["c"] - found["belt"]).max()), 1e-7)


class StudyTests(unittest.TestCase):
    def setUp(self) -> None:
        settle()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def study(self) -> Study:
        return Study(self.folder, dataclasses.replace(TINY, sizes=(UNITS,)), lambda line: None)

    def test_what_is_asked_can_be_known_from_what_is_read(self) -> None:
        generator = torch.Generator().manual_seed(1)
        x, asked = TASKS["recall"].batch(6, 5, generator)
        self.assertTrue(torch.equal(x[0].argmax(-1), asked[0]))
        x, asked = TASKS["copy"].batch(6, 5, generator)
        self.assertTrue(torch.equal(x[: len(asked)].argmax(-1), asked))
        x, asked = TASKS["adding"].batch(6, 5, generator)
        self.assertTrue(torch.allclose((x[..., 0] * x[..., 1]).sum(0), asked[0]))
        x, asked = TASKS["parity"].batch(6, 5, generator)
        self.assertTrue(torch.equal(x[..., 0].sum(0).long() % 2, asked[-1]))

    def test_a_stopped_study_goes_on_behind_its_last_job(self) -> None:
        first = self.study()
        job = Job("parity", 4, "gru", UNITS)
        first.run(job)
        again = self.study()
        self.assertEqual(again.runs, first.runs)
        self.assertNotEqual(again.next(), job)
        self.assertEqual(len(again.jobs()), len([j for j in again.jobs() if j not in again.runs]) + 1)
        # The same seed gives the same weights.
        weights = first.weights(job)
        again.run(job)
        for key, value in again.weights(job).items():
            self.assertTrue(torch.equal(value, weights[key]), key)

    def test_a_gap_goes_on_from_the_weights_of_the_shorter_one(self) -> None:
        study = self.study()
        study.settings = dataclasses.replace(study.settings, updates={4: 20, 8: 0})
        short, long = (Job("copy", gap, "coupled", UNITS) for gap in (4, 8))
        study.run(short)
        study.run(long)
        for key, value in study.weights(long).items():
            self.assertTrue(torch.equal(value, study.weights(short)[key]), key)
        scratch = Study(self.folder, study.settings, study.log, scratch=True)
        scratch.run(long)
        for key, value in study.weights(long).items():
            self.assertTrue(torch.equal(value, study.start(long)[key]), key)

    def test_the_smallest_study_learns_and_draws(self) -> None:
        study = self.study()
        study.settings = dataclasses.replace(study.settings, updates={4: 400})
        jobs = [Job("parity", 4, name, UNITS) for name in ("gru", "lstm-1")]
        for job in jobs:
            study.run(job)
        for job in jobs:
            accuracy = study.accuracy(job)
            assert accuracy is not None
            self.assertGreater(accuracy, 0.9, job.name)
        figures.accuracy(study, self.folder / "accuracy.svg")
        self.assertIn("</svg>", (self.folder / "accuracy.svg").read_text())
        self.assertIn("| LSTM, forget bias 1 |", report.learnt_table(study))
        curves = jacobians.measured(study, "parity")
        self.assertEqual(set(curves), {"gru", "lstm-1"})
        self.assertTrue(np.isfinite(curves["lstm-1"]["after c"]).all())
        figures.gradients(curves, self.folder / "gradients.svg")

    def test_budgets_are_those_of_a_job(self) -> None:
        study = self.study()
        study.run(Job("recall", 8, "rnn", UNITS))
        self.assertTrue(all(run["updates"] <= TINY.updates[8] for runs in study.runs.values() for run in runs))
        self.assertEqual(study.units(Job("recall", 4, "rnn", PARAMETERS)), 19)

    @unittest.skipUnless(TOOL.exists(), f"no {TOOL}")
    def test_every_cell_is_in_sluice_what_it_is_in_pytorch(self) -> None:
        tool = Tool(TOOL, self.folder)
        x = torch.randn(40, 3, INPUTS, generator=torch.Generator().manual_seed(5))
        for name, cell in CELLS.items():
            with self.subTest(name):
                weights = {key: value.float() for key, value in drawn(name).items()}
                if name == "irnn":
                    weights["u"] *= 0.5  # bounded over 40 steps
                write_onnx(cell, weights, 1, self.folder / "cell.onnx")
                blob, _ = tool.convert(self.folder / "cell.onnx", "f32", x.transpose(0, 1).numpy())
                y = tool.run(blob, x.transpose(0, 1).numpy())
                assert y is not None
                expected = torch_answers(cell, {key: value[1:] for key, value in weights.items()}, x)
                self.assertLess(float(np.abs(y - expected).max()), 1e-5)

    @unittest.skipUnless(TOOL.exists(), f"no {TOOL}")
    def test_types_are_measured_at_every_gap(self) -> None:
        study = self.study()
        job = Job("recall", 4, "gru", UNITS)
        study.run(job)
        rows = measure(study, Tool(TOOL, self.folder), job, study.settings.gaps)
        self.assertEqual([row["seed"] for row in rows], list(TINY.seeds))
        for row in rows:
            self.assertEqual(set(row["accuracy"]["8"]), set(KINDS))
            self.assertEqual(row["accuracy"]["4"]["f32"], row["accuracy"]["4"]["torch"])
            self.assertLess(row["bytes"]["int8"], row["bytes"]["f32"])
        json.dumps(rows)


if __name__ == "__main__":
    unittest.main()
