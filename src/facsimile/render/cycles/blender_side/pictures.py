"""Turn arrays into Blender images of plain numbers."""

import bpy
import numpy as np


def picture(name: str, pixels: np.ndarray) -> bpy.types.Image:
    """Return an image of [H,W,C] floats, C 1 or 3, top row first; no colour management touches it."""
    height, width, channels = pixels.shape
    image = bpy.data.images.new(name, width, height, float_buffer=True, alpha=False)
    image.colorspace_settings.name = "Non-Color"
    values = np.ones((height, width, 4), np.float32)
    values[..., :3] = pixels if channels == 3 else pixels[..., :1]
    image.pixels.foreach_set(values[::-1].ravel())
    image.update()
    image.pack()
    return image
