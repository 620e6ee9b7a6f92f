"""The batched rasteriser gives the numba raster's triangles, weights and depths bit by bit."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import few_people  # noqa: E402

from facsimile.render.performance import perform  # noqa: E402
from facsimile.render.posing import pose_head  # noqa: E402
from facsimile.render.raster import FAR, empty_gbuffer  # noqa: E402
from facsimile.render.raster import rasterise as rasterise_one  # noqa: E402
from facsimile.render.raster import rasterise_depth as depth_of_one  # noqa: E402
from facsimile.render.topology import topology  # noqa: E402
from facsimile.render.visibility import below_neckline, outside_clothes  # noqa: E402
from facsimile.render_torch.raster import Drawing, rasterise, rasterise_depth  # noqa: E402
from facsimile.render_torch.room import lens_of  # noqa: E402
from facsimile.render_torch.solids import keep_of, solids  # noqa: E402
from facsimile.render_torch.template import template_on  # noqa: E402

pytestmark = pytest.mark.torch

CPU = torch.device("cpu")
SAMPLES = 96


def screens(scenes):
    heads = [pose_head(p.vertices, s.appearance, s.expression.head_pose_rad, 0.02, teeth=p.teeth)
             for s, p in ((s, perform(s, s.expression)) for s in scenes)]  # fmt: skip
    return np.stack([s.camera.project(h.vertices, SAMPLES) for s, h in zip(scenes, heads, strict=True)])


def drawn_by_numba(scene, screen, with_teeth):
    shape, buffer, everything = topology(), empty_gbuffer(SAMPLES, SAMPLES), np.empty(0, np.float32)
    below = below_neckline(scene.appearance)
    rasterise_one(screen, shape.seen_head, 0, outside_clothes(below), True, buffer)
    if with_teeth:
        rasterise_one(screen, shape.teeth, len(shape.triangles), everything, False, buffer)
    rasterise_one(screen, shape.clothes, shape.num_head, below, False, buffer)
    return buffer


def test_heads_are_seen_as_the_raster_sees_them():
    scenes = few_people.scenes(SAMPLES // 2)
    points, with_teeth = screens(scenes), np.array([False, True] * 3)
    template = template_on(CPU)
    keep = torch.stack([keep_of(scene.appearance, template) for scene in scenes])
    drawing = solids(keep, torch.as_tensor(with_teeth), template)
    ours = rasterise(torch.as_tensor(points), drawing, SAMPLES, SAMPLES)
    for row, scene in enumerate(scenes):
        theirs = drawn_by_numba(scene, points[row], with_teeth[row])
        for name in ("surface", "depth", "weight1", "weight2"):
            assert np.array_equal(getattr(ours, name)[row].numpy(), getattr(theirs, name)), (row, name)
        assert (theirs.surface >= 0).mean() > 0.4


def soup(rng, count):
    """Return triangles of many sizes that share corners, lie on whole samples and coincide: every kind of tie."""
    corners = rng.integers(0, 24, (40, 3)).astype(np.float32)
    corners[:, 2] = rng.choice(np.float32([3, 3, 4.7, 1e-3]), 40)
    corners[20:, :2] += rng.normal(size=(20, 2)).astype(np.float32)
    return corners, rng.integers(0, 40, (count, 3)).astype(np.int32)


@pytest.mark.parametrize("one_sided", [False, True])
def test_ties_fall_as_if_drawn_one_after_the_other(one_sided):
    rng = np.random.default_rng(5)
    found = [soup(rng, 60) for _ in range(8)]
    points, triangles = (np.stack(part) for part in zip(*found, strict=True))
    keep = rng.normal(size=(8, 40)).astype(np.float32) + 1
    numbers = torch.as_tensor(triangles.astype(np.int64))
    drawing = Drawing(
        numbers,
        torch.arange(60, dtype=torch.int32),
        torch.full((60,), one_sided),
        torch.ones((8, 60), dtype=torch.bool),
        torch.stack([torch.as_tensor(k)[n] for k, n in zip(keep, numbers, strict=True)]),
    )
    ours = rasterise(torch.as_tensor(points), drawing, 25, 22)
    for row in range(8):
        theirs = empty_gbuffer(25, 22)
        rasterise_one(points[row], triangles[row], 0, keep[row], one_sided, theirs)
        for name in ("surface", "depth", "weight1", "weight2"):
            assert np.array_equal(getattr(ours, name)[row].numpy(), getattr(theirs, name)), (row, name)


def test_shadow_maps_equal_the_raster_s():
    rng = np.random.default_rng(6)
    points = rng.uniform(-4, 30, (3, 30, 3)).astype(np.float32)
    triangles = rng.integers(0, 30, (50, 3)).astype(np.int32)
    ours = rasterise_depth(torch.as_tensor(points), torch.as_tensor(triangles.astype(np.int64)).expand(3, -1, -1), 24)
    for row in range(3):
        theirs = np.full((24, 24), FAR, np.float32)
        depth_of_one(points[row], triangles, theirs)
        assert np.array_equal(ours[row].numpy(), theirs)


def test_cameras_project_bit_by_bit():
    scenes = few_people.scenes(48)
    points = np.random.default_rng(1).normal(size=(len(scenes), 50, 3)).astype(np.float32)
    ours = lens_of([s.camera for s in scenes], 96, CPU).project(torch.as_tensor(points))
    theirs = [s.camera.project(p, 96) for s, p in zip(scenes, points, strict=True)]
    assert np.array_equal(ours.numpy(), np.stack(theirs))
