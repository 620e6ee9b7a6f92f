"""Choose the rig of a person: the package's own (makehuman), or a user's copy of ICT-FaceKit (ict)."""

import numpy as np

from facsimile.face.ict_data import required_ict_path
from facsimile.face.ict_identity import ict_identity_from_seed
from facsimile.face.ict_rig import ict_rig
from facsimile.face.identity import Identity, identity_from_seed
from facsimile.face.rig import Rig, default_rig

RIGS = ("makehuman", "ict")
RIG_CHOICES = (*RIGS, "mixed")
"""What people may be drawn from; mixed: half of them from each rig."""


def rig_of(identity: Identity) -> Rig:
    """Return the rig that poses this person; ValueError for an unknown one or when its data is not there."""
    if identity.rig == "makehuman":
        return default_rig()
    if identity.rig == "ict":
        return ict_rig()
    raise ValueError(f"identity: rig must be one of {', '.join(RIGS)}, got {identity.rig!r}")


def check_rig(rig: str) -> None:
    """Raise ValueError when people cannot be drawn from ``rig``: an unknown name, or data that is not there."""
    if rig not in RIG_CHOICES:
        raise ValueError(f"rig: must be one of {', '.join(RIG_CHOICES)}, got {rig!r}")
    if rig != "makehuman":
        required_ict_path()


def person_from_seed(seed: int, *, rig: str = "makehuman") -> Identity:
    """Return the person with this number from a rig of ``RIG_CHOICES``; mixed: odd numbers from ict."""
    check_rig(rig)
    is_ict = rig == "ict" or (rig == "mixed" and seed % 2 == 1)
    return ict_identity_from_seed(seed) if is_ict else identity_from_seed(seed)


def draw_identity(rng: np.random.Generator, *, rig: str = "makehuman") -> Identity:
    """Draw a person; takes one integer from ``rng``, whatever the rig."""
    return person_from_seed(int(rng.integers(2**32)), rig=rig)
