"""Name the three test parts of published work, so that results stand beside it.

The same people in JAA-Net, ME-GraphAU, MDHR and later work (part k is what is tested, the other two are fitted on).
"""

import numpy as np
from jaxtyping import Int

BP4D_PARTS = (
    "F001 F002 F008 F009 F010 F016 F018 F023 M001 M004 M007 M008 M012 M014",
    "F003 F005 F011 F013 F020 F022 M002 M005 M010 M011 M013 M016 M017 M018",
    "F004 F006 F007 F012 F014 F015 F017 F019 F021 M003 M006 M009 M015",
)
DISFA_PARTS = (
    "SN001 SN002 SN009 SN010 SN016 SN026 SN027 SN030 SN032",
    "SN006 SN011 SN012 SN013 SN018 SN021 SN024 SN028 SN031",
    "SN003 SN004 SN005 SN007 SN008 SN017 SN023 SN025 SN029",
)
PUBLISHED = {"bp4d": BP4D_PARTS, "disfa": DISFA_PARTS}


def published_parts(source: str, subjects: list[str]) -> Int[np.ndarray, " N"] | None:
    """Return each row's test part, 0-2; None if ``source`` has none, or not every person is in it, or a part is empty.

    >>> published_parts("disfa", ["SN001", "SN006", "SN003", "SN001"])
    array([0, 1, 2, 0])
    """
    part = {name: k for k, names in enumerate(PUBLISHED.get(source, ())) for name in names.split()}
    if not part or not set(subjects) <= part.keys():
        return None
    parts = np.array([part[name] for name in subjects], np.int64)
    return parts if len(np.unique(parts)) == len(PUBLISHED[source]) else None
