"""From the layers of the shader to a picture: light under the skin, the place behind, the camera."""

import numpy as np
from jaxtyping import Float32, UInt8

from facsimile.render.diffusion import diffuse_along, diffusion_taps
from facsimile.render.focus import soft_behind
from facsimile.render.postprocess import developed, metered_exposure
from facsimile.render.scene import Scene
from facsimile.render.shading import Layers


def diffused(layers: Layers, depth: Float32[np.ndarray, "H W"], px_per_dm: float) -> Float32[np.ndarray, "H W 3"]:
    """Let light wander under the skin, then add up the layers: linear radiance times coverage."""
    taps, scratch, irradiance = (
        diffusion_taps(px_per_dm),
        np.zeros_like(layers.plain),
        np.zeros_like(layers.plain),
    )
    diffuse_along(layers.irradiance, layers.skin, depth, taps, 1, 0, scratch)
    diffuse_along(scratch, layers.skin, depth, taps, 0, 1, irradiance)
    return layers.plain + layers.albedo * irradiance


def exposed(
    scene: Scene, radiance: Float32[np.ndarray, "H W 3"], layers: Layers, depth: Float32[np.ndarray, "H W"]
) -> UInt8[np.ndarray, "H W 3"]:
    """Put the head in front of its background and take the picture."""
    behind = scene.background.at(scene.size) * (np.float32(1) - layers.cover)[..., None]
    picture = radiance + behind
    exposure = metered_exposure(picture, layers.irradiance, layers.skin)
    return developed(soft_behind(picture, depth, layers.cover, scene.camera), scene.sensor, exposure)
