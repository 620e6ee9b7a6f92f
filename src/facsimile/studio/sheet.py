"""Lay images out on a contact sheet: one person per row."""

from collections.abc import Callable

import cv2
import numpy as np
from jaxtyping import Int, UInt8

SHEET_FORMATS = (".png", ".jpg", ".jpeg")

ImageGetter = Callable[[Int[np.ndarray, " M"]], UInt8[np.ndarray, "M H W 3"]]
"""Returns the images at some row numbers."""


def contact_sheet(
    images: ImageGetter, identity: Int[np.ndarray, " N"], *, rows: int = 8, columns: int = 8
) -> UInt8[np.ndarray, "h w 3"]:
    """Return the first ``columns`` images of ``rows`` people spread evenly over the set; black where there are none."""
    people = np.unique(identity)
    chosen = people[np.linspace(0, len(people) - 1, min(rows, len(people))).round().astype(int)]
    members = [np.flatnonzero(identity == person)[:columns] for person in chosen]
    pictures = images(np.concatenate(members))
    height, width = pictures.shape[1:3]
    sheet = np.zeros((len(chosen) * height, columns * width, 3), np.uint8)
    place = iter(pictures)
    for row, group in enumerate(members):
        for column in range(len(group)):
            sheet[row * height : (row + 1) * height, column * width : (column + 1) * width] = next(place)
    return sheet


def encode_sheet(sheet: UInt8[np.ndarray, "h w 3"], suffix: str) -> bytes:
    """Compress an RGB sheet to the format of a file name's ending."""
    if suffix.lower() not in SHEET_FORMATS:
        raise ValueError(f"a contact sheet ends in {', '.join(SHEET_FORMATS)}; got {suffix!r}")
    is_encoded, data = cv2.imencode(suffix.lower(), cv2.cvtColor(sheet, cv2.COLOR_RGB2BGR))
    assert is_encoded
    return data.tobytes()
