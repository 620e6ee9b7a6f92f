"""Hold what a person wears besides clothes: shapes of their own that sit on the template head and follow a real one."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float32, Int32

from facsimile.face.landmarks import landmarks
from facsimile.face.pack import load_head_pack
from facsimile.face.solids import Mesh
from facsimile.face.strands import head_affine

KINDS = ("glasses", "headwear", "clothes", "jewellery", "hand", "mask", "object")
"""What an accessory is labelled as."""
PLAIN, KNIT, WEAVE, STRIPES, CHECK, METAL, SKIN = range(7)
"""Patterns of the surface."""
EAR_Z = 0.5
"""Depth (dm) of the place where temples rest on the template's ears."""
LENS_Z = 1.45
NEAREST = 6

Fit = Callable[[Float32[np.ndarray, "V 3"], Float32[np.ndarray, "W 3"]], Float32[np.ndarray, "V 3"]]
"""Moves vertices (dm) from the template to a head of ``W`` vertices."""


@dataclass(frozen=True, eq=False)
class Accessory:
    """Hold one thing worn: a mesh on the template head (dm), what it follows and how it looks.

    ``colour`` [V,3] linear RGB; ``pattern`` one of the module's, of size ``scale`` (dm), drawn in ``second`` colour;
    ``roughness`` 0.05-1; ``clear`` [3] the light that passes, 0 for what is not a lens.
    """

    name: str
    kind: str
    hold: str
    vertices: Float32[np.ndarray, "V 3"]
    triangles: Int32[np.ndarray, "F 3"]
    colour: Float32[np.ndarray, "V 3"]
    second: Float32[np.ndarray, "3"]
    pattern: int
    scale: float
    roughness: float
    clear: Float32[np.ndarray, "3"]
    fit: Fit | None = None
    """Places the vertices on a head that makes a face; without it they are placed as ``hold`` says."""

    @property
    def follows_expression(self) -> bool:
        """Tell whether it moves with the skin, or stays where it sits on the neutral face."""
        return self.fit is not None or self.hold == "body"

    @property
    def is_lens(self) -> bool:
        """Tell whether light passes through it."""
        return bool(self.clear.any())

    @property
    def is_dark(self) -> bool:
        """Tell whether it hides what is behind it: anything but a clear lens."""
        return bool(self.clear.mean() < 0.5)

    def placed(self, neutral: Float32[np.ndarray, "W 3"]) -> Float32[np.ndarray, "V 3"]:
        """Return the vertices as they sit on a head (dm): a neutral one unless it ``follows_expression``."""
        if self.fit is not None:
            return self.fit(self.vertices, neutral)
        if self.hold == "skull":
            affine = head_affine(neutral)
            return np.asarray(self.vertices @ affine[:3] + affine[3], np.float32)
        if self.hold == "glasses":
            return _on_the_nose(self.vertices, neutral)
        index, weight = self._anchors
        shift = neutral[index] - load_head_pack().vertices[index]
        return np.asarray(self.vertices + (shift * weight[..., None]).sum(1), np.float32)

    @cached_property
    def _anchors(self) -> tuple[np.ndarray, np.ndarray]:
        """Keep what ``body_anchors`` finds: one thing is worn in many pictures."""
        return body_anchors(self.vertices)


def accessory(
    name: str,
    mesh: Mesh,
    *,
    kind: str,
    hold: str,
    colour: tuple[float, float, float] | np.ndarray,
    second: tuple[float, float, float] | np.ndarray = (0.0, 0.0, 0.0),
    pattern: int = PLAIN,
    scale: float = 0.1,
    roughness: float = 0.7,
    clear: tuple[float, float, float] = (0.0, 0.0, 0.0),
    fit: Fit | None = None,
) -> Accessory:
    """Make an accessory of a mesh; ``colour`` of all vertices or of each."""
    vertices = mesh[0].astype(np.float32)
    colours = np.ascontiguousarray(np.broadcast_to(np.asarray(colour, np.float32), vertices.shape))
    return Accessory(name, kind, hold, vertices, mesh[1], colours, np.asarray(second, np.float32), pattern, scale,
                     roughness, np.asarray(clear, np.float32), fit)  # fmt: skip


def body_anchors(points: Float32[np.ndarray, "V 3"]) -> tuple[Int32[np.ndarray, "V K"], Float32[np.ndarray, "V K"]]:
    """Return the template's skin vertices nearest to each point and their weights, sum 1."""
    pack = load_head_pack()
    body = pack.part_vertices("body")
    height = pack.vertices[body, 1]
    near = body[(height < points[:, 1].max() + 0.3) & (height > points[:, 1].min() - 0.3)]
    there = pack.vertices[near]
    square = (points**2).sum(1)[:, None] - 2 * points @ there.T + (there**2).sum(1)
    nearest = np.argpartition(square, NEAREST, axis=1)[:, :NEAREST]
    distance = np.sqrt(np.maximum(np.take_along_axis(square, nearest, 1), 0))
    weight = 1 / (distance + 0.05)
    return near[nearest].astype(np.int32), np.asarray(weight / weight.sum(1, keepdims=True), np.float32)


def _on_the_nose(
    vertices: Float32[np.ndarray, "V 3"], neutral: Float32[np.ndarray, "W 3"]
) -> Float32[np.ndarray, "V 3"]:
    """Fit glasses: as wide as the head at the temples, on the bridge of the nose, temples on the ears."""
    mine, theirs = landmarks(neutral), landmarks(load_head_pack().vertices)
    ears = ear_vertices()
    width = np.abs(neutral[ears, 0]).mean() / np.abs(load_head_pack().vertices[ears, 0]).mean()
    front = float((mine[27:29] - theirs[27:29])[:, 2].mean())
    brow = float(max((mine[17:27, 2] - theirs[17:27, 2]).max() - 0.02, front))
    ear = (neutral[ears] - load_head_pack().vertices[ears]).mean(0)
    lift = float((mine[27:29] - theirs[27:29])[:, 1].mean()) * 0.7
    share = np.clip((vertices[:, 2] - EAR_Z) / (LENS_Z - EAR_Z), 0, 1)[:, None]
    out = vertices * np.array((width, 1.0, 1.0), np.float32)
    out[:, 1:2] += share * np.float32(lift) + (1 - share) * ear[1]
    out[:, 2:3] += share * np.float32(max(front, brow)) + (1 - share) * ear[2]
    return out.astype(np.float32)


def ear_vertices() -> Int32[np.ndarray, " N"]:
    """Return the skin vertices at the top of both ears, where temples rest."""
    pack = load_head_pack()
    body = pack.part_vertices("body")
    x, y, z = np.abs(pack.vertices[body, 0]), pack.vertices[body, 1], pack.vertices[body, 2]
    return body[(x > 0.74) & (y > 7.2) & (y < 7.45) & (z > 0.3) & (z < 0.75)]
