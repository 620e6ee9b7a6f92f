"""Say what one data set holds and how its rows fall into shards."""

import dataclasses
import functools
import hashlib
import importlib.metadata
import platform
from pathlib import Path
from typing import Any

import facsimile
from facsimile import __version__
from facsimile.face.ict_data import ict_fingerprint, required_ict_path
from facsimile.face.rigs import check_rig
from facsimile.facs.action_units import LABEL_UNITS
from facsimile.facs.controllers import CONTROLLERS
from facsimile.render.cycles.blender import blender_version
from facsimile.studio.recipe import Recipe, mixed

SHARD_ROWS = 512
"""Rows a shard aims at, whole people or clips only; about 5 MB of images."""
FORMAT_VERSION = 3
"""Version of the columns and of the manifest."""
IMAGE_FORMATS = ("jpeg", "png")
RENDER_ENGINES = ("raster", "cycles")
BUFFERS = ("segmentation", "depth", "displacement")
"""What can be stored for every pixel."""
DRAWING_ROOMS = ("facs", "face", "render", "studio")
"""Rooms whose code decides the bytes of a row."""
DRAWN_ASSETS = ("head_pack.npz", "hand_pack.npz", "ict_correspondence.npz")
LIBRARIES = ("numpy", "numba", "opencv-python-headless", "pyarrow")
"""Packages whose version can change the bytes of a data set."""


@dataclasses.dataclass(frozen=True)
class Settings:
    """Fix a data set: its rows follow from these fields alone."""

    count: int
    """Number of images."""
    seed: int = 1
    """Seed of the whole data set."""
    size: int = 160
    """Width and height of an image in pixels."""
    recipe: Recipe = dataclasses.field(default_factory=mixed)
    """What the images show."""
    image_format: str = "jpeg"
    """jpeg (full colour resolution) or png (lossless, five times the size)."""
    jpeg_quality: int = 90
    """1-100; at 90 a picture of 128 px takes about 6 kB."""
    buffers: tuple[str, ...] = ()
    """Labels of every pixel to store beside the image: some of segmentation, depth, displacement."""
    rig: str = "makehuman"
    """What people are drawn from: makehuman, ict or mixed (``face.rigs``)."""
    render_engine: str = "raster"
    """What draws the pictures: raster, or cycles, a path tracer in a process of its own (``render.cycles``)."""
    samples: int = 32
    """Light paths per pixel of cycles."""

    def __post_init__(self) -> None:
        if self.count < 1:
            raise ValueError(f"count must be at least 1 image, got {self.count}")
        if not 0 <= self.seed < 2**63:
            raise ValueError(f"seed must lie in 0..2^63-1, got {self.seed}")
        if not 32 <= self.size <= 2048:
            raise ValueError(f"size must lie in 32..2048 pixels, got {self.size}")
        if self.image_format not in IMAGE_FORMATS:
            raise ValueError(f"image_format must be one of {IMAGE_FORMATS}, got {self.image_format!r}")
        if not 1 <= self.jpeg_quality <= 100:
            raise ValueError(f"jpeg_quality must lie in 1..100, got {self.jpeg_quality}")
        unknown = [name for name in self.buffers if name not in BUFFERS]
        if unknown or len(set(self.buffers)) < len(self.buffers):
            raise ValueError(f"buffers must be different ones of {', '.join(BUFFERS)}, got {', '.join(self.buffers)}")
        check_rig(self.rig)
        if self.render_engine not in RENDER_ENGINES:
            raise ValueError(f"render_engine must be one of {RENDER_ENGINES}, got {self.render_engine!r}")
        if not 1 <= self.samples <= 4096:
            raise ValueError(f"samples must lie in 1..4096 light paths per pixel, got {self.samples}")
        most = self.recipe.max_identities
        if most is not None and self.num_identities > most:
            raise ValueError(
                f"count must be at most {most * self.recipe.images_per_identity}: recipe {self.recipe.name!r} holds "
                f"{most} people with {self.recipe.images_per_identity} images each, got {self.count}"
            )

    @property
    def num_identities(self) -> int:
        """Return the number of people; the last one may have fewer images."""
        return -(-self.count // self.recipe.images_per_identity)

    @property
    def num_groups(self) -> int:
        """Return the number of groups, whose images are drawn together: people, or clips; the last may be shorter."""
        return -(-self.count // self.recipe.images_per_group)

    @property
    def groups_per_shard(self) -> int:
        """Return the number of groups in a full shard."""
        return max(1, SHARD_ROWS // self.recipe.images_per_group)

    @property
    def num_shards(self) -> int:
        """Return the number of files."""
        return -(-self.num_groups // self.groups_per_shard)

    def groups_of(self, shard: int) -> range:
        """Return the groups in one shard."""
        first = shard * self.groups_per_shard
        return range(first, min(first + self.groups_per_shard, self.num_groups))

    def indices_of(self, group: int) -> range:
        """Return the samples of one group; they all show one person."""
        first = group * self.recipe.images_per_group
        return range(first, min(first + self.recipe.images_per_group, self.count))

    def identity_of(self, group: int) -> int:
        """Return the person a group shows."""
        return group * self.recipe.images_per_group // self.recipe.images_per_identity

    def num_rows(self, shard: int) -> int:
        """Return the number of rows of one shard."""
        groups = self.groups_of(shard)
        return self.indices_of(groups[-1]).stop - self.indices_of(groups[0]).start

    def identity_card(self) -> dict[str, Any]:
        """Return everything but the count that decides the bytes of a row, as plain values."""
        return {
            "format": FORMAT_VERSION,
            "facsimile": __version__,
            "code": code_fingerprint(),
            "recipe": self.recipe.to_dict(),
            "seed": self.seed,
            "size": self.size,
            "image_format": self.image_format,
            "jpeg_quality": self.jpeg_quality,
            "buffers": list(self.buffers),
            "rig": self.rig,
            "rig_data": None if self.rig == "makehuman" else ict_fingerprint(required_ict_path()),
            "render": self._render_card(),
            "units": list(LABEL_UNITS),
            "controllers": list(CONTROLLERS),
        }

    def _render_card(self) -> dict[str, Any]:
        """Return what draws the pictures; ValueError says how to get a path tracer that is not there."""
        if self.render_engine == "raster":
            return {"engine": "raster"}
        return {"engine": "cycles", "samples": self.samples, "bpy": blender_version()}


@functools.cache
def code_fingerprint() -> str:
    """Return a hash of everything that draws: rows of two versions of the code never mix in one data set."""
    package = Path(facsimile.__file__).parent
    sources = [path for room in DRAWING_ROOMS for path in sorted((package / room).rglob("*.py"))]
    digest = hashlib.sha256()
    for path in [*sources, *(package / "assets" / name for name in DRAWN_ASSETS)]:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def library_versions() -> dict[str, str]:
    """Return the versions a data set was made with."""
    return {"python": platform.python_version()} | {name: importlib.metadata.version(name) for name in LIBRARIES}
