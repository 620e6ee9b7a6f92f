"""Crops made on a device are the CPU's, by the same random choices; filters and JPEG are OpenCV's."""

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch")

from facsimile.data.align import TEMPLATE  # noqa: E402
from facsimile.data.augment import Augmentation, augmented_crop, plain_crop  # noqa: E402
from facsimile.data.occlusion import Occlusion  # noqa: E402
from facsimile.data.photometric import Photometric  # noqa: E402
from facsimile.render.postprocess import compressed as compressed_one  # noqa: E402
from facsimile.render_torch.augment import augmented_crops, plain_crops  # noqa: E402
from facsimile.render_torch.filters import blurred, convolved  # noqa: E402
from facsimile.render_torch.jpeg import compressed  # noqa: E402

pytestmark = pytest.mark.torch

UNCHANGED = Photometric(
    **dict.fromkeys(("resample_share", "blur_share", "sharpen_share", "motion_share", "gradient_share"), 0.0),
    **dict.fromkeys(("noise_share", "jpeg_share", "gamma_spread", "extreme_gamma_share", "contrast_spread"), 0.0),
    **dict.fromkeys(("brightness_spread", "balance_spread", "grey_share", "hue_spread_rad"), 0.0),
    saturation=(1.0, 1.0),
)
BARE = Occlusion(glasses_share=0.0, cover_share=0.0)


def photo(rng, size=64):
    """Return a smooth picture with some edges."""
    rough = rng.integers(0, 256, (8, 8, 3)).astype(np.uint8)
    picture = cv2.resize(rough, (size, size), interpolation=cv2.INTER_CUBIC)
    cv2.circle(picture, (size // 2, size // 2), size // 4, (20, 200, 90), 2)
    return picture


def faces(count, size=64):
    rng = np.random.default_rng(4)
    points = [(TEMPLATE * size + rng.normal(size=(70, 2))).astype(np.float32) for _ in range(count)]
    return [photo(rng, size) for _ in range(count)], np.stack(points)


def planes(pictures):
    return torch.as_tensor(np.stack(pictures)).movedim(-1, 1)


def arrays(tensor):
    return tensor.movedim(1, -1).numpy().astype(int)


@pytest.mark.parametrize(
    ("options", "mean", "worst"),
    [
        (Augmentation(occlusion=BARE, photometric=UNCHANGED), 0.3, 3),
        (Augmentation(occlusion=Occlusion(glasses_share=1.0, cover_share=1.0), photometric=UNCHANGED), 0.3, 3),
        (Augmentation(), 2.5, 20),
    ],
    ids=["cut", "covered", "all"],
)
def test_augmented_crops_are_the_cpu_s(options, mean, worst):
    pictures, points = faces(24)
    ours = augmented_crops(
        planes(pictures), points, [np.random.default_rng([7, n]) for n in range(24)], options=options, size=72
    )
    for n, image in enumerate(arrays(ours.images)):
        theirs = augmented_crop(pictures[n], points[n], np.random.default_rng([7, n]), options=options, size=72)
        wrong = np.abs(image - theirs.image)
        assert wrong.mean() < mean, n
        assert np.quantile(wrong, 0.99) <= worst, n
        assert np.allclose(ours.landmarks[n], theirs.landmarks * 72 - 0.5, atol=1e-3)
        assert ours.is_flipped[n] == theirs.is_flipped
        assert ours.rotation_rad[n] == theirs.rotation_rad
    assert 4 < sum(ours.is_flipped) < 20


def test_plain_crops_are_the_cpu_s():
    pictures, points = faces(3)
    ours = plain_crops(planes(pictures), points, size=72)
    for n, image in enumerate(arrays(ours.images)):
        theirs = plain_crop(pictures[n], points[n], size=72)
        assert np.abs(image - theirs.image).mean() < 0.6
        assert np.allclose(ours.landmarks[n], theirs.landmarks * 72 - 0.5, atol=1e-3)


@pytest.mark.parametrize(("edge", "border"), [("replicate", cv2.BORDER_REPLICATE), ("reflect", cv2.BORDER_REFLECT_101)])
def test_every_picture_has_its_own_filter(edge, border):
    rng = np.random.default_rng(1)
    pictures = rng.random((3, 20, 16, 3)).astype(np.float32)
    sigmas, kernels = [0.0, 0.6, 1.4], [rng.random((n, m)).astype(np.float32) for n, m in ((1, 1), (3, 5), (7, 3))]
    soft = blurred(torch.as_tensor(pictures).movedim(-1, 1), sigmas, edge=edge).movedim(1, -1).numpy()
    filtered = convolved(torch.as_tensor(pictures).movedim(-1, 1), kernels, edge=edge).movedim(1, -1).numpy()
    for n, picture in enumerate(pictures):
        expected = cv2.GaussianBlur(picture, (0, 0), sigmas[n], borderType=border) if sigmas[n] else picture
        assert np.allclose(soft[n], expected, atol=1e-5)
        assert np.allclose(filtered[n], cv2.filter2D(picture, -1, kernels[n], borderType=border), atol=1e-4)


@pytest.mark.parametrize("size", [32, 45])
def test_jpeg_is_opencv_s(size):
    rng = np.random.default_rng(2)
    pictures, qualities = [photo(rng, size) for _ in range(5)], [0, 12, 40, 75, 97]
    ours = arrays(compressed(planes(pictures).float(), qualities))
    assert np.array_equal(ours[0], pictures[0])
    for image, picture, quality in zip(ours[1:], pictures[1:], qualities[1:], strict=True):
        theirs = compressed_one(picture, quality).astype(int)
        assert np.abs(image - theirs).mean() < 1.5
        assert quality > 50 or np.abs(image - theirs).mean() < 0.2 * np.abs(theirs - picture).mean()
