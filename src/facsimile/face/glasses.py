"""Make glasses: frames of several shapes with lenses, clear or dark."""

from typing import Any

import numpy as np
from jaxtyping import Float

from facsimile.face.accessories import METAL, PLAIN, Accessory, accessory
from facsimile.face.solids import Mesh, fan, frame_tube, joined, mirrored, tube
from facsimile.face.strands import unit

LENS_X, LENS_Y = 0.335, 7.245
"""Middle of a lens (dm) on the template, in front of the eye and a little below its middle."""
PLANE_Z, WRAP = 1.575, 0.26
"""Depth (dm) of the frame at the nose and how much it bends back per dm squared: 11 mm in front of the brow."""
EAR = ((0.74, 7.33, 0.95), (0.80, 7.36, 0.56), (0.825, 7.28, 0.40), (0.83, 7.13, 0.33))
"""Where a temple runs: past the side of the head, over the ear and down behind it."""
SHAPES = ("round", "oval", "rectangular", "square", "cat eye", "aviator")
COLOURS = ((0.012, 0.011, 0.011), (0.012, 0.011, 0.011), (0.05, 0.024, 0.012), (0.11, 0.05, 0.02), (0.02, 0.03, 0.07),
           (0.12, 0.012, 0.015), (0.25, 0.24, 0.24))  # fmt: skip
METALS = ((0.45, 0.36, 0.2), (0.42, 0.42, 0.43), (0.06, 0.06, 0.06))
"""Linear RGB of plastic and metal frames, by eye."""


def lens_outline(shape: str, *, width: float, height: float, count: int = 36) -> Float[np.ndarray, "N 2"]:
    """Return the left lens's outline (x outwards, y up; dm) round its middle; ``width`` and ``height`` are halves."""
    turn = np.arange(count) / count * 2 * np.pi
    c, s = np.cos(turn), np.sin(turn)
    power = {"round": 2.0, "oval": 2.2, "rectangular": 4.5, "square": 4.0, "cat eye": 2.8, "aviator": 2.4}[shape]
    x = np.sign(c) * np.abs(c) ** (2 / power)
    y = np.sign(s) * np.abs(s) ** (2 / power)
    if shape == "round":
        height = width = 0.5 * (width + height)
    if shape == "cat eye":
        y = y + 0.35 * np.clip(x, 0, 1) ** 2 * (y > -0.4)
    if shape == "aviator":
        x, y = x * (1 - 0.18 * np.clip(-y, 0, 1)) + 0.1 * np.clip(-y, 0, 1), np.where(y < 0, 1.25 * y, 0.9 * y)
    if shape == "square":
        x = x * (1 + 0.05 * y)
    return np.stack([x * width, y * height], -1)


def _plane_z(x: Any) -> Any:
    """Return the depth (dm) of the frame at ``x``, a number or an array."""
    return PLANE_Z - WRAP * np.clip(np.abs(x) - 0.1, 0, None) ** 2


def make_glasses(
    shape: str,
    *,
    width: float,
    height: float,
    thickness: float,
    colour: tuple[float, float, float],
    is_metal: bool,
    lens: tuple[float, float, float],
    drop: float = 0.0,
) -> tuple[Accessory, ...]:
    """Return the frame and the lenses; sizes in dm (half axes of a lens), ``lens`` is the light that passes."""
    flat = lens_outline(shape, width=width, height=height)
    x, y = LENS_X + flat[:, 0], LENS_Y - drop + flat[:, 1]
    loop = np.stack([x, y, _plane_z(x)], -1)
    outward = unit(np.concatenate([flat, np.zeros((len(flat), 1))], -1))
    depth = 0.010 if is_metal else 0.018
    rim = frame_tube(loop, outward, half=(thickness, depth))
    hinge_y = LENS_Y - drop + 0.45 * height
    hinge_x = float(LENS_X + width * (0.97 if shape in ("rectangular", "square", "cat eye") else 0.9))
    temple = _temple(hinge_x, hinge_y, thickness=max(thickness, 0.013), is_metal=is_metal)
    bridge = _bridge(LENS_X - width * 0.93, LENS_Y - drop + 0.3 * height, thickness=thickness)
    side = joined([rim, temple])
    frame = joined([side, mirrored(side), bridge])
    pattern, roughness = (METAL, 0.22) if is_metal else (PLAIN, 0.25)
    pane = fan(np.stack([x, y, _plane_z(x) - 0.004], -1))
    panes = joined([pane, mirrored(pane)])
    return (
        accessory("frame", frame, kind="glasses", hold="glasses", colour=colour, pattern=pattern, roughness=roughness),
        accessory("lenses", panes, kind="glasses", hold="glasses", colour=(0.0, 0.0, 0.0), roughness=0.05, clear=lens),
    )


def _temple(x: float, y: float, *, thickness: float, is_metal: bool) -> Mesh:
    corner = np.array((max(x + 0.03, 0.64), y, float(_plane_z(x)) - 0.02))
    knots = np.concatenate([[(x, y, float(_plane_z(x)))], [corner], np.array(EAR)])
    at = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(knots, axis=0), axis=1))])
    fine = np.linspace(0, at[-1], 22)
    line = np.stack([np.interp(fine, at, knots[:, axis]) for axis in range(3)], -1)
    height = np.interp(fine, (0, at[-1]), (thickness * (1.0 if is_metal else 1.5), thickness * 0.9))
    return tube(line, np.stack([height, np.full(len(fine), 0.008 if is_metal else 0.012)], -1))


def _bridge(x: float, y: float, *, thickness: float) -> Mesh:
    across = np.linspace(-x, x, 12)
    arc = 1 - (across / x) ** 2
    line = np.stack([across, y + 0.03 * arc, PLANE_Z + 0.03 * arc], -1)
    return tube(line, np.full((12, 2), max(thickness, 0.011)))


def random_glasses(rng: np.random.Generator, *, are_dark: bool) -> tuple[Accessory, ...]:
    """Draw glasses; ``are_dark`` makes sunglasses."""
    shape = SHAPES[int(rng.choice(len(SHAPES), p=(0.18, 0.15, 0.27, 0.22, 0.10, 0.08)))]
    is_metal = bool(rng.random() < (0.9 if shape == "aviator" else 0.35))
    flat = {"rectangular": 0.68, "oval": 0.72, "square": 0.84, "cat eye": 0.74, "aviator": 0.82}.get(shape, 1.0)
    width = float(rng.uniform(0.225, 0.272) * (1.03 if are_dark else 1.0))
    table = METALS if is_metal else COLOURS
    colour = np.asarray(table[int(rng.integers(len(table)))]) * np.exp(rng.normal(0, 0.15))
    dark = rng.uniform(0.02, 0.12) * np.exp(rng.normal(0, 0.2, 3))
    tint = dark if are_dark else np.full(3, 1 - rng.uniform(0.03, 0.10))
    thickness = rng.uniform(0.006, 0.010) if is_metal else rng.uniform(0.011, 0.024)
    return make_glasses(
        shape,
        width=width,
        height=float(width * flat * rng.uniform(0.93, 1.08)),
        thickness=float(thickness),
        colour=(float(colour[0]), float(colour[1]), float(colour[2])),
        is_metal=is_metal,
        lens=(float(tint[0]), float(tint[1]), float(tint[2])),
        drop=float(rng.uniform(-0.01, 0.03)),
    )
