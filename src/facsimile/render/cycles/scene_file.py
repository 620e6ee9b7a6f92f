"""Write a scene for Blender: a folder with ``scene.json`` and ``arrays.npz``, plain numbers without pickle.

Lengths are decimetres in the room's frame (x right in the picture, y up, z to the camera), colours linear RGB. The
other side of the wall, ``blender_side``, reads these two files and nothing else.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from facsimile.face.accessories import METAL, SKIN, Accessory
from facsimile.face.mouth import lips_are_shut
from facsimile.render.cycles.eyes import eye_parts
from facsimile.render.cycles.hairs import Hairs, all_hairs
from facsimile.render.cycles.paints import eye_map, panorama, pattern_tile, skin_maps
from facsimile.render.cycles.parts import Part, head_parts, worn_parts
from facsimile.render.light import face_light
from facsimile.render.performance import Performance
from facsimile.render.posing import pose_head
from facsimile.render.scene import Scene
from facsimile.render.shader_input import mesh_of, paint_of
from facsimile.render.shading import Paint
from facsimile.render.topology import topology
from facsimile.render.worn import wear

FORMAT_VERSION = 1
"""Version of the two files; both sides name it."""
SCENE_NAME, ARRAYS_NAME = "scene.json", "arrays.npz"
PASSES = ("light", "masks")
"""What can be asked for: radiance, or which part of each pixel is face, eye and head hair."""
COARSE_CLOTH = 0.5
"""Things rougher than this have half the highlight (``worn.worn_look``)."""


@dataclass(frozen=True)
class Quality:
    """Say how long Blender may take: light paths per pixel and threads."""

    samples: int = 32
    threads: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.samples <= 4096:
            raise ValueError(f"samples: must be 1 to 4096 light paths per pixel, got {self.samples}")
        if not 1 <= self.threads <= 256:
            raise ValueError(f"threads: must be 1 to 256, got {self.threads}")


def write_scene(
    folder: Path, scene: Scene, performance: Performance, *, quality: Quality, passes: tuple[str, ...] = ("light",)
) -> None:
    """Write ``scene.json`` and ``arrays.npz`` into ``folder``; ``passes`` are some of ``PASSES``."""
    unknown = [name for name in passes if name not in PASSES]
    if unknown or not passes:
        raise ValueError(f"passes: must be some of {', '.join(PASSES)}, got {', '.join(passes) or 'none'}")
    document, arrays = described(scene, performance)
    document |= {"samples": quality.samples, "threads": quality.threads, "passes": list(passes)}
    np.savez(folder / ARRAYS_NAME, **arrays)  # type: ignore[arg-type]
    (folder / SCENE_NAME).write_text(json.dumps(document))


def described(scene: Scene, performance: Performance) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return the document of a scene and the arrays it names."""
    look, pose = scene.appearance, scene.expression.head_pose_rad
    head = pose_head(performance.vertices, look, pose, 1.0, teeth=performance.teeth)
    things = look.accessories + scene.occluders
    worn = wear(things, neutral=performance.neutral, vertices=performance.vertices, head_pose_rad=pose)
    paint = paint_of(scene, performance)
    parts = head_parts(scene, head, paint, with_teeth=not lips_are_shut(performance.vertices))
    parts += eye_parts(mesh_of(scene, performance, head, worn), head, float(paint.iris_radius))
    parts += worn_parts(worn, things)
    arrays: dict[str, np.ndarray] = {"panorama": panorama(scene.light)}
    document = {
        "format": FORMAT_VERSION,
        "size": scene.size,
        "seed": scene.sensor.seed,
        "camera": {
            "eye": scene.camera.eye().tolist(),
            "focal": scene.camera.distance / scene.camera.frame,
            "offset": list(scene.camera.offset),
        },
        "lights": _lights(scene),
        "parts": [_stored_part(part, number, arrays) for number, part in enumerate(parts)],
        "hairs": [_stored_hairs(hairs, arrays) for hairs in all_hairs(head, scene.camera.eye(), scene.identity.seed)],
        "materials": _materials(paint, scene, arrays),
    }
    return document, arrays


def _lights(scene: Scene) -> list[dict[str, Any]]:
    """Return the directional lights: irradiance / pi of each on a surface that faces it."""
    light = scene.light
    return [
        {"towards": towards.tolist(), "colour": colour.tolist(), "radius_rad": float(radius)}
        for towards, colour, radius in zip(light.directions, light.colours, light.radii, strict=True)
    ]


def _stored_part(part: Part, number: int, arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    """Keep a part's arrays; return what the document says of it."""
    key = f"part{number}"
    values = {
        "vertices": part.vertices,
        "triangles": part.triangles,
        "uv": part.uv,
        "mask_uv": part.mask_uv,
        "colours": part.colours,
    }
    kept = {name: value for name, value in values.items() if value is not None}
    arrays.update({f"{key}.{name}": value for name, value in kept.items()})
    return {"name": part.name, "material": part.material, "label": part.label, "key": key, "has": sorted(kept)}


def _stored_hairs(hairs: Hairs, arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    key = f"hairs.{hairs.name}"
    arrays[f"{key}.points"] = hairs.points
    arrays[f"{key}.colours"] = hairs.colours
    arrays[f"{key}.width"] = hairs.width_dm
    return {"name": hairs.name, "label": hairs.label, "key": key, "taper": hairs.taper}


def _materials(paint: Paint, scene: Scene, arrays: dict[str, np.ndarray]) -> dict[str, dict[str, Any]]:
    """Return the materials by name; their pictures go to ``arrays``."""
    look = scene.appearance
    maps = skin_maps(paint)
    arrays |= {"skin.colour": maps.colour, "skin.finish": maps.finish, "skin.height": maps.height}
    arrays["mouth.mask"] = (topology().inside_mouth[..., None] / np.float32(255)).astype(np.float32)
    arrays["eye.colour"] = eye_map(look.eyes)
    garment, glow = look.garment, face_light(scene.light).tolist()
    materials: dict[str, dict[str, Any]] = {
        "skin": {"kind": "skin", "gum": paint.gum.tolist(), "glow": glow},
        "eye": {"kind": "eye", "glow": glow},
        "cornea": {"kind": "cornea"},
        "tear": {"kind": "tear"},
        "tongue": {"kind": "tongue", "glow": glow},
        "teeth": {"kind": "teeth", "glow": glow},
        "gum": {"kind": "gum", "colour": paint.gum.tolist(), "glow": glow},
        "clothes": {
            "kind": "cloth",
            "colour": garment.colour.tolist(),
            "second": garment.second.tolist(),
            "tile": _stored_tile("clothes", garment.pattern, garment.scale, arrays),
        },
    }
    for number, item in enumerate(look.accessories + scene.occluders):
        name = f"worn-{number}"
        materials[name] = _worn_material(item, name, arrays)
    return materials


def _worn_material(item: Accessory, name: str, arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    if item.is_lens:
        return {"kind": "lens", "clear": item.clear.tolist()}
    return {
        "kind": "worn",
        "second": item.second.tolist(),
        "roughness": item.roughness,
        "specular": 0.3 if item.roughness > COARSE_CLOTH else 0.5,
        "is_metal": item.pattern == METAL,
        "is_skin": item.pattern == SKIN,
        "tile": _stored_tile(name, item.pattern, item.scale, arrays),
    }


def _stored_tile(name: str, pattern: int, scale: float, arrays: dict[str, np.ndarray]) -> str | None:
    """Keep one tile of a pattern; return its name, None for even cloth."""
    tile = pattern_tile(pattern, scale)
    if tile is None:
        return None
    arrays[f"{name}.tile"] = tile
    return f"{name}.tile"
