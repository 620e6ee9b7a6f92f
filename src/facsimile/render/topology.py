"""What never changes from face to face: triangles, materials and texture addresses of the template head."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Bool, Float32, Int32, UInt8

from facsimile.face.pack import PART_NAMES, load_head_pack
from facsimile.face.rest import ATLAS_SIZE, atlas_uv

SKIN, EYE, TEETH, TONGUE, CLOTHES = 0, 1, 2, 3, 4
"""Materials of triangles; the inside of the mouth is skin to the mesh and told apart by a mask."""
MATERIAL_OF_PART = {
    "body": SKIN,
    "left_eye": EYE,
    "right_eye": EYE,
    "upper_teeth": TEETH,
    "lower_teeth": TEETH,
    "tongue": TONGUE,
    "clothes": CLOTHES,
}
HEAD_PARTS = ("body", "left_eye", "right_eye", "upper_teeth", "lower_teeth", "tongue")


@dataclass(frozen=True)
class Topology:
    """Triangles of the head, then of the clothes, with what the shader looks up per triangle."""

    rest: Float32[np.ndarray, "V 3"]
    """Template vertices (dm)."""
    triangles: Int32[np.ndarray, "F 3"]
    num_head: int
    """Triangles before this index are head, from it on clothes."""
    material: UInt8[np.ndarray, " F"]
    mask_uv: Float32[np.ndarray, "F 3 2"]
    """Texture coordinates of the corners in the pack's masks."""
    atlas: Float32[np.ndarray, "F 3 2"]
    """Texel coordinates of the corners in the skin atlas; columns may exceed the width where a triangle wraps."""
    near_mouth: Bool[np.ndarray, " F"]
    """Whether any corner lies on the lips or inside the mouth."""
    lips: UInt8[np.ndarray, "H W"]
    inside_mouth: UInt8[np.ndarray, "H W"]
    eye_vertices: tuple[Int32[np.ndarray, " N"], Int32[np.ndarray, " N"]]
    """Vertices of the left and the right eyeball."""

    @property
    def head(self) -> Int32[np.ndarray, "F 3"]:
        """Return the head's triangles."""
        return self.triangles[: self.num_head]

    @property
    def clothes(self) -> Int32[np.ndarray, "F 3"]:
        """Return the clothes' triangles."""
        return self.triangles[self.num_head :]


@lru_cache(maxsize=1)
def topology() -> Topology:
    """Return the topology of the head pack, made once per process."""
    pack = load_head_pack()
    head, head_uv, head_part = pack.triangles(HEAD_PARTS)
    cloth, cloth_uv, cloth_part = pack.triangles(["clothes"])
    triangles = np.ascontiguousarray(np.concatenate([head, cloth]), np.int32)
    mask_uv = pack.uv[np.concatenate([head_uv, cloth_uv])]
    material = np.array([MATERIAL_OF_PART.get(name, SKIN) for name in PART_NAMES], np.uint8)
    is_body = np.concatenate([head_part, cloth_part]) == PART_NAMES.index("body")
    mouth = np.maximum(pack.sample_mask("lips", mask_uv), pack.sample_mask("inside_mouth", mask_uv)).max(1)
    return Topology(
        rest=pack.vertices,
        triangles=triangles,
        num_head=len(head),
        material=material[np.concatenate([head_part, cloth_part])],
        mask_uv=np.ascontiguousarray(mask_uv, np.float32),
        atlas=_unwrapped(atlas_uv(pack.vertices[triangles])),
        near_mouth=is_body & (mouth > 0.02),
        lips=pack.masks["lips"],
        inside_mouth=pack.masks["inside_mouth"],
        eye_vertices=(pack.part_vertices("left_eye"), pack.part_vertices("right_eye")),
    )


def _unwrapped(columns_rows: np.ndarray) -> np.ndarray:
    """Move corners of triangles that straddle the back seam to one side of it, so that they interpolate."""
    columns = columns_rows[..., 0]
    straddles = np.ptp(columns, axis=1) > ATLAS_SIZE[1] / 2
    columns += np.where(straddles[:, None] & (columns < ATLAS_SIZE[1] / 2), ATLAS_SIZE[1], 0)
    return np.ascontiguousarray(columns_rows, np.float32)
