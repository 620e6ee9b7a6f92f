"""Load CK+ (Lucey et al. 2010): 593 sequences of 123 people from rest to the peak of an expression; the peak is coded.

``FACS/S005/001/S005_001_00000011_facs.txt`` lists the units of the peak, one per line as two floats: code and level,
1-5, or 0 where the coder gave no letter. ``cohn-kanade-images/S005/001/S005_001_00000011.png`` is the picture.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from jaxtyping import Float

from facsimile.data.labelled.files import files_below, matching, number_rows
from facsimile.data.labelled.findings import Findings
from facsimile.data.labelled.record import NO_SIDES, Labelled, level
from facsimile.facs.action_units import LABEL_UNITS, NUM_LABEL_UNITS, UNITS, unit_index

NAME = r"(S\d+)_(\d+)_(\d+)"
NUM_LANDMARKS = 68

Place = tuple[str, str]


def load_ck_plus(folder: Path, findings: Findings) -> Iterator[Labelled]:
    """Yield two records per coded sequence: its first picture, at rest by the set's design, and its coded peak.

    Every unit was coded, so one that is not listed is absent. A unit without a letter is present, its level unknown.
    """
    files = files_below(folder)
    labels = {(f[1].upper(), f[2]): (int(f[3]), folder / name) for name, f in matching(files, NAME + r"_facs\.txt")}
    if not labels:
        raise ValueError(f"data {folder}: no CK+ labels; expected files as FACS/S005/001/S005_001_00000011_facs.txt")
    pictures = _by_sequence(folder, files, NAME + r"\.(?:png|jpg|jpeg)")
    landmarks = _by_sequence(folder, files, NAME + r"_landmarks\.txt")
    for sequence in sorted(pictures.keys() - labels.keys()):
        findings.add("sequences without labels", "/".join(sequence))
    for sequence, (peak, path) in sorted(labels.items()):
        if peak not in pictures.get(sequence, {}):
            findings.add("labels without their picture", path.name)
            continue
        coded = _peak(path, findings)
        if coded is None:
            findings.add("label files without a single unit, not used", path.name)
            continue
        found, points = pictures[sequence], landmarks.get(sequence, {})
        if max(found) != peak:
            findings.add("sequences that go on after the coded picture", path.name)
        first = min(found)
        if first != peak:
            rest = np.zeros(NUM_LABEL_UNITS, np.float32)
            yield _record(sequence, first, found[first], (rest, rest), points.get(first), findings)
        else:
            findings.add("sequences of one picture: no picture at rest", path.name)
        yield _record(sequence, peak, found[peak], coded, points.get(peak), findings)


def _by_sequence(folder: Path, files: list[str], pattern: str) -> dict[Place, dict[int, Path]]:
    """Return the files by sequence and picture number."""
    found: dict[Place, dict[int, Path]] = {}
    for name, match in matching(files, pattern):
        found.setdefault((match[1].upper(), match[2]), {})[int(match[3])] = folder / name
    return found


def _record(
    sequence: Place, frame: int, picture: Path, coded: tuple[np.ndarray, np.ndarray], points: Path | None,
    findings: Findings,
) -> Labelled:  # fmt: skip
    intensity, presence = coded
    landmarks = _landmarks(points, findings) if points else None
    return Labelled(*sequence, frame, picture, None, intensity, presence, NO_SIDES, landmarks)


def _peak(path: Path, findings: Findings) -> tuple[np.ndarray, np.ndarray] | None:
    """Return intensity and presence [A] of the peak; None if the file lists nothing."""
    intensity, presence = np.zeros(NUM_LABEL_UNITS, np.float32), np.zeros(NUM_LABEL_UNITS, np.float32)
    is_empty = True
    for where, cells in number_rows(path, findings):
        try:
            code, grade = float(cells[0]), level(cells[1], where)
        except (ValueError, IndexError) as error:
            raise ValueError(f"{where}: expected a unit and a level, got {' '.join(cells)!r}") from error
        if code not in UNITS:
            raise ValueError(f"{where}: {code:g} is not a FACS code")
        is_empty = False
        if code not in LABEL_UNITS:
            findings.add(f"codes of unit {int(code)}, which is not among the label units", path.name)
            continue
        place = unit_index(int(code))
        presence[place] = 1.0
        intensity[place] = grade if grade > 0 else np.nan
    return None if is_empty else (intensity, presence)


def _landmarks(path: Path, findings: Findings) -> Float[np.ndarray, "L 2"]:
    rows = [[float(cell) for cell in cells] for _, cells in number_rows(path, findings)]
    points = np.array(rows, np.float64)
    if points.shape != (NUM_LANDMARKS, 2):
        raise ValueError(f"{path}: expected {NUM_LANDMARKS} lines 'x y', got {len(rows)}")
    return points
