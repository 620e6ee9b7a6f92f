"""Draw people of ICT-FaceKit's identity space.

The model's components carry no names. The first one separates men from women as far as form does (its direction and
that from the template's male to its female form agree by a cosine of 0.89, ``benchmarks/ict_rig.py``), so sex is drawn
from it; age, ancestry, weight and muscle are drawn without regard to form, and skin and hair follow them. They label
skin and hair, not the shape.
"""

import numpy as np

from facsimile.face.ict_data import NUM_IDENTITIES
from facsimile.face.identity import Identity

ICT_SIGMA = 0.9
"""Standard deviation of a component's weight; 1 would be the spread of the scanned people, in a hundred independent
directions at once."""
CLIP_SIGMAS = 2.2
SEX_COMPONENT = 0
"""Positive is the female direction."""
SEX_NOISE = 0.5
"""Spread of what else decides sex, in standard deviations of the component: one face in six is drawn against it."""


def ict_identity_from_seed(seed: int) -> Identity:
    """Return the person of the ICT rig with this number; the same in every process.

    Age: 75 % 18-50, 25 % 50-80 years, uniform inside (the scans show adults). Ancestry: Dirichlet(0.5).
    """
    rng = np.random.default_rng([seed, 0x1C7])
    weights = np.clip(rng.normal(size=NUM_IDENTITIES), -CLIP_SIGMAS, CLIP_SIGMAS).astype(np.float32)
    weights *= np.float32(ICT_SIGMA)
    age_years = float(rng.uniform(18, 50) if rng.random() < 0.75 else rng.uniform(50, 80))
    is_female = weights[SEX_COMPONENT] + SEX_NOISE * rng.normal() > 0
    sex = float(np.clip(rng.normal(0.88 if is_female else 0.12, 0.11), 0, 1))
    african, asian, european = (float(part) for part in rng.dirichlet((0.5, 0.5, 0.5)))
    build = np.clip(rng.normal(0.5, 0.2, 2), 0, 1)
    return Identity(
        seed, age_years, sex, (african, asian, european), float(build[0]), float(build[1]), weights, rig="ict"
    )


def average_ict_identity() -> Identity:
    """Return the model's mean head, symmetric, 25 years old and half way between the sexes and ancestries; seed -1."""
    weights = np.zeros(NUM_IDENTITIES, np.float32)
    return Identity(-1, 25.0, 0.5, (1 / 3, 1 / 3, 1 / 3), 0.5, 0.5, weights, rig="ict")
