"""An n-gram model of characters: interpolated Kneser-Ney with three discounts, as Chen and Goodman (1999) have it.

Not run by itself. What a neural model of characters is measured against: it counts, and knows nothing further back than
n - 1 characters.
"""

from dataclasses import dataclass

import numpy as np

BITS = 7  # of a character in a key: n of 8 fills 56 of 64 bits


@dataclass
class Table:
    """One order: the n-grams that occur, how often, and what follows from it for each context."""

    keys: np.ndarray
    counts: np.ndarray
    contexts: np.ndarray
    totals: np.ndarray
    backoff: np.ndarray  # the share of a context that goes to the order below
    discounts: np.ndarray


class CharacterNgrams:
    """Counts `ids`, each below 2^7, of an alphabet of `size` characters."""

    def __init__(self, ids: np.ndarray, size: int, order: int) -> None:
        self.size, self.order = size, order
        keys, counts = np.unique(grams(ids, order), return_counts=True)
        tables = [table(keys, counts)]
        for n in range(order - 1, 0, -1):
            # Below the highest order what counts is in how many contexts an n-gram occurs, not how often.
            keys, counts = np.unique(keys & ((1 << BITS * n) - 1), return_counts=True)
            tables.append(table(keys, counts))
        self.tables = tables[::-1]

    @property
    def entries(self) -> int:
        """Numbers that the model keeps: a count for each n-gram of each order, a total and a share for each context."""
        return sum(len(t.keys) + 2 * len(t.contexts) for t in self.tables)

    def log2(self, ids: np.ndarray, start: int) -> np.ndarray:
        """The binary logarithm of the probability of every character of `ids`; before the first stands `start`."""
        padded = np.concatenate([np.full(self.order - 1, start), ids])
        p = np.full(len(ids), 1 / self.size)
        for n, t in enumerate(self.tables, start=1):
            key = grams(padded[self.order - n :], n)
            context, seen = find(t.contexts, key >> BITS)
            gram, occurs = find(t.keys, key)
            count = np.where(occurs, t.counts[gram], 0)
            own = np.maximum(count - t.discounts[np.minimum(count, 3)], 0) / t.totals[context]
            p = np.where(seen, own + t.backoff[context] * p, p)
        return np.log2(p)


def grams(ids: np.ndarray, n: int) -> np.ndarray:
    """Every run of n characters as one number."""
    count = len(ids) - n + 1
    key = np.zeros(count, np.int64)
    for i in range(n):
        key = key << BITS | ids[i : i + count]
    return key


def find(keys: np.ndarray, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where each of `wanted` stands in the sorted `keys`, and whether it is there."""
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return place, keys[place] == wanted


def table(keys: np.ndarray, counts: np.ndarray) -> Table:
    n1, n2, n3, n4 = (max(int((counts == k).sum()), 1) for k in (1, 2, 3, 4))
    y = n1 / (n1 + 2 * n2)
    discounts = np.array([0, 1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3]).clip(0)
    contexts, place = np.unique(keys >> BITS, return_inverse=True)
    totals = np.bincount(place, counts)
    taken = np.bincount(place, np.minimum(discounts[np.minimum(counts, 3)], counts))
    return Table(keys, counts, contexts, totals, taken / totals, discounts)
