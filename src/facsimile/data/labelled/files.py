"""Find and read the small text files of a data set, as they come out of other people's archives."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from facsimile.data.labelled.findings import Findings


def files_below(folder: Path) -> list[str]:
    """Return all files below ``folder``, relative, with '/', sorted; hidden ones (as ``._x`` of macOS) are left out.

    Raises ValueError if ``folder`` is none.
    """
    if not folder.is_dir():
        raise ValueError(f"data {folder}: not a folder; give the folder in which the data set was unpacked")
    found = []
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".") and name != "__MACOSX"]
        inside = Path(place).relative_to(folder).as_posix()
        prefix = "" if inside == "." else f"{inside}/"
        found += [prefix + name for name in names if not name.startswith(".")]
    return sorted(found)


def matching(files: list[str], pattern: str) -> Iterator[tuple[str, re.Match[str]]]:
    """Yield the files whose path ends as ``pattern`` says, in any letter case; doubled folders do no harm."""
    expression = re.compile(rf"(?:^|.*/)(?:{pattern})$", re.IGNORECASE)
    for name in files:
        if found := expression.match(name):
            yield name, found


def text_lines(path: Path, findings: Findings) -> list[str]:
    """Return the lines without their ends: UTF-8 or UTF-16, with or without a mark; else Windows-1252, counted."""
    content = path.read_bytes()
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16").splitlines()
    try:
        return content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        findings.add("text files that are not UTF-8, read as Windows-1252", path.name)
        return content.decode("cp1252", "replace").splitlines()


def number_rows(path: Path, findings: Findings) -> Iterator[tuple[str, list[str]]]:
    """Yield (place for error messages, cells) for every line that is not blank; cells part at commas, ';' or blanks."""
    for number, line in enumerate(text_lines(path, findings), 1):
        if line.strip():
            yield f"{path}, line {number}", re.split(r"\s*[,;]\s*|\s+", line.strip())
