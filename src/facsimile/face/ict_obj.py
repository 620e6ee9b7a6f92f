"""Read Wavefront .obj meshes: vertices and, where asked for, faces of three or four corners."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Int32

MAX_OBJ_BYTES = 64 * 2**20
"""A mesh of ICT-FaceKit takes 3 MB; a file twenty times as large is something else."""
COORDINATE_LIMIT = 1e6
"""Coordinates beyond this are no head in any unit."""


@dataclass(frozen=True, eq=False)
class ObjMesh:
    """Hold a mesh: ``vertices`` [V,3] in the file's units, ``quads`` [Q,4]; a triangle repeats its last corner."""

    vertices: Float32[np.ndarray, "V 3"]
    quads: Int32[np.ndarray, "Q 4"]


def read_obj(path: Path, *, with_faces: bool = True) -> ObjMesh:
    """Read an .obj file; normals, texture coordinates, groups and materials are passed over.

    Raises ValueError, naming file and line, for a file that is no mesh, for numbers that are no coordinates and for
    corners that do not exist; ``with_faces=False`` leaves the faces unread and returns none.
    """
    lines = _lines(path)
    vertices = _vertices(path, lines)
    quads = _quads(path, lines, len(vertices)) if with_faces else np.zeros((0, 4), np.int32)
    return ObjMesh(vertices, quads)


def _lines(path: Path) -> list[bytes]:
    try:
        size = path.stat().st_size
        if size > MAX_OBJ_BYTES:
            raise ValueError(f"{path}: {size} bytes, more than {MAX_OBJ_BYTES}; not a head mesh")
        return path.read_bytes().splitlines()
    except OSError as error:
        raise ValueError(f"{path}: cannot be read ({error.strerror or error})") from error


def _vertices(path: Path, lines: list[bytes]) -> Float32[np.ndarray, "V 3"]:
    rows = [line.split()[1:4] for line in lines if line.startswith((b"v ", b"v\t"))]
    if not rows:
        raise ValueError(f"{path}: holds no vertex (a line such as 'v 0.1 2.3 4.5'); is it a Wavefront .obj file?")
    try:
        vertices = np.array(rows, np.float64)
    except ValueError:
        vertices = None
    if vertices is None or vertices.shape[1] != 3 or not (np.abs(vertices) < COORDINATE_LIMIT).all():
        raise ValueError(f"{path}: {_first_bad_vertex(lines)}")
    return vertices.astype(np.float32)


def _first_bad_vertex(lines: list[bytes]) -> str:
    """Say which line is no vertex."""
    rule = f"three numbers between -{COORDINATE_LIMIT:g} and {COORDINATE_LIMIT:g}"
    for number, line in enumerate(lines, 1):
        if line.startswith((b"v ", b"v\t")):
            words = line.split()[1:4]
            if len(words) < 3 or not all(_is_coordinate(word) for word in words):
                return f"line {number}: a vertex needs {rule}, got {_shown(line)}"
    return f"a vertex needs {rule}"


def _is_coordinate(word: bytes) -> bool:
    try:
        return abs(float(word)) < COORDINATE_LIMIT
    except ValueError:
        return False


def _shown(line: bytes) -> str:
    return repr(line[:60].decode("ascii", "replace"))


def _quads(path: Path, lines: list[bytes], count: int) -> Int32[np.ndarray, "Q 4"]:
    quads = []
    for number, line in enumerate(lines, 1):
        if line.startswith((b"f ", b"f\t")):
            corners = [_corner(word, count) for word in line.split()[1:]]
            if len(corners) not in (3, 4) or None in corners:
                raise ValueError(
                    f"{path}: line {number}: a face needs 3 or 4 corners from 1 to {count}, got {_shown(line)}"
                )
            quads.append(corners if len(corners) == 4 else [*corners, corners[-1]])
    return np.array(quads, np.int32).reshape(-1, 4)


def _corner(word: bytes, count: int) -> int | None:
    """Return the vertex of a corner such as ``7``, ``7/3/2`` or ``-1`` (the last one so far), counted from 0."""
    try:
        number = int(word.split(b"/", 1)[0])
    except ValueError:
        return None
    index = number - 1 if number > 0 else count + number
    return index if number != 0 and 0 <= index < count else None
