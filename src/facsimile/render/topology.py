"""What never changes from face to face: triangles, materials and texture addresses of the template head."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Bool, Float32, Int32, UInt8

from facsimile.face.mouth import placed_teeth
from facsimile.face.pack import PART_NAMES, load_head_pack
from facsimile.face.rest import ATLAS_SIZE, atlas_uv
from facsimile.face.teeth import GUM as GUM_KIND
from facsimile.face.teeth import dental_mesh, ideal_dentition

SKIN, EYE, TEETH, TONGUE, CLOTHES, GUM = 0, 1, 2, 3, 4, 5
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
UNSEEN_PARTS = ("upper_teeth", "lower_teeth")
"""Parts of the pack that pictures do not show: a person's own teeth stand in their place."""


@dataclass(frozen=True)
class Topology:
    """Triangles of the head, then of the clothes, then of the teeth, with what the shader looks up per triangle."""

    rest: Float32[np.ndarray, "W 3"]
    """Template vertices (dm), the pack's and then the teeth's."""
    triangles: Int32[np.ndarray, "F 3"]
    """Head and clothes: vertices of the pack alone."""
    seen: Int32[np.ndarray, "G 3"]
    """Head, clothes and teeth; those of ``UNSEEN_PARTS`` are empty."""
    num_head: int
    """Triangles before this index are head, from it on clothes."""
    material: UInt8[np.ndarray, " G"]
    mask_uv: Float32[np.ndarray, "G 3 2"]
    """Texture coordinates of the corners in the pack's masks; on teeth: height and place across the crown."""
    atlas: Float32[np.ndarray, "G 3 2"]
    """Texel coordinates of the corners in the skin atlas; columns may exceed the width where a triangle wraps.

    On teeth: the tooth's number, twice.
    """
    near_mouth: Bool[np.ndarray, " G"]
    """Whether any corner lies on the lips or inside the mouth."""
    lips: UInt8[np.ndarray, "M N"]
    inside_mouth: UInt8[np.ndarray, "M N"]
    eye_vertices: tuple[Int32[np.ndarray, " L"], Int32[np.ndarray, " L"]]
    """Vertices of the left and the right eyeball."""
    clothes_vertices: Int32[np.ndarray, " C"]

    @property
    def head(self) -> Int32[np.ndarray, "F 3"]:
        """Return the head's triangles."""
        return self.triangles[: self.num_head]

    @property
    def clothes(self) -> Int32[np.ndarray, "F 3"]:
        """Return the clothes' triangles."""
        return self.triangles[self.num_head :]

    @property
    def seen_head(self) -> Int32[np.ndarray, "F 3"]:
        """Return the head's triangles without the parts that are not drawn."""
        return self.seen[: self.num_head]

    @property
    def teeth(self) -> Int32[np.ndarray, "F 3"]:
        """Return the triangles of teeth and gums, corners in ``rest``."""
        return self.seen[len(self.triangles) :]


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
    teeth = dental_mesh()
    tooth_material = np.where(teeth.kind == GUM_KIND, GUM, TEETH).astype(np.uint8)
    unseen = np.isin(head_part, [PART_NAMES.index(name) for name in UNSEEN_PARTS])
    seen_head = np.where(unseen[:, None], 0, triangles[: len(head)])
    tooth_number = np.broadcast_to(teeth.tooth[:, None, None], (len(teeth.tooth), 3, 2))
    return Topology(
        rest=np.concatenate([pack.vertices, placed_teeth(ideal_dentition(), pack.vertices)]),
        triangles=triangles,
        seen=np.concatenate([seen_head, triangles[len(head) :], teeth.triangles + np.int32(len(pack.vertices))]).astype(
            np.int32
        ),
        num_head=len(head),
        material=np.concatenate([material[np.concatenate([head_part, cloth_part])], tooth_material]),
        mask_uv=np.ascontiguousarray(np.concatenate([mask_uv, teeth.crown]), np.float32),
        atlas=np.concatenate([_unwrapped(atlas_uv(pack.vertices[triangles])), tooth_number]).astype(np.float32),
        near_mouth=np.concatenate([is_body & (mouth > 0.02), np.zeros(len(teeth.kind), bool)]),
        lips=pack.masks["lips"],
        inside_mouth=pack.masks["inside_mouth"],
        eye_vertices=(pack.part_vertices("left_eye"), pack.part_vertices("right_eye")),
        clothes_vertices=np.unique(cloth).astype(np.int32),
    )


def _unwrapped(columns_rows: np.ndarray) -> np.ndarray:
    """Move corners of triangles that straddle the back seam to one side of it, so that they interpolate."""
    columns = columns_rows[..., 0]
    straddles = np.ptp(columns, axis=1) > ATLAS_SIZE[1] / 2
    columns += np.where(straddles[:, None] & (columns < ATLAS_SIZE[1] / 2), ATLAS_SIZE[1], 0)
    return np.ascontiguousarray(columns_rows, np.float32)
