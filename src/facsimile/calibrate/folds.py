"""Part people, never pictures, into what is fitted on and what is tested."""

import numpy as np
from jaxtyping import Int
from sklearn.model_selection import GroupKFold

from facsimile.data.labelled.folds import published_parts

NUM_PARTS = 3
"""As work on BP4D and DISFA does (Zhao et al. 2016; Shao et al. 2018)."""


def outer_parts(source: str, subjects: list[str]) -> Int[np.ndarray, " N"]:
    """Return the test part, 0-2, of each row: the published one where ``source`` has it, else about equal in rows.

    Raises ValueError with fewer people than parts.
    """
    published = published_parts(source, subjects)
    if published is not None:
        return published
    people, group = np.unique(np.array(subjects), return_inverse=True)
    if len(people) < NUM_PARTS:
        raise ValueError(
            f"{len(people)} people have labels and readings, and {NUM_PARTS} are the least: each is fitted on or tested"
        )
    return parts_of(group, NUM_PARTS)


def parts_of(group: Int[np.ndarray, " N"], num_parts: int) -> Int[np.ndarray, " N"]:
    """Return a part per row, whole people, about equal in rows."""
    parts = np.zeros(len(group), np.int64)
    for k, (_, test) in enumerate(GroupKFold(num_parts).split(group, groups=group)):
        parts[test] = k
    return parts
