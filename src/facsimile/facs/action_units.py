"""List the codes of the Facial Action Coding System (FACS).

Names follow Ekman, Friesen & Hager (2002); muscles follow the action-unit reference of Py-Feat (Cheong et al. 2023),
checked against the manual. Sides are always the subject's own.
"""

import difflib
from dataclasses import dataclass
from typing import Literal

FACS = "Ekman, Friesen & Hager 2002, FACS manual"
BABY_FACS = "Oster 2006, Baby FACS manual"
MUSCLES = "Cheong et al. 2023, Py-Feat AU reference; Ekman, Friesen & Hager 2002"

Region = Literal[
    "brow", "eye", "cheek", "nose", "mouth", "chin", "jaw", "neck", "head", "gaze", "visibility", "behaviour"
]


@dataclass(frozen=True)
class Unit:
    """One row of the FACS table."""

    code: int
    # the number used in FACS scores
    name: str
    # the manual's name, lower case
    muscles: str
    # what contracts or relaxes; empty for head, eye, visibility and behaviour codes
    region: Region
    # where it shows most
    is_sided: bool
    # whether this package keeps a value per side
    source: str
    # where the row comes from

    @property
    def is_graded(self) -> bool:
        """Tell whether the code takes an intensity letter; visibility and behaviour codes are there or not."""
        return self.region not in ("visibility", "behaviour")


def _face(code: int, name: str, muscles: str, region: Region, *, sided: bool = False, source: str = MUSCLES) -> Unit:
    return Unit(code, name, muscles, region, sided, source)


def _other(code: int, name: str, region: Region) -> Unit:
    return Unit(code, name, "", region, False, FACS)


_FACE_UNITS = (
    _face(1, "inner brow raiser", "frontalis, pars medialis", "brow", sided=True),
    _face(2, "outer brow raiser", "frontalis, pars lateralis", "brow", sided=True),
    _face(3, "brow knitter", "corrugator supercilii", "brow", source=BABY_FACS),
    _face(4, "brow lowerer", "procerus, depressor supercilii, corrugator supercilii", "brow", sided=True),
    _face(5, "upper lid raiser", "levator palpebrae superioris, superior tarsal", "eye", sided=True),
    _face(6, "cheek raiser", "orbicularis oculi, pars orbitalis", "cheek", sided=True),
    _face(7, "lid tightener", "orbicularis oculi, pars palpebralis", "eye", sided=True),
    _face(8, "lips toward each other", "orbicularis oris", "mouth"),
    _face(9, "nose wrinkler", "levator labii superioris alaeque nasi", "nose", sided=True),
    _face(10, "upper lip raiser", "levator labii superioris", "mouth", sided=True),
    _face(11, "nasolabial deepener", "zygomaticus minor", "cheek", sided=True),
    _face(12, "lip corner puller", "zygomaticus major", "mouth", sided=True),
    _face(13, "sharp lip puller", "levator anguli oris", "mouth", sided=True),
    _face(14, "dimpler", "buccinator", "mouth", sided=True),
    _face(15, "lip corner depressor", "depressor anguli oris", "mouth", sided=True),
    _face(16, "lower lip depressor", "depressor labii inferioris", "mouth", sided=True),
    _face(17, "chin raiser", "mentalis", "chin"),
    _face(18, "lip pucker", "incisivii labii superioris, incisivii labii inferioris", "mouth"),
    _face(19, "tongue show", "genioglossus, hypoglossus", "mouth"),
    _face(20, "lip stretcher", "risorius, platysma", "mouth", sided=True),
    _face(21, "neck tightener", "platysma", "neck"),
    _face(22, "lip funneler", "orbicularis oris", "mouth"),
    _face(23, "lip tightener", "orbicularis oris", "mouth"),
    _face(24, "lip pressor", "orbicularis oris", "mouth"),
    _face(25, "lips part", "depressor labii inferioris, or relaxed mentalis or orbicularis oris", "mouth"),
    _face(26, "jaw drop", "relaxed masseter, temporalis and internal pterygoid", "jaw"),
    _face(27, "mouth stretch", "pterygoids, digastric", "jaw"),
    _face(28, "lip suck", "orbicularis oris", "mouth"),
    _face(29, "jaw thrust", "pterygoids, masseter", "jaw"),
    _face(30, "jaw sideways", "pterygoids, temporalis", "jaw", sided=True),
    _face(31, "jaw clencher", "masseter", "jaw"),
    _face(32, "lip bite", "masseter", "mouth"),
    _face(33, "cheek blow", "buccinator, orbicularis oris, mentalis", "cheek"),
    _face(34, "cheek puff", "buccinator, orbicularis oris, mentalis", "cheek", sided=True),
    _face(35, "cheek suck", "buccinator", "cheek"),
    _face(36, "tongue bulge", "tongue", "cheek", sided=True),
    _face(37, "lip wipe", "tongue", "mouth"),
    _face(38, "nostril dilator", "nasalis, pars alaris; dilator naris", "nose"),
    _face(39, "nostril compressor", "nasalis, pars transversa; depressor septi nasi", "nose"),
    _face(40, "sniff", "", "nose", source=FACS),
    _face(41, "glabella lowerer", "procerus", "brow", sided=True),
    _face(42, "inner brow lowerer", "depressor supercilii", "brow", sided=True),
    _face(43, "eye closure", "relaxed levator palpebrae superioris", "eye", sided=True),
    _face(44, "brow gatherer", "corrugator supercilii", "brow", sided=True),
    _face(45, "blink", "relaxed levator palpebrae superioris; orbicularis oculi", "eye"),
    _face(46, "wink", "orbicularis oculi", "eye", sided=True),
)

_OTHER_UNITS = (
    _other(50, "speech", "behaviour"),
    _other(51, "head turn left", "head"),
    _other(52, "head turn right", "head"),
    _other(53, "head up", "head"),
    _other(54, "head down", "head"),
    _other(55, "head tilt left", "head"),
    _other(56, "head tilt right", "head"),
    _other(57, "head forward", "head"),
    _other(58, "head back", "head"),
    _other(59, "head nod at the onset", "head"),
    _other(60, "head shake at the onset", "head"),
    _other(61, "eyes turn left", "gaze"),
    _other(62, "eyes turn right", "gaze"),
    _other(63, "eyes up", "gaze"),
    _other(64, "eyes down", "gaze"),
    _other(65, "walleye", "gaze"),
    _other(66, "cross-eye", "gaze"),
    _other(68, "upward rolling of the eyes", "gaze"),
    _other(69, "eyes look at the other person", "gaze"),
    _other(70, "brows and forehead not visible", "visibility"),
    _other(71, "eyes not visible", "visibility"),
    _other(72, "lower face not visible", "visibility"),
    _other(73, "entire face not visible", "visibility"),
    _other(74, "unscorable", "visibility"),
    _other(80, "swallow", "behaviour"),
    _other(81, "chewing", "behaviour"),
    _other(82, "shoulder shrug", "behaviour"),
    _other(83, "head upward and to the side", "head"),
    _other(84, "head shake back and forth", "behaviour"),
    _other(85, "head nod up and down", "behaviour"),
)

UNITS: dict[int, Unit] = {unit.code: unit for unit in _FACE_UNITS + _OTHER_UNITS}
"""Every FACS code in use. 47-49, 67 and 75-79 name nothing in the manual. Rows 41, 42 and 44 have the meaning of the
2002 manual (strands of unit 4); in the 1978 manual they were lid droop, slit and squint."""

LABEL_UNITS: tuple[int, ...] = (
    1, 2, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 34, 35, 38,
    39, 43,
)  # fmt: skip
"""The units a still picture of the face rig can show, ascending: the order of axis A everywhere."""

UPPER_FACE_UNITS: tuple[int, ...] = tuple(
    code for code in LABEL_UNITS if UNITS[code].region in ("brow", "eye") or code in (6, 9)
)
"""The label units that show above the mouth: the upper face of the manual (1, 2, 4, 5, 6, 7, 43), and 9, which the
manual lists with the lower face but which wrinkles the root of the nose."""

SIDED_LABELS: tuple[bool, ...] = tuple(UNITS[code].is_sided for code in LABEL_UNITS)
"""For each of LABEL_UNITS, whether left and right may differ; midline units carry one value on both sides."""

NUM_LABEL_UNITS = len(LABEL_UNITS)

SIDES = ("L", "R")
"""The order of a side axis: index 0 is the subject's own left."""

_INDEX = {code: index for index, code in enumerate(LABEL_UNITS)}


def unit_index(code: int) -> int:
    """Find the place of a unit on axis A.

    >>> unit_index(12)
    9
    """
    if code in _INDEX:
        return _INDEX[code]
    if code in UNITS:
        known = ", ".join(map(str, LABEL_UNITS))
        raise ValueError(f"code: unit {code} ({UNITS[code].name}) is not on the label axis; label units: {known}")
    raise ValueError(f"code: {code} is not a FACS code; use 1-46, 50-66, 68-74 or 80-85, nearest: {nearest_code(code)}")


def side_index(side: str) -> int:
    """Find the place of a side ("L" or "R") on a side axis."""
    if side in SIDES:
        return SIDES.index(side)
    raise ValueError(f"side: expected 'L' or 'R' (the subject's own), got {side!r}")


def nearest_code(code: int) -> int:
    """Find the FACS code nearest in number; ties go to the lower one.

    >>> nearest_code(48)
    46
    """
    return min(UNITS, key=lambda known: (abs(known - code), known))


def unit_named(name: str) -> Unit:
    """Find a unit by its name in the table.

    >>> unit_named("dimpler").code
    14
    """
    by_name = {unit.name: unit for unit in UNITS.values()}
    wanted = name.strip().lower()
    if wanted in by_name:
        return by_name[wanted]
    close = difflib.get_close_matches(wanted, by_name, n=1, cutoff=0.0)
    raise ValueError(f"name: no FACS code is called {name!r}; nearest: {close[0]!r}")
