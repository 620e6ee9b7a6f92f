import numpy as np
import pytest

from facsimile.facs.controllers import ARKIT, CONTROLLERS, EXTRA, MIRROR, controller_index, mirror_controllers


def test_axis_order():
    assert (len(ARKIT), len(EXTRA), len(set(CONTROLLERS))) == (52, 20, 72)
    assert [controller_index(name) for name in CONTROLLERS] == list(range(72))
    assert ARKIT[0] == "eyeBlinkLeft"
    assert ARKIT[-1] == "tongueOut"


def test_mirror_swaps_sides_and_twice_is_identity():
    values = np.random.default_rng(0).random((3, 72)).astype(np.float32)
    mirrored = mirror_controllers(values)
    assert np.array_equal(mirror_controllers(mirrored), values)
    assert np.array_equal(mirrored[:, controller_index("jawLeft")], values[:, controller_index("jawRight")])
    unsided = [i for i, name in enumerate(CONTROLLERS) if not name.endswith(("Left", "Right"))]
    assert all(MIRROR[i] == i for i in unsided)
    assert all(MIRROR[i] != i for i in range(72) if i not in unsided)


def test_errors():
    with pytest.raises(ValueError, match="nearest: 'jawOpen'"):
        controller_index("jaw_open")
    with pytest.raises(ValueError, match="72 controllers"):
        mirror_controllers(np.zeros(52, np.float32))
