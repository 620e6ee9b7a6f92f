import hashlib
import json
import subprocess
import sys

import numpy as np

from facsimile.face.appearance import ALBEDO_RANGE, Appearance, random_appearance
from facsimile.face.identity import identity_from_seed

PRINT_DIGEST = """
import numpy as np
from facsimile.face.appearance import random_appearance
from facsimile.face.identity import identity_from_seed
import hashlib
a = random_appearance(np.random.default_rng(5), identity_from_seed(5))
arrays = [a.albedo, a.gloss, a.height, a.brows.bary, a.lashes.bary, a.clothes_colour, a.eyes.iris_outer]
arrays += [] if a.hair is None else [a.hair.points]
print(hashlib.sha256(b"".join(x.tobytes() for x in arrays)).hexdigest())
"""


def draw(seed: int) -> Appearance:
    return random_appearance(np.random.default_rng(seed), identity_from_seed(seed))


def digest(a: Appearance) -> str:
    arrays = [a.albedo, a.gloss, a.height, a.brows.bary, a.lashes.bary, a.clothes_colour, a.eyes.iris_outer]
    arrays += [] if a.hair is None else [a.hair.points]
    return hashlib.sha256(b"".join(x.tobytes() for x in arrays)).hexdigest()


def test_another_process_draws_the_same_bytes() -> None:
    result = subprocess.run([sys.executable, "-c", PRINT_DIGEST], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == digest(draw(5))


def test_earlier_draws_do_not_matter() -> None:
    first = digest(draw(5))
    draw(6)
    assert digest(draw(5)) == first
    assert digest(draw(6)) != first


def test_values_are_in_range() -> None:
    for seed in range(6):
        look = draw(seed)
        assert look.albedo.min() >= ALBEDO_RANGE[0] - 1e-6
        assert look.albedo.max() <= ALBEDO_RANGE[1] + 1e-6
        assert np.isfinite(look.height).all()
        assert 0.6 <= look.wrinkles.strength <= 1.5
        for colour in (look.teeth_colour, look.hair_colour, look.lip_colour, look.eyes.sclera, look.clothes_colour):
            assert ((colour > 0) & (colour < 1)).all()
        assert 0 < look.eyes.pupil_radius < 1


def test_dark_and_light_people_occur_and_the_picture_agrees_with_the_words() -> None:
    looks = [draw(seed) for seed in range(30)]
    melanin = np.array([look.description["melanin"] for look in looks])
    assert melanin.min() < 0.2
    assert melanin.max() > 0.6
    cheek = np.array([look.albedo[:, 222, 440].mean() for look in looks])
    assert np.corrcoef(melanin, cheek)[0, 1] < -0.85


def test_description_is_plain() -> None:
    description = draw(1).description
    assert json.loads(json.dumps(description)) == description
    assert {"melanin", "hair_style", "hair_colour", "beard", "glasses", "age_years", "sex"} <= set(description)


def test_eyes_and_make_up_vary() -> None:
    looks = [draw(seed) for seed in range(40)]
    assert len({look.eyes.colour_name for look in looks}) >= 3
    assert {look.description["makeup"] for look in looks} == {True, False}
    assert len({look.description["hair_style"] for look in looks}) >= 8
