"""Load DISFA (Mavadati et al. 2013): 27 people, one video each from two cameras, 12 units at 0-5 in every frame.

``ActionUnit_Labels/SN001/SN001_au1.txt`` holds lines ``frame,intensity`` with frames from 1;
``Videos_LeftCamera/LeftVideoSN001_comp.avi`` the pictures.
"""

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from facsimile.data.labelled.files import files_below, matching, number_rows
from facsimile.data.labelled.findings import Findings
from facsimile.data.labelled.record import NO_SIDES, Labelled, level, nothing_coded
from facsimile.facs.action_units import unit_index

UNITS = (1, 2, 4, 5, 6, 9, 12, 15, 17, 20, 25, 26)
LABEL_FILE = r"(SN\d+)_au(\d+)\.txt"
VIDEO_FILE = r"{camera}Video(SN\d+)_comp\.(?:avi|mp4|mkv|mov)"
CAMERAS = ("left", "right")


def load_disfa(folder: Path, findings: Findings, *, camera: str = "left") -> Iterator[Labelled]:
    """Yield one record per labelled frame, by person and frame; ``camera`` is left or right of the person's front."""
    if camera not in CAMERAS:
        raise ValueError(f"camera {camera!r}: choose one of {', '.join(CAMERAS)}")
    files = files_below(folder)
    labels: dict[str, dict[int, Path]] = {}
    for name, found in matching(files, LABEL_FILE):
        labels.setdefault(found[1].upper(), {})[int(found[2])] = folder / name
    if not labels:
        raise ValueError(f"data {folder}: no DISFA labels; expected files as ActionUnit_Labels/SN001/SN001_au1.txt")
    videos = {f[1].upper(): folder / name for name, f in matching(files, VIDEO_FILE.format(camera=camera))}
    if not videos:
        raise ValueError(
            f"data {folder}: no video of the {camera} camera; expected {camera.title()}VideoSN001_comp.avi"
        )
    for subject in sorted(videos.keys() - labels.keys()):
        findings.add("videos without labels", videos[subject].name)
    for subject in sorted(labels):
        if subject not in videos:
            findings.add(f"people without a video of the {camera} camera", subject)
            continue
        yield from _person(subject, labels[subject], videos[subject], findings)


def _person(subject: str, labels: dict[int, Path], video: Path, findings: Findings) -> Iterator[Labelled]:
    for code in UNITS:
        if code not in labels:
            findings.add("label files missing, their unit counts as not coded", f"{subject}_au{code}.txt")
    by_unit = {code: _levels(path, findings) for code, path in sorted(labels.items())}
    frames = sorted(set().union(*by_unit.values()))
    for code, levels in by_unit.items():
        findings.add(
            "labels missing in some unit's file, not coded there",
            labels[code].name,
            count=len(frames) - len(levels),
        )
    for frame in frames:
        intensity = nothing_coded()
        for code, levels in by_unit.items():
            intensity[unit_index(code)] = levels.get(frame, np.nan)
        presence = np.where(np.isnan(intensity), np.nan, intensity > 0).astype(np.float32)
        yield Labelled(subject, video.stem, frame, video, frame - 1, intensity, presence, NO_SIDES)


def _levels(path: Path, findings: Findings) -> dict[int, float]:
    """Return intensity by frame, frames from 1; a file that counts from 0 is shifted and counted."""
    levels: dict[int, float] = {}
    for where, cells in number_rows(path, findings):
        if len(cells) != 2 or not cells[0].isdigit():
            raise ValueError(f"{where}: expected 'frame,intensity', got {','.join(cells)!r}")
        frame = int(cells[0])
        if frame in levels:
            raise ValueError(f"{where}: frame {frame} stands twice in the file")
        levels[frame] = level(cells[1], where)
    findings.add("levels given as not coded", path.name, count=sum(math.isnan(value) for value in levels.values()))
    if 0 not in levels:
        return levels
    findings.add("label files that count frames from 0, shifted by one", path.name)
    return {frame + 1: value for frame, value in levels.items()}
