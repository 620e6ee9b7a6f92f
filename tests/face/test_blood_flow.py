import numpy as np

from facsimile.face.blood_flow import COARSE, FLOW, flow_maps, flow_tint
from facsimile.face.rest import ATLAS_SIZE, atlas
from facsimile.facs.action_units import LABEL_UNITS, unit_index


def units(code: int, left: float, right: float) -> np.ndarray:
    intensity = np.zeros((len(LABEL_UNITS), 2), np.float32)
    intensity[unit_index(code)] = left, right
    return intensity


def at(tint: np.ndarray, x: float, y: float) -> np.ndarray:
    """Return the factor on RGB at a place of the face (dm)."""
    a = atlas()
    gap = np.hypot(a.x - x, a.y - y) + 10 * (a.z < 0.5)
    row, column = np.unravel_index(np.argmin(gap), ATLAS_SIZE)
    return tint[row // COARSE, column // COARSE]


def test_at_rest_nothing_is_tinted() -> None:
    assert flow_tint(units(4, 0, 0), 1.0) is None
    assert flow_tint(np.full((len(LABEL_UNITS), 2), np.nan, np.float32), 1.0) is None


def test_sides_mirror_exactly() -> None:
    for code in FLOW:
        left, right = flow_tint(units(code, 3, 0), 1.0), flow_tint(units(code, 0, 3), 1.0)
        assert left is not None
        assert right is not None
        np.testing.assert_array_equal(left, right[:, ::-1])


def test_pressed_lips_blanch_and_a_smile_flushes_the_cheek_on_its_own_side() -> None:
    pressed, smile = flow_tint(units(24, 5, 5), 1.0), flow_tint(units(12, 5, 0), 1.0)
    assert pressed is not None
    assert smile is not None
    red, green, _ = at(pressed, 0.1, 6.58)
    assert green > 1.1
    assert red < 1.1
    assert at(smile, 0.43, 6.91)[1] < 0.93
    assert at(smile, -0.43, 6.91)[1] == 1


def test_colour_moves_with_intensity_and_stays_small() -> None:
    greens = []
    for intensity in (1.0, 3.0, 5.0):
        tint = flow_tint(units(12, intensity, intensity), 1.0)
        assert tint is not None
        greens.append(at(tint, 0.43, 6.91)[1])
    assert 1 > greens[0] > greens[1] > greens[2]
    assert np.abs(flow_maps()).max() <= 0.5
