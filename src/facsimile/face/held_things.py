"""Hold things at the face: microphones, cups and telephones, each with the hand that holds it; and headsets."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float, Float32

from facsimile.face.accessories import KNIT, METAL, Accessory, accessory
from facsimile.face.clothes import Garment
from facsimile.face.gestures import FAR_DM, SLEEVE_SHARE, brought, hand_parts
from facsimile.face.glasses import lens_outline
from facsimile.face.hands import POSES, posed_hand
from facsimile.face.scalp import SKULL_CENTRE, above_skull
from facsimile.face.solids import Mesh, fan, joined, mirrored, sheet, tube
from facsimile.face.strands import unit
from facsimile.face.touching import Touch

GRIP_Y, PALM_Z = 0.85, -0.17
"""Where the axis of what a hand holds passes, in the hand's frame (dm): across the palm, its radius before it."""
DARK = (0.015, 0.015, 0.017)
CUP_COLOURS = ((0.7, 0.68, 0.64), (0.7, 0.68, 0.64), (0.3, 0.19, 0.1), (0.35, 0.03, 0.03), (0.03, 0.06, 0.15),
               (0.05, 0.05, 0.055))  # fmt: skip
PHONE_COLOURS = (DARK, DARK, (0.3, 0.3, 0.32), (0.05, 0.07, 0.12), (0.3, 0.2, 0.19))
"""Linear RGB, by eye."""
MOUTH = (0.0, 6.6, 1.56)
"""Between the lips of the template (dm)."""


def lathe(profile: Float[np.ndarray, "N 2"], *, base: Float[np.ndarray, "3"], axis: Float[np.ndarray, "3"]) -> Mesh:
    """Return the surface that a profile of (radius, height) makes turning about ``axis`` through ``base``."""
    across = unit(np.cross(axis, (0.31, 0.2, 0.93)))
    turn = np.arange(28) / 28 * 2 * np.pi
    ring = np.cos(turn)[:, None] * across + np.sin(turn)[:, None] * np.cross(axis, across)
    return sheet(base + profile[:, :1, None] * ring + profile[:, 1:, None] * axis, closed=True)


def gripping(
    rng: np.random.Generator,
    *,
    pose: str,
    at: Float[np.ndarray, "3"],
    thumb: Float[np.ndarray, "3"],
    back: Float[np.ndarray, "3"],
    radius: float,
    wrist_deg: tuple[float, float],
    size: float,
) -> Float[np.ndarray, "V 3"]:
    """Return a left hand round something of ``radius`` whose axis runs through ``at`` along ``thumb``.

    The back of the hand faces ``back``; ``wrist_deg`` as in ``hands.HandPose``.
    """
    posed = POSES[pose].jittered(rng, 3.0)
    hand = size * posed_hand(type(posed)(posed.flex, posed.spread, posed.opposition, wrist_deg))
    x = unit(np.asarray(thumb, np.float64))
    z = unit(back - x * (back @ x))
    axes = np.stack([x, np.cross(z, x), z])
    inside = np.array((0.0, GRIP_Y, PALM_Z - radius)) * size
    return (hand - inside) @ axes + at


def microphone(
    look: np.random.Generator, rng: np.random.Generator, *, size: float
) -> tuple[Accessory, Float[np.ndarray, "V 3"], float]:
    """Return a microphone before the mouth, the hand round it, and its distance from the lips (dm)."""
    axis = unit(np.array((rng.uniform(-0.45, 0.1), 0.8, -rng.uniform(0.25, 0.7))))
    top = np.array(MOUTH) + np.array((rng.normal(0, 0.05), rng.normal(-0.08, 0.06), 0.3 + FAR_DM))
    ball, long = look.uniform(0.23, 0.29), look.uniform(1.5, 1.9)
    turn = np.linspace(0.0, 0.82 * np.pi, 12)
    head = np.stack([ball * np.sin(turn), ball * np.cos(turn)], -1)
    neck = np.array(((ball * 0.62, -ball * 0.92), (0.15, -0.5), (0.12, -long), (0.0, -long)))
    grille = lathe(np.stack([*head, neck[0]]), base=top, axis=axis)
    shaft = lathe(neck, base=top, axis=axis)
    mesh = joined([grille, shaft])
    is_foam = look.random() < 0.35
    foam = np.exp(look.uniform(np.log(0.012), np.log(0.3))) * np.exp(look.normal(0, 0.5, 3))
    colour = np.full((len(mesh[0]), 3), 0.02)
    colour[: len(grille[0])] = np.clip(foam, 0.01, 0.7) if is_foam else 0.3
    hand = gripping(
        rng,
        pose="grip",
        at=top - axis * rng.uniform(0.8, 1.15),
        thumb=axis,
        back=np.array((0.75, 0.0, 0.65)),
        radius=0.13,
        wrist_deg=(10.0, 42.0),
        size=size,
    )
    item = accessory("microphone", mesh, kind="object", hold="touch", colour=colour,
                     pattern=KNIT if is_foam else METAL, scale=0.03, roughness=0.9 if is_foam else 0.4)  # fmt: skip
    return item, hand, float(rng.uniform(0.02, 0.5))


def cup(
    look: np.random.Generator, rng: np.random.Generator, *, size: float
) -> tuple[Accessory, Float[np.ndarray, "V 3"], float]:
    """Return a cup at the lips, the hand round it, and its distance from them (dm)."""
    tilt = np.radians(rng.uniform(5, 55))
    axis, ahead = np.array((0.0, np.cos(tilt), -np.sin(tilt))), np.array((0.0, np.sin(tilt), np.cos(tilt)))
    radius, foot, high = look.uniform(0.34, 0.43), look.uniform(0.7, 1.0), look.uniform(0.85, 1.15)
    rim = np.array(MOUTH) + np.array((rng.normal(0, 0.05), -0.04, FAR_DM))
    base = rim + radius * ahead - high * axis
    wall = np.array(
        ((0.0, 0.02), (foot * radius, 0.0), (radius, high), (radius - 0.03, high), (foot * radius - 0.03, 0.1))
    )
    mesh = lathe(wall, base=base, axis=axis)
    colour = np.array(CUP_COLOURS[int(look.integers(len(CUP_COLOURS)))]) * np.exp(look.normal(0, 0.15))
    hand = gripping(
        rng,
        pose="wide grip",
        at=base + 0.45 * high * axis,
        thumb=axis,
        back=np.array((0.9, 0.0, 0.45)),
        radius=0.5 * (1 + foot) * radius - 0.05,
        wrist_deg=(0.0, 40.0),
        size=size,
    )
    item = accessory("cup", mesh, kind="object", hold="touch", colour=colour, roughness=float(look.uniform(0.15, 0.6)))
    return item, hand, float(rng.uniform(-0.02, 0.25))


def phone(
    look: np.random.Generator, rng: np.random.Generator, *, size: float
) -> tuple[Accessory, Float[np.ndarray, "V 3"], float]:
    """Return a telephone raised before the face with its back to the camera, the hand at it, and no distance."""
    lean = np.radians(rng.normal(8, 6))
    up = np.array((np.sin(lean), np.cos(lean), 0.0))
    ahead = unit(np.array((rng.normal(0, 0.1), rng.uniform(-0.35, 0.1), 1.0)))
    aside = unit(np.cross(up, ahead))
    middle = np.array((rng.normal(0.05, 0.2), rng.uniform(6.25, 6.95), rng.uniform(2.2, 3.0)))
    mesh, colour = _telephone(look, middle, np.stack([aside, np.cross(ahead, aside), ahead]))
    hand = gripping(
        rng,
        pose="wide grip",
        at=middle - 0.35 * np.cross(ahead, aside),
        thumb=unit(up + 0.9 * aside),
        back=ahead,
        radius=0.02,
        wrist_deg=(0.0, 15.0),
        size=size,
    )
    return (
        accessory("phone before the face", mesh, kind="object", hold="touch", colour=colour, roughness=0.25),
        hand,
        0.0,
    )


def call(
    look: np.random.Generator, rng: np.random.Generator, *, size: float
) -> tuple[Accessory, Float[np.ndarray, "V 3"], float]:
    """Return a telephone at the ear, the hand round it, and its distance from the cheek (dm)."""
    long = unit(np.array((0.12, 0.78 + rng.normal(0, 0.08), -0.55)))
    out = unit(np.array((0.93, rng.normal(0.05, 0.05), 0.33)))
    aside = unit(np.cross(long, out))
    middle = np.array((0.92, 6.85, 0.72)) + FAR_DM * out + np.array((0, rng.normal(0, 0.06), rng.normal(0, 0.05)))
    mesh, colour = _telephone(look, middle, np.stack([aside, np.cross(out, aside), out]))
    hand = gripping(
        rng,
        pose="wide grip",
        at=middle - 0.1 * long,
        thumb=unit(long + 0.5 * aside),
        back=out,
        radius=0.02,
        wrist_deg=(0.0, 10.0),
        size=size,
    )
    return accessory("phone at the ear", mesh, kind="object", hold="touch", colour=colour, roughness=0.25), hand, 0.0


Maker = Callable[..., tuple[Accessory, Float[np.ndarray, "V 3"], float]]
THINGS: dict[str, tuple[Maker, tuple[float, float, float], int]] = {
    "microphone": (microphone, (0.0, 0.0, -1.0), 62),
    "cup": (cup, (0.0, 0.0, -1.0), 57),
    "phone before the face": (phone, (0.0, 0.0, 0.0), 30),
    "phone at the ear": (call, (-0.93, 0.0, -0.33), 13),
}
"""What hands hold: its maker, the way to the face, and the landmark it follows sideways."""


def held_thing(
    look: np.random.Generator,
    rng: np.random.Generator,
    name: str,
    *,
    skin: Float32[np.ndarray, "3"],
    garment: Garment,
    size: float = 1.0,
) -> tuple[Accessory, ...]:
    """Draw one of ``THINGS`` with the hand and sleeve that hold it; ``size`` scales the hand.

    ``look`` draws what stays the same when somebody holds the same thing again, ``rng`` how it is held.
    """
    if name not in THINGS:
        raise ValueError(f"thing {name!r} is unknown; use one of {', '.join(THINGS)}")
    make, approach, anchor = THINGS[name]
    has_sleeve, is_right = look.random() < SLEEVE_SHARE, bool(look.random() < 0.5)
    item, hand, gap = make(look, rng, size=size)
    towards = unit(np.array(approach, np.float64)) if any(approach) else np.zeros(3)
    fit = Touch(item.vertices, towards.astype(np.float32), anchor, -gap)
    return brought((item, *hand_parts(hand, skin=skin, sleeve=garment if has_sleeve else None)), fit, is_right=is_right)


def _telephone(
    look: np.random.Generator, middle: Float[np.ndarray, "3"], axes: Float[np.ndarray, "3 3"]
) -> tuple[Mesh, Float[np.ndarray, "V 3"]]:
    """Return a telephone and the colour of its vertices; ``axes`` are aside, up and out of its back."""
    body = _slab(middle, axes, half=(0.37, 0.76), deep=0.08)
    lenses = middle + np.array((0.2, 0.57, 0.05)) @ axes
    bump = _slab(lenses, axes, half=(0.12, 0.13), deep=0.03)
    colour = np.array(PHONE_COLOURS[int(look.integers(len(PHONE_COLOURS)))]) * np.exp(look.normal(0, 0.1))
    return joined([body, bump]), np.repeat([colour, 0.35 * colour], [len(body[0]), len(bump[0])], axis=0)


def _slab(
    middle: Float[np.ndarray, "3"], axes: Float[np.ndarray, "3 3"], *, half: tuple[float, float], deep: float
) -> Mesh:
    """Return a flat box with round corners, ``half`` its size along the first two ``axes``."""
    flat = lens_outline("rectangular", width=half[0], height=half[1], count=48)
    loop = middle + flat @ axes[:2]
    ends = [loop + shift * axes[2] for shift in (-deep / 2, deep / 2)]
    return joined([sheet(np.stack(ends), closed=True), *map(fan, ends)])


def headset(rng: np.random.Generator) -> tuple[Accessory, ...]:
    """Draw a headset: cups over the ears, a band over the head, an arm with a small microphone at the mouth."""
    turn = np.linspace(-1.25, 1.25, 30)
    way = np.stack([np.sin(turn), np.cos(turn), np.full(30, 0.02)], -1)
    band_line = SKULL_CENTRE + way * (above_skull(SKULL_CENTRE + way)[1] + 0.12)[:, None]
    band = tube(band_line, np.stack([np.full(30, 0.025), np.full(30, 0.09)], -1), sides=6)
    out = np.array((0.97, 0.0, 0.24))
    round_cup = np.array(((0.0, 0.2), (0.24, 0.2), (0.31, 0.12), (0.32, 0.02), (0.0, 0.0)))
    pad = lathe(round_cup, base=np.array((0.84, 7.1, 0.42)), axis=unit(out))
    knots = np.array(((0.98, 6.98, 0.55), (0.92, 6.72, 1.0), (0.62, 6.52, 1.5), (0.34, 6.5, 1.72)))
    share = np.linspace(0, 3, 16)
    arm_line = np.stack([np.interp(share, range(4), knots[:, axis]) for axis in range(3)], -1)
    arm = tube(arm_line, np.full((16, 2), 0.017), sides=6)
    turn = np.linspace(0, np.pi, 9)
    foam = lathe(
        np.stack([0.085 * np.sin(turn), 0.1 * np.cos(turn)], -1), base=knots[-1], axis=np.array((-0.8, 0.0, 0.6))
    )
    mesh = joined([band, pad, mirrored(pad), arm, foam])
    if rng.random() < 0.5:
        mesh = mirrored(mesh)
    grey = float(np.exp(rng.uniform(np.log(0.012), np.log(0.5))))
    return (accessory("headset", mesh, kind="object", hold="glasses", colour=(grey, grey, grey), roughness=0.5),)
