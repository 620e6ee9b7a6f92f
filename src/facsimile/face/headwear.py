"""Make hats, caps, beanies, turbans and head scarves: sheets round the skull of the template."""

from dataclasses import replace

import numpy as np
from jaxtyping import Float

from facsimile.face.accessories import CHECK, KNIT, PLAIN, STRIPES, WEAVE, Accessory, accessory
from facsimile.face.scalp import SKULL_CENTRE, above_skull
from facsimile.face.solids import Mesh, joined, sheet
from facsimile.face.strands import HairStrands

HEADWEAR = ("beanie", "cap", "brimmed hat", "turban", "head scarf")
COVERING = ("turban", "head scarf")
"""Headwear that shows no hair."""
PRESSED_DM = 0.05
"""How thick hair lies under a hat."""


def brim_height(z: Float[np.ndarray, "*n"], *, front: float, back: float) -> Float[np.ndarray, "*n"]:
    """Return the height (dm) of a hat's edge at depth ``z``, from its front (z 1.3) to its back (z -0.7)."""
    return back + (front - back) * np.clip((z + 0.7) / 2.0, 0, 1)


def _crown(*, front: float, back: float, gap: Float[np.ndarray, "R C"]) -> Float[np.ndarray, "R C 3"]:
    """Return a grid over the skull from its edge (row 0) to its top; ``gap`` is the distance from the skin (dm)."""
    rows, columns = gap.shape
    turn = np.arange(columns) / columns * 2 * np.pi
    flat = np.stack([np.sin(turn), np.cos(turn)], -1)
    edge = np.empty(columns)
    for n, (x, z) in enumerate(flat):
        lift = np.linspace(-0.7, 1.2, 160)
        way = np.stack([np.cos(lift) * x, np.sin(lift), np.cos(lift) * z], -1)
        points = SKULL_CENTRE + way * above_skull(SKULL_CENTRE + way)[1][:, None]
        above = points[:, 1] > brim_height(points[:, 2], front=front, back=back)
        edge[n] = lift[int(np.argmax(above))]
    share = np.linspace(0, 1, rows)[:, None]
    lift = edge[None] * (1 - share) + (np.pi / 2 - 1e-3) * share
    way = np.stack([np.cos(lift) * flat[:, 0], np.sin(lift), np.cos(lift) * flat[:, 1]], -1)
    return SKULL_CENTRE + way * (above_skull(SKULL_CENTRE + way)[1] + gap)[..., None]


def _beanie(rng: np.random.Generator) -> Mesh:
    rows, columns = 30, 64
    share = np.linspace(0, 1, rows)[:, None]
    cuff = rng.uniform(0.05, 0.09) * np.clip((0.3 - share) / 0.02, 0, 1) * (rng.random() < 0.7)
    slack = rng.uniform(0.0, 0.35) * np.clip(share - 0.55, 0, 1) ** 2
    ribs = 0.006 * np.sin(np.arange(columns) * 2 * np.pi * 16 / columns)[None]
    gap = PRESSED_DM + 0.05 + cuff + slack + ribs + np.zeros((rows, columns))
    front, back = rng.uniform(7.62, 7.95), rng.uniform(6.75, 7.15)
    return sheet(_crown(front=front, back=back, gap=gap), closed=True)


def _brim(edge: Float[np.ndarray, "C 3"], *, width: Float[np.ndarray, " C"], droop: float) -> Mesh:
    """Return a brim that leaves a hat's edge outwards by ``width``."""
    outward = edge - np.array((0.0, 0.0, 0.35))
    outward[:, 1] = 0
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    steps = np.linspace(0, 1, 7)[:, None, None]
    grid = edge[None] + outward[None] * width[None, :, None] * steps
    side = np.abs(outward[:, 0])[None]
    grid[..., 1] += (-droop * steps[..., 0] ** 2 * (0.3 + side**2)) * (width[None] > 0.05)
    top, under = grid.copy(), grid[::-1].copy()
    under[..., 1] -= 0.02
    return sheet(np.concatenate([top, under]), closed=True)


def _cap(rng: np.random.Generator) -> Mesh:
    rows, columns = 22, 64
    gap = PRESSED_DM + 0.04 + 0.06 * np.sin(np.linspace(0, 1, rows) * np.pi * 0.6)[:, None] + np.zeros((rows, columns))
    grid = _crown(front=rng.uniform(7.75, 7.95), back=rng.uniform(7.2, 7.4), gap=gap)
    turn = np.arange(columns) / columns * 2 * np.pi
    turn = np.minimum(turn, 2 * np.pi - turn)
    width = rng.uniform(0.62, 0.75) * np.clip(1 - (turn / 0.95) ** 2, 0, 1) ** 0.6
    return joined([sheet(grid, closed=True), _brim(grid[0], width=width, droop=0.3)])


def _hat(rng: np.random.Generator) -> Mesh:
    """Return a hat with a steep crown, dented on top, and a brim all round."""
    rows, columns = 26, 64
    share = np.linspace(0, 1, rows)[:, None]
    gap = PRESSED_DM + 0.05 + rng.uniform(0.45, 0.7) * np.sin(np.clip(share * 1.4, 0, 1) * np.pi / 2) ** 1.5
    grid = _crown(front=rng.uniform(7.75, 7.92), back=rng.uniform(7.2, 7.4), gap=gap + np.zeros((rows, columns)))
    inward = np.clip(1 - 0.35 * share * np.ones((1, columns)), 0, 1)
    grid[..., 0] *= inward
    grid[..., 2] = 0.35 + (grid[..., 2] - 0.35) * inward
    top = rng.uniform(8.68, 8.9) + 0.10 * (grid[..., 2] - 0.35)
    dent = 0.10 * np.exp(-((grid[..., 0] / 0.16) ** 2))
    grid[..., 1] = np.minimum(grid[..., 1], top - dent)
    width = np.full(columns, rng.uniform(0.35, 0.7))
    return joined([sheet(grid, closed=True), _brim(grid[0], width=width, droop=rng.uniform(-0.15, 0.25))])


def _turban(rng: np.random.Generator) -> Mesh:
    rows, columns = 34, 72
    share = np.linspace(0, 1, rows)[:, None]
    turn = np.arange(columns)[None] / columns * 2 * np.pi
    folds = 0.035 * np.abs(np.sin(14 * share + 0.9 * np.cos(turn) * (1 + share) + rng.uniform(0, 6)))
    gap = 0.12 + rng.uniform(0.10, 0.2) * np.sin(np.clip(share + 0.12, 0, 1) * np.pi) ** 0.7 + folds
    return sheet(_crown(front=rng.uniform(7.75, 7.92), back=rng.uniform(6.75, 6.95), gap=gap), closed=True)


def _head_scarf(rng: np.random.Generator) -> Mesh:
    """Wrap a cloth round the face: an opening from forehead to chin, the head behind it, and a drape on the chest."""
    columns, rows = 80, 36
    turn = np.arange(columns) / columns * 2 * np.pi
    up, side = np.cos(turn), np.sin(turn)
    middle_y = 7.06
    height = np.where(up > 0, 0.92 + rng.uniform(-0.06, 0.03), 0.93)
    opening = np.stack([0.70 * side, middle_y + height * up, np.zeros(columns)], -1)
    opening[:, 2] = 0.78 + 0.42 * np.clip(up, 0, 1) ** 2 + 0.22 * np.clip(-up, 0, 1) ** 2
    share = np.linspace(0, 1, rows)[:, None]
    start = opening - SKULL_CENTRE
    ahead = np.arctan2(np.hypot(start[:, 0], start[:, 1]), start[:, 2])
    polar = ahead[None] + share * (np.pi - 0.02 - ahead[None])
    across = np.hypot(start[:, 0], start[:, 1])
    way = np.stack([np.sin(polar) * start[:, 0] / across, np.sin(polar) * start[:, 1] / across, np.cos(polar)], -1)
    _, skin = above_skull(SKULL_CENTRE + way)
    round_neck = 0.92 - 0.12 * np.abs(way[..., 0])
    low = np.clip((-way[..., 1] - 0.25) / 0.4, 0, 1)
    over_ears = 0.13 * np.clip((np.abs(way[..., 0]) - 0.6) / 0.3, 0, 1)
    radius = np.maximum((skin + 0.10) * (1 - low) + round_neck * low, skin + 0.08) + over_ears
    first = np.maximum(np.linalg.norm(start, axis=1)[None], skin[:1] + 0.04)
    blend = np.clip(share * 4, 0, 1)
    radius = first * (1 - blend) + radius * blend
    folds = 0.018 * np.sin(9 * polar + 3 * np.sin(turn)[None] + rng.uniform(0, 6)) * blend
    hood = sheet(SKULL_CENTRE + way * (radius + folds)[..., None], closed=True)
    return joined([hood, drape(rng, top=6.50, bottom=5.3, thickness=0.10)])


def drape(rng: np.random.Generator, *, top: float, bottom: float, thickness: float) -> Mesh:
    """Return cloth that hangs round the neck and spreads over chest and shoulders."""
    columns, rows = 72, 26
    turn = np.arange(columns) / columns * 2 * np.pi
    share = np.linspace(0, 1, rows)[:, None]
    phase = rng.uniform(0, 6.28, 3)
    radius = 0.50 + 0.9 * share**1.3 + thickness
    folds = 0.035 * np.sin(22 * share + 1.6 * np.sin(turn + phase[0]) + phase[1]) * np.clip(3 * share, 0, 1)
    wide = 1 + 0.5 * share * np.abs(np.sin(turn)) ** 1.5
    x = (radius + folds) * wide * np.sin(turn)
    z = 0.18 + (radius + folds) * np.cos(turn) * np.where(np.cos(turn) > 0, 0.95, 0.8)
    y = top + share * (bottom - top - 0.30 * np.clip(np.cos(turn), 0, 1) + 0.06 * np.sin(2 * turn + phase[2]))
    return sheet(np.stack([x, y, z], -1), closed=True)


def random_headwear(rng: np.random.Generator, *, sex: float, name: str | None = None) -> Accessory:
    """Draw something worn on the head; ``name`` fixes what."""
    share = np.array((0.34, 0.26, 0.16, 0.06, 0.18) if sex > 0.5 else (0.36, 0.40, 0.14, 0.10, 0.0))
    drawn = HEADWEAR[int(rng.choice(len(HEADWEAR), p=share / share.sum()))]
    chosen = drawn if name is None else name
    if chosen not in HEADWEAR:
        raise ValueError(f"headwear: {chosen!r} is unknown; use one of {', '.join(HEADWEAR)}")
    makers = {"beanie": _beanie, "cap": _cap, "brimmed hat": _hat, "turban": _turban, "head scarf": _head_scarf}
    mesh = makers[chosen](rng)
    colour, second = cloth_colours(rng)
    pattern = {"beanie": KNIT, "turban": PLAIN}.get(chosen, WEAVE)
    if chosen in ("head scarf", "beanie") and rng.random() < 0.25:
        pattern = STRIPES if chosen == "beanie" else CHECK
    scale = float(rng.uniform(0.1, 0.3)) if pattern in (STRIPES, CHECK) else 0.05
    return accessory(chosen, mesh, kind="headwear", hold="skull", colour=colour, second=second, pattern=pattern,
                     scale=scale, roughness=0.85)  # fmt: skip


def cloth_colours(rng: np.random.Generator) -> tuple[Float[np.ndarray, " 3"], Float[np.ndarray, " 3"]]:
    """Draw the colours (linear RGB) of a cloth and of its pattern: mostly greys, blues and earth, some bright."""
    grey = np.exp(rng.uniform(np.log(0.015), np.log(0.65)))
    hue = np.exp(rng.normal(0, rng.choice([0.06, 0.25, 0.6], p=[0.45, 0.35, 0.2]), 3))
    colour = np.clip(grey * hue, 0.01, 0.8)
    contrast = np.exp(rng.choice([-1, 1]) * rng.uniform(0.4, 1.4) + rng.normal(0, 0.2, 3))
    return colour, np.clip(colour * contrast, 0.01, 0.8)


def pressed(strands: HairStrands, hat: Accessory) -> HairStrands | None:
    """Return the hair that shows with a hat on: flat under it; None under what covers all hair."""
    if hat.name in COVERING:
        return None
    points = strands.points.astype(np.float64)
    distance, skin = above_skull(points)
    under = np.clip((points[..., 1] - brim_height(points[..., 2], front=7.7, back=7.0)) / 0.25, 0, 1)
    most = skin + PRESSED_DM + 3.0 * (1 - under)
    scale = np.minimum(1.0, most / distance)
    flat = SKULL_CENTRE + (points - SKULL_CENTRE) * scale[..., None]
    return replace(strands, points=flat.astype(np.float32))
