"""Make Blender hair curves of strands."""

from typing import Any

import bpy
import numpy as np

GAIN = {"hair": (0.33, 0.65), "brow": (0.6, 1.2), "beard": (0.45, 0.9), "lash": (0.6, 0.6)}
"""Colour of Blender's hair over the albedo of a lock in the raster, of black and of fair hair: the raster's lobes are
weaker (fitted by eye)."""
FAIR = 0.25
"""Albedo from which hair counts as fair."""


def add_hairs(hairs: dict[str, Any], arrays: dict[str, np.ndarray], material: bpy.types.Material) -> None:
    """Put one kind of hair into the scene; each hair carries its colour."""
    points, width = arrays[f"{hairs['key']}.points"], arrays[f"{hairs['key']}.width"]
    count, length = points.shape[:2]
    if not count:
        return
    curves = bpy.data.hair_curves.new(hairs["name"])
    curves.add_curves([length] * count)
    curves.points.foreach_set("position", np.ascontiguousarray(points, np.float32).ravel())
    along = np.linspace(0, 1, length, dtype=np.float32) ** 2
    radius = 0.5 * width[:, None] * (1 - hairs["taper"] * along)
    layer = curves.attributes.get("radius") or curves.attributes.new("radius", "FLOAT", "POINT")
    layer.data.foreach_set("value", np.ascontiguousarray(radius, np.float32).ravel())
    colours = np.ones((count, 4), np.float32)
    colours[:, :3] = _dyed(arrays[f"{hairs['key']}.colours"], *GAIN[hairs["name"]])
    curves.attributes.new("colours", "FLOAT_COLOR", "CURVE").data.foreach_set("color", colours.ravel())
    curves.materials.append(material)
    bpy.context.scene.collection.objects.link(bpy.data.objects.new(hairs["name"], curves))


def _dyed(albedo: np.ndarray, black: float, fair: float) -> np.ndarray:
    """Return the colours [N,3] that make Blender's hair look like the raster's."""
    share = np.clip(albedo.mean(1, keepdims=True) / FAIR, 0, 1)
    return np.clip(albedo * (black + (fair - black) * share), 0, 1)
