"""Make Blender meshes of triangles with texture coordinates and colours at their corners."""

from typing import Any

import bpy
import numpy as np


def add_part(part: dict[str, Any], arrays: dict[str, np.ndarray], material: bpy.types.Material) -> None:
    """Put one part into the scene, smoothly shaded."""
    key = part["key"]
    vertices, triangles = arrays[f"{key}.vertices"], arrays[f"{key}.triangles"]
    mesh = bpy.data.meshes.new(part["name"])
    mesh.vertices.add(len(vertices))
    mesh.vertices.foreach_set("co", np.ascontiguousarray(vertices, np.float32).ravel())
    mesh.loops.add(3 * len(triangles))
    mesh.loops.foreach_set("vertex_index", np.ascontiguousarray(triangles, np.int32).ravel())
    mesh.polygons.add(len(triangles))
    mesh.polygons.foreach_set("loop_start", np.arange(0, 3 * len(triangles), 3, dtype=np.int32))
    mesh.polygons.foreach_set("use_smooth", np.ones(len(triangles), bool))
    for name in ("uv", "mask_uv"):
        if name in part["has"]:
            mesh.uv_layers.new(name=name).data.foreach_set("uv", arrays[f"{key}.{name}"].ravel())
    if "colours" in part["has"]:
        colours = np.ones((3 * len(triangles), 4), np.float32)
        colours[:, :3] = arrays[f"{key}.colours"].reshape(-1, 3)
        layer = mesh.color_attributes.new("colours", "FLOAT_COLOR", "CORNER")
        layer.data.foreach_set("color", colours.ravel())
    mesh.update(calc_edges=True)
    mesh.validate()
    mesh.materials.append(material)
    thing = bpy.data.objects.new(part["name"], mesh)
    thing.cycles.shadow_terminator_geometry_offset = 0.2
    bpy.context.scene.collection.objects.link(thing)
