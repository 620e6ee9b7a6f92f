import numpy as np

from facsimile.face.marks import Layers, stamp_marks
from facsimile.face.rest import ATLAS_SIZE


def stamped(seed: int, *, tone: float = 0.2, age_years: float = 30.0, sex: float = 1.0) -> Layers:
    layers = Layers(*(np.full(ATLAS_SIZE, value, np.float32) for value in (tone, 0.2, 0.0)))
    stamp_marks(np.random.default_rng(seed), layers, tone=tone, age_years=age_years, sex=sex)
    return layers


def spotted(tone: float, age_years: float, threshold: float = 0.04) -> float:
    """Return the mean share of the skin that marks have darkened, over 40 people."""
    return float(np.mean([(stamped(s, tone=tone, age_years=age_years).melanin > tone + threshold).mean()
                          for s in range(40)]))  # fmt: skip


def test_the_same_seed_stamps_the_same_bytes() -> None:
    assert stamped(3).melanin.tobytes() == stamped(3).melanin.tobytes()
    assert stamped(3).melanin.tobytes() != stamped(4).melanin.tobytes()


def test_fair_and_old_skin_is_spotted_more() -> None:
    assert spotted(0.05, 20.0) > 2 * spotted(0.9, 20.0)
    assert spotted(0.2, 80.0) > 1.5 * spotted(0.2, 15.0)


def test_little_children_have_no_pimples() -> None:
    assert all(np.abs(stamped(s, age_years=7.0).blood - 0.2).max() < 0.2 for s in range(10, 16))


def test_marks_stay_small() -> None:
    for seed in range(30):
        layers = stamped(seed, age_years=40.0)
        assert np.abs(layers.height).max() < 1.0
        assert np.abs(layers.melanin - 0.2).max() < 2.0
