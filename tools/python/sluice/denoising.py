"""Noise taken away from recordings."""

import os
import wave
from typing import Any

import numpy as np

from ._handle import Floats, whole
from .audio import opened, samples
from .errors import MetadataError
from .predicting import predict
from .resampling import resampled


class Denoiser:
    """Takes noise away with a model whose metadata say "denoising", such as GTCRN, which the converter reads.

    `model` is a `sluice.Model`, or the path of one or of a source. Frames stand centred, the signal mirrored around its ends;
    a call is a whole signal, and any number of threads may call at a time. A signal at another rate is brought to the
    model's, `sample_rate`, and what is left of it without noise stays there.
    """

    def __init__(self, model: Any):
        self.model = opened(model)
        about = self.model.metadata
        numbers = [about.get(key) for key in ("sample_rate", "hop", "context")]
        if about.get("task") != "denoising" or not all(isinstance(number, int) for number in numbers):
            raise MetadataError("the model's metadata do not say that it is for denoising: sluice convert --meta does")
        #: Samples a second; from a frame to the next; of a frame.
        self.sample_rate: int
        self.sample_rate, self.hop, context = map(int, numbers)  # type: ignore[arg-type]
        self.size = self.hop + context
        if self.hop < 1 or self.size % 2 or not self.model.input_size == self.model.output_size == self.size + 2:
            raise MetadataError(f"a frame of {self.size} samples has no spectrum of {self.model.input_size} numbers")
        # The square root of a Hann window.
        self._window = np.sqrt(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(self.size) / self.size))

    def __call__(self, source: Any, rate: int | None = None) -> Floats:
        """A signal without noise, at the model's rate, as long as it came: float32 [N] from -1 to 1, int16, or a WAV file.

        `rate` is samples a second of an array, None for the model's; a file says its own.
        """
        found, given = samples(source, whole(rate if rate is not None else self.sample_rate, "rate", 1))
        signal = resampled(found, given, self.sample_rate)
        if not len(signal):
            return signal
        half = self.size // 2
        padded = np.pad(signal.astype(np.float64), half, mode="reflect" if len(signal) > half else "constant")
        frames = np.lib.stride_tricks.sliding_window_view(padded, self.size)[:: self.hop] * self._window
        spectra = np.fft.rfft(frames).astype(np.complex64)
        clean = predict(self.model, spectra.view(np.float32))
        return self._overlapped(np.ascontiguousarray(clean).view(np.complex64), len(signal))

    def _overlapped(self, spectra: Any, count: int) -> Floats:
        """Frames multiplied with the window again and added; each sample divided by the windows that reached it."""
        length = self.size + self.hop * (len(spectra) - 1)
        sums, weights = np.zeros(max(length, count + self.size)), np.zeros(max(length, count + self.size))
        frames = np.fft.irfft(spectra, self.size) * self._window
        for index, frame in enumerate(frames):
            at = slice(index * self.hop, index * self.hop + self.size)
            sums[at] += frame
            weights[at] += self._window**2
        half = self.size // 2
        signal = np.divide(sums, weights, out=sums, where=weights > np.finfo(np.float32).tiny)
        return signal[half : half + count].astype(np.float32)

    def file(self, source: "str | os.PathLike[str]", target: "str | os.PathLike[str]") -> None:
        """A WAV file without noise, as another one of 16 bits and one channel."""
        clean = self(source)
        with wave.open(os.fspath(target), "wb") as file:
            file.setparams((1, 2, self.sample_rate, len(clean), "NONE", ""))
            file.writeframes((np.clip(np.rint(clean * 32768), -32768, 32767)).astype("<i2").tobytes())
