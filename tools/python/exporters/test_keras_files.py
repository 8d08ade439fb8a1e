"""Tests of what Keras' exporter takes from a file: by whose rules, and no byte that is not the file's own."""

import io
import json
import os
import sys
import tempfile
import tracemalloc
import unittest
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import export_keras
from exporters.sluice_architecture import Architecture, Refused

Change = Any


def configuration(**options: Any) -> dict[str, Any]:
    """Of a Sequential of one LSTM of three features and four units."""
    layer = {
        "name": "lstm",
        "units": 4,
        "activation": "tanh",
        "recurrent_activation": "hard_sigmoid",
        "return_sequences": True,
    }
    inputs = {"class_name": "InputLayer", "config": {"name": "in", "batch_shape": [None, 5, 3]}}
    return {"class_name": "Sequential", "config": {"layers": [inputs, {"class_name": "LSTM", "config": layer | options}]}}


ARRAYS = [np.full(shape, 0.25, np.float32) for shape in ((3, 16), (4, 16), (16,))]


def weights(change: Change = None) -> bytes:
    """model.weights.h5 of an archive; `change` is given the group before its arrays are written."""
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        group = file.create_group("layers/lstm/cell/vars")
        for i, array in enumerate(ARRAYS):
            if change is None or not change(file, group, i):
                group.create_dataset(str(i), data=array)
    return content.getvalue()


class Files(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def archive(self, members: dict[str, bytes] | None = None, compression: int = zipfile.ZIP_STORED) -> Path:
        path = self.folder / "model.keras"
        usual = {
            "config.json": json.dumps(configuration()),
            "metadata.json": '{"keras_version": "3.5.0"}',
            "model.weights.h5": weights(),
        }
        with zipfile.ZipFile(path, "w", compression) as archive:
            for name, content in (usual | (members or {})).items():
                archive.writestr(name, content)
        return path

    def legacy(self, version: str | None, of_weights: str | None = None, names: int = 1, **options: Any) -> Path:
        """An .h5 whose list of weights is cut into so many attributes."""
        path = self.folder / "model.h5"
        with h5py.File(path, "w") as file:
            file.attrs["model_config"] = json.dumps(configuration(**options))
            group = file.create_group("model_weights/lstm")
            for owner, value in ((file, version), (file["model_weights"], of_weights)):
                if value is not None:
                    owner.attrs["keras_version"] = value
            found = [f"lstm/{name}:0".encode() for name in ("kernel", "recurrent_kernel", "bias")]
            for name, array in zip(found, ARRAYS):
                group[name.decode()] = array
            if names == 1:
                group.attrs["weight_names"] = found
            for i, part in enumerate(np.array_split(found, names) if names > 1 else []):
                group.attrs[f"weight_names{i}"] = part
        return path

    def slope(self, path: Path) -> float:
        return export_keras.architecture_of(path).layers[0]["gate_activation"]["alpha"]

    def refuses(self, text: str, path: Path) -> str:
        with self.assertRaisesRegex(Refused, text) as caught:
            export_keras.architecture_of(path)
        return str(caught.exception)


class VersionTests(Files):
    def test_a_file_without_version_is_of_version_1(self) -> None:
        self.assertEqual(self.slope(self.legacy(None)), 0.2)

    def test_the_version_that_stands_beside_the_weights_counts(self) -> None:
        self.assertEqual(self.slope(self.legacy(None, of_weights="3.1.0")), 1 / 6)
        self.assertEqual(self.slope(self.legacy("2.15.0")), 0.2)
        self.assertEqual(self.slope(self.legacy("3.1.0")), 1 / 6)

    def test_an_archive_without_version_leaves_hard_sigmoid_open(self) -> None:
        self.refuses("keras_version", self.archive({"metadata.json": "{}"}))
        self.assertEqual(self.slope(self.archive()), 1 / 6)

    def test_old_versions_have_no_default_activations(self) -> None:
        config = configuration()
        del config["config"]["layers"][1]["config"]["recurrent_activation"]
        self.refuses(
            "recurrent_activation is missing",
            self.archive({"config.json": json.dumps(config), "metadata.json": '{"keras_version": "2.2.4"}'}),
        )

    def test_a_version_that_is_none_is_refused(self) -> None:
        for version in ("3000000000000.1", "three", ""):
            if version:
                self.refuses("keras_version", self.legacy(version))


class OptionTests(Files):
    def test_time_major(self) -> None:
        self.refuses("time_major=True", self.legacy("2.15.0", time_major=True))
        inner = {"class_name": "LSTM", "config": configuration(time_major=True)["config"]["layers"][1]["config"]}
        config = configuration()
        config["config"]["layers"][1] = {"class_name": "Bidirectional", "config": {"name": "b", "layer": inner}}
        self.refuses("time_major=True", self.archive({"config.json": json.dumps(config)}))
        self.slope(self.legacy("2.15.0", time_major=False))
        for kind in ("GRU", "SimpleRNN", "RNN"):
            config = configuration(time_major=True, cell={"class_name": "GRUCell", "config": {"name": "c", "units": 4}})
            config["config"]["layers"][1]["class_name"] = kind
            self.refuses("time_major=True", self.archive({"config.json": json.dumps(config)}))

    def test_a_reset_that_nothing_tells_of(self) -> None:
        """Without the key a GRU is as its version of Keras made it; without biases nothing else tells."""
        content = io.BytesIO()
        with h5py.File(content, "w") as file:
            for i, shape in enumerate(((3, 12), (4, 12))):
                file.create_dataset(f"layers/gru/cell/vars/{i}", data=np.ones(shape, np.float32))

        def gru(version: str, **options: Any) -> Path:
            config = configuration(use_bias=False, recurrent_activation="sigmoid", **options)
            config["config"]["layers"][1]["class_name"] = "GRU"
            metadata = json.dumps({"keras_version": version})
            members = {"config.json": json.dumps(config), "metadata.json": metadata, "model.weights.h5": content.getvalue()}
            return self.archive(members)

        def resets_after(path: Path) -> bool:
            return export_keras.architecture_of(path).layers[0].get("reset_after", True)

        self.assertTrue(resets_after(gru("3.5.0")))
        self.assertFalse(resets_after(gru("1.2.0")))
        self.refuses("reset_after is missing", gru("2.15.0"))
        for version in ("1.2.0", "2.15.0", "3.5.0"):
            for given in (True, False):
                self.assertEqual(resets_after(gru(version, reset_after=given)), given)

    def test_options_of_activations(self) -> None:
        for name in ("leaky_relu", "hard_sigmoid", "relu"):
            option = {"class_name": name, "config": {"negative_slope": 0.1}}
            self.refuses("is not supported", self.legacy("3.1.0", activation=option))
        for option in ({}, {"config": None}, {"class_name": None, "config": {}}):
            self.refuses("expected a name", self.legacy("3.1.0", activation=option))

    def test_layers_of_ones_own(self) -> None:
        for change in ({"module": "mine"}, {"module": "keras.layers", "registered_name": "Mine>LSTM"}):
            config = configuration()
            config["config"]["layers"][1] |= change
            self.refuses("of one's own", self.archive({"config.json": json.dumps(config)}))

    def test_training_at_inference(self) -> None:
        config = configuration()
        config["class_name"] = "Functional"
        config["config"] |= {"input_layers": [["in", 0, 0]], "output_layers": [["lstm", 0, 0]]}
        layer = config["config"]["layers"][1]
        for given, is_taken in (
            ({}, True),
            ({"training": False}, True),
            ({"training": True}, False),
            ({"mask": ["in", 0, 0]}, False),
        ):
            layer["inbound_nodes"] = [[["in", 0, 0, given]]]
            path = self.archive({"config.json": json.dumps(config)})
            if is_taken:
                self.slope(path)
            else:
                self.refuses("is called with", path)

    def test_a_layer_that_is_called_input(self) -> None:
        found = export_keras.architecture_of(self.archive({"config.json": json.dumps(configuration(name="input"))}))
        self.assertEqual([layer["name"] for layer in found.layers], ["input_2"])

    def test_lists_of_weights_that_keras_cut(self) -> None:
        self.assertEqual(self.bytes_of(self.legacy("2.15.0", names=2)), self.bytes_of(self.legacy("2.15.0")))

    @staticmethod
    def bytes_of(path: Path) -> bytes:
        architecture: Architecture = export_keras.architecture_of(path)
        return architecture.bytes()

    def test_bfloat16(self) -> None:
        def change(file: Any, group: Any, i: int) -> bool:
            halves = (ARRAYS[i].view(np.uint32) >> 16).astype("<u2")
            group.create_dataset(str(i), data=halves.view("V2")).attrs["dtype"] = "bfloat16"
            return True

        self.assertEqual(self.bytes_of(self.archive({"model.weights.h5": weights(change)})), self.bytes_of(self.archive()))

        def unnamed(file: Any, group: Any, i: int) -> bool:
            group.create_dataset(str(i), data=np.zeros(ARRAYS[i].shape, "<u2").view("V2"))
            return True

        self.refuses(r"type \|V2", self.archive({"model.weights.h5": weights(unnamed)}))


class BorrowedBytesTests(Files):
    """A harmless file of the test's own, from which another file must not bring a number."""

    def setUp(self) -> None:
        super().setUp()
        self.other = self.folder / "other.bin"
        self.other.write_bytes(ARRAYS[2].tobytes())
        with h5py.File(self.folder / "other.h5", "w") as file:
            file["numbers"] = ARRAYS[2]

    def refuses_the_bias(self, text: str, make: Change) -> None:
        def change(file: Any, group: Any, i: int) -> bool:
            if i == 2:
                make(file, group)
            return i == 2

        archive = self.archive({"model.weights.h5": weights(change)})
        self.assertIn("layer 'lstm' (LSTM)", self.refuses(text, archive))

    def test_external_storage(self) -> None:
        self.refuses_the_bias(
            "stored in another file",
            lambda file, group: group.create_dataset("2", (16,), "f4", external=[(os.fsencode(self.other), 0, 64)]),
        )

    def test_virtual_datasets(self) -> None:
        def make(file: Any, group: Any) -> None:
            layout = h5py.VirtualLayout((16,), "f4")
            layout[:] = h5py.VirtualSource(str(self.folder / "other.h5"), "numbers", (16,))
            group.create_virtual_dataset("2", layout)

        self.refuses_the_bias("virtual", make)

    def test_links(self) -> None:
        def external(file: Any, group: Any) -> None:
            group["2"] = h5py.ExternalLink(str(self.folder / "other.h5"), "/numbers")

        def soft(file: Any, group: Any) -> None:
            file["numbers"] = ARRAYS[2]
            group["2"] = h5py.SoftLink("/numbers")

        self.refuses_the_bias("ExternalLink", external)
        self.refuses_the_bias("SoftLink", soft)

    def test_a_linked_group(self) -> None:
        content = io.BytesIO()
        with h5py.File(content, "w") as file:
            file["layers"] = h5py.ExternalLink(str(self.folder / "other.h5"), "/")
        self.refuses("ExternalLink", self.archive({"model.weights.h5": content.getvalue()}))


class SizeTests(Files):
    def refuses_within(self, text: str, path: Path, limit: int = 64 << 20) -> None:
        tracemalloc.start()
        self.refuses(text, path)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        self.assertLess(peak, limit)

    def test_numbers_that_were_never_written(self) -> None:
        for options in ({}, {"chunks": (1 << 16, 3)}, {"chunks": (1 << 16, 3), "compression": "gzip"}):

            def change(file: Any, group: Any, i: int, options: dict[str, Any] = options) -> bool:
                if i == 0:
                    group.create_dataset("0", (1 << 31, 3), "f4", **options)
                return i == 0

            self.refuses_within("more than the file could hold", self.archive({"model.weights.h5": weights(change)}))

    def test_members_that_unpack_to_much(self) -> None:
        for name in ("metadata.json", "config.json", "model.weights.h5"):
            path = self.archive({name: b" " * (100 << 20)}, zipfile.ZIP_DEFLATED)
            self.refuses_within(f"{name} has 104857600 bytes: more than the file could hold", path)

    def test_members_that_say_to_be_small(self) -> None:
        path = self.archive({"metadata.json": b" " * (100 << 20)}, zipfile.ZIP_DEFLATED)
        content = path.read_bytes().replace((100 << 20).to_bytes(4, "little"), (64).to_bytes(4, "little"))
        path.write_bytes(content)
        self.refuses_within("metadata.json", path)

    def test_other_compressions(self) -> None:
        for compression in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
            self.refuses("compressed by other than deflate", self.archive({}, compression))

    def test_depth(self) -> None:
        for depth in (65, 500, 100_000):
            deep = b"[" * depth + b"]" * depth
            self.refuses("nested more than 64 deep", self.archive({"config.json": deep}))

    def test_files_that_are_none(self) -> None:
        path = self.folder / "model.keras"
        self.refuses("No such file", path)
        self.refuses("Is a directory", self.folder)
        for content in (b"", b"PK", b"PK\x05\x06" + bytes(18), b"\x89HDF\r\n\x1a\n", b"\x89HDF\r\n\x1a\n" + bytes(200)):
            path.write_bytes(content)
            self.refuses(".", path)


if __name__ == "__main__":
    unittest.main()
