"""Build Cycles materials: skin, eyes, mouth, cloth, glass, hair."""

from collections.abc import Callable
from typing import Any

import bpy
import numpy as np

from .nodes import Tree
from .pictures import picture

SKIN_IOR = 1.4
SKIN_RADIUS = (1.0, 0.35, 0.18)
SKIN_SCALE_DM = 0.026
"""How far light wanders in skin: 2.6 mm for red, 0.9 and 0.5 for green and blue (Jensen et al. 2001, skin: 3.7, 1.4,
0.7 mm; a little less keeps folds sharp)."""
WET_RADIUS, WET_SCALE_DM = (1.0, 0.3, 0.2), 0.02
TOOTH_RADIUS, TOOTH_SCALE_DM = (1.0, 0.9, 0.75), 0.012
"""Enamel and dentine: light goes about a millimetre."""
LINING_PALENESS = 0.75
"""Albedo of the lining of the mouth over the gums' (``shading.shade_solid``)."""
CORNEA_IOR, LENS_IOR = 1.376, 1.12
"""A coated lens mirrors 0.8 % at normal incidence, as much as an index of 1.2 would."""
HAIR_ROUGHNESS = {"hair": (0.28, 0.45), "brow": (0.35, 0.5), "beard": (0.35, 0.5), "lash": (0.4, 0.5)}
"""Along and across the hair."""
EYE_SHADE = 0.78
"""Albedo of the eye over the raster's, which takes the light that lids and lashes hide by ``open_to_light``."""
LID_GLOW, TOOTH_GLOW, MOUTH_GLOW = 0.05, 0.16, 0.08
"""Part of the light on the face that reaches eyes and mouth through lids, lips and cheeks themselves: the mesh has no
thin, translucent flesh there, and without it open mouths are black (the raster: ``eye_material``, ``LIP_GLOW``)."""


class Materials:
    """Make each material once per scene."""

    def __init__(self, described: dict[str, dict[str, Any]], arrays: dict[str, np.ndarray]) -> None:
        self._described, self._arrays = described, arrays
        self._made: dict[str, bpy.types.Material] = {}

    def named(self, name: str) -> bpy.types.Material:
        """Return a material of the document."""
        if name not in self._made:
            tree = Tree(name)
            BUILDERS[self._described[name]["kind"]](tree, self._described[name], self._arrays)
            self._made[name] = tree.material
        return self._made[name]

    def hair(self, kind: str) -> bpy.types.Material:
        """Return the material of a kind of hair."""
        tree = Tree(kind)
        along, across = HAIR_ROUGHNESS[kind]
        hair = tree.node("ShaderNodeBsdfHairPrincipled")
        hair.parametrization = "COLOR"
        tree.set(hair, {"Roughness": along, "Radial Roughness": across, "IOR": 1.5})
        tree.link(tree.attribute("colours"), hair.inputs["Color"])
        tree.finish(hair.outputs[0])
        return tree.material

    def flat(self, colour: tuple[float, float, float], *, has_mouth: bool) -> bpy.types.Material:
        """Return a material that shines in one colour whatever the light; ``has_mouth``: not inside the mouth."""
        tree = Tree("flat")
        glow = tree.node("ShaderNodeEmission")
        glow.inputs["Color"].default_value = (*colour, 1)
        if has_mouth:
            inside = _inside_mouth(tree, self._arrays)
            tree.link(tree.mixed(inside, (*colour, 1), (0, 0, 0, 1)), glow.inputs["Color"])
        tree.finish(glow.outputs[0])
        return tree.material


def skin(tree: Tree, described: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
    """Skin with its relief; inside the mouth, where the mask says so, wet lining instead."""
    colour = tree.texture(picture("skin.colour", arrays["skin.colour"]), "uv")
    finish = tree.texture(picture("skin.finish", arrays["skin.finish"]), "uv")
    height = tree.texture(picture("skin.height", arrays["skin.height"]), "uv", interpolation="Cubic")
    inside = _inside_mouth(tree, arrays)
    rough, strength, _lip = tree.channels(finish)
    lining = [LINING_PALENESS * value for value in described["gum"]]
    body = tree.principled(
        {
            "IOR": SKIN_IOR,
            "Subsurface Weight": 1.0,
            "Subsurface Radius": SKIN_RADIUS,
            "Subsurface Scale": SKIN_SCALE_DM,
        }
    )
    body.subsurface_method = "RANDOM_WALK"
    base = tree.mixed(inside, colour, (*lining, 1))
    tree.link(base, body.inputs["Base Color"])
    glow = tree.scaled(tree.tinted(base, described["glow"]), tree.times(inside, MOUTH_GLOW))
    tree.link(glow, body.inputs["Emission Color"])
    body.inputs["Emission Strength"].default_value = 1.0
    tree.link(tree.blended(inside, rough, 0.3), body.inputs["Roughness"])
    tree.link(tree.blended(inside, tree.times(strength, 0.5), 0.5), body.inputs["Specular IOR Level"])
    tree.link(tree.bump(height), body.inputs["Normal"])
    tree.finish(body.outputs[0])


def eye(tree: Tree, described: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
    """The ball under its clear layer: white and iris, pink in the inner corner; matt, the layer above mirrors."""
    colour = tree.texture(picture("eye.colour", arrays["eye.colour"]), "uv", extension="EXTEND")
    shaded = tree.scaled(colour, EYE_SHADE)
    flesh = tree.mixed(tree.grey(tree.attribute("colours")), shaded, (0.50, 0.20, 0.17, 1))
    ball = tree.principled(
        {
            "Roughness": 0.6,
            "Specular IOR Level": 0.0,
            "Subsurface Weight": 0.25,
            "Subsurface Radius": WET_RADIUS,
            "Subsurface Scale": 0.008,
        }
    )
    tree.link(flesh, ball.inputs["Base Color"])
    _glow(tree, ball, flesh, described, LID_GLOW)
    tree.finish(ball.outputs[0])


def clear(tree: Tree, tint: tuple[float, float, float], ior: float, roughness: float = 0.0) -> None:
    """A thin layer that mirrors by Fresnel's law and lets the rest pass straight through, shadow rays too."""
    through, mirror = tree.node("ShaderNodeBsdfTransparent"), tree.node("ShaderNodeBsdfGlossy")
    through.inputs["Color"].default_value = (*tint, 1)
    mirror.inputs["Roughness"].default_value = roughness
    fresnel = tree.node("ShaderNodeFresnel")
    fresnel.inputs["IOR"].default_value = ior
    mix = tree.node("ShaderNodeMixShader")
    tree.link(fresnel.outputs[0], mix.inputs[0])
    tree.link(through.outputs[0], mix.inputs[1])
    tree.link(mirror.outputs[0], mix.inputs[2])
    tree.finish(mix.outputs[0])


def cornea(tree: Tree, described: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
    """Tears and cornea."""
    clear(tree, (1.0, 1.0, 1.0), CORNEA_IOR, 0.03)


def tear(tree: Tree, described: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
    """The film that stands on the lower lid."""
    clear(tree, (0.97, 0.93, 0.92), CORNEA_IOR, 0.05)


def lens(tree: Tree, described: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
    """Spectacles, clear or dark."""
    clear(tree, tuple(described["clear"]), LENS_IOR)


def teeth(tree: Tree, described: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
    """Wet enamel."""
    enamel = tree.principled(
        {
            "Roughness": 0.22,
            "IOR": 1.62,
            "Subsurface Weight": 0.6,
            "Subsurface Radius": TOOTH_RADIUS,
            "Subsurface Scale": TOOTH_SCALE_DM,
        }
    )
    colour = tree.attribute("colours")
    tree.link(colour, enamel.inputs["Base Color"])
    _glow(tree, enamel, colour, described, TOOTH_GLOW)
    tree.finish(enamel.outputs[0])


def tongue(tree: Tree, described: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
    """Wet flesh with papillae."""
    flesh = _wet(tree, 0.34)
    colour = tree.attribute("colours")
    tree.link(colour, flesh.inputs["Base Color"])
    _glow(tree, flesh, colour, described, MOUTH_GLOW)
    noise = tree.node("ShaderNodeTexNoise")
    noise.inputs["Scale"].default_value = 60.0
    tree.link(tree.bump(tree.times(noise.outputs[0], 0.006)), flesh.inputs["Normal"])
    tree.finish(flesh.outputs[0])


def gum(tree: Tree, described: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
    """Wet gums."""
    flesh = _wet(tree, 0.25)
    colour = tree.constant((*described["colour"], 1))
    tree.link(colour, flesh.inputs["Base Color"])
    _glow(tree, flesh, colour, described, MOUTH_GLOW)
    tree.finish(flesh.outputs[0])


def _inside_mouth(tree: Tree, arrays: dict[str, np.ndarray]) -> Any:
    """Return 1 inside the mouth, else 0, by the mask that the raster asks."""
    return tree.above(tree.texture(picture("mouth.mask", arrays["mouth.mask"]), "mask_uv"), 0.5)


def _glow(tree: Tree, surface: Any, colour: Any, described: dict[str, Any], part: float) -> None:
    """Let a surface send back ``part`` of the light on the face, whatever hides it."""
    tree.link(tree.scaled(tree.tinted(colour, described["glow"]), part), surface.inputs["Emission Color"])
    surface.inputs["Emission Strength"].default_value = 1.0


def _wet(tree: Tree, roughness: float) -> Any:
    return tree.principled(
        {
            "Roughness": roughness,
            "IOR": 1.35,
            "Subsurface Weight": 0.6,
            "Subsurface Radius": WET_RADIUS,
            "Subsurface Scale": WET_SCALE_DM,
        }
    )


def cloth(tree: Tree, described: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
    """Clothes with soft folds, their pattern and the nap of yarn."""
    one = tree.constant((*described["colour"], 1))
    _fabric(tree, described, arrays, one, roughness=0.85, specular=0.15, sheen=0.25)


def worn(tree: Tree, described: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
    """Frames, hats, scarves, collars, jewellery, hands, masks and what is held."""
    colour = tree.attribute("colours")
    if described["is_metal"]:
        metal = tree.principled({"Roughness": described["roughness"], "Metallic": 1.0})
        tree.link(colour, metal.inputs["Base Color"])
        tree.finish(metal.outputs[0])
        return
    if described["is_skin"]:
        hand = tree.principled(
            {
                "Roughness": described["roughness"],
                "IOR": SKIN_IOR,
                "Subsurface Weight": 1.0,
                "Subsurface Radius": SKIN_RADIUS,
                "Subsurface Scale": SKIN_SCALE_DM,
            }
        )
        tree.link(colour, hand.inputs["Base Color"])
        tree.finish(hand.outputs[0])
        return
    is_soft = described["specular"] < 0.5
    _fabric(
        tree, described, arrays, colour,
        roughness=described["roughness"], specular=described["specular"], sheen=0.2 if is_soft else 0.0,
    )  # fmt: skip


def _fabric(
    tree: Tree, described: dict[str, Any], arrays: dict[str, np.ndarray], one: Any,
    *, roughness: float, specular: float, sheen: float,
) -> None:  # fmt: skip
    """Two colours by a tile's share and shade."""
    body = tree.principled({
        "Roughness": roughness, "Specular IOR Level": specular, "Sheen Weight": sheen, "Sheen Roughness": 0.4
    })  # fmt: skip
    colour = one
    if described["tile"]:
        tile = tree.texture(picture(described["tile"], arrays[described["tile"]]), "uv")
        share, shade, _ = tree.channels(tile)
        colour = tree.scaled(tree.mixed(share, one, (*described["second"], 1)), shade)
    tree.link(colour, body.inputs["Base Color"])
    if sheen:
        noise = tree.node("ShaderNodeTexNoise")
        noise.inputs["Scale"].default_value = 2.2
        tree.link(tree.bump(tree.times(noise.outputs[0], 0.10)), body.inputs["Normal"])
    tree.finish(body.outputs[0])


BUILDERS: dict[str, Callable[[Tree, dict[str, Any], dict[str, np.ndarray]], None]] = {
    function.__name__: function for function in (skin, eye, cornea, tear, lens, teeth, tongue, gum, cloth, worn)
}
