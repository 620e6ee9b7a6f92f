"""Load the head pack: one template mesh, its parts, and every shape that moves it.

The pack holds CC0 data of MakeHuman and of Mika Suominen's Face Units (see ``assets/HEAD_PACK_LICENSE.md``); the script
``scripts/build_head_pack.py`` makes it. The world is MakeHuman's: decimetres, x to the subject's left, y up, z out of
the face.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
from jaxtyping import Float, Float32, Int8, Int32, UInt8

PACK_PATH = Path(__file__).parents[1] / "assets" / "head_pack.npz"

PART_NAMES = (
    "body",
    "left_eye",
    "right_eye",
    "upper_teeth",
    "lower_teeth",
    "tongue",
    "left_lash_lower",
    "left_lash_upper",
    "right_lash_lower",
    "right_lash_upper",
    "hair_cap",
    "clothes",
)
"""Index in this tuple = value in ``HeadPack.part``."""

MASK_NAMES = ("lips", "eyelids", "ears", "face", "inside_mouth")
MM_PER_UNIT = 100.0
"""The mesh is in decimetres."""


@dataclass(frozen=True, eq=False)
class HeadPack:
    """Hold the template head and its shapes.

    ``vertices`` [V,3] decimetres; ``quads`` [Q,4] corners into them; ``uv`` [U,2] and ``uv_quads`` [Q,4] the same
    corners in MakeHuman texture coordinates (v up); ``part`` [Q] index into ``PART_NAMES``; ``shapes`` [K,V,3]
    displacements at weight 1; ``masks`` over the texture, row 0 at v=1. Shape names: ``race:*`` and ``univ:*`` (age,
    sex, build), ``<region>:*`` (local form), ``fu:*`` (ARKit face units), ``ex:<ancestry>:*`` (MakeHuman units).
    """

    vertices: Float32[np.ndarray, "V 3"]
    quads: Int32[np.ndarray, "Q 4"]
    uv: Float32[np.ndarray, "U 2"]
    uv_quads: Int32[np.ndarray, "Q 4"]
    part: Int8[np.ndarray, " Q"]
    shape_names: tuple[str, ...]
    shapes: Float32[np.ndarray, "K V 3"]
    masks: dict[str, UInt8[np.ndarray, "1024 1024"]]

    @cached_property
    def shape_index(self) -> dict[str, int]:
        """Map a shape name to its row in ``shapes``."""
        return {name: index for index, name in enumerate(self.shape_names)}

    def triangles(
        self, parts: Sequence[str] = PART_NAMES
    ) -> tuple[Int32[np.ndarray, "F 3"], Int32[np.ndarray, "F 3"], Int8[np.ndarray, " F"]]:
        """Return the triangles of ``parts``: corners in ``vertices``, the same corners in ``uv``, and the part.

        All first halves of the quads come before all second halves; degenerate halves are left out.
        """
        keep = np.isin(self.part, [part_index(name) for name in parts])
        quads, uv_quads, part = self.quads[keep], self.uv_quads[keep], self.part[keep]
        second = quads[:, 2] != quads[:, 3]
        corners = [quads[:, :3], quads[second][:, [0, 2, 3]]]
        uv_corners = [uv_quads[:, :3], uv_quads[second][:, [0, 2, 3]]]
        return np.concatenate(corners), np.concatenate(uv_corners), np.concatenate([part, part[second]])

    def part_vertices(self, name: str) -> Int32[np.ndarray, " N"]:
        """Return the sorted vertex indices of one part."""
        return np.unique(self.quads[self.part == part_index(name)]).astype(np.int32)

    def sample_mask(self, name: str, uv: Float[np.ndarray, "... 2"]) -> Float32[np.ndarray, "..."]:
        """Read a mask at texture coordinates, nearest texel, 0-1."""
        mask = self.masks[name]
        column = np.clip((uv[..., 0] * mask.shape[1]).astype(int), 0, mask.shape[1] - 1)
        row = np.clip(((1 - uv[..., 1]) * mask.shape[0]).astype(int), 0, mask.shape[0] - 1)
        return np.asarray(mask[row, column], np.float32) / np.float32(255)


def part_index(name: str) -> int:
    """Return the index of a part; a wrong name is an error that lists the right ones."""
    if name not in PART_NAMES:
        raise ValueError(f"part: {name!r} is not a part of the head; use one of {', '.join(PART_NAMES)}")
    return PART_NAMES.index(name)


def read_head_pack(path: Path) -> HeadPack:
    """Read a pack from ``path``."""
    with np.load(path, allow_pickle=False) as data:
        return HeadPack(
            vertices=data["vertices"],
            quads=data["quads"],
            uv=data["uv"],
            uv_quads=data["uv_quads"],
            part=data["part"],
            shape_names=tuple(str(name) for name in data["shape_names"]),
            shapes=data["shapes"].astype(np.float32),
            masks={name: data[f"mask_{name}"] for name in MASK_NAMES},
        )


@lru_cache(maxsize=1)
def load_head_pack() -> HeadPack:
    """Return the pack that ships with the package, read once per process."""
    return read_head_pack(PACK_PATH)
