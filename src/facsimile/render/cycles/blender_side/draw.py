"""Read a scene folder, build it in Blender, draw it with Cycles and write ``light.npy`` and ``masks.npy`` beside it."""

import json
import os
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from .hair import add_hairs
from .lights import add_camera, add_lights, add_panorama
from .materials import Materials
from .meshes import add_part

FORMAT_VERSION = 1
BOUNCES, DIFFUSE_BOUNCES, GLOSSY_BOUNCES, TRANSPARENT_BOUNCES = 10, 5, 4, 24
"""Light reaches teeth and throat by several diffuse bounces between lips; a lash row is many layers."""
CLAMP_INDIRECT = 4.0
"""Light paths after the first bounce bring no more than this: no fireflies at few samples."""
MASK_SAMPLES = 32
FINER, FINER_FROM, FINER_UP_TO = 2, 16, 512
"""Pictures up to 512 px with at least 16 samples are drawn twice as fine."""
MASK_COLOURS = {"face": (1, 0, 0), "eye": (0, 1, 0), "hair": (0, 0, 1), "other": (0, 0, 0)}


def draw_folder(folder: str) -> None:
    """Draw what the folder's ``scene.json`` asks for."""
    document = json.loads(Path(folder, "scene.json").read_text())
    if document["format"] != FORMAT_VERSION:
        raise ValueError(f"scene.json has format {document['format']}, this script reads {FORMAT_VERSION}")
    with np.load(Path(folder, "arrays.npz"), allow_pickle=False) as stored:
        arrays = dict(stored)
    for name in document["passes"]:
        _build(document, arrays, as_masks=name == "masks")
        pixels = _rendered(Path(folder, f"{name}.exr"), document["size"] * _fineness(document))
        _write(Path(folder, f"{name}.npy"), _shrunk(pixels, _fineness(document)))


def _fineness(document: dict[str, Any]) -> int:
    """Return how many times finer than asked for a picture is drawn, along each side, with as much fewer samples.

    The denoiser smooths over pixels: on fine ones it leaves pores and lashes alone.
    """
    return FINER if document["samples"] >= FINER_FROM and document["size"] <= FINER_UP_TO else 1


def _shrunk(pixels: np.ndarray, times: int) -> np.ndarray:
    """Return means of blocks of pixels."""
    side = len(pixels) // times
    return np.ascontiguousarray(pixels.reshape(side, times, side, times, 4).mean((1, 3)), np.float32)


def _build(document: dict[str, Any], arrays: dict[str, np.ndarray], *, as_masks: bool) -> None:
    """Make the scene in an empty Blender; as masks, every part shines in the colour of its label and nothing else."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    _settings(document, as_masks=as_masks)
    materials = Materials(document["materials"], arrays)
    for part in [*document["parts"], *document["hairs"]]:
        if as_masks and part["label"] == "clear":
            continue
        is_hair = "taper" in part
        if as_masks:
            material = materials.flat(MASK_COLOURS[part["label"]], has_mouth=part.get("material") == "skin")
        else:
            material = materials.hair(part["name"]) if is_hair else materials.named(part["material"])
        (add_hairs if is_hair else add_part)(part, arrays, material)
    add_camera(document["camera"])
    if not as_masks:
        add_lights(document["lights"])
        add_panorama(arrays["panorama"])


def _settings(document: dict[str, Any], *, as_masks: bool) -> None:
    scene = bpy.context.scene
    render, cycles = scene.render, scene.cycles
    render.engine = "CYCLES"
    fineness = _fineness(document)
    render.resolution_x = render.resolution_y = document["size"] * fineness
    render.resolution_percentage = 100
    render.film_transparent = True
    render.threads_mode, render.threads = "FIXED", document["threads"]
    render.use_persistent_data = False
    render.image_settings.file_format = "OPEN_EXR"
    render.image_settings.color_depth = "32"
    render.image_settings.color_mode = "RGBA"
    cycles.device = "CPU"
    cycles.samples = max(1, round((MASK_SAMPLES if as_masks else document["samples"]) / fineness**2))
    cycles.seed = document["seed"] % 2**31
    cycles.use_adaptive_sampling = False
    cycles.use_denoising = not as_masks
    cycles.denoiser = "OPENIMAGEDENOISE"
    cycles.denoising_prefilter = "ACCURATE"
    cycles.denoising_use_gpu = False
    cycles.max_bounces, cycles.diffuse_bounces, cycles.glossy_bounces = BOUNCES, DIFFUSE_BOUNCES, GLOSSY_BOUNCES
    cycles.transmission_bounces, cycles.transparent_max_bounces = GLOSSY_BOUNCES, TRANSPARENT_BOUNCES
    cycles.caustics_reflective = cycles.caustics_refractive = False
    cycles.sample_clamp_indirect = CLAMP_INDIRECT
    cycles.filter_width = 1.0
    cycles.pixel_filter_type = "BOX" if as_masks else "BLACKMAN_HARRIS"
    if not as_masks:
        cycles.filter_width = 1.5
    scene.cycles_curves.shape = "RIBBONS"
    scene.view_settings.view_transform = "Raw"


def _rendered(path: Path, size: int) -> np.ndarray:
    """Render the scene; return linear RGBA [H,W,4], premultiplied, top row first."""
    bpy.context.scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)
    image = bpy.data.images.load(str(path))
    image.colorspace_settings.name = "Non-Color"
    image.alpha_mode = "PREMUL"
    pixels = np.empty(size * size * 4, np.float32)
    image.pixels.foreach_get(pixels)
    path.unlink()
    return np.ascontiguousarray(np.nan_to_num(pixels).reshape(size, size, 4)[::-1])


def _write(path: Path, pixels: np.ndarray) -> None:
    """Write a file that is whole or not there."""
    temporary = path.with_suffix(".part")
    with temporary.open("wb") as file:
        np.save(file, pixels)
    os.replace(temporary, path)
