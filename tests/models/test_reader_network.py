"""The reader's promises that hold for any weights: symmetry, locality, ranges, independence within a batch."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from facsimile.facs.action_units import UNITS, UPPER_FACE_UNITS  # noqa: E402
from facsimile.facs.controllers import CONTROLLERS, MIRROR  # noqa: E402
from facsimile.models.calibrated import CalibratedReader, Calibration, ExpressionCalibration  # noqa: E402
from facsimile.models.expression_heads import AU_LOG_VARIANCE_RANGE  # noqa: E402
from facsimile.models.mirror import MirrorBlock, MirrorConv, MirrorNorm, mirror_map  # noqa: E402
from facsimile.models.reader import (  # noqa: E402
    MIRRORED_LANDMARKS,
    READ_UNITS,
    Reader,
    ReaderConfig,
    Reading,
)
from facsimile.models.resnet import trunk  # noqa: E402

pytestmark = pytest.mark.torch

NOSE_BASE, NOSE_MIDDLE = 60, 48  # crop rows: from the first only lower units look, above the second only upper ones


@pytest.fixture(scope="module")
def reader():
    torch.manual_seed(0)
    network = Reader(ReaderConfig(), np.random.default_rng(0).uniform(0, 1, (70, 2)).astype(np.float32))
    for module in network.modules():
        if isinstance(module, MirrorNorm):  # as after training: no statistic at its initial value
            module.running_mean.normal_(0, 0.2)
            module.running_var.uniform_(0.5, 1.5)
    return network.eval()


@pytest.fixture(scope="module")
def crops():
    return torch.rand(3, 3, 112, 112, generator=torch.Generator().manual_seed(1)) * 255


def read(network, crops):
    with torch.inference_mode():
        return network(crops)


def compare(network, crops, rest):
    with torch.inference_mode():
        return network.compare(network(crops).features, network(rest).features)


@pytest.mark.parametrize(("size", "stride", "width"), [(4, 2, 16), (2, 2, 16), (3, 1, 16), (3, 1, 7), (1, 1, 7)])
def test_a_mirrored_map_gives_the_mirrored_answer(size, stride, width):
    features = torch.randn(2, 6, 8, width)
    layer = MirrorConv(3, 5, size=size, stride=stride)
    torch.testing.assert_close(layer(mirror_map(features)), mirror_map(layer(features)))


def test_mirroring_twice_is_nothing():
    features = torch.randn(2, 6, 4, 5)
    assert torch.equal(mirror_map(mirror_map(features)), features)


def test_norm_in_training_matches_torch():
    features = torch.randn(16, 4, 5, 6) * 3 + 1
    expected = torch.nn.BatchNorm2d(4)(features)
    layer = MirrorNorm(2)
    torch.testing.assert_close(layer(features), expected)
    torch.testing.assert_close(layer.running_mean, 0.1 * features.mean(dim=(0, 2, 3)).view(2, 2).mean(0))


def test_a_block_halves_the_map():
    assert MirrorBlock(3, 5)(torch.randn(2, 6, 8, 14)).shape == (2, 10, 4, 7)
    assert MirrorBlock(3, 5)(torch.randn(2, 6, 7, 14)).shape == (2, 10, 4, 7)


def test_a_mirrored_crop_swaps_sides_and_turns_angles_round(reader, crops):
    plain, mirrored = read(reader, crops), read(reader, crops.flip(-1))
    turn = torch.tensor([1.0, -1.0, -1.0])
    torch.testing.assert_close(mirrored.au, plain.au.flip(2), atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(mirrored.au_log_variance, plain.au_log_variance.flip(2), atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(mirrored.pose, plain.pose * turn, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(mirrored.gaze, plain.gaze * torch.tensor([-1.0, 1.0]), atol=1e-5, rtol=1e-4)
    points = mirrored.landmarks[:, list(MIRRORED_LANDMARKS)]
    torch.testing.assert_close(
        torch.stack([1 - points[..., 0], points[..., 1]], -1), plain.landmarks, atol=1e-5, rtol=1e-4
    )
    torch.testing.assert_close(mirrored.face_logit, plain.face_logit, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(mirrored.controllers, plain.controllers[:, list(MIRROR)], atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(mirrored.visible_logit, plain.visible_logit.flip(2), atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(mirrored.features, plain.features.flip(1), atol=1e-5, rtol=1e-4)


def test_mirrored_faces_beside_mirrored_references_swap_sides(reader, crops):
    rest = crops.flip(0)
    plain = compare(reader, crops, rest)
    mirrored = compare(reader, crops.flip(-1), rest.flip(-1))
    torch.testing.assert_close(mirrored.au, plain.au.flip(2), atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(mirrored.controllers, plain.controllers[:, list(MIRROR)], atol=1e-5, rtol=1e-4)


def test_a_face_beside_itself_reads_as_nothing(reader, crops):
    answer = compare(reader, crops, crops)
    assert (answer.au == 0).all()
    is_gaze = torch.tensor([name.startswith("eyeLook") for name in CONTROLLERS])
    assert (answer.controllers[:, ~is_gaze] == 0).all()
    assert (answer.controllers[:, is_gaze] != 0).any()


def test_a_reference_matters_and_only_its_own_half_does(reader, crops):
    rest = crops.flip(0)
    plain = compare(reader, crops, rest)
    other_mouth = rest.clone()
    other_mouth[:, :, NOSE_BASE:] = 0
    changed = compare(reader, crops, other_mouth)
    is_upper = torch.tensor([u in UPPER_FACE_UNITS for u in READ_UNITS])
    torch.testing.assert_close(changed.au[:, is_upper], plain.au[:, is_upper], atol=1e-6, rtol=0)
    assert (changed.au - plain.au)[:, ~is_upper].abs().mean(dim=(0, 2)).min() > 1e-5


def test_sides_are_not_all_the_same(reader, crops):
    au = read(reader, crops).au
    sided = torch.tensor([UNITS[u].is_sided for u in READ_UNITS])
    assert (au[:, sided, 0] - au[:, sided, 1]).abs().min() > 0
    assert torch.equal(au[:, ~sided, 0], au[:, ~sided, 1])


def test_upper_units_do_not_see_the_mouth_and_lower_units_not_the_eyes(reader, crops):
    is_upper = torch.tensor([u in UPPER_FACE_UNITS for u in READ_UNITS])
    other_mouth, other_eyes = crops.clone(), crops.clone()
    other_mouth[:, :, NOSE_BASE:] = 0
    other_eyes[:, :, :NOSE_MIDDLE] = 255
    plain, mouth, eyes = (read(reader, c).au for c in (crops, other_mouth, other_eyes))
    torch.testing.assert_close(mouth[:, is_upper], plain[:, is_upper], atol=1e-6, rtol=0)
    torch.testing.assert_close(eyes[:, ~is_upper], plain[:, ~is_upper], atol=1e-6, rtol=0)
    assert (mouth - plain)[:, ~is_upper].abs().mean(dim=(0, 2)).min() > 1e-4
    assert (eyes - plain)[:, is_upper].abs().mean(dim=(0, 2)).min() > 1e-4


def test_a_batch_equals_its_members(reader, crops):
    together = read(reader, crops)
    for k in range(len(crops)):
        for field, alone in zip(together, read(reader, crops[k : k + 1]), strict=True):
            torch.testing.assert_close(field[k : k + 1], alone, atol=1e-5, rtol=1e-4)


def test_an_empty_batch_gives_empty_answers(reader):
    assert read(reader, torch.zeros(0, 3, 112, 112)).au.shape == (0, len(READ_UNITS), 2)


def test_every_unit_and_point_has_a_bounded_variance(reader, crops):
    reading = read(reader, crops * 1e4)
    assert reading.au_log_variance.shape == reading.au.shape
    low, high = AU_LOG_VARIANCE_RANGE
    assert low <= reading.au_log_variance.min() <= reading.au_log_variance.max() <= high


def test_the_mirror_of_the_landmarks_is_its_own_inverse():
    order = np.array(MIRRORED_LANDMARKS)
    assert sorted(order) == list(range(70))
    assert (order[order] == np.arange(70)).all()


def test_unknown_units_and_bands_are_refused():
    with pytest.raises(ValueError, match=r"units must be some of .*got \[99\]"):
        ReaderConfig(units=(1, 99))
    with pytest.raises(ValueError, match="upper_rows must be a band of rows within 0-112"):
        ReaderConfig(upper_rows=(0, 113))


def test_calibration_moves_means_and_widens_variances(reader, crops):
    num = len(READ_UNITS)
    alone = ExpressionCalibration((2.0,) * num, (1.0,) * num, (3.0,) * num, controller_temperature=2.0)
    beside = ExpressionCalibration((1.0,) * num, (0.5,) * num, (1.0,) * num)
    calibrated = CalibratedReader(reader, Calibration(alone, beside, landmark_temperature=2.0))
    before = read(reader, crops)
    paired = compare(reader, crops, crops.flip(0))
    has_reference = torch.tensor([0.0, 1.0, 0.0])
    with torch.inference_mode():
        after = calibrated(crops, before.features.flip(0), has_reference)
    torch.testing.assert_close(after.au[0], (2 * before.au[0] + 1).clamp(0, 5))
    torch.testing.assert_close(after.au[1], (paired.au[1] + 0.5).clamp(0, 5))
    torch.testing.assert_close(after.au_log_variance[2], before.au_log_variance[2] + 2 * np.log(6.0))
    torch.testing.assert_close(after.controllers_log_variance[0], before.controllers_log_variance[0] + 2 * np.log(2.0))
    torch.testing.assert_close(after.controllers[1], paired.controllers[1].clamp(0, 1))
    torch.testing.assert_close(after.landmark_log_variance, before.landmark_log_variance + 2 * np.log(2.0))


def test_calibration_must_be_positive_and_of_one_length():
    with pytest.raises(ValueError, match="must be positive"):
        ExpressionCalibration((0.0,), (0.0,), (1.0,))
    with pytest.raises(ValueError, match="must have one length"):
        ExpressionCalibration((1.0, 1.0), (0.0,), (1.0,))


def test_resnet_101_has_its_published_size():
    count = sum(p.numel() for p in trunk().parameters())
    assert count + 2048 * 1000 + 1000 == 44_549_160  # He et al. 2016 as counted by torchvision, with 1,000 classes


def test_the_large_reader_keeps_both_promises():
    torch.manual_seed(0)
    template = np.random.default_rng(0).uniform(0, 1, (70, 2)).astype(np.float32)
    large = Reader(ReaderConfig(body="resnet101", hidden=8), template).eval()
    crop = torch.rand(1, 3, 112, 112, generator=torch.Generator().manual_seed(1)) * 255
    other_mouth = crop.clone()
    other_mouth[:, :, NOSE_BASE:] = 0
    plain, mirrored, mouth = (
        Reading(*(v[None] for v in r))
        for r in zip(*read(large, torch.cat([crop, crop.flip(-1), other_mouth])), strict=True)
    )
    torch.testing.assert_close(mirrored.au, plain.au.flip(2), atol=1e-4, rtol=1e-4)
    is_upper = torch.tensor([u in UPPER_FACE_UNITS for u in READ_UNITS])
    torch.testing.assert_close(mouth.au[:, is_upper], plain.au[:, is_upper], atol=1e-5, rtol=1e-4)
    assert (mouth.au - plain.au)[:, ~is_upper].abs().max() > 1e-4
