"""Another rate for a signal, as the program `sluice` changes it: the filter of the module SluiceSignal's Resampler."""

import math
from typing import Any

import numpy as np

from ._handle import Floats
from .errors import ShapeError

#: Damping of what would be mirrored, in dB, and where the pass band ends, as a share of half the lower rate.
_STOP_BAND, _PASS_BAND = 80.0, 0.9
#: The largest table of coefficients, and outputs that are made at once.
_TABLE_LIMIT, _BLOCK = 1 << 22, 4096


def _odd(rate: int, to: int) -> ShapeError:
    return ShapeError(
        f"{rate} samples a second are too few, too many or have too little in common with {to}: "
        f"expected a usual rate, as {to} or 48000"
    )


class Resampler:
    """Changes the rate of one signal by the ratio of two whole numbers, whatever pieces it comes in.

    Output n stands at the time n / `to`; it waits for some samples behind that.
    """

    def __init__(self, rate: int, to: int):
        # A header may say anything; of very few samples a second each would become many.
        if not max(to // 16, 1) <= rate <= 10_000_000:
            raise _odd(rate, to)
        divisor = math.gcd(rate, to)
        self.rate, self.to = rate, to
        self._phases, self._advance = to // divisor, rate // divisor
        edge = min(rate, to) / 2 / rate
        # Kaiser's rule for the length, in cycles a sample; designed for 4 dB more.
        damping = _STOP_BAND + 4
        length = (damping - 7.95) / (2.285 * 2 * math.pi * edge * (1 - _PASS_BAND))
        self._half = half = math.ceil(length / 2) + 1
        if 2 * half * self._phases > _TABLE_LIMIT:
            raise _odd(rate, to)
        time = np.arange(1 - half, half + 1) - np.arange(self._phases)[:, None] / self._phases
        table = np.sinc(edge * (1 + _PASS_BAND) * time) * np.i0(
            0.1102 * (damping - 8.7) * np.sqrt(np.maximum(1 - (time / half) ** 2, 0))
        )
        # [phases, 2 * half], rounded as the program has it.
        self._table = (table / table.sum(axis=1, keepdims=True)).astype(np.float32).astype(np.float64)
        #: Samples from the first that the next output reads; zeros stand before the signal.
        self._kept = np.zeros(half - 1)
        self._received = self._produced = 0

    def push(self, samples: Floats) -> Floats:
        """Takes the next samples: the outputs that they complete."""
        self._received += len(samples)
        self._kept = np.concatenate([self._kept, samples])
        # The last input that is there must be one at or behind the end of the output's filter.
        return self._until(max(-(-(self._received - self._half) * self._phases // self._advance), 0))

    def end(self) -> Floats:
        """The rest; the next samples begin another signal."""
        count = -(-self._received * self._phases // self._advance)
        self._kept = np.concatenate([self._kept, np.zeros(2 * self._half)])
        rest = self._until(count)
        self._kept = np.zeros(self._half - 1)
        self._received = self._produced = 0
        return rest

    def _until(self, count: int) -> Floats:
        made: list[Any] = [np.empty(0, np.float32)]
        while self._produced < count:
            numbers = np.arange(self._produced, min(self._produced + _BLOCK, count)) * self._advance
            base, phase = numbers // self._phases, numbers % self._phases
            windows = np.lib.stride_tricks.sliding_window_view(self._kept, 2 * self._half)[base - base[0]]
            made.append(np.einsum("nt,nt->n", windows, self._table[phase]).astype(np.float32))
            self._produced += len(numbers)
            self._kept = self._kept[self._produced * self._advance // self._phases - int(base[0]) :]
        return np.concatenate(made)


def resampled(signal: Floats, rate: int, to: int) -> Floats:
    """A whole signal at another rate."""
    if rate == to:
        return signal
    resampler = Resampler(rate, to)
    return np.concatenate([resampler.push(signal), resampler.end()])
