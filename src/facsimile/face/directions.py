"""State in closed form what each action unit does to a face, so that any rig can be held to it.

Every claim is a length in millimetres that must exceed a bound when the unit acts alone at E on both sides (unit 30: on
the left). Claims follow the appearance changes of the FACS manual (Ekman, Friesen & Hager 2002); the bounds are a third
or less of what scanned people reach (ICT-FaceKit, landmark displacements of its expression shapes).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float32

from facsimile.face.contact import mouth_opening_mm
from facsimile.face.front_view import look
from facsimile.face.identity import Identity
from facsimile.face.landmarks import Surface, jaw_opening_mm, landmarks, lid_aperture_mm, pick_places
from facsimile.face.pack import MM_PER_UNIT, load_head_pack
from facsimile.facs.action_units import LABEL_UNITS
from facsimile.facs.converters import expression_from_action_units
from facsimile.facs.expression import ActionUnits, Expression

SPOTS: dict[str, tuple[float, float]] = {
    "chin boss": (0.0, 6.28),
    "cheek": (0.44, 6.98),
    "side cheek": (0.46, 6.66),
    "nasolabial": (0.24, 6.90),
    "wing": (0.15, 6.88),
}
"""Places on the left of the template (x, y in dm) that no landmark marks."""

INNER_BROW, MIDDLE_BROW, OUTER_BROW, CHIN, NOSE_ROOT, NOSE_BASE, WING = 22, 23, 26, 8, 27, 33, 35
CORNER, OTHER_CORNER, TOP, TOP_SIDE, BOTTOM, TOP_EDGE, BOTTOM_EDGE = 54, 48, 51, 53, 57, 62, 66
LOWER_LID, UPPER_LID = 47, 43
X, Y, Z = 0, 1, 2


@runtime_checkable
class PosesHeads(Protocol):
    """Pose heads with the topology of the head pack: every rig."""

    def neutral_vertices(self, identity: Identity) -> Float32[np.ndarray, "V 3"]:
        """Return the neutral head (dm)."""

    def vertices(self, identity: Identity, expression: Expression) -> Float32[np.ndarray, "V 3"]:
        """Return the posed head (dm)."""


@dataclass(frozen=True)
class Change:
    """Hold one face before and after a unit acts: vertices [V,3] in dm."""

    before: Float32[np.ndarray, "V 3"]
    after: Float32[np.ndarray, "V 3"]

    def point(self, index: int, axis: int) -> float:
        """Return how far (mm) a landmark moves along an axis."""
        return float((landmarks(self.after) - landmarks(self.before))[index, axis] * MM_PER_UNIT)

    def spot(self, name: str, axis: int) -> float:
        """Return how far (mm) a spot moves along an axis."""
        surface = spots()[name]
        return float((surface.at(self.after) - surface.at(self.before))[0, axis] * MM_PER_UNIT)

    def spot_length(self, name: str) -> float:
        """Return how far (mm) a spot moves."""
        return float(np.linalg.norm([self.spot(name, axis) for axis in (X, Y, Z)]))

    def distance(self, first: int, second: int) -> float:
        """Return how much (mm) two landmarks move apart."""
        then, there = (landmarks(v)[[first, second]] for v in (self.before, self.after))
        return float((np.linalg.norm(there[0] - there[1]) - np.linalg.norm(then[0] - then[1])) * MM_PER_UNIT)

    def opening(self) -> float:
        """Return how much (mm) the mouth opens."""
        return mouth_opening_mm(self.after) - mouth_opening_mm(self.before)

    def jaw(self) -> float:
        """Return how far (mm) the rows of teeth move apart."""
        return jaw_opening_mm(self.after, self.before)

    def aperture(self) -> float:
        """Return how much (mm) the left eye opens."""
        return float(lid_aperture_mm(self.after)[0] - lid_aperture_mm(self.before)[0])

    def lip_height(self) -> float:
        """Return how much (mm) the two borders of the lips move apart, beyond the opening of the mouth."""
        return self.distance(TOP, BOTTOM) - self.opening()

    def part(self, name: str, axis: int) -> float:
        """Return how far (mm) a part of the head moves along an axis, on average."""
        rows = load_head_pack().part_vertices(name)
        return float((self.after[rows] - self.before[rows])[:, axis].mean() * MM_PER_UNIT)

    def neck(self) -> float:
        """Return the largest motion (mm) of the front of the neck."""
        vertices = load_head_pack().vertices
        rows = (vertices[:, 1] > 5.3) & (vertices[:, 1] < 6.0) & (vertices[:, 2] > 0.3) & (vertices[:, 0] > 0)
        return float(np.linalg.norm(self.after[rows] - self.before[rows], axis=1).max() * MM_PER_UNIT)


@lru_cache(maxsize=1)
def spots() -> dict[str, Surface]:
    """Return the spots as points on the surface."""
    view = look(load_head_pack().vertices)
    return {name: pick_places(view, [place]) for name, place in SPOTS.items()}


@dataclass(frozen=True)
class Claim:
    """Say in words and as a length what a unit does; the claim holds where the length exceeds ``least_mm``."""

    unit: int
    words: str
    least_mm: float
    length_mm: Callable[[Change], float]


CLAIMS: tuple[Claim, ...] = (
    Claim(1, "lifts the inner brow", 2.0, lambda c: c.point(INNER_BROW, Y)),
    Claim(1, "does not lift the outer brow", 1.0, lambda c: c.point(INNER_BROW, Y) - 2 * c.point(OUTER_BROW, Y)),
    Claim(2, "lifts the outer brow", 2.5, lambda c: c.point(OUTER_BROW, Y)),
    Claim(2, "does not lift the inner brow", 1.0, lambda c: c.point(OUTER_BROW, Y) - 2 * c.point(INNER_BROW, Y)),
    Claim(4, "lowers the brow", 1.2, lambda c: -c.point(MIDDLE_BROW, Y)),
    Claim(4, "draws the brows together", 1.0, lambda c: -c.point(INNER_BROW, X)),
    Claim(5, "opens the eye", 1.2, lambda c: c.aperture()),
    Claim(5, "lifts the upper lid", 1.2, lambda c: c.point(UPPER_LID, Y)),
    Claim(6, "lifts the cheek", 1.5, lambda c: c.spot("cheek", Y)),
    Claim(6, "pushes the cheek out", 0.8, lambda c: c.spot("cheek", Z)),
    Claim(6, "pushes the lower lid up", 0.7, lambda c: c.point(LOWER_LID, Y)),
    Claim(6, "leaves the corners of the mouth", 0.0, lambda c: 3.0 - abs(c.point(CORNER, Y))),
    Claim(7, "narrows the eye", 1.2, lambda c: -c.aperture()),
    Claim(7, "pushes the lower lid up", 0.7, lambda c: c.point(LOWER_LID, Y)),
    Claim(7, "leaves the cheek", 0.0, lambda c: 1.0 - c.spot_length("cheek")),
    Claim(9, "lifts the wings of the nose", 2.0, lambda c: c.spot("wing", Y)),
    Claim(9, "shortens the nose", 0.5, lambda c: -c.distance(NOSE_ROOT, NOSE_BASE)),
    Claim(10, "lifts the upper lip", 2.5, lambda c: c.point(TOP, Y)),
    Claim(10, "shows teeth", 1.5, lambda c: c.opening()),
    Claim(11, "lifts the middle of the nasolabial fold", 1.5, lambda c: c.spot("nasolabial", Y)),
    Claim(11, "leaves the corners of the mouth", 0.0, lambda c: c.spot("nasolabial", Y) - c.point(CORNER, Y)),
    Claim(12, "pulls the corners up", 3.0, lambda c: c.point(CORNER, Y)),
    Claim(12, "pulls the corners out", 2.0, lambda c: c.point(CORNER, X)),
    Claim(13, "pulls the corners up", 3.0, lambda c: c.point(CORNER, Y)),
    Claim(13, "pulls more up than out", 1.0, lambda c: c.point(CORNER, Y) - 3 * abs(c.point(CORNER, X))),
    Claim(14, "draws the corners in against the teeth", 1.5, lambda c: -c.point(CORNER, Z)),
    Claim(14, "keeps the lips shut", 0.0, lambda c: 1.5 - c.opening()),
    Claim(15, "pulls the corners down", 1.5, lambda c: -c.point(CORNER, Y)),
    Claim(16, "pulls the lower lip down", 2.5, lambda c: -c.point(BOTTOM, Y)),
    Claim(16, "leaves the upper lip", 0.0, lambda c: 2.5 - abs(c.point(TOP, Y))),
    Claim(17, "lifts the chin boss", 3.0, lambda c: c.spot("chin boss", Y)),
    Claim(17, "pushes the lower lip up", 1.5, lambda c: c.point(BOTTOM, Y)),
    Claim(18, "draws the corners in", 1.5, lambda c: -c.point(CORNER, X)),
    Claim(18, "pushes the lips forward", 2.0, lambda c: c.point(BOTTOM, Z)),
    Claim(19, "puts the tongue out", 5.0, lambda c: c.part("tongue", Z)),
    Claim(20, "pulls the corners out", 3.0, lambda c: c.point(CORNER, X)),
    Claim(20, "does not pull them up", 0.0, lambda c: -c.point(CORNER, Y)),
    Claim(21, "tightens the neck", 2.0, lambda c: c.neck()),
    Claim(22, "pushes the lips forward", 1.5, lambda c: c.point(BOTTOM, Z)),
    Claim(22, "opens the lips", 1.5, lambda c: c.opening()),
    Claim(23, "thins the lips", 1.5, lambda c: -c.lip_height()),
    Claim(23, "keeps the lips shut", 0.0, lambda c: 1.5 - c.opening()),
    Claim(24, "presses the lips", 0.8, lambda c: -c.lip_height()),
    Claim(24, "keeps the lips shut", 0.0, lambda c: 1.0 - c.opening()),
    Claim(25, "parts the lips", 2.5, lambda c: c.opening()),
    Claim(25, "does not drop the jaw", 0.0, lambda c: 0.5 - c.jaw()),
    Claim(26, "drops the jaw", 5.0, lambda c: c.jaw()),
    Claim(26, "lowers the chin", 5.0, lambda c: -c.point(CHIN, Y)),
    Claim(27, "stretches the mouth open", 15.0, lambda c: c.jaw()),
    Claim(28, "rolls the lips in", 4.0, lambda c: -c.lip_height()),
    Claim(28, "draws the upper lip back", 2.0, lambda c: -c.point(TOP, Z)),
    Claim(29, "thrusts the jaw forward", 4.0, lambda c: c.point(CHIN, Z)),
    Claim(30, "moves the jaw sideways", 3.0, lambda c: c.point(CHIN, X)),
    Claim(34, "puffs the cheek", 4.0, lambda c: c.spot_length("side cheek")),
    Claim(34, "puffs it out", 2.0, lambda c: c.spot("side cheek", Z)),
    Claim(35, "sucks the cheek in", 3.0, lambda c: -c.spot("side cheek", X) - c.spot("side cheek", Z)),
    Claim(38, "widens the nostrils", 0.7, lambda c: c.spot("wing", X)),
    Claim(39, "narrows the nostrils", 0.7, lambda c: -c.spot("wing", X)),
    Claim(43, "closes the eye", 3.0, lambda c: -c.aperture()),
    Claim(43, "lowers the upper lid", 3.0, lambda c: -c.point(UPPER_LID, Y)),
)
"""What every rig must show."""


def full_strength(code: int) -> Expression:
    """Return an expression with one unit at E; on both sides, but for the sideways jaw, which goes left."""
    return expression_from_action_units(ActionUnits.from_dict({(code, "L") if code == 30 else code: 5.0}))


def broken_claims(rig: PosesHeads, identity: Identity) -> list[str]:
    """List the claims that a rig breaks on one person, in words with millimetres; empty when all hold."""
    before = rig.neutral_vertices(identity)
    broken = []
    for code in LABEL_UNITS:
        change = Change(before, rig.vertices(identity, full_strength(code)))
        for claim in (claim for claim in CLAIMS if claim.unit == code):
            length = claim.length_mm(change)
            if length <= claim.least_mm:
                broken.append(f"unit {code} {claim.words}: {length:.1f} mm, wants more than {claim.least_mm:g}")
    return broken
