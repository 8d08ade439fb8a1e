"""Where speech begins and ends."""

import ctypes
from dataclasses import dataclass
from typing import Any

import numpy as np

from ._guarded import Guarded
from ._handle import Floats, address, create, whole
from ._library import SpeechEvent, SpeechOptions, library
from .audio import opened, samples
from .errors import ArgumentError, NotFiniteError, ShapeError, Status, refuse
from .model import Model
from .resampling import Resampler, resampled

_FRAME, _SEGMENT = 1, 4


@dataclass(frozen=True)
class Segment:
    """Speech, in samples of the source since the beginning, the end not included."""

    start: int
    end: int


class SileroVAD(Guarded):
    """Finds speech as Silero's get_speech_timestamps: by a model of Silero VAD, or any whose metadata say "voice-activity".

    `model` is a `sluice.Model`, or the path of one, or of a file of Silero's, which the converter then reads. Probabilities
    are from 0 to 1, durations milliseconds; None stands for the usual.

    `rate` is samples a second of arrays and pieces, None for the model's; a file says its own. Other rates than the
    model's are brought to it as `sluice run` does.
    """

    _kind = "voice activity"

    def __init__(
        self,
        model: Any,
        *,
        rate: int | None = None,
        threshold: float | None = None,
        neg_threshold: float | None = None,
        min_speech_duration_ms: int | None = None,
        min_silence_duration_ms: int | None = None,
        speech_pad_ms: int | None = None,
    ):
        model = opened(model)
        options = SpeechOptions(size=ctypes.sizeof(SpeechOptions))
        durations = {
            "min_speech_duration_ms": min_speech_duration_ms,
            "min_silence_duration_ms": min_silence_duration_ms,
            "speech_pad_ms": speech_pad_ms,
        }
        for name, value in {"threshold": threshold, "neg_threshold": neg_threshold}.items():
            if value is not None:
                if not isinstance(value, int | float) or not 0 < value <= 1:
                    raise ArgumentError(f"{name}: expected a probability above 0, not {value!r}")
                setattr(options, name, value)
        for name, value in durations.items():
            if value is not None:
                if not isinstance(value, int) or not 0 <= value <= 3_600_000:
                    raise ArgumentError(f"{name}: expected milliseconds of at most an hour, not {value!r}")
                # 0 stands for the usual in C, -1 for none.
                setattr(options, name, value or -1)
        handle = create(model.handle, library.vad_create, library.vad_destroy, ctypes.byref(options))
        super().__init__(model, handle)
        self._settings = {"rate": rate, "threshold": threshold, "neg_threshold": neg_threshold, **durations}
        self.sample_rate: int = library.vad_sample_rate(handle.pointer)
        """Of the model."""
        self.rate = self.sample_rate if rate is None else whole(rate, "rate", 1)
        self._resampler = None if self.rate == self.sample_rate else Resampler(self.rate, self.sample_rate)
        self._count = 0
        self.hop: int = library.vad_hop(handle.pointer)
        """Samples from a frame to the next."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Another one of the same model and settings, which begins a signal."""
        return _begun, (self.model, self._settings)

    def push(self, source: Any) -> tuple[Floats, list[Segment]]:
        """Takes the next samples of a signal: the probabilities of the frames that they complete, and what was settled.

        A segment is settled some 100 ms behind its end.
        """
        taken, rate = samples(source, self.rate)
        if rate != self.rate:
            raise ShapeError(f"{source}: has {rate} samples a second, not {self.rate}: SileroVAD(model, rate={rate})")
        with self._use() as vad:
            self._count += len(taken)
            probabilities, found = self._push(vad, self._resampler.push(taken) if self._resampler else taken)
            return probabilities, self._of_source(found, rate, self._count)

    def flush(self) -> tuple[Floats, list[Segment]]:
        """Ends the signal: what was left; the next samples begin another."""
        with self._use() as vad:
            rest = self._resampler.end() if self._resampler else np.empty(0, np.float32)
            count, self._count = self._count, 0
            probabilities, found = self._all(vad, rest)
            return probabilities, self._of_source(found, self.rate, count)

    def reset(self) -> None:
        """Begins anew, with another signal."""
        with self._use() as vad:
            self._begin(vad)

    def _begin(self, vad: ctypes.c_void_p) -> None:
        library.vad_reset(vad)
        self._count = 0
        if self._resampler:
            self._resampler.end()

    def segments(self, source: Any) -> list[Segment]:
        """The speech of a whole signal: float32 from -1 to 1, int16, or a WAV file."""
        return self._whole(source)[1]

    def probabilities(self, source: Any) -> Floats:
        """That of speech in each frame of a whole signal, [frames]."""
        return self._whole(source)[0]

    def _whole(self, source: Any) -> tuple[Floats, list[Segment]]:
        taken, rate = samples(source, self.rate)
        signal = resampled(taken, rate, self.sample_rate)
        with self._use() as vad:
            self._begin(vad)
            probabilities, found = self._all(vad, signal)
        return probabilities, self._of_source(found, rate, len(taken))

    def _all(self, vad: ctypes.c_void_p, source: Floats) -> tuple[Floats, list[Segment]]:
        probabilities, segments = self._push(vad, source)
        last, settled = self._flush(vad)
        return np.concatenate([probabilities, last]), segments + settled

    def _of_source(self, segments: list[Segment], rate: int, count: int) -> list[Segment]:
        """Segments in samples of the source, of which `count` have come."""
        if rate == self.sample_rate:
            return segments
        ratio = rate / self.sample_rate

        def place(sample: int) -> int:
            return min(int(sample * ratio + 0.5), count)

        return [Segment(place(segment.start), place(segment.end)) for segment in segments]

    def _push(self, vad: ctypes.c_void_p, source: Floats) -> tuple[Floats, list[Segment]]:
        found: tuple[list[float], list[Segment]] = [], []
        event, count = SpeechEvent(size=ctypes.sizeof(SpeechEvent)), ctypes.c_size_t()
        at, start = 0, address(source)
        while at < len(source):
            status = library.vad_push_f32(
                vad, start + 4 * at, len(source) - at, ctypes.byref(count), ctypes.byref(event)
            )
            self._take(vad, status, event, found)
            at += count.value
        return np.array(found[0], np.float32), found[1]

    def _flush(self, vad: ctypes.c_void_p) -> tuple[Floats, list[Segment]]:
        found: tuple[list[float], list[Segment]] = [], []
        event = SpeechEvent(size=ctypes.sizeof(SpeechEvent))
        while True:
            self._take(vad, library.vad_flush(vad, ctypes.byref(event)), event, found)
            if not event.what:
                break
        library.vad_reset(vad)
        return np.array(found[0], np.float32), found[1]

    def _take(self, vad: Any, status: int, event: SpeechEvent, found: tuple[list[float], list[Segment]]) -> None:
        if status:
            self._begin(vad)
            if status == Status.NOT_FINITE:
                raise NotFiniteError("samples: far beyond -1 to 1, or not finite; the signal begins anew")
            refuse(status)
        if event.what & _FRAME:
            found[0].append(event.probability)
        if event.what & _SEGMENT:
            found[1].append(Segment(event.start, event.end))


def _begun(model: Model, settings: dict[str, Any]) -> SileroVAD:
    return SileroVAD(model, **settings)
