"""Find and read a user's copy of the ICT Face Model Light (MIT, USC Institute for Creative Technologies).

The package carries none of it. ``FACSIMILE_ICT`` names the folder ``FaceXModel`` of a copy of
https://github.com/ICT-VGL/ICT-FaceKit, or one .npz file that holds the same numbers (``pack_ict``), read twenty
times faster. The model: 26,719 vertices, y up, z out of the face, x to the subject's left; a mesh per expression at
strength 1 and a mesh per identity component at one standard deviation.
"""

import hashlib
import os
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from facsimile.face.ict_obj import read_obj

ICT_VARIABLE = "FACSIMILE_ICT"
NEUTRAL_NAME = "generic_neutral_mesh"
NUM_VERTICES = 26719
NUM_IDENTITIES = 100
EXPRESSION_NAMES = (
    *(f"{name}_{side}" for name in (
        "browDown", "browInnerUp", "browOuterUp", "cheekPuff", "cheekRaiser", "cheekSquint", "eyeBlink", "eyeLookDown",
        "eyeLookIn", "eyeLookOut", "eyeLookUp", "eyeSquint", "eyeWide", "mouthDimple", "mouthFrown", "mouthLowerDown",
        "mouthPress", "mouthSmile", "mouthStretch", "mouthUpperUp", "noseSneer",
    ) for side in "LR"),
    "jawForward", "jawLeft", "jawOpen", "jawRight", "mouthClose", "mouthFunnel", "mouthLeft", "mouthPucker",
    "mouthRight", "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper",
)  # fmt: skip
"""Expression meshes that are used, by file name; a copy may hold more."""
HOW_TO_GET = (
    "get the folder FaceXModel of https://github.com/ICT-VGL/ICT-FaceKit (MIT) and set FACSIMILE_ICT to its path "
    "(or to an .npz packed from it)"
)


@dataclass(frozen=True, eq=False)
class IctModel:
    """Hold the model in its own units: neutral ``vertices`` [N,3] and displacements from them.

    ``expressions`` [E,N,3] follow ``EXPRESSION_NAMES``; ``identities`` [K,N,3] are one standard deviation each.
    """

    vertices: Float32[np.ndarray, "N 3"]
    expressions: Float32[np.ndarray, "E N 3"]
    identities: Float32[np.ndarray, "K N 3"]


def ict_path() -> Path | None:
    """Return where the variable says the model is, or None where it says nothing."""
    value = os.environ.get(ICT_VARIABLE, "").strip()
    return Path(value).expanduser() if value else None


def has_ict() -> bool:
    """Tell whether there is a file or folder where the variable says."""
    path = ict_path()
    return path is not None and path.exists()


def required_ict_path() -> Path:
    """Return where the model is; an error says what to get and where to put it."""
    path = ict_path()
    if path is None:
        raise ValueError(f"rig ict: {ICT_VARIABLE} is not set, and the package carries no ICT-FaceKit; {HOW_TO_GET}")
    if not path.exists():
        raise ValueError(f"rig ict: {ICT_VARIABLE}={path} does not exist; {HOW_TO_GET}")
    return path


def read_ict(path: Path) -> IctModel:
    """Read the model from the folder of .obj files or from a packed .npz; ValueError says what is wrong with it."""
    return _read_folder(path) if path.is_dir() else _read_packed(path)


def ict_fingerprint(path: Path) -> str:
    """Return a short hash of the model's bytes: of the .npz, or of the neutral mesh and all file sizes of a folder."""
    digest = hashlib.sha256()
    if path.is_dir():
        digest.update((path / f"{NEUTRAL_NAME}.obj").read_bytes())
        for file in sorted(path.glob("*.obj")):
            digest.update(f"{file.name} {file.stat().st_size}\n".encode())
    else:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _read_folder(folder: Path) -> IctModel:
    names = [f"identity{number:03d}" for number in range(NUM_IDENTITIES)]
    missing = [name for name in (NEUTRAL_NAME, *EXPRESSION_NAMES, *names) if not (folder / f"{name}.obj").is_file()]
    if missing:
        raise ValueError(
            f"{folder}: lacks {len(missing)} meshes of ICT-FaceKit, the first is {missing[0]}.obj; {HOW_TO_GET}"
        )
    neutral = _mesh_vertices(folder, NEUTRAL_NAME)
    expressions = np.stack([_mesh_vertices(folder, name) - neutral for name in EXPRESSION_NAMES])
    identities = np.stack([_mesh_vertices(folder, name) - neutral for name in names])
    return _checked(folder, neutral, expressions, identities)


def _mesh_vertices(folder: Path, name: str) -> Float32[np.ndarray, "N 3"]:
    path = folder / f"{name}.obj"
    vertices = read_obj(path, with_faces=False).vertices
    if len(vertices) != NUM_VERTICES:
        raise ValueError(f"{path}: {len(vertices)} vertices, the ICT Face Model Light has {NUM_VERTICES}; {HOW_TO_GET}")
    return vertices


def _read_packed(path: Path) -> IctModel:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as data:
            names = [str(name) for name in data["expression_names"]]
            vertices, expressions, identities = (data[key] for key in ("vertices", "expressions", "identities"))
    except (OSError, KeyError, EOFError, TypeError, ValueError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path}: is no packed ICT-FaceKit ({error}); {HOW_TO_GET}") from error
    absent = [name for name in EXPRESSION_NAMES if name not in names]
    if absent or len(names) != len(expressions):
        raise ValueError(f"{path}: lacks the expression {absent[0] if absent else len(expressions)}; {HOW_TO_GET}")
    chosen = expressions[[names.index(name) for name in EXPRESSION_NAMES]]
    parts = (np.asarray(part, np.float32) for part in (vertices, chosen, identities))
    return _checked(path, *parts)


def _checked(path: Path, *parts: np.ndarray) -> IctModel:
    """Return the model of vertices, expressions, identities if their shapes are right and all numbers finite."""
    wanted = ((NUM_VERTICES, 3), (len(EXPRESSION_NAMES), NUM_VERTICES, 3), (NUM_IDENTITIES, NUM_VERTICES, 3))
    shapes = tuple(part.shape for part in parts)
    if shapes != wanted:
        raise ValueError(f"{path}: needs arrays of the shapes {wanted}, got {shapes}; {HOW_TO_GET}")
    if not all(np.isfinite(part).all() for part in parts):
        raise ValueError(f"{path}: holds numbers that are not finite; {HOW_TO_GET}")
    return IctModel(*parts)


def pack_ict(folder: Path, out: Path) -> None:
    """Write the model of ``folder`` as one .npz file (17 MB), displacements as float16 (0.004 mm at worst)."""
    model = read_ict(folder)
    temporary = out.with_name(f".{out.name}.{os.getpid()}")
    with temporary.open("wb") as file:
        np.savez_compressed(
            file,
            vertices=model.vertices,
            expression_names=np.array(EXPRESSION_NAMES),
            expressions=model.expressions.astype(np.float16),
            identities=model.identities.astype(np.float16),
        )
    os.replace(temporary, out)
