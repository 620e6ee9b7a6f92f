import numpy as np
import pytest

from facsimile.render.raster import FAR
from facsimile.render.strand_raster import COLOUR, OPEN, SLOPE, WEIGHT, depth_with_strands, draw_strands, empty_strands


def drawn(lines, *, width=1.0, taper=0.0, colour=None, openness=None, solid=None, kind=2, size=(60, 60), layer=None):
    lines = np.asarray(lines, np.float32)
    count, points = lines.shape[:2]
    layer = empty_strands(*size) if layer is None else layer
    draw_strands(
        lines,
        width_px=np.full(count, width, np.float32),
        taper=taper,
        colour=np.ones((count, 2, 3), np.float32) if colour is None else np.asarray(colour, np.float32),
        openness=np.ones((count, points), np.float32) if openness is None else np.asarray(openness, np.float32),
        kind=kind,
        bias=0.0,
        solid=np.full(size, FAR, np.float32) if solid is None else solid,
        layer=layer,
    )
    return layer


@pytest.mark.parametrize("width", [0.2, 0.7, 1.0, 2.6])
@pytest.mark.parametrize("end", [(43, 30), (20, 50), (50, 10), (10.5, 40)])
def test_a_line_covers_its_area(width, end):
    layer = drawn([[(10, 10, 5), (*end, 5)]], width=width)
    length = np.hypot(end[0] - 10, end[1] - 10)
    assert (1 - layer.light).sum() == pytest.approx(width * length, rel=0.04)


def test_pieces_cover_what_the_whole_covers():
    whole = drawn([[(5, 5, 5), (50, 29, 5)]], width=0.4)
    path = np.linspace((5, 5, 5), (50, 29, 5), 40)[None]
    pieces = drawn(path, width=0.4)
    assert (1 - pieces.light).sum() == pytest.approx((1 - whole.light).sum(), rel=0.08)


def test_a_moved_line_changes_coverage_smoothly():
    shares = [1 - drawn([[(-20, y, 5), (80, y, 5)]], width=0.5).light[20, 30] for y in np.linspace(18.5, 21.5, 61)]
    assert max(shares) == pytest.approx(0.5, abs=0.01)
    assert np.abs(np.diff(shares)).max() < 0.06


def test_coverage_does_not_depend_on_order():
    rng = np.random.default_rng(0)
    lines = np.concatenate([rng.uniform(5, 55, (80, 4, 2)), rng.uniform(4, 4.2, (80, 4, 1))], -1)
    colour = rng.uniform(0, 1, (80, 2, 3))
    one, two = drawn(lines, colour=colour), drawn(lines[::-1], colour=colour[::-1])
    np.testing.assert_allclose(one.light, two.light, atol=0.02)  # nothing is drawn behind OPAQUE strands
    np.testing.assert_array_equal(one.front, two.front)
    covered = one.sums[..., WEIGHT] > 0.05
    means = [layer.sums[covered][:, COLOUR : COLOUR + 3] / layer.sums[covered][:, :1] for layer in (one, two)]
    assert np.abs(means[0] - means[1]).max() < 0.12  # the fall-off is read from a table


def test_near_strands_count_most_and_far_ones_are_hidden():
    lines = [[(0, 30, 6), (59, 30, 6)], [(0, 30, 5), (59, 30, 5)]]
    layer = drawn(lines, colour=[[(1, 0, 0)] * 2, [(0, 1, 0)] * 2])
    r, g, _ = layer.sums[30, 30, COLOUR : COLOUR + 3] / layer.sums[30, 30, WEIGHT]
    assert (r, g) == pytest.approx((0, 1), abs=0.01)
    hidden = drawn(lines, solid=np.full((60, 60), 4.0, np.float32))
    assert (hidden.light == 1).all()


def test_look_runs_from_root_to_tip():
    layer = drawn(
        [[(5, 30, 5), (55, 30, 5)]], colour=[[(0, 0, 0), (1, 1, 1)]], openness=[[0.2, 0.8]], width=1.0, kind=3
    )
    mean = layer.sums[30, 6:54] / layer.sums[30, 6:54, :1]
    x = np.arange(6, 54)
    np.testing.assert_allclose(mean[:, COLOUR], (x - 5) / 50, atol=0.02)
    np.testing.assert_allclose(mean[:, OPEN], 0.2 + 0.6 * (x - 5) / 50, atol=0.02)
    np.testing.assert_allclose(mean[:, SLOPE], 1, atol=1e-5)
    assert (layer.kind[30, 6:54] == 3).all()


def test_mirrored_lines_make_a_mirrored_layer():
    rng = np.random.default_rng(1)
    lines = np.concatenate([rng.uniform(2, 57, (40, 5, 2)), rng.uniform(4, 5, (40, 5, 1))], -1).astype(np.float32)
    here, there = drawn(lines, width=0.6), drawn(lines * np.float32([-1, 1, 1]) + np.float32([59, 0, 0]), width=0.6)
    assert np.abs(here.light - there.light[:, ::-1]).mean() < 2e-3


def test_dense_strands_hide_and_sparse_ones_do_not():
    depth = np.full((60, 60), 7.0, np.float32)
    dense = drawn([[(0, 10, 5), (59, 10, 5)]] * 3, width=0.9)
    sparse = drawn([[(0, 10, 5), (59, 10, 5)]], width=0.3)
    assert (depth_with_strands(depth, dense)[10, 1:58] == 5).all()
    assert (depth_with_strands(depth, sparse) == 7).all()


def test_strands_behind_the_camera_or_outside_are_skipped():
    layer = drawn([[(5, 5, -1), (50, 50, 5)], [(-30, -9, 5), (-4, 50, 5)]])
    assert (layer.light == 1).all()
