"""Scatter what makes skin somebody's own: freckles, moles, spots, scars, patches; stamped into the pigment maps."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32

from facsimile.face.regions import noise, regions, rolled_noise
from facsimile.face.rest import ATLAS_SIZE, TEXEL_MM, atlas
from facsimile.kernel import lean_kernel

FACE_ROWS, FACE_COLUMNS = (40, 400), (192, 576)
"""Texels of face, ears and neck: marks elsewhere lie under hair or clothes."""
FRECKLED = 0.34
"""Share of the fairest people that have freckles."""
SCARRED, BIRTHMARKED, VITILIGO, MELASMA = 0.14, 0.03, 0.006, 0.12
"""Shares of people; vitiligo 0.5-2 % worldwide (Krueger and Schallreuter 2012), the others guesses. Melasma: women."""


@dataclass
class Layers:
    """Hold the maps that marks are stamped into: ``melanin``, ``blood`` and ``height`` (mm), changed in place."""

    melanin: Float32[np.ndarray, "H W"]
    blood: Float32[np.ndarray, "H W"]
    height: Float32[np.ndarray, "H W"]


@lean_kernel
def _stamp(spots, melanin, blood, height):
    """Add soft round spots [S,7]: row, column, radius (texels), edge 0-1, melanin, blood, height (mm)."""
    rows, columns = melanin.shape
    for s in range(spots.shape[0]):
        radius, edge = spots[s, 2], spots[s, 3]
        reach = 3 * radius
        for row in range(max(0, int(spots[s, 0] - reach)), min(rows, int(spots[s, 0] + reach) + 2)):
            for column in range(max(0, int(spots[s, 1] - reach)), min(columns, int(spots[s, 1] + reach) + 2)):
                u, v = (row - spots[s, 0]) / radius, (column - spots[s, 1]) / radius
                away = u * u + v * v
                soft = np.exp(-away)
                flat = 1 / (1 + away * away * away)
                cover = soft * (1 - edge) + flat * edge
                melanin[row, column] += spots[s, 4] * cover
                blood[row, column] += spots[s, 5] * cover
                height[row, column] += spots[s, 6] * soft


def _places(rng: np.random.Generator, count: int, where: Float32[np.ndarray, "H W"]) -> Float[np.ndarray, "N 2"]:
    """Draw up to ``count`` (row, column), the denser the larger ``where`` (0-1)."""
    draws = rng.random((6 * count, 3))
    rows = FACE_ROWS[0] + draws[:, 0] * (FACE_ROWS[1] - FACE_ROWS[0])
    columns = FACE_COLUMNS[0] + draws[:, 1] * (FACE_COLUMNS[1] - FACE_COLUMNS[0])
    kept = draws[:, 2] < where[rows.astype(int), columns.astype(int)]
    return np.stack([rows[kept], columns[kept]], -1)[:count]


def _spots(
    places: Float[np.ndarray, "N 2"],
    radius_mm: Float[np.ndarray, " N"],
    *,
    edge: float,
    melanin: Float[np.ndarray, " N"],
    blood: Float[np.ndarray, " N"],
    height_mm: Float[np.ndarray, " N"],
) -> Float[np.ndarray, "N 7"]:
    """Return spots for ``_stamp``."""
    return np.column_stack([places, radius_mm / TEXEL_MM, np.full(len(places), edge), melanin, blood, height_mm])


def stamp_marks(rng: np.random.Generator, layers: Layers, *, tone: float, age_years: float, sex: float) -> None:
    """Draw all marks of a person and stamp them."""
    spots = [
        _freckles(rng, tone, age_years),
        _moles(rng, tone, age_years),
        _age_spots(rng, tone, age_years),
        _acne(rng, tone, age_years),
    ]
    _stamp(np.concatenate(spots), layers.melanin, layers.blood, layers.height)
    if rng.random() < SCARRED:
        _stamp(_scar(rng, tone), layers.melanin, layers.blood, layers.height)
    _patches(rng, layers, tone=tone, age_years=age_years, sex=sex)


def _freckles(rng: np.random.Generator, tone: float, age_years: float) -> Float[np.ndarray, "N 7"]:
    """Return freckles, the more likely the fairer the skin; they gather on cheeks and nose."""
    chance, many, spread = rng.random(), rng.random(), rng.uniform(0.05, 0.5)
    if chance > FRECKLED * max(0.0, 1 - 1.4 * tone) * np.clip((age_years - 3) / 5, 0, 1):
        return np.empty((0, 7))
    region = regions()
    where = region["cheek"] + 1.2 * region["nose"] + region["nose_bridge"] + spread * (region["forehead"] + 0.5)
    clumps = np.clip(0.7 + 0.5 * rolled_noise(rng, 12.0, 2), 0, 1.5)
    places = _places(rng, int(120 + 1100 * many**2), np.asarray(np.clip(where * clumps, 0, 1), np.float32))
    size = np.clip(np.exp(rng.normal(np.log(0.62), 0.35, len(places))), 0.3, 1.7)
    dark = rng.uniform(0.08, 0.30) * np.exp(rng.normal(0, 0.4, len(places)))
    none = np.zeros(len(places))
    return _spots(places, size, edge=0.4, melanin=np.clip(dark, 0, 0.5), blood=none, height_mm=none)


def _moles(rng: np.random.Generator, tone: float, age_years: float) -> Float[np.ndarray, "N 7"]:
    """Return moles, and on dark skin the small raised dark spots that come with age."""
    region = regions()
    count = int(rng.poisson(0.8 + 3.5 * np.clip((age_years - 5) / 30, 0, 1) * rng.random()))
    places = _places(rng, max(1, count), np.full(ATLAS_SIZE, 0.7, np.float32))[:count]
    size = np.clip(np.exp(rng.normal(np.log(0.7), 0.4, len(places))), 0.35, 2.2)
    raised = np.where(rng.random(len(places)) < 0.35, rng.uniform(0.15, 0.5, len(places)), 0.0)
    dark = rng.uniform(0.25, 0.7, len(places)) * np.where(raised > 0, 0.7, 1.0)
    moles = _spots(places, size, edge=0.8, melanin=dark, blood=np.zeros(len(places)), height_mm=raised)
    if tone < 0.6 or age_years < 35 or rng.random() > 0.4:
        return moles
    where = np.asarray(np.clip(0.8 * region["cheek"] + 0.4 * region["forehead"], 0, 1), np.float32)
    places = _places(rng, int(rng.integers(15, 80)), where)
    size, count = rng.uniform(0.35, 0.9, len(places)), len(places)
    papules = _spots(
        places, size, edge=0.6, melanin=np.full(count, 0.25), blood=np.zeros(count), height_mm=np.full(count, 0.2)
    )
    return np.concatenate([moles, papules])


def _age_spots(rng: np.random.Generator, tone: float, age_years: float) -> Float[np.ndarray, "N 7"]:
    """Return lentigines: flat brown spots of sun and age on temples, cheeks and forehead."""
    old = float(np.clip((age_years - 42) / 40, 0, 1))
    if rng.random() > 1.3 * old * (1 - 0.6 * tone):
        return np.empty((0, 7))
    region = regions()
    where = 0.7 * region["cheek"] + 0.6 * region["forehead"] + 0.15
    places = _places(rng, int(4 + 34 * old * rng.random()), np.asarray(np.clip(where, 0, 1), np.float32))
    parts = np.repeat(places, 3, axis=0) + rng.normal(0, 1.6, (3 * len(places), 2))
    size = np.repeat(np.exp(rng.normal(np.log(1.5), 0.45, len(places))), 3) * rng.uniform(0.5, 1.1, len(parts))
    dark = np.repeat(rng.uniform(0.03, 0.13, len(places)), 3)
    none = np.zeros(len(parts))
    return _spots(parts, np.clip(size, 0.5, 4.5), edge=0.7, melanin=dark, blood=none, height_mm=none)


def _acne(rng: np.random.Generator, tone: float, age_years: float) -> Float[np.ndarray, "N 7"]:
    """Return pimples and the marks that they leave: red on light skin, brown on dark; commonest from 13 to 22."""
    youth = float(np.interp(age_years, (10, 13, 17, 22, 30, 45), (0.0, 0.5, 0.8, 0.5, 0.3, 0.1)))
    if rng.random() > youth:
        return np.empty((0, 7))
    region = regions()
    where = 0.8 * region["cheek"] + 0.7 * region["forehead"] + 0.8 * region["chin"] + 0.3 * region["nose"]
    places = _places(rng, int(2 + 42 * rng.random() ** 3), np.asarray(np.clip(where, 0, 1), np.float32))
    count = len(places)
    fresh = rng.random(count) < 0.5
    size, red = rng.uniform(0.5, 1.5, count), rng.uniform(0.25, 0.9, count)
    return _spots(
        places,
        size,
        edge=0.2,
        melanin=np.where(fresh, 0.0, 0.30 * tone * rng.random(count)),
        blood=np.where(fresh, red, 0.4 * red),
        height_mm=np.where(fresh, rng.uniform(0.05, 0.25, count), -rng.uniform(0.0, 0.06, count)),
    )


def _scar(rng: np.random.Generator, tone: float) -> Float[np.ndarray, "N 7"]:
    """Return a scar: a bent line of 6-28 mm, pale or dark, sunk or raised."""
    row, column = rng.uniform(150, 340), rng.uniform(300, 468)
    length, angle, bend = rng.uniform(6, 28) / TEXEL_MM, rng.uniform(0, np.pi), rng.normal(0, 0.5)
    t = np.linspace(-0.5, 0.5, int(length * 1.6) + 4)
    heading = angle + bend * t
    places = np.stack([row + length * t * np.sin(heading), column + length * t * np.cos(heading)], -1)
    places += rng.normal(0, 0.25, places.shape)
    taper = np.sqrt(np.clip(1 - (2 * t) ** 2, 0.05, 1))
    pale = rng.uniform(-0.10, -0.03) if tone < 0.6 or rng.random() < 0.5 else 0.08
    sunk = -rng.uniform(0.03, 0.10) if rng.random() < 0.6 else rng.uniform(0.03, 0.08)
    count = len(places)
    return _spots(
        places,
        rng.uniform(0.5, 1.0) * taper,
        edge=0.3,
        melanin=pale * (0.4 + tone) * taper,
        blood=np.full(count, rng.uniform(-0.05, 0.10)) * taper,
        height_mm=sunk * taper,
    )


def _patches(rng: np.random.Generator, layers: Layers, *, tone: float, age_years: float, sex: float) -> None:
    """Add what covers an area: birthmark, melasma, vitiligo; each rare."""
    birthmark, melasma, vitiligo, strength = rng.random(4)
    spotted = sex > 0.5 and 22 < age_years < 60 and melasma < MELASMA
    if birthmark >= BIRTHMARKED and not spotted and vitiligo >= VITILIGO:
        return
    ragged = rolled_noise(rng, 4.0, 5)
    if birthmark < BIRTHMARKED:
        row, column = rng.uniform(120, 340), rng.uniform(270, 498)
        radius = rng.uniform(5, 26)
        rows, columns = np.ogrid[: ATLAS_SIZE[0], : ATLAS_SIZE[1]]
        inside = 1.2 - np.hypot(rows - row, columns - column) / radius + 0.22 * ragged
        cover = np.asarray(np.clip(3 * inside, 0, 1), np.float32)
        layers.melanin += np.float32(0.05 + 0.12 * strength) * cover * (birthmark < 0.6 * BIRTHMARKED)
        layers.blood += np.float32(0.3 + 0.5 * strength) * cover * (birthmark >= 0.6 * BIRTHMARKED)
    if spotted:
        region = regions()
        where = 0.9 * region["cheek"] + 0.7 * region["moustache"] + 0.5 * region["forehead"]
        layers.melanin += np.float32(0.05 + 0.10 * strength) * np.clip(1.6 * where + 0.3 * ragged - 0.7, 0, 1)
    if vitiligo < VITILIGO:
        a = atlas()
        folded = (rolled_noise(rng, 12.0, 7) + noise(12.0, 7)[:, ::-1]) / 2
        eyes_mouth = np.exp(-(((np.abs(a.x) - 0.3) / 0.2) ** 2 + ((a.y - 7.28) / 0.15) ** 2) / 2)
        eyes_mouth += np.exp(-((a.x / 0.3) ** 2 + ((a.y - 6.6) / 0.2) ** 2) / 2)
        cover = np.clip(4 * (eyes_mouth + 0.6 * folded + 0.1 * ragged - 0.75), 0, 1)
        layers.melanin *= np.asarray(1 - 0.9 * cover, np.float32)
