"""Segments of speech of probabilities as they come, by the rules of SluiceSignal's SpeechDetector: the same segments."""


class Segments:
    """A detector of frames of `hop` new samples; times are samples, durations milliseconds."""

    def __init__(self, rate: int, hop: int, threshold=0.5, shortest=250, silence=100, padding=30):
        self.hop, self.threshold, self.end = hop, threshold, max(threshold - 0.15, 0.01)
        self.shortest, self.silence, self.padding = (rate * duration // 1000 for duration in (shortest, silence, padding))
        self.frames, self.start, self.quiet, self.waiting, self.last_end = 0, None, None, None, None

    def append(self, probability: float) -> tuple[int, int] | None:
        """Takes the next frame's probability; a segment that is settled now."""
        at, settled = self.frames * self.hop, None
        self.frames += 1
        if probability >= self.threshold:
            self.quiet = None
            self.start = at if self.start is None else self.start
        elif probability < self.end and self.start is not None:
            self.quiet = at if self.quiet is None else self.quiet
            if at - self.quiet >= self.silence:
                if self.quiet - self.start > self.shortest:
                    settled = self.close(self.start, self.quiet)
                self.start = self.quiet = None
        return settled or self.settle(at)

    def finish(self, count: int) -> list[tuple[int, int]]:
        """What is left after `count` samples."""
        left = []
        if self.start is not None and count - self.start > self.shortest:
            left.append(self.close(self.start, count))
        self.start = None
        if self.waiting:
            left.append((self.waiting[0], min(count, self.waiting[1] + self.padding)))
        self.waiting = None
        return [segment for segment in left if segment]

    def close(self, began: int, ended: int) -> tuple[int, int] | None:
        settled = self.waiting and (self.waiting[0], self.waiting[1] + self.share(began))
        self.waiting = (max(0, began - self.share(began)), ended)
        self.last_end = ended
        return settled

    def share(self, following: int) -> int:
        near = self.last_end is not None and following - self.last_end < 2 * self.padding
        return (following - self.last_end) // 2 if near else self.padding

    def settle(self, at: int) -> tuple[int, int] | None:
        if not self.waiting:
            return None
        start, end = self.waiting
        if self.start is not None and self.start - end < 2 * self.padding:
            # It depends on whether what goes on will be long enough to be kept.
            if (at if self.quiet is None else self.quiet) - self.start <= self.shortest:
                return None
            segment = (start, end + self.share(self.start))
        elif at >= end + self.padding and at + self.hop >= end + 2 * self.padding:
            segment = (start, end + self.padding)
        else:
            return None
        self.waiting = None
        return segment
