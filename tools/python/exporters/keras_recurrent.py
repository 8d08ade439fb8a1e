"""What Keras' recurrent layers are in an architecture. Not run by itself; keras_layers.py imports it."""

from typing import Any

import numpy as np

from .keras_config import Options
from .keras_values import Base, Value
from .sluice_architecture import Array, Refused, shown

CELLS = {"LSTM": ("lstm", 4), "GRU": ("gru", 3), "SimpleRNN": ("rnn", 1)}


class Recurrent(Base):
    """Adds to the architecture what a recurrent layer computes."""

    def cell(self, kind: str, options: Options, arrays: list[Array]) -> dict[str, Array]:
        """The cell's tensors in PyTorch's names and order of gates."""
        units, gates = options.count("units"), CELLS[kind][1]
        biased = options.flag("use_bias", True)
        double = kind == "GRU" and self.resets_after(options)
        bias = [(2, gates * units) if double else (gates * units,)] if biased else []
        self.expect(arrays, (None, gates * units), (units, gates * units), *bias)

        def ordered(rows: Array) -> Array:
            if kind != "GRU":
                return rows
            z, r, h = np.split(rows, 3)
            return np.concatenate([r, z, h])

        tensors = {"weight_ih_l0": ordered(arrays[0].T), "weight_hh_l0": ordered(arrays[1].T)}
        if biased:
            own, other = (arrays[2][0], arrays[2][1]) if double else (arrays[2], np.zeros_like(arrays[2]))
            tensors |= {"bias_ih_l0": ordered(own), "bias_hh_l0": ordered(other)}
        return tensors

    def resets_after(self, options: Options) -> bool:
        """Whether a GRU's reset gate meets what U gave: where the key is missing, as the version of Keras takes it."""
        if "reset_after" not in options.values and self.file.major in (2, None) and not options.flag("use_bias", True):
            # Biases would tell by their shape: Keras 2 wrote the key once it had more than one way.
            raise Refused("reset_after is missing")
        return options.flag("reset_after", (self.file.major or 0) >= 3)

    def cell_options(self, kind: str, options: Options) -> dict[str, Any]:
        found: dict[str, Any] = {}
        own, gate = self.named_activation(options, "activation", "tanh"), "sigmoid"
        if own != "tanh":
            found["activation"] = own or "linear"
        if kind != "SimpleRNN":
            gate = self.named_activation(options, "recurrent_activation", "sigmoid")
            if gate != "sigmoid":
                found["gate_activation"] = gate or "linear"
        if "softmax" in (own, gate):
            raise Refused("softmax within a cell")
        if kind == "GRU" and not self.resets_after(options):
            found["reset_after"] = False
        return found

    def recurrent(self, kind: str, name: str, options: Options, x: Value, arrays: list[Array]) -> Value:
        return self.one_way(name, options, x, [(kind, options, arrays)])

    def one_way(
        self, name: str, options: Options, x: Value, cells: list[tuple[str, Options, list[Array]]]
    ) -> Value:
        """Cells one above the other that read the steps together, forwards or backwards."""
        if x.last:
            raise Refused("reads the last step alone")
        if x.flipped and x.mask is not None:
            raise Refused("reads steps in reverse order, whose mask Keras leaves as it was")
        last, is_reverse = not options.flag("return_sequences", False), options.flag("go_backwards", False) != x.flipped
        zeroes = options.flag("zero_output_for_mask", False)
        if zeroes and last and is_reverse and x.mask is not None:
            raise Refused("zero_output_for_mask of a last step that is read backwards")
        value = x
        for number, (kind, own, arrays) in enumerate(cells):
            is_top = number == len(cells) - 1
            more: dict[str, Any] = {"reverse": True} if is_reverse else {}
            if is_reverse and last and is_top:
                more["final_state"] = True
            if x.mask is not None:
                more |= {"mask": x.mask} | ({"zero_masked": True} if zeroes and is_top else {})
            tensors, title = self.cell(kind, own, arrays), name if len(cells) == 1 else f"{name}.{number}"
            value = Value(self.add(title, CELLS[kind][0], value, tensors, **self.cell_options(kind, own), **more))
        if last:
            return Value(value.layer, True, ends=(value.layer,))
        return Value(value.layer, mask=x.mask, flipped=is_reverse)

    def of_cells(self, name: str, options: Options, x: Value, arrays: list[Array]) -> Value:
        """An RNN of a cell, or of several one above the other."""
        kind, inner = options.layer("cell")
        cells = [(kind, inner)] if kind != "StackedRNNCells" else inner.layers("cells")
        found = []
        for cell, own in cells:
            if not cell.endswith("Cell") or cell[: -len("Cell")] not in CELLS:
                raise Refused(f"of {shown(cell)}")
            count = 3 if own.flag("use_bias", True) else 2
            found.append((cell[: -len("Cell")], own, arrays[:count]))
            arrays = arrays[count:]
        if arrays or not found:
            raise Refused(f"weights of {len(found)} cells, and {len(arrays)} more")
        return self.one_way(name, options, x, found)

    def bidirectional(self, name: str, options: Options, x: Value, weights: dict[str, list[Array]]) -> Value:
        kind, inner = options.layer("layer")
        if kind not in CELLS:
            raise Refused(f"of {shown(kind)}")
        merge = options.get("merge_mode", "concat")
        if merge not in ("concat", "sum", "ave"):
            raise Refused(f"merge_mode={shown(merge)}; expected 'concat', 'sum' or 'ave'")
        if inner.flag("go_backwards", False):
            raise Refused("go_backwards=True of its forward layer")
        if options.get("backward_layer") is not None:
            self.same_backwards(kind, inner, *options.layer("backward_layer"))
        if x.last or x.flipped:
            raise Refused("reads the last step alone" if x.last else "reads steps in reverse order")
        tensors = self.cell(kind, inner, weights["forward_layer"])
        backwards = self.cell(kind, inner, weights["backward_layer"])
        tensors |= {f"{key}_reverse": value for key, value in backwards.items()}
        more = self.cell_options(kind, inner)
        if merge != "concat":
            more["merge"] = "sum" if merge == "sum" else "average"
        last = not inner.flag("return_sequences", False)
        if last:
            # Beside the last step of the one direction stands the state in which the other ends.
            more["final_state"] = True
        if x.mask is not None:
            # Keras makes zeros of masked outputs here, whatever the layer within says, where there is more than one.
            if last and inner.flag("zero_output_for_mask", False):
                raise Refused("zero_output_for_mask of a last step that is read backwards")
            more |= {"mask": x.mask} | ({} if last else {"zero_masked": True})
        layer = self.add(name, CELLS[kind][0], x, tensors, bidirectional=True, **more)
        return Value(layer, True, ends=(layer,)) if last else Value(layer, mask=x.mask)

    @staticmethod
    def same_backwards(kind: str, forward: Options, other: str, backward: Options) -> None:
        """Throws unless the backward layer is the forward one in all that is computed, but that it goes backwards."""
        silent = ("name", "go_backwards", "dtype", "trainable", "seed", "zero_output_for_mask")
        own = {k: v for k, v in forward.values.items() if k not in silent and "initializer" not in k}
        differs = other != kind or any(backward.get(k) != v for k, v in own.items())
        if differs or not backward.flag("go_backwards", False):
            raise Refused("a backward_layer with options of its own")
