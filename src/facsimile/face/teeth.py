"""Make a person's teeth and gums: fourteen crowns above and below, each with its own place, turn, shade and wear.

The dental frame is in mm: x to the subject's left, y up, z out of the face; its origin is the middle of the edge of the
upper central incisors, on their lip side. The jaws are closed: the upper incisors cover and stand in front of the
lower ones. All people share the triangles, so that only positions differ.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Float, Float32, Int32, UInt8

from facsimile.face.dental_anatomy import LOWER_TEETH, TEETH_PER_SIDE, UPPER_TEETH, JawTeeth, walk_arch

ENAMEL, GUM = 0, 1
OVERBITE_MM, OVERJET_MM = 2.0, 2.2
"""The upper incisors cover 2 mm of the lower ones and stand 2 mm before them (Proffit, Contemporary Orthodontics)."""
NUM_TEETH = 2 * TEETH_PER_SIDE

LEVELS = np.array((0.0, 0.10, 0.35, 0.70, 1.0, 1.25))
"""Heights of a crown's rings, from the biting edge (0) to the neck (1) and into the gum."""
RING = np.array(
    ((-1, -0.42), (-0.84, -0.10), (-0.36, 0.0), (0.36, 0.0), (0.84, -0.10), (1, -0.42), (0.62, -1), (-0.62, -1))
)
"""Corners of a ring: across (-1 to 1 of the half width) and depth (0 lip side to -1 tongue side)."""
FRONT_WIDTH = np.array((0.90, 0.98, 1.0, 0.90, 0.0, 0.0))
BACK_WIDTH = np.array((0.84, 0.96, 1.0, 0.93, 0.0, 0.0))
"""Width of the rings over the crown's; the last two come from the neck."""
FRONT_THICKNESS = np.array((0.17, 0.26, 0.52, 0.90, 1.0, 0.95))
BACK_THICKNESS = np.array((0.60, 0.80, 1.0, 1.0, 0.95, 0.9))
BULGE_MM = np.array((-0.55, -0.30, 0.0, 0.0, -0.5, -1.2))
"""How far the lip side of each ring stands out: crowns are convex, most of all near the gum."""
FOSSA_MM = 1.4
"""Depth of the chewing faces of premolars and molars."""

GUM_ACROSS = np.array((-1.0, -0.75, -0.3, 0.3, 0.75, 1.0))
"""Columns of gum per tooth; neighbours share the first and the last."""
GUM_COLUMNS = (len(GUM_ACROSS) - 1) * NUM_TEETH + 1
GUM_ROWS = 7
"""Lip side from the vestibule to the margin (3 rows), the bridge between teeth (2), tongue side from the margin (2)."""
GUM_STRIPS = (0, 1, 3, 5)
"""Rows that are joined to the next one."""
CROWN_POINTS = len(LEVELS) * len(RING) + 1
JAW_POINTS = NUM_TEETH * CROWN_POINTS + GUM_ROWS * GUM_COLUMNS
GUM_DEPTH_MM = 3.6


ENAMEL_COLOUR = (0.76, 0.71, 0.61)
"""Linear RGB of an unstained incisor: the shade guide's A1-B1, Y about 0.7."""
GUM_COLOUR = (0.46, 0.155, 0.145)
"""Linear RGB of healthy gum, picked from photographs."""
SHADE = np.array((1.0, 0.985, 0.90, 0.93, 0.91, 0.87, 0.83))
"""Brightness of incisors to molars: canines are the yellowest of the front teeth."""
SPACED_CHANCE, DIASTEMA_CHANCE, MISSING_CHANCE = 0.10, 0.05, 0.03
"""Per jaw; a gap between the middle incisors is commoner in some populations (2-25 %)."""
DISPLAY_YEARS, DISPLAY_MM = (25.0, 35.0, 45.0, 55.0, 65.0), (3.37, 1.58, 0.95, 0.46, -0.04)
DISPLAY_FEMALE_MM = 1.5
DISPLAY_MORE_MM = 1.2
"""The rig's upper lip rises less than people's when a mouth opens."""
DISPLAY_RANGE_MM = (2.0, 5.5)
"""No mouth is drawn without a rim of teeth: people lift the upper lip a little whenever they open it."""


@dataclass(frozen=True)
class Dentition:
    """Hold a person's teeth: ``vertices`` [D,3] (mm, dental frame), ``shade`` [28] brightness of each tooth about 1.

    ``colour`` linear RGB of the enamel, ``gum_colour`` of the gums and the mouth; ``display_mm`` how far the upper
    incisors reach below the seam of the closed lips. Teeth are numbered from the right second molar to the left one,
    the upper jaw first.
    """

    vertices: Float32[np.ndarray, "D 3"]
    shade: Float32[np.ndarray, "28"]
    colour: Float32[np.ndarray, "3"]
    gum_colour: Float32[np.ndarray, "3"]
    display_mm: float


@dataclass(frozen=True)
class DentalMesh:
    """Hold what all teeth share.

    ``triangles`` [F,3] into ``Dentition.vertices``; ``kind`` [F] ENAMEL or GUM; ``crown`` [F,3,2] per corner: height
    (0 edge to 1 neck and beyond) and place across the tooth (-1 to 1); ``tooth`` [F] number 0-27; the first
    ``num_upper`` vertices belong to the upper jaw.
    """

    triangles: Int32[np.ndarray, "F 3"]
    kind: UInt8[np.ndarray, " F"]
    crown: Float32[np.ndarray, "F 3 2"]
    tooth: Int32[np.ndarray, " F"]
    num_upper: int


@dataclass(frozen=True)
class ToothForms:
    """Hold how each tooth of a jaw [14] differs from the ideal one.

    ``size`` factor; ``turn_rad`` about the tooth's axis, ``tip_rad`` in the plane of the arch; ``out_mm`` towards the
    lips, ``up_mm`` towards the gum; ``wear_mm`` lost from the edge; ``missing`` 0 or 1; ``gap_mm`` [15] space before
    each tooth and after the last; ``width_over_depth`` of the arch.
    """

    size: Float[np.ndarray, "14"]
    turn_rad: Float[np.ndarray, "14"]
    tip_rad: Float[np.ndarray, "14"]
    out_mm: Float[np.ndarray, "14"]
    up_mm: Float[np.ndarray, "14"]
    wear_mm: Float[np.ndarray, "14"]
    missing: Float[np.ndarray, "14"]
    gap_mm: Float[np.ndarray, "15"]
    width_over_depth: float


def ideal_forms(width_over_depth: float = 1.32) -> ToothForms:
    """Return teeth as the tables give them; the arch is as wide over deep as that of Braun et al.'s Class I."""
    none = np.zeros(NUM_TEETH)
    return ToothForms(none + 1, none, none, none, none, none, none, np.zeros(NUM_TEETH + 1), width_over_depth)


def number_of(tooth: int) -> int:
    """Return the row of a tooth in the tables: 0 central incisor to 6 second molar."""
    return tooth - TEETH_PER_SIDE if tooth >= TEETH_PER_SIDE else TEETH_PER_SIDE - 1 - tooth


def crown_points(jaw: JawTeeth, tooth: int) -> Float[np.ndarray, "49 3"]:
    """Return an upright crown standing at the origin: across, out of the mouth, and from the edge to the gum (mm)."""
    number = number_of(tooth)
    is_back = number > 2
    across, deep = RING[:, 0], RING[:, 1]
    half = jaw.width[number] / 2 * (BACK_WIDTH if is_back else FRONT_WIDTH)
    half[4:] = (jaw.neck[number] + jaw.width[number]) / 4 * np.array((1.0, 0.9))
    thickness = jaw.thickness[number] * (BACK_THICKNESS if is_back else FRONT_THICKNESS)
    edge = jaw.cusp[number] * np.abs(across) ** (4.0 if number < 2 else 1.2)
    neck = jaw.height[number] - 0.5 * jaw.papilla[number] * across**2
    up = edge + LEVELS[:, None] * (neck - edge)
    rings = np.stack([half[:, None] * across, BULGE_MM[:, None] + thickness[:, None] * deep, up], -1).reshape(-1, 3)
    cap = rings[: len(RING)].mean(0, keepdims=True)
    cap[:, 2] += FOSSA_MM if is_back else 0.0
    return np.concatenate([rings, cap])


def _gum_points(jaw: JawTeeth, tooth: int) -> Float[np.ndarray, "42 3"]:
    """Return the gum round an upright tooth, rows by columns, in the crown's own frame (mm)."""
    number, off = number_of(tooth), np.abs(GUM_ACROSS)
    height, thickness = jaw.height[number], jaw.thickness[number]
    margin = height - 0.8 * jaw.papilla[number] * off**3
    inwards = thickness * np.interp(off, (0.36, 0.84, 1), (0.0, 0.09, 0.34))
    flat = np.ones_like(off)
    lip, tongue = 0.3 - inwards, inwards - thickness - 0.2
    out = (-4.5 * flat, -0.7 - 0.35 * off, lip, lip, tongue, tongue, -(thickness + 2) * flat)
    root = (height + GUM_DEPTH_MM) * flat
    up = (root, (height + 1.6) * flat, margin, margin, margin, margin, root)
    across = np.tile(GUM_ACROSS * jaw.width[number] / 2, (GUM_ROWS, 1))
    return np.stack([across, np.stack(out), np.stack(up)], -1).reshape(-1, 3)


@lru_cache(maxsize=2)
def _upright_jaw(jaw: JawTeeth) -> tuple[Float[np.ndarray, "14 49 3"], Float[np.ndarray, "14 42 3"]]:
    """Return the crowns and gums of a jaw before they are placed."""
    teeth = range(NUM_TEETH)
    return np.stack([crown_points(jaw, t) for t in teeth]), np.stack([_gum_points(jaw, t) for t in teeth])


def _placed(
    points: Float[np.ndarray, "14 P 3"], places: Float[np.ndarray, "14 2"], *, heading: Float[np.ndarray, "14"]
) -> Float[np.ndarray, "14 P 3"]:
    """Turn the points (across, out, up) of each tooth about the vertical to its heading and move them to (x, z)."""
    cos, sin = np.cos(heading)[:, None], np.sin(heading)[:, None]
    x = places[:, :1] + points[..., 0] * cos - points[..., 1] * sin
    z = places[:, 1:] + points[..., 0] * sin + points[..., 1] * cos
    return np.stack([x, points[..., 2], z], -1)


def jaw_points(jaw: JawTeeth, forms: ToothForms) -> Float[np.ndarray, "1183 3"]:
    """Return crowns, then gum, of an upper jaw: edges of the incisors at y = 0, gum above (mm).

    A lower jaw is the same turned upside down. Each tooth leans as Andrews has it, about the middle of its crown.
    """
    widths = jaw.both_sides("width") * forms.size
    start = np.concatenate([[0], np.cumsum(widths + forms.gap_mm[:-1])])[:-1] + forms.gap_mm[:-1]
    middle = start[TEETH_PER_SIDE] - forms.gap_mm[TEETH_PER_SIDE] / 2
    places, headings = walk_arch(start + widths / 2 - middle, width_over_depth=forms.width_over_depth)
    edges, half = jaw.both_sides("edge"), jaw.both_sides("height")[:, None] / 2
    lean = np.tan(np.deg2rad(jaw.both_sides("inclination")))[:, None]
    crowns, gums = (points.copy() for points in _upright_jaw(jaw))
    crowns[..., 2] = np.maximum(crowns[..., 2], forms.wear_mm[:, None])
    crowns[..., ::2] *= forms.size[:, None, None]
    gums[:, 2 * len(GUM_ACROSS) : 6 * len(GUM_ACROSS), 2] -= 0.6 * forms.missing[:, None]
    for points in (crowns, gums):
        points[..., 1] += lean * (half - points[..., 2])
    crowns[..., 0] += np.tan(forms.tip_rad)[:, None] * (crowns[..., 2] - half)
    crowns[..., 1] += forms.out_mm[:, None]
    crowns[..., 2] += (forms.up_mm + edges + forms.missing * (2 * half[:, 0] + 1))[:, None]
    gums[..., 2] += edges[:, None]
    crowns = _placed(crowns, places, heading=headings + forms.turn_rad)
    gums = _placed(gums, places, heading=headings).reshape(NUM_TEETH, GUM_ROWS, -1, 3)
    return np.concatenate([crowns.reshape(-1, 3), _joined_gum(gums).reshape(-1, 3)])


def _joined_gum(gums: Float[np.ndarray, "14 7 6 3"]) -> Float[np.ndarray, "7 71 3"]:
    """Let neighbouring teeth share the column of gum between them."""
    gums[1:, :, 0] = (gums[1:, :, 0] + gums[:-1, :, -1]) / 2
    columns = np.moveaxis(gums[:, :, :-1], 0, 1).reshape(GUM_ROWS, -1, 3)
    return np.concatenate([columns, gums[-1, :, -1:]], 1)


@lru_cache(maxsize=1)
def dental_mesh() -> DentalMesh:
    """Return the triangles of all teeth and gums, made once per process."""
    ring, levels = len(RING), len(LEVELS)
    quads = [(k * ring + j, k * ring + (j + 1) % ring) for k in range(levels - 1) for j in range(ring)]
    crown = [(a, b, b + ring) for a, b in quads] + [(a, b + ring, a + ring) for a, b in quads]
    crown += [((j + 1) % ring, j, CROWN_POINTS - 1) for j in range(ring)]
    strip = [(r * GUM_COLUMNS + c) for r in GUM_STRIPS for c in range(GUM_COLUMNS - 1)]
    gum = [(a, a + GUM_COLUMNS, a + GUM_COLUMNS + 1) for a in strip] + [(a, a + GUM_COLUMNS + 1, a + 1) for a in strip]
    crowns = np.arange(NUM_TEETH)[:, None, None] * CROWN_POINTS + np.array(crown)
    one_jaw = np.concatenate([crowns.reshape(-1, 3), np.array(gum) + NUM_TEETH * CROWN_POINTS])
    one_tooth = np.concatenate([np.repeat(np.arange(NUM_TEETH), len(crown)), np.full(len(gum), 0)])
    one_kind = np.concatenate([np.full(NUM_TEETH * len(crown), ENAMEL), np.full(len(gum), GUM)])
    height = np.append(np.repeat(LEVELS, ring), 0.0)
    across = np.append(np.tile(RING[:, 0], levels), 0.0)
    place = np.tile(np.stack([height, across], -1), (NUM_TEETH, 1))
    place = np.concatenate([place, np.zeros((GUM_ROWS * GUM_COLUMNS, 2))])
    return DentalMesh(
        triangles=np.concatenate([one_jaw, one_jaw[:, ::-1] + JAW_POINTS]).astype(np.int32),
        kind=np.tile(one_kind, 2).astype(np.uint8),
        crown=np.concatenate([place[one_jaw], place[one_jaw[:, ::-1]]]).astype(np.float32),
        tooth=np.concatenate([one_tooth, one_tooth + NUM_TEETH]).astype(np.int32),
        num_upper=JAW_POINTS,
    )


def dentition_points(upper: ToothForms, lower: ToothForms) -> Float32[np.ndarray, "D 3"]:
    """Return both jaws, closed, in the dental frame (mm)."""
    below = jaw_points(LOWER_TEETH, lower) * (1, -1, 1)
    edge = FRONT_THICKNESS[1] * UPPER_TEETH.thickness[0]
    below += (0, OVERBITE_MM, -OVERJET_MM - edge / 2)
    return np.concatenate([jaw_points(UPPER_TEETH, upper), below]).astype(np.float32)


def ideal_dentition() -> Dentition:
    """Return white, straight teeth with pink gums, 2 mm of which show below the upper lip."""
    return Dentition(
        vertices=dentition_points(ideal_forms(), ideal_forms()),
        shade=np.ones(2 * NUM_TEETH, np.float32),
        colour=np.array(ENAMEL_COLOUR, np.float32),
        gum_colour=np.array(GUM_COLOUR, np.float32),
        display_mm=2.0,
    )


def random_forms(rng: np.random.Generator, *, size: float, age_years: float, order: float) -> ToothForms:
    """Draw how a jaw's teeth differ from the ideal; ``order`` 0 crooked to 1 straight, ``size`` of all of them."""
    crooked = 1 - order
    is_front = np.abs(np.arange(NUM_TEETH) - TEETH_PER_SIDE + 0.5) < 3
    gap = np.zeros(NUM_TEETH + 1)
    if rng.random() < SPACED_CHANCE:
        gap[5:10] = rng.uniform(0.2, 0.8, 5)
    if rng.random() < DIASTEMA_CHANCE:
        gap[TEETH_PER_SIDE] = rng.uniform(1.0, 2.4)
    missing = np.zeros(NUM_TEETH)
    if rng.random() < MISSING_CHANCE * (1 + max(0.0, age_years - 45) / 15):
        missing[rng.choice([1, 2, 3, 10, 11, 12, 4, 9])] = 1
    worn = float(np.clip((age_years - 20) / 60, 0, 1)) * rng.uniform(0.3, 1.0)
    return ToothForms(
        size=size * np.exp(rng.normal(0, 0.02, NUM_TEETH)),
        turn_rad=np.deg2rad(rng.normal(0, 2 + 9 * crooked, NUM_TEETH) * (0.4 + 0.6 * is_front)),
        tip_rad=np.deg2rad(rng.normal(0, 1 + 2.5 * crooked, NUM_TEETH)),
        out_mm=rng.normal(0, 0.12 + 0.45 * crooked, NUM_TEETH),
        up_mm=rng.normal(0, 0.12 + 0.3 * crooked, NUM_TEETH),
        wear_mm=np.clip(worn * (0.9 + rng.normal(0, 0.25, NUM_TEETH)), 0, None),
        missing=missing,
        gap_mm=gap,
        width_over_depth=float(rng.uniform(1.22, 1.44)),
    )


def random_colours(
    rng: np.random.Generator, *, age_years: float, melanin: float
) -> tuple[Float32[np.ndarray, "3"], Float32[np.ndarray, "3"]]:
    """Draw the linear RGB of enamel (white to yellow, darker with age) and of the gums (browner in dark people)."""
    stain = rng.random() + float(np.clip((age_years - 30) / 60, 0, 0.6))
    enamel = np.asarray(ENAMEL_COLOUR) * np.exp(-np.asarray((0.05, 0.11, 0.30)) * stain) * rng.uniform(0.88, 1.04)
    brown = melanin * rng.uniform(0, 0.7)
    gum = np.asarray(GUM_COLOUR) * np.exp(-np.asarray((0.9, 0.8, 0.7)) * brown) * np.exp(rng.normal(0, 0.06, 3))
    return enamel.astype(np.float32), gum.astype(np.float32)


def mean_display_mm(*, sex: float, age_years: float) -> float:
    """Return how much of the upper incisors shows between relaxed lips (mm); ``sex`` 0 male to 1 female.

    Vig and Brundo, The kinetics of anterior tooth display, J Prosthet Dent 1978: by age, and 1.5 mm more in women.
    """
    return float(np.interp(age_years, DISPLAY_YEARS, DISPLAY_MM)) + DISPLAY_FEMALE_MM * (sex - 0.5)


def random_dentition(rng: np.random.Generator, *, sex: float, age_years: float, melanin: float) -> Dentition:
    """Draw a person's teeth; takes one integer from ``rng``."""
    rng = np.random.default_rng(int(rng.integers(2**32)))
    size = float(np.clip(rng.normal(1.01 - 0.03 * sex, 0.03), 0.92, 1.08))
    order = float(1 - rng.beta(0.8, 2.6))
    jaws = [random_forms(rng, size=size, age_years=age_years, order=order) for _ in range(2)]
    colour, gum_colour = random_colours(rng, age_years=age_years, melanin=melanin)
    shade = np.exp(rng.normal(0, 0.025, 2 * NUM_TEETH)) * np.tile(np.concatenate([SHADE[::-1], SHADE]), 2)
    display = mean_display_mm(sex=sex, age_years=age_years) + DISPLAY_MORE_MM + rng.normal(0, 0.8)
    return Dentition(
        vertices=dentition_points(*jaws),
        shade=shade.astype(np.float32),
        colour=colour,
        gum_colour=gum_colour,
        display_mm=float(np.clip(display, *DISPLAY_RANGE_MM)),
    )
