"""Load DISFA+ (Mavadati et al. 2016): 9 of DISFA's people, posed and spontaneous trials, 12 units at 0-5 per picture.

``Labels/SN001/<trial>/AU1.txt`` has two header lines and then ``000.jpg     0``; ``Images/SN001/<trial>/000.jpg`` is
the picture. All people are also in DISFA: never fit on one and test on the other.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from facsimile.data.labelled.disfa import UNITS
from facsimile.data.labelled.files import files_below, matching, text_lines
from facsimile.data.labelled.findings import Findings
from facsimile.data.labelled.record import NO_SIDES, Labelled, level, nothing_coded
from facsimile.facs.action_units import unit_index

LABEL_FILE = r"(SN\d+)/([^/]+)/AU(\d+)\.txt"
PICTURE_FILE = r"(SN\d+)/([^/]+)/(\d+)\.(?:jpg|jpeg|png)"
ROW = re.compile(r"\s*(\d+)\.(?:jpg|jpeg|png)[\s,;]+(\S+)\s*$", re.IGNORECASE)
NUM_HEADER_LINES = 2

Trial = tuple[str, str]


def load_disfa_plus(folder: Path, findings: Findings) -> Iterator[Labelled]:
    """Yield one record per labelled picture, by person, trial and number."""
    files = files_below(folder)
    labels: dict[Trial, dict[int, Path]] = {}
    for name, found in matching(files, LABEL_FILE):
        labels.setdefault((found[1].upper(), found[2]), {})[int(found[3])] = folder / name
    if not labels:
        raise ValueError(f"data {folder}: no DISFA+ labels; expected files as Labels/SN001/<trial>/AU1.txt")
    pictures: dict[Trial, dict[int, Path]] = {}
    for name, found in matching(files, PICTURE_FILE):
        pictures.setdefault((found[1].upper(), found[2]), {})[int(found[3])] = folder / name
    for trial in sorted(pictures.keys() - labels.keys()):
        findings.add("trials without labels", "/".join(trial))
    for trial in sorted(labels):
        if trial not in pictures:
            findings.add("trials without pictures", "/".join(trial))
            continue
        yield from _trial(trial, labels[trial], pictures[trial], findings)


def _trial(trial: Trial, labels: dict[int, Path], pictures: dict[int, Path], findings: Findings) -> Iterator[Labelled]:
    for code in UNITS:
        if code not in labels:
            findings.add("label files missing, their unit counts as not coded", f"{'/'.join(trial)}/AU{code}.txt")
    by_unit = {code: _levels(path, findings) for code, path in sorted(labels.items())}
    numbers = sorted(set().union(*by_unit.values()))
    unlabelled = pictures.keys() - set(numbers)
    findings.add("pictures without labels", "/".join(trial), count=len(unlabelled))
    for number in numbers:
        if number not in pictures:
            findings.add("labels without a picture", f"{'/'.join(trial)}/{number:03d}.jpg")
            continue
        intensity = nothing_coded()
        for code, levels in by_unit.items():
            if number not in levels:
                findings.add("labels missing in some unit's file, not coded there", labels[code])
            intensity[unit_index(code)] = levels.get(number, np.nan)
        presence = np.where(np.isnan(intensity), np.nan, intensity > 0).astype(np.float32)
        yield Labelled(trial[0], trial[1], number, pictures[number], None, intensity, presence, NO_SIDES)


def _levels(path: Path, findings: Findings) -> dict[int, float]:
    """Return intensity by the number in the picture's name."""
    levels: dict[int, float] = {}
    header = 0
    for number, line in enumerate(text_lines(path, findings), 1):
        found = ROW.match(line)
        if found is None and not levels and line.strip():
            header += 1
        elif found is None and line.strip():
            raise ValueError(f"{path}, line {number}: expected a picture and a level, got {line.strip()!r}")
        elif found is not None and int(found[1]) in levels:
            raise ValueError(f"{path}, line {number}: picture {found[1]} stands twice in the file")
        elif found is not None:
            levels[int(found[1])] = level(found[2], f"{path}, line {number}")
    if header != NUM_HEADER_LINES:
        findings.add("label files with another header than two lines", path)
    findings.add("label files without a single row", path, count=not levels)
    return levels
