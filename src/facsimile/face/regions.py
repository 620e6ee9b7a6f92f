"""Name the regions of the face on the rest-pose atlas: smooth masks 0-1, and noise to vary them.

Places are measured on the template head (dm): brows at y 7.42-7.49 and |x| 0.125-0.505, lips at y 6.50-6.71, nose tip
(0, 6.9), chin y 6.15, forehead hairline y 8.1, ears |x| 0.84.
"""

from functools import lru_cache

import cv2
import numpy as np
from jaxtyping import Float, Float32

from facsimile.face.rest import ATLAS_SIZE, atlas
from facsimile.kernel import lean_kernel

LIP_SEAM_Y = 6.613
"""Height (dm) of the closed mouth line of the template."""
OUTSIDE = 0.002
"""A region is left out where it is less."""
BROW_INNER, BROW_WIDTH = 0.125, 0.38
"""Inner end of a brow and its extent along x (dm)."""

HAIRLINE_Z = (-0.9, -0.4, -0.1, 0.12, 0.3, 0.42, 0.58, 0.66, 0.72, 0.80, 0.88, 0.98, 1.1, 1.25, 1.45)
HAIRLINE_Y = (6.62, 6.62, 6.70, 6.85, 7.1, 7.38, 7.38, 7.12, 7.08, 7.15, 7.48, 7.73, 7.86, 7.92, 7.95)
"""Where hair starts to grow, from the nape over the ear and sideburn to the forehead; drawn on the template."""


@lru_cache(maxsize=64)
def noise(sigma_texels: float, number: int = 0) -> Float32[np.ndarray, "H W"]:
    """Return fixed smooth noise on the atlas: unit variance, seamless at the back, the same for every call."""
    width = ATLAS_SIZE[1]
    margin = min(int(4 * sigma_texels) + 2, width // 2)
    field = np.random.default_rng([round(sigma_texels * 10), number]).standard_normal(ATLAS_SIZE, np.float32)
    padded = np.concatenate([field[:, -margin:], field, field[:, :margin]], 1)
    smooth = cv2.GaussianBlur(padded, (0, 0), sigma_texels)[:, margin : margin + width]
    return np.asarray((smooth - smooth.mean()) / smooth.std(), np.float32)


def rolled_noise(rng: np.random.Generator, sigma_texels: float, number: int = 0) -> Float32[np.ndarray, "H W"]:
    """Return the noise turned round the head by a random angle: another pattern for another person."""
    return np.roll(noise(sigma_texels, number), int(rng.integers(ATLAS_SIZE[1])), axis=1)


@lru_cache(maxsize=8)
def grain(sigma_across: float, sigma_down: float) -> Float32[np.ndarray, "H W"]:
    """Return fixed noise drawn out along columns or rows: unit variance, seamless at the back."""
    width, margin = ATLAS_SIZE[1], int(4 * max(sigma_across, sigma_down)) + 2
    field = np.random.default_rng([round(sigma_across * 10), round(sigma_down * 10), 5]).standard_normal(ATLAS_SIZE)
    padded = np.concatenate([field[:, -margin:], field, field[:, :margin]], 1)
    smooth = cv2.GaussianBlur(padded, (0, 0), sigmaX=sigma_across, sigmaY=sigma_down)[:, margin : margin + width]
    return np.asarray((smooth - smooth.mean()) / smooth.std(), np.float32)


@lean_kernel
def _add_rolled(out, field, shift, amount, mask):
    """Add ``amount`` times a field turned by ``shift`` columns, times ``mask`` where that is not empty."""
    height, width = out.shape
    for row in range(height):
        line, source = out[row], field[row]
        if mask.shape[0] > 0:
            share = mask[row]
            for column in range(shift):
                line[column] += amount * source[column - shift + width] * share[column]
            for column in range(shift, width):
                line[column] += amount * source[column - shift] * share[column]
        else:
            for column in range(shift):
                line[column] += amount * source[column - shift + width]
            for column in range(shift, width):
                line[column] += amount * source[column - shift]


_NO_MASK = np.empty((0, 0), np.float32)


def add_rolled(
    out: Float32[np.ndarray, "H W"],
    rng: np.random.Generator,
    field: Float32[np.ndarray, "H W"],
    amount: float,
    *,
    mask: Float32[np.ndarray, "H W"] | None = None,
) -> None:
    """Add ``amount`` times a noise field, turned round the head by a random angle, to ``out``."""
    shift = int(rng.integers(ATLAS_SIZE[1]))
    _add_rolled(out, field, shift, np.float32(amount), _NO_MASK if mask is None else mask)


@lru_cache(maxsize=64)
def region_window(name: str) -> tuple[slice, slice]:
    """Return the rows and columns outside which a region is practically 0."""
    inside = regions()[name] > OUTSIDE
    rows, columns = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def add_region(out: Float32[np.ndarray, "H W"], name: str, amount: float) -> None:
    """Add ``amount`` times a region to ``out``."""
    window = region_window(name)
    out[window] += np.float32(amount) * regions()[name][window]


@lru_cache(maxsize=1)
def pore_relief() -> Float32[np.ndarray, "H W"]:
    """Return pores as wide as each region has them: negative where skin dips."""
    return np.asarray(regions()["pores"] * np.minimum(pore_noise(), 0.4), np.float32)


@lru_cache(maxsize=1)
def pore_noise() -> Float32[np.ndarray, "H W"]:
    """Return pores: fixed dots about 1.5 texels wide, negative where skin dips, mean 0, unit variance."""
    dots = noise(0.7, 1) - 0.8 * noise(1.5, 7)
    pits = np.minimum(dots + 0.6, 0) * 1.6
    return np.asarray((pits - pits.mean()) / pits.std(), np.float32)


def brow_height(along: Float[np.ndarray, "*n"], *, arch: float = 0.0) -> Float[np.ndarray, "*n"]:
    """Return the height (dm) of a brow's middle line; ``along`` 0 at the inner end to 1; ``arch`` -1 flat to 1 high."""
    return (
        7.437
        + 0.06 * (1 + arch) * np.sin(np.pi * np.clip(along * 0.85 + 0.1, 0, 1))
        - 0.16 * np.clip(along - 0.6, 0, 1) ** 1.3
    )


def hairline_distance(points: Float[np.ndarray, "*n 3"], *, recede: float = 0.0) -> Float[np.ndarray, "*n"]:
    """Return how far (dm of height) rest-pose points lie inside the hair; ``recede`` -0.6 low to 1 receded temples."""
    x, z = np.abs(points[..., 0]), points[..., 2]
    line = np.interp(z, HAIRLINE_Z, HAIRLINE_Y)
    back = np.interp(z, (0.6, 1.0, 1.35), (0, 0.35, 0.25)) * np.interp(x, (0, 0.15, 0.5), (0.5, 0.7, 1.0))
    return points[..., 1] - line - recede * back


@lru_cache(maxsize=1)
def regions() -> dict[str, Float32[np.ndarray, "H W"]]:
    """Return the masks by name, made once per process."""
    a = atlas()
    named = {
        "cheek": a.blob(0.45, 6.92, 0.17, 0.14),
        "nose": a.blob(0.0, 6.90, 0.11, 0.09),
        "nose_bridge": a.blob(0.0, 7.12, 0.06, 0.15),
        "forehead": a.blob(0.0, 7.85, 0.5, 0.2),
        "under_eye": a.blob(0.29, 7.11, 0.12, 0.045),
        "lid": a.blob(0.31, 7.345, 0.14, 0.05),
        "chin": a.blob(0.0, 6.25, 0.18, 0.1),
        "tear_trough": _tear_trough(),
        "socket": a.blob(0.30, 7.30, 0.19, 0.12),
        "mouth_ring": a.blob(0.0, 6.60, 0.34, 0.17) * (1 - a.lips),
        "temple": a.blob(0.62, 7.45, 0.12, 0.22),
        "wing": a.blob(0.155, 6.87, 0.04, 0.06),
        "flushed": a.blob(0.45, 6.92, 0.17, 0.14) + a.blob(0.0, 6.90, 0.11, 0.09) + a.blob(0.155, 6.87, 0.04, 0.06),
        "neck": np.clip((6.2 - a.y) / 0.15, 0, 1) * np.clip(1.2 - a.z, 0, 1),
        "pores": _pore_sizes(),
        "creased": _tear_trough()
        + 0.7 * a.blob(0.31, 7.345, 0.14, 0.05)
        + 0.8 * np.clip((6.2 - a.y) / 0.15, 0, 1) * np.clip(1.2 - a.z, 0, 1)
        + 0.25 * a.blob(0.0, 7.85, 0.5, 0.2),
        "lips": a.lips,
        "lid_rim": _lid_rim(),
        "liner": _liner(),
        "cheekbone": a.blob(0.50, 6.99, 0.15, 0.09),
        "face": np.clip((a.z - 0.3) / 0.3, 0, 1) * np.clip((a.y - 6.1) / 0.1, 0, 1) * (1 - a.lips),
        "ear": cv2.GaussianBlur(a.ears, (0, 0), 6),
        "beard": _beard_region(),
        "moustache": _moustache_region(),
        "brow": _brow_region(),
    }
    return {name: np.asarray(mask, np.float32) for name, mask in named.items()}


def _tear_trough() -> Float32[np.ndarray, "H W"]:
    """Return the ring below the eye, from the inner corner along the rim of the socket."""
    a = atlas()
    x = np.abs(a.x)
    line = 7.105 + 0.55 * (x - 0.30) ** 2 + 0.35 * np.clip(0.22 - x, 0, 1)
    band = np.exp(-(((a.y - line) / 0.045) ** 2) / 2) * np.exp(-(((x - 0.26) / 0.12) ** 2) / 2)
    return np.asarray(band * (a.z > 0.8), np.float32)


def _pore_sizes() -> Float32[np.ndarray, "H W"]:
    """Return how wide pores are, 0 (lids) to about 1.3 (nose)."""
    a = atlas()
    inner_cheek = a.blob(0.30, 6.93, 0.15, 0.14)
    sizes = 0.35 + 0.9 * a.blob(0.0, 6.92, 0.13, 0.12) + 0.75 * inner_cheek + 0.25 * a.blob(0.0, 7.75, 0.4, 0.2)
    sizes += 0.3 * a.blob(0.0, 6.27, 0.16, 0.1)
    bare = 1 - 0.95 * np.clip(1.5 * a.blob(0.30, 7.25, 0.14, 0.09), 0, 1)
    return np.asarray(sizes * bare * (1 - a.lips), np.float32)


def _lid_rim() -> Float32[np.ndarray, "H W"]:
    """Return the edges of the lids, a ring round the eye's opening; the lower rim has half the strength."""
    a = atlas()
    x, y = (np.abs(a.x) - 0.318) / 0.122, (a.y - 7.287) / 0.044
    ring = np.exp(-(((np.hypot(x, y) - 1.06) / 0.17) ** 2) / 2) * np.where(y > 0, 1.0, 0.5)
    return np.asarray(ring * (a.z > 1.0), np.float32)


def _liner() -> Float32[np.ndarray, "H W"]:
    """Return a drawn line over the upper lashes, thickening to a short wing at the outer corner."""
    a = atlas()
    x = (np.abs(a.x) - 0.318) / 0.122
    height = 7.287 + 0.047 * np.sqrt(np.clip(1 - np.clip(x, -1, 1) ** 2, 0, 1)) + 0.05 * np.clip(x - 0.8, 0, 1)
    thick = 0.006 + 0.007 * np.clip((x + 0.8) / 1.6, 0, 1)
    line = np.exp(-(((a.y - height - 0.004) / thick) ** 2) / 2) * (x > -0.95) * (x < 1.15)
    return np.asarray(line * (a.z > 1.0), np.float32)


def _moustache_region() -> Float32[np.ndarray, "H W"]:
    a = atlas()
    x = np.abs(a.x)
    line = 6.775 - 0.10 * np.clip(x / 0.3, 0, 1) ** 2
    return np.asarray(np.exp(-(((a.y - line) / 0.05) ** 2) / 2) * (x < 0.33) * (1 - a.lips) * (a.z > 0.5), np.float32)


def _beard_region() -> Float32[np.ndarray, "H W"]:
    """Return jaw, chin, upper neck and moustache, with soft edges."""
    a = atlas()
    x = np.abs(a.x)
    top = 6.50 + np.clip((x - 0.30) * 1.3, 0, 0.65)
    jaw = np.clip((top - a.y) / 0.10, 0, 1) * np.clip((a.y - 5.95) / 0.15, 0, 1) * np.clip((a.z - 0.35) / 0.2, 0, 1)
    below_lip = 1 - 0.7 * np.exp(-((a.x / 0.14) ** 2) / 2 - (((a.y - 6.45) / 0.05) ** 2) / 2)
    mask = np.clip(jaw * below_lip + _moustache_region(), 0, 1) * (a.y < 7.1)
    return cv2.GaussianBlur(np.asarray(mask, np.float32), (0, 0), 2.5) * (1 - a.lips)


def _brow_region() -> Float32[np.ndarray, "H W"]:
    a = atlas()
    x = np.abs(a.x)
    middle = brow_height(np.clip((x - BROW_INNER) / BROW_WIDTH, 0, 1)) + 0.006
    mask = np.exp(-(((a.y - middle) / 0.026) ** 2) / 2) * (x > BROW_INNER - 0.01) * (x < BROW_INNER + BROW_WIDTH)
    return cv2.GaussianBlur(np.asarray(mask * (a.z > 0.6), np.float32), (0, 0), 1.2)
