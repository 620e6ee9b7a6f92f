"""What the finder's network is taught is what the finder reads from it, and it can learn."""

import numpy as np
import onnxruntime
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")

from facsimile.detect.turned import MARGIN, METADATA_KEY, STRIDE, UNIT_SIDE, decoded  # noqa: E402
from facsimile.detect.weights import is_sealed  # noqa: E402
from facsimile.train.finder import fit as fitting  # noqa: E402
from facsimile.train.finder import network as networks  # noqa: E402
from facsimile.train.finder.composites import PATCH, Place  # noqa: E402

pytestmark = pytest.mark.torch

PLACES = [[Place(30.0, 60.5, 40.0, 0.3)], [], [Place(20.0, 20.0, 24.0, -0.5), Place(71.0, 66.0, 30.0, 0.0)]]


def answer(targets):
    """Return the targets as if a perfect network had given them, [B, 6, h, w]."""
    heat = np.clip(targets.heat, 1e-4, 1 - 1e-4)
    return np.concatenate([np.log(heat / (1 - heat))[:, None], targets.crop], 1)


def test_a_perfect_answer_is_decoded_to_the_places():
    for cells, faces in zip(answer(fitting.targets_of(PLACES)), PLACES, strict=True):
        found = sorted(decoded(cells, 0.9), key=lambda c: c.box[0])
        assert len(found) == len(faces)
        for candidate, place in zip(found, faces, strict=True):
            middle = candidate.box[:2] + candidate.box[2:] / 2
            assert middle == pytest.approx([place.x, place.y], abs=1e-3)
            assert candidate.box[2] == pytest.approx(place.side, rel=1e-5)
            assert candidate.angle_rad == pytest.approx(place.angle_rad, abs=1e-5)


def test_faces_of_other_sizes_count_neither_way_or_as_none():
    doubtful, large = fitting.targets_of([[Place(48.0, 48.0, 66.0, 0.0)], [Place(48.0, 48.0, 84.0, 0.0)]]).counts
    assert doubtful[6, 6] == 0
    assert (large == 1).all()
    assert fitting.targets_of([[Place(48.0, 48.0, 84.0, 0.0)]]).heat.max() == 0


def test_both_rooms_agree_on_the_grid():
    assert (STRIDE, UNIT_SIDE) == (networks.STRIDE, networks.UNIT_SIDE)
    assert MARGIN % STRIDE == 0
    assert PATCH % STRIDE == 0


def test_light_and_contrast_do_not_count():
    picture = torch.from_numpy(np.random.default_rng(0).uniform(40, 200, (1, 1, 64, 64)).astype(np.float32))
    plain, dim = networks.evened(picture), networks.evened(picture * 0.5 + 20)
    assert torch.allclose(plain, dim, atol=0.05)  # 4 grey levels of contrast are never amplified


def test_it_learns_and_the_file_says_the_same(tmp_path):
    rng = np.random.default_rng(0)
    patches = rng.integers(90, 130, (3, PATCH, PATCH), dtype=np.uint8)
    for patch, faces in zip(patches, PLACES, strict=True):
        for place in faces:
            patch[int(place.y) - 8 : int(place.y) + 8, int(place.x) - 8 : int(place.x) + 8] = 240
    network = fitting.fit(patches, PLACES, steps=40, batch=6)
    with torch.no_grad():
        cells = network(networks.as_input(torch.from_numpy(patches))).numpy()
    counts = [len([c for c in decoded(one, 0.5)]) for one in cells]
    assert counts == [1, 0, 2]
    fitting.export(network, tmp_path / "f.onnx", {"steps": 40})
    content = (tmp_path / "f.onnx").read_bytes()
    assert is_sealed(content)
    runtime = onnxruntime.InferenceSession(content)
    assert METADATA_KEY in runtime.get_modelmeta().custom_metadata_map
    for height, width in ((96, 96), (64, 160)):
        given = rng.uniform(0, 255, (1, 1, height, width)).astype(np.float32)
        with torch.no_grad():
            expected = network(torch.from_numpy(given)).numpy()
        np.testing.assert_allclose(runtime.run(None, {"grey": given})[0], expected, atol=1e-3)
