"""Place camera, directional lights and the panorama. The room's axes are Blender's camera axes: x right, y up."""

import math
from typing import Any

import bpy
import mathutils
import numpy as np

from .pictures import picture


def add_camera(camera: dict[str, Any]) -> None:
    """Look along -z from the eye; ``focal`` and ``offset`` are in picture heights."""
    data = bpy.data.cameras.new("camera")
    data.sensor_fit, data.sensor_width, data.lens = "HORIZONTAL", 1.0, camera["focal"]
    data.shift_x, data.shift_y = -camera["offset"][0], camera["offset"][1]
    data.clip_start, data.clip_end = 0.05, 1000
    thing = bpy.data.objects.new("camera", data)
    thing.location = camera["eye"]
    bpy.context.scene.collection.objects.link(thing)
    bpy.context.scene.camera = thing


def add_lights(lights: list[dict[str, Any]]) -> None:
    """Add suns; their strength is the irradiance on a surface that faces them."""
    for light in lights:
        strength = max(light["colour"])
        if strength <= 0:
            continue
        data = bpy.data.lights.new("sun", "SUN")
        data.energy = math.pi * strength
        data.color = [value / strength for value in light["colour"]]
        data.angle = 2 * light["radius_rad"]
        thing = bpy.data.objects.new("sun", data)
        thing.rotation_mode = "QUATERNION"
        thing.rotation_quaternion = mathutils.Vector(light["towards"]).to_track_quat("Z", "Y")
        bpy.context.scene.collection.objects.link(thing)


def add_panorama(pixels: np.ndarray) -> None:
    """Surround the scene with a panorama by longitude and latitude."""
    world = bpy.data.worlds.new("world")
    world.use_nodes = True
    bpy.context.scene.world = world
    nodes, links = world.node_tree.nodes, world.node_tree.links
    texture = nodes.new("ShaderNodeTexEnvironment")
    texture.image = picture("panorama", pixels)
    links.new(texture.outputs["Color"], nodes["Background"].inputs["Color"])
    world.cycles.sampling_method = "AUTOMATIC"
