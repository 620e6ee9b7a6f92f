"""Take pictures of scenes with Cycles: the raster's labels and camera, light by path tracing."""

import functools
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from facsimile.render.cycles.blender import Blender, BlenderError, blender_python
from facsimile.render.cycles.blender_side.serve import TEMPORARY_PREFIX
from facsimile.render.cycles.scene_file import Quality, write_scene
from facsimile.render.performance import Performance
from facsimile.render.renderer import render
from facsimile.render.rendering import Rendering
from facsimile.render.scene import Scene

LARGEST_RADIANCE = 60.0
"""Brighter pixels are fireflies: a white card in the sun sends back less."""


@dataclass(frozen=True)
class CyclesPainter:
    """Paint the light of scenes with one Blender process."""

    blender: Blender
    quality: Quality

    def __call__(
        self, scene: Scene, performance: Performance
    ) -> tuple[Float32[np.ndarray, "H W 3"], Float32[np.ndarray, "H W"]]:
        """Return radiance times coverage, and coverage. Raises `BlenderError`."""
        light = self.drawn(scene, performance, ("light",))["light"]
        radiance = np.clip(light[..., :3], 0, LARGEST_RADIANCE)
        return np.ascontiguousarray(radiance), np.ascontiguousarray(np.clip(light[..., 3], 0, 1))

    def masks(self, scene: Scene, performance: Performance) -> Float32[np.ndarray, "H W 3"]:
        """Return which part of each pixel is face, eye and head hair, 0-1, as the path tracer sees them."""
        return np.ascontiguousarray(self.drawn(scene, performance, ("masks",))["masks"][..., :3])

    def drawn(
        self, scene: Scene, performance: Performance, passes: tuple[str, ...]
    ) -> dict[str, Float32[np.ndarray, "H W 4"]]:
        """Return passes (``scene_file.PASSES``) by name: linear RGBA, premultiplied."""
        with tempfile.TemporaryDirectory(prefix=TEMPORARY_PREFIX) as name:
            write_scene(Path(name), scene, performance, quality=self.quality, passes=passes)
            self.blender.draw(Path(name))
            return {one: _read(Path(name, f"{one}.npy"), scene.size) for one in passes}


def render_cycles(scene: Scene, *, quality: Quality | None = None, buffers: tuple[str, ...] = ()) -> Rendering:
    """Draw a scene with Cycles; its labels are those of ``renderer.render``.

    Raises ValueError where Blender is missing, and `BlenderError` where it fails.
    """
    return render(scene, buffers=buffers, painter=painter_of(quality or Quality()))


@functools.lru_cache(maxsize=1)
def painter_of(quality: Quality) -> CyclesPainter:
    """Return this process's painter: Blender starts with the first picture and stays."""
    return CyclesPainter(Blender(blender_python()), quality)


def _read(path: Path, size: int) -> Float32[np.ndarray, "H W 4"]:
    """Read what Blender wrote."""
    try:
        pixels = np.load(path, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise BlenderError(f"Blender wrote no picture that can be read: {error}") from error
    if pixels.shape != (size, size, 4) or pixels.dtype != np.float32 or not np.isfinite(pixels).all():
        raise BlenderError(
            f"Blender's picture is {pixels.dtype} {pixels.shape}, not finite float32 {size} x {size} x 4"
        )
    return np.asarray(pixels)
