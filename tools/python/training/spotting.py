"""How well words were spotted in clips: what train_digits.py and evaluate_digits.py count. Not run by itself."""

from dataclasses import dataclass

import numpy as np

from digit_clips import DIGITS, RATE, Clip

LATEST = 0.5  # seconds behind a word's end in which it must have been told


@dataclass(frozen=True)
class Score:
    said: int  # digits that were said
    right: int  # of which the first that was told in time is the right one
    false: int  # that were told and belong to no digit
    minutes: float
    latencies: np.ndarray  # seconds from a word's end to its decision, of those that are right
    confusion: np.ndarray  # [10, 11]: said, told, the last for nothing
    rights: np.ndarray  # of each clip how many were said and right, [N, 2]

    @property
    def error(self) -> float:
        """Words that are wrong, missing or too many, by those that were said."""
        return (self.said - self.right + self.false) / self.said

    @property
    def interval(self) -> float:
        """Half of the 95 % interval of the share that is right, clips drawn anew."""
        random = np.random.default_rng(1)
        drawn = self.rights[random.integers(len(self.rights), size=(2000, len(self.rights)))].sum(1)
        return float(1.96 * np.std(drawn[:, 1] / drawn[:, 0]))

    def line(self) -> str:
        middle, slow = np.percentile(self.latencies, [50, 95]) * 1000 if len(self.latencies) else (0, 0)
        return (f"{self.right / self.said:.2%} +- {self.interval:.2%} of {self.said} digits, {self.false} false in {self.minutes:.0f} minutes, "
                f"{middle:.0f} ms behind the word's end ({slow:.0f} at 95 %)")


def scored(found: list[list[tuple[int, int]]], clips: list[Clip], hop: int) -> Score:
    """What was found in each clip, pairs of a label (0 the silence, then the digits) and a step, beside what was said in it."""
    confusion, latencies, rights, false = np.zeros((10, 11), int), [], [], 0
    for words, clip in zip(found, clips):
        left = [(label - 1, (step + 1) * hop / RATE) for label, step in words]
        said = [(digit, first / RATE, last / RATE) for digit, first, last in clip.words if digit >= 0]
        right = 0
        for index, (digit, start, end) in enumerate(said):
            latest = min(end + LATEST, said[index + 1][1] if index + 1 < len(said) else float("inf"))
            here = [(told, at) for told, at in left if start <= at < latest]
            confusion[digit, here[0][0] if here else len(DIGITS)] += 1
            if here:
                left.remove(here[0])
                if here[0][0] == digit:
                    right += 1
                    latencies.append(here[0][1] - end)
        false += len(left)
        rights.append((len(said), right))
    total = np.array(rights)
    minutes = sum(len(clip.samples) for clip in clips) / RATE / 60
    return Score(int(total[:, 0].sum()), int(total[:, 1].sum()), false, minutes, np.array(latencies), confusion, total)
