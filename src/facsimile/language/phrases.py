"""What each action unit does to the face, in everyday words."""

PHRASES: dict[int, tuple[str, str]] = {
    1: ("inner brow", "is raised"),
    2: ("outer brow", "is raised"),
    3: ("brow", "is knitted"),
    4: ("brow", "is lowered and drawn inwards"),
    5: ("upper eyelid", "is raised, so that more of the eye shows"),
    6: ("cheek", "is raised, gathering the skin beside the eye"),
    7: ("eyelid", "is tightened, narrowing the eye"),
    8: ("lips", "are drawn towards each other"),
    9: ("side of the nose", "is wrinkled and pulled up"),
    10: ("upper lip", "is raised"),
    11: ("furrow beside the nose", "is deepened"),
    12: ("lip corner", "is pulled up and back"),
    13: ("lip corner", "is pulled sharply up, puffing the cheek above it"),
    14: ("lip corner", "is tightened and drawn in, with a dimple"),
    15: ("lip corner", "is pulled down"),
    16: ("lower lip", "is pulled down"),
    17: ("chin", "is pushed up and the lower lip with it"),
    18: ("lips", "are puckered"),
    19: ("tongue", "is shown"),
    20: ("mouth corner", "is stretched sideways"),
    21: ("neck", "is tightened"),
    22: ("lips", "are funnelled forwards"),
    23: ("lips", "are tightened and narrowed"),
    24: ("lips", "are pressed together"),
    25: ("lips", "are parted"),
    26: ("jaw", "is dropped"),
    27: ("mouth", "is stretched wide open"),
    28: ("lips", "are sucked in over the teeth"),
    29: ("jaw", "is thrust forwards"),
    30: ("jaw", "is moved sideways"),
    31: ("jaw", "is clenched"),
    32: ("lip", "is bitten"),
    33: ("cheeks", "are blown"),
    34: ("cheek", "is puffed"),
    35: ("cheeks", "are sucked in"),
    36: ("tongue", "bulges under the cheek or lip"),
    37: ("tongue", "wipes the lips"),
    38: ("nostril", "is widened"),
    39: ("nostril", "is narrowed"),
    40: ("nose", "sniffs"),
    41: ("root of the nose", "is pulled down between the brows"),
    42: ("inner brow", "is lowered"),
    43: ("eye", "is closed"),
    44: ("brow", "is drawn inwards"),
    45: ("eyes", "blink"),
    46: ("eye", "is winked shut"),
    50: ("mouth", "speaks"),
    51: ("head", "is turned to the person's own left"),
    52: ("head", "is turned to the person's own right"),
    53: ("head", "is raised"),
    54: ("head", "is lowered"),
    55: ("head", "is tilted to the person's own left"),
    56: ("head", "is tilted to the person's own right"),
    57: ("head", "is pushed forwards"),
    58: ("head", "is pulled back"),
    59: ("head", "nods"),
    60: ("head", "shakes from side to side"),
    61: ("eyes", "are turned to the person's own left"),
    62: ("eyes", "are turned to the person's own right"),
    63: ("eyes", "are turned up"),
    64: ("eyes", "are turned down"),
    65: ("eyes", "point apart"),
    66: ("eyes", "point at the nose"),
    68: ("eyes", "roll upwards"),
    69: ("eyes", "are on the other person"),
    70: ("brows", "are not in view"),
    71: ("eyes", "are not in view"),
    72: ("lower face", "is not in view"),
    73: ("face", "is not in view"),
    74: ("face", "is in view but cannot be scored"),
    80: ("throat", "swallows"),
    81: ("jaw", "chews"),
    82: ("shoulders", "are shrugged"),
    83: ("head", "is raised and turned aside"),
    84: ("head", "shakes back and forth"),
    85: ("head", "nods up and down"),
}
"""Code -> (part of the face, what happens to it), after the FACS manual's section on appearance changes (Ekman, Friesen
& Hager 2002), put plainly. Parts of sided units are in the singular: one side's name."""

SINGLE_PARTS = ("upper lip", "lower lip", "tongue", "root of the nose", "jaw")
"""Parts of sided units of which a face has one; a side is then a place on it."""

PLURALS = {"side of the nose": "sides of the nose", "furrow beside the nose": "furrows beside the nose"}
"""Plurals that are not made with an s at the end."""


def clause(code: int, side: str | None = None, *, is_sided: bool) -> str:
    """Say what one unit does: ``the lip corners are pulled up and back``, ``the left lip corner is ...``.

    ``side`` is ``left``, ``right`` or None for both or the middle. An unlisted code is named by its number.
    """
    part, action = PHRASES.get(code, (f"action unit {code}", "is at work"))
    if code == 30 and side:
        return f"the jaw is moved to the person's own {side}"
    if not is_sided or part in SINGLE_PARTS or code not in PHRASES:
        return f"the {part} {action}" + (f" on the {side}" if side else "")
    if side:
        return f"the {side} {part} {action}"
    return f"the {PLURALS.get(part, part + 's')} {action.replace('is ', 'are ', 1)}"
