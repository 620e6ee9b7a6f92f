"""Grow eyebrows: a map of where and which way their hairs grow, tied to the skin so that every movement carries them.

A place in a brow is (along, across): 0 at its inner to 1 at its outer end, -1 at its lower to 1 at its upper edge.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32

from facsimile.face.rest import atlas, front_lookup, template_skin
from facsimile.face.strands import SurfaceStrands

INNER_X, MIDDLE_Y = 0.105, 7.455
"""Inner end and height (dm) of the plainest brow on the template; brow landmarks lie at y 7.43-7.49."""
HAIRS_PER_BROW = 330
"""Hairs at density 1; people have 250-500 (by eye)."""
POINTS = 4
BROW_HAIR_MM = 0.26
HALF_HEIGHT = 0.036
"""Half the height (dm) of a brow of thickness 1 where it is highest."""
SHADOW = 0.46
"""How dark the skin is where brow hairs stand densest."""


@dataclass(frozen=True)
class Brows:
    """Describe brows; ``shift`` in dm (x, y), the rest relative.

    ``thickness`` 0.45-1.8; ``density`` 0.25-1.5; ``arch`` height of the bend, -0.4 sagging to 1.2; ``peak`` its place,
    0.45-0.75; ``tilt`` -1 outer end low to 1 high; ``length`` 0.8-1.15; ``taper`` 0 blunt to 1 thin at the tail;
    ``edge`` 0 wild to 1 plucked clean; ``unruly`` spread of hair direction and length, 0.5-2; ``between`` 0-1 hair
    between the brows; ``bare_tail`` 0-1 loss of the outer third.
    """

    thickness: float = 1.0
    density: float = 1.0
    arch: float = 0.2
    peak: float = 0.62
    tilt: float = 0.0
    length: float = 1.0
    taper: float = 0.7
    edge: float = 0.4
    unruly: float = 1.0
    between: float = 0.0
    bare_tail: float = 0.0
    shift: tuple[float, float] = (0.0, 0.0)

    @property
    def width(self) -> float:
        """Return the extent along x (dm)."""
        return 0.41 * self.length

    def middle(self, along: Float[np.ndarray, "*n"]) -> Float[np.ndarray, "*n"]:
        """Return the height (dm) of the middle line."""
        rise = np.interp(along, (-0.3, 0.0, self.peak, 1.0), (-0.006, 0.0, 0.010 + 0.045 * self.arch, -0.045))
        bend = np.interp(
            along, (0.0, 0.5 * self.peak, self.peak, 0.5 + 0.5 * self.peak, 1.0), (0, 0.004, 0.008, 0.004, 0)
        )
        return MIDDLE_Y + self.shift[1] + rise + bend + 0.05 * self.tilt * (along - 0.35)

    def half_height(self, along: Float[np.ndarray, "*n"]) -> Float[np.ndarray, "*n"]:
        """Return half the height (dm) of the brow."""
        tail = 1 - 0.92 * self.taper
        profile = np.interp(
            along, (-0.02, 0.12, 0.55, 0.85, 1.0), (0.62, 0.95, 0.5 + 0.4 * tail, 0.28 + 0.5 * tail, tail)
        )
        return HALF_HEIGHT * self.thickness * np.maximum(profile, 0.08)

    def growth(self, along: Float[np.ndarray, "*n"], across: Float[np.ndarray, "*n"]) -> Float[np.ndarray, "*n"]:
        """Return how densely hairs grow, 0-1."""
        soft = 0.55 - 0.4 * self.edge
        rim = np.clip((1 - np.abs(across)) / soft, 0, 1)
        ends = np.clip(along / 0.26 + 0.22, 0, 1) * np.clip((1.02 - along) / 0.10, 0, 1)
        thin = 1 - self.bare_tail * np.clip((along - 0.55) / 0.25, 0, 1)
        # A few gaps, the same for both the hairs and the shade under them.
        gaps = 0.88 + 0.12 * np.sin(19 * along + 3 * across + 40 * self.arch)
        return rim * ends * thin * gaps


def random_brows(rng: np.random.Generator, *, sex: float, age_years: float) -> Brows:
    """Draw brows: thinner, cleaner and more arched for women on average; sparser and longer in old age."""
    old = float(np.clip((age_years - 50) / 35, 0, 1))
    groomed = float(rng.random() < 0.15 + 0.5 * sex)
    bushy = float(rng.random() < 0.16 * (1.4 - sex))
    return Brows(
        thickness=float(np.clip(rng.normal(1.18 - 0.28 * sex + 0.35 * bushy - 0.12 * groomed, 0.2), 0.45, 1.8)),
        density=float(np.clip(rng.normal(1.0 + 0.3 * bushy, 0.2) * (1 - 0.35 * old), 0.3, 1.5)),
        arch=float(np.clip(rng.normal(0.15 + 0.4 * sex, 0.35), -0.4, 1.2)),
        peak=float(rng.uniform(0.5, 0.74)),
        tilt=float(np.clip(rng.normal(-0.12, 0.26), -1, 1)),
        length=float(np.clip(rng.normal(1.0, 0.06), 0.8, 1.15)),
        taper=float(rng.uniform(0.4, 1.0)),
        edge=float(np.clip(rng.uniform(0.0, 0.5) + 0.4 * groomed, 0, 1)),
        unruly=float(np.exp(rng.normal(0.25 * bushy + 0.35 * old * (1 - sex) - 0.2 * groomed, 0.25))),
        between=float(rng.uniform(0.2, 0.9)) if rng.random() < 0.10 * (1.3 - sex) else 0.0,
        bare_tail=float(np.clip(rng.normal(0.45 * old, 0.2), 0, 0.85)),
        shift=(float(rng.normal(0, 0.012)), float(rng.normal(0, 0.010))),
    )


def attach(
    x: Float[np.ndarray, "N M"],
    y: Float[np.ndarray, "N M"],
    offset: Float[np.ndarray, "N M"],
    *,
    tint: Float[np.ndarray, " N"],
    width_mm: float,
) -> SurfaceStrands:
    """Tie polylines given by their rest-pose front view (dm) to the skin; strands that leave the face are dropped."""
    triangle, bary, _ = front_lookup(x, y)
    on_face = (triangle >= 0).all(1)
    return SurfaceStrands(
        template_skin().triangles,
        triangle[on_face],
        bary[on_face],
        offset[on_face].astype(np.float32),
        tint[on_face].astype(np.float32),
        width_mm,
    )


def grow_brows(rng: np.random.Generator, brows: Brows) -> SurfaceStrands:
    """Grow both brows; the two sides are drawn separately, so they differ a little."""
    sides = [_one_brow(rng, brows, sign) for sign in (1.0, -1.0)]
    if brows.between > 0:
        sides.append(_between(rng, brows))
    x, y = (np.concatenate(parts) for parts in zip(*sides, strict=True))
    rise = 0.002 + 0.006 * np.sin(np.linspace(0, 2.6, POINTS)) * np.sqrt(brows.unruly)
    offset = np.broadcast_to(rise, x.shape)
    return attach(x, y, offset, tint=rng.normal(0, 0.4, len(x)), width_mm=BROW_HAIR_MM)


def hair_direction(along: Float[np.ndarray, " N"], across: Float[np.ndarray, " N"]) -> Float[np.ndarray, " N"]:
    """Return the angle (radians from outwards, up positive) of brow hairs: up at the inner end, then towards the ridge.

    Upper hairs lean down and lower ones up, so that they meet along the middle.
    """
    stream = np.interp(along, (0, 0.10, 0.3, 0.6, 1), (1.45, 1.05, 0.55, 0.12, -0.35))
    return stream - across * np.interp(along, (0, 0.25, 1), (0.10, 0.42, 0.30))


def _one_brow(rng: np.random.Generator, brows: Brows, sign: float) -> tuple[np.ndarray, np.ndarray]:
    wanted = max(30, int(HAIRS_PER_BROW * brows.density * brows.thickness**0.6))
    along, across = rng.uniform(-0.03, 1.03, wanted * 2), rng.uniform(-1, 1, wanted * 2)
    room = brows.half_height(along) / brows.half_height(along).max()
    keep = rng.random(wanted * 2) < brows.growth(along, across) * (0.45 + 0.55 * room)
    along, across = along[keep][:wanted], across[keep][:wanted]
    count = len(along)
    angle = hair_direction(along, across) + rng.normal(0, 0.13 * brows.unruly, count)
    length = 0.068 * np.exp(rng.normal(0, 0.18 * brows.unruly, count)) * np.interp(along, (0, 0.3, 1), (0.85, 1, 0.8))
    length *= (0.75 + 0.25 * brows.thickness) * (0.8 + 0.2 * brows.unruly)
    share = np.linspace(0, 1, POINTS)[None]
    bend = -0.35 * share * np.sign(angle)[:, None] * np.clip(np.abs(angle), 0, 0.8)[:, None]
    turn = angle[:, None] + bend
    step = share * length[:, None]
    x = (INNER_X + brows.shift[0] + along * brows.width)[:, None] + step * np.cos(turn)
    y = (brows.middle(along) + across * brows.half_height(along))[:, None] - 0.012 + step * np.sin(turn)
    return x * sign, y


def _between(rng: np.random.Generator, brows: Brows) -> tuple[np.ndarray, np.ndarray]:
    """Grow the hairs between the brows."""
    count = int(90 * brows.between * brows.density)
    root_x = np.clip(rng.normal(0, 0.06, count), -0.13, 0.13)
    root_y = MIDDLE_Y + brows.shift[1] - 0.02 + rng.normal(0, 0.022, count)
    angle = np.pi / 2 - root_x * 7 + rng.normal(0, 0.25, count)
    step = np.linspace(0, 1, POINTS)[None] * (0.05 * np.exp(rng.normal(0, 0.2, count)))[:, None]
    return root_x[:, None] + step * np.cos(angle)[:, None], root_y[:, None] + step * np.sin(angle)[:, None]


def brow_shadow(brows: Brows) -> Float32[np.ndarray, "H W"]:
    """Return how much the brow hairs and their roots darken the skin, 0-1: the same map that the hairs grow by."""
    a = atlas()
    out = np.zeros(a.x.shape, np.float32)
    rows = np.flatnonzero(np.abs(a.y[:, a.y.shape[1] // 2] - MIDDLE_Y) < 0.2)
    columns = np.flatnonzero(a.z[rows[len(rows) // 2]] > 0.7)
    window = np.ix_(rows, columns)
    x, y = np.abs(a.x[window]).astype(np.float64), a.y[window].astype(np.float64)
    along = (x - INNER_X - brows.shift[0]) / brows.width - 0.04
    across = (y - brows.middle(along)) / (1.15 * brows.half_height(along))
    grown = brows.growth(along, np.clip(across, -1, 1)) * (np.abs(across) < 1) * (along > -0.08) * (along < 1.05)
    bridge = brows.between * np.exp(-((x / 0.085) ** 2) - (((y - MIDDLE_Y - brows.shift[1]) / 0.035) ** 2))
    strength = SHADOW * np.clip(0.35 + 0.65 * brows.density, 0, 1.15)
    out[window] = np.clip(strength * grown + 0.45 * bridge, 0, 0.8)
    return out
