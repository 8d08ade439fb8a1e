"""What has to be remembered: four tasks that are made, with a gap to choose. Not run by itself.

A task makes x [T, B, inputs] and what is asked at the last steps, [K, B]; K is 1 but for `copy`, and all steps for
`parity`, of which only the last counts when it is judged.
"""

from dataclasses import dataclass

import torch
from torch.nn.functional import cross_entropy, one_hot

Tensor = torch.Tensor
LEARNT = 0.95  # from this accuracy on, of all seeds' mean, a gap is learnt
NEAR = 0.2  # an answer of `adding` is right where it errs by no more


@dataclass(frozen=True)
class Task:
    name: str
    inputs: int
    outputs: int
    chance: float  # the accuracy of the best answer that remembers nothing

    def batch(self, gap: int, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        raise NotImplementedError

    def loss(self, answers: Tensor, asked: Tensor) -> Tensor:
        """The mean loss of each run: answers [runs, K, B, outputs], asked [runs, K, B]."""
        losses = cross_entropy(answers.flatten(0, 2), asked.flatten(), reduction="none")
        return losses.view(len(answers), -1).mean(1)

    def right(self, answers: Tensor, asked: Tensor) -> Tensor:
        """The accuracy of each run."""
        return (answers.argmax(-1) == asked).float().flatten(1).mean(1)


class Recall(Task):
    """The first of 8 symbols, after a gap of 4 others that say nothing."""

    def __init__(self) -> None:
        super().__init__("recall", 13, 8, 1 / 8)

    def batch(self, gap: int, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        first = torch.randint(8, (1, count), generator=generator)
        others = torch.randint(8, 12, (gap, count), generator=generator)
        ask = torch.full((1, count), 12)
        return one_hot(torch.cat([first, others, ask]), 13).float(), first


class Copy(Task):
    """Three symbols of 4, a gap of blanks, a sign to begin, and then the symbols in their order: 6 bits."""

    COUNT = 3

    def __init__(self) -> None:
        super().__init__("copy", 6, 4, 1 / 4)

    def batch(self, gap: int, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        symbols = torch.randint(4, (self.COUNT, count), generator=generator)
        blanks = torch.full((gap, count), 4)
        ask = torch.full((self.COUNT, count), 4)
        ask[0] = 5
        return one_hot(torch.cat([symbols, blanks, ask]), 6).float(), symbols


class Adding(Task):
    """The sum of two numbers from 0 to 1 that a second input marks, one among the first 5, one in the last 5 steps."""

    def __init__(self) -> None:
        super().__init__("adding", 2, 1, 1 - (1 - NEAR) ** 2)

    def batch(self, gap: int, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        steps, rows = gap + 10, torch.arange(count)
        x = torch.zeros(steps, count, 2)
        x[..., 0] = torch.rand(steps, count, generator=generator)
        early = torch.randint(5, (count,), generator=generator)
        late = torch.randint(steps - 5, steps, (count,), generator=generator)
        x[early, rows, 1] = 1
        x[late, rows, 1] = 1
        return x, (x[early, rows, 0] + x[late, rows, 0]).unsqueeze(0)

    def loss(self, answers: Tensor, asked: Tensor) -> Tensor:
        return (answers[..., 0] - asked).square().flatten(1).mean(1)

    def right(self, answers: Tensor, asked: Tensor) -> Tensor:
        return ((answers[..., 0] - asked).abs() <= NEAR).float().flatten(1).mean(1)


class Parity(Task):
    """Whether so far an odd number of bits was 1, as many bits as the gap; asked at every step, judged at the last."""

    def __init__(self) -> None:
        super().__init__("parity", 1, 2, 1 / 2)

    def batch(self, gap: int, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        bits = torch.randint(2, (gap, count), generator=generator)
        return bits.unsqueeze(-1).float(), bits.cumsum(0) % 2

    def right(self, answers: Tensor, asked: Tensor) -> Tensor:
        return super().right(answers[:, -1:], asked[:, -1:])


TASKS = {task.name: task for task in (Recall(), Copy(), Adding(), Parity())}
