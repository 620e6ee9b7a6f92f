"""Load BP4D (Zhang et al. 2014, 41 people, 8 tasks) and BP4D+ (Zhang et al. 2016, 140 people, 4 coded tasks).

``AUCoding/AU_OCC/F001_T1.csv``: a header ``0,1,2,...`` and rows of frame, then one column per unit, whose header is the
unit's code; 0, 1, or 9 for not coded. ``AU_INT/AU06/F001_T1_AU06.csv``: rows of frame and level 0-5, or 9.
``F001/T1/2440.jpg`` is the picture; its number may have any padding.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from facsimile.data.labelled.files import files_below, matching, number_rows
from facsimile.data.labelled.findings import Findings
from facsimile.data.labelled.record import NO_SIDES, Labelled, level, nothing_coded
from facsimile.facs.action_units import LABEL_UNITS, unit_index

OCCURRENCE_FILE = r"([FM]\d{3})_(T\d+)\.csv"
INTENSITY_FILE = r"([FM]\d{3})_(T\d+)_AU(\d+)\.csv"
PICTURE_FILE = r"([FM]\d{3})/(T\d+)/(\d+)\.(?:jpg|jpeg|png)"

Task = tuple[str, str]


@dataclass
class TaskFiles:
    """What there is of one person's task."""

    occurrence: Path | None = None
    intensity: dict[int, Path] = field(default_factory=dict)
    pictures: dict[int, Path] = field(default_factory=dict)


def load_bp4d(
    folder: Path, findings: Findings, *, frame_offset: int | None = None, is_plus: bool = False
) -> Iterator[Labelled]:
    """Yield one record per coded frame that has a picture, by person, task and frame.

    The picture of frame f has the number f + ``frame_offset``. Without it that is f; in BP4D+ it is f - 1 for tasks
    whose pictures count from 0, which is counted: look at some pictures beside their labels to make sure.
    """
    tasks = _tasks(folder, findings)
    if not any(task.occurrence or task.intensity for task in tasks.values()):
        raise ValueError(f"data {folder}: no BP4D labels; expected files as AUCoding/AU_OCC/F001_T1.csv")
    for name, task in sorted(tasks.items()):
        if task.occurrence is None and not task.intensity:
            findings.add("tasks without labels", "_".join(name))
        elif not task.pictures:
            findings.add("tasks without pictures", "_".join(name))
        else:
            yield from _task(name, task, _offset(name, task, frame_offset, is_plus, findings), findings)


def _tasks(folder: Path, findings: Findings) -> dict[Task, TaskFiles]:
    tasks: dict[Task, TaskFiles] = {}

    def task(person: str, number: str) -> TaskFiles:
        return tasks.setdefault((person.upper(), number.upper()), TaskFiles())

    files = files_below(folder)
    for name, found in matching(files, OCCURRENCE_FILE):
        task(found[1], found[2]).occurrence = folder / name
    for name, found in matching(files, INTENSITY_FILE):
        task(found[1], found[2]).intensity[int(found[3])] = folder / name
    for name, found in matching(files, PICTURE_FILE):
        pictures = task(found[1], found[2]).pictures
        if int(found[3]) in pictures:
            findings.add("pictures whose number another has, left out", name)
        pictures.setdefault(int(found[3]), folder / name)
    return tasks


def _offset(name: Task, task: TaskFiles, given: int | None, is_plus: bool, findings: Findings) -> int:
    if given is not None:
        return given
    if is_plus and 0 in task.pictures:
        findings.add("tasks whose pictures count from 0: frame f is read from picture f - 1", "_".join(name))
        return -1
    return 0


def _task(name: Task, task: TaskFiles, offset: int, findings: Findings) -> Iterator[Labelled]:
    occurrence = _occurrence(task.occurrence, findings) if task.occurrence else {}
    if task.occurrence is None:
        findings.add("tasks with levels but no occurrence", "_".join(name))
    levels = {code: _levels(path, findings) for code, path in sorted(task.intensity.items())}
    for frame in sorted(set(occurrence).union(*levels.values())):
        presence = occurrence.get(frame, nothing_coded())
        intensity = nothing_coded()
        for code, by_frame in levels.items():
            intensity[unit_index(code)] = by_frame.get(frame, np.nan)
        place = f"{name[0]}_{name[1]} frame {frame}"
        findings.add("levels that contradict the occurrence", place, count=_contradictions(intensity, presence))
        unsaid = np.isnan(presence) & ~np.isnan(intensity)
        presence = np.where(unsaid, intensity > 0, presence).astype(np.float32)
        if np.isnan(presence).all():
            findings.add("frames with nothing coded", place)
        elif frame + offset not in task.pictures:
            findings.add("labels without a picture", place)
        else:
            yield Labelled(*name, frame, task.pictures[frame + offset], None, intensity, presence, NO_SIDES)


def _contradictions(intensity: np.ndarray, presence: np.ndarray) -> int:
    return int(((intensity > 0) & (presence == 0)).sum() + ((intensity == 0) & (presence == 1)).sum())


def _occurrence(path: Path, findings: Findings) -> dict[int, np.ndarray]:
    """Return presence [A] by frame; the header tells each column's unit."""
    rows = number_rows(path, findings)
    where, header = next(rows, (f"{path}, line 1", [""]))
    if header[0] != "0" or not all(cell.isdigit() for cell in header):
        raise ValueError(f"{where}: expected the header 0,1,2,... of frame and units, got {','.join(header)[:40]!r}")
    codes = [int(cell) for cell in header]
    found: dict[int, np.ndarray] = {}
    for where, cells in rows:
        if len(cells) != len(codes) or not cells[0].isdigit():
            raise ValueError(f"{where}: expected a frame and {len(codes) - 1} codes, got {len(cells)} cells")
        presence = nothing_coded()
        for code, cell in zip(codes[1:], cells[1:], strict=True):
            value = level(cell, f"{where}, unit {code}", highest=1)
            if code in LABEL_UNITS:
                presence[unit_index(code)] = value
            elif value == 1:
                findings.add(f"codes of unit {code}, which is not among the label units", where)
        if int(cells[0]) in found:
            raise ValueError(f"{where}: frame {cells[0]} stands twice in the file")
        found[int(cells[0])] = presence
    return found


def _levels(path: Path, findings: Findings) -> dict[int, float]:
    """Return intensity by frame; a first row of words is a header."""
    found: dict[int, float] = {}
    for where, cells in number_rows(path, findings):
        if not cells[0].isdigit():
            if not found and not cells[0][:1].isdigit():
                continue
            raise ValueError(f"{where}: expected 'frame,level', got {','.join(cells)!r}")
        if len(cells) != 2:
            raise ValueError(f"{where}: expected 'frame,level', got {','.join(cells)!r}")
        if int(cells[0]) in found:
            raise ValueError(f"{where}: frame {cells[0]} stands twice in the file")
        found[int(cells[0])] = level(cells[1], where)
    return found
