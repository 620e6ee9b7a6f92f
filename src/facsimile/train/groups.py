"""Which faces a batch shows: several of each person, the first at rest, so that the others can be read beside it."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Int

NO_REFERENCE = -1


class Batch(NamedTuple):
    """Rows of one batch."""

    rows: Int[np.ndarray, " B"]
    reference: Int[np.ndarray, " B"]
    """Place in the batch of the same person at rest; `NO_REFERENCE` where there is none, and for that face itself."""


class PersonGroups:
    """Part the faces of each person into groups of ``size``; an epoch shows everybody at least once.

    A group begins with a face at rest, another one each epoch, if the person has any. Faces that do not fill a last
    group wait for another epoch; somebody with fewer faces than a group is shown several times in it.
    """

    def __init__(self, identity: Int[np.ndarray, " N"], at_rest: Bool[np.ndarray, " N"], *, size: int) -> None:
        self.size = size
        order = np.argsort(identity, kind="stable")
        starts = np.flatnonzero(np.r_[True, np.diff(identity[order]) != 0])
        self._people = np.split(order, starts[1:])
        self._at_rest = at_rest
        self.num_groups = sum(self._num_groups(len(rows)) for rows in self._people)

    def epoch(self, rng: np.random.Generator) -> list[Batch]:
        """Return the groups of one epoch in random order; places in ``reference`` count from the group's first."""
        groups = [group for rows in self._people for group in self._of_person(rows, rng)]
        return [groups[k] for k in rng.permutation(len(groups))]

    def _num_groups(self, num_faces: int) -> int:
        return max(1, (num_faces - 1) // (self.size - 1))

    def _of_person(self, rows: Int[np.ndarray, " K"], rng: np.random.Generator) -> list[Batch]:
        rows = rng.permutation(rows)
        calm = rows[self._at_rest[rows]]
        first = calm[0] if len(calm) else rows[0]
        others = rows[rows != first] if len(rows) > 1 else rows
        wanted = self._num_groups(len(rows)) * (self.size - 1)
        chunks = np.resize(others, wanted).reshape(-1, self.size - 1)
        reference = np.full(self.size, 0 if len(calm) else NO_REFERENCE)
        reference[0] = NO_REFERENCE
        return [Batch(np.r_[first, chunk], reference) for chunk in chunks]


def joined_groups(groups: list[Batch]) -> Batch:
    """Return several groups as one batch."""
    starts = np.cumsum([0, *(len(group.rows) for group in groups[:-1])])
    moved = [
        np.where(g.reference < 0, NO_REFERENCE, g.reference + start) for g, start in zip(groups, starts, strict=True)
    ]
    return Batch(np.concatenate([group.rows for group in groups]), np.concatenate(moved))
