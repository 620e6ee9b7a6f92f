import numpy as np

from facsimile.render.raster import (
    EMPTY,
    FAR,
    empty_gbuffer,
    rasterise,
    rasterise_depth,
    strands_depth,
    vertex_normals,
)

NOTHING_CUT = np.empty(0, np.float32)


def random_triangles(seed, count=40, size=48):
    rng = np.random.default_rng(seed)
    screen = np.stack([*rng.uniform(-8, size + 8, (2, 3 * count)), rng.uniform(3, 9, 3 * count)], -1)
    return screen.astype(np.float32), np.arange(3 * count, dtype=np.int32).reshape(-1, 3)


def slow_raster(screen, triangles, height, width):
    """Solve every pixel for every triangle with a linear system, in doubles."""
    depth, surface = np.full((height, width), FAR), np.full((height, width), EMPTY)
    weights = np.zeros((height, width, 2))
    for y in range(height):
        for x in range(width):
            for t, corner in enumerate(triangles):
                points = screen[corner].astype(float)
                system = np.stack([points[:, 0], points[:, 1], np.ones(3)])
                w = np.linalg.solve(system, [x, y, 1])
                z = 1 / (w @ (1 / points[:, 2]))
                if (w >= 0).all() and z < depth[y, x]:
                    depth[y, x], surface[y, x] = z, t
                    weights[y, x] = (w / points[:, 2] * z)[1:]
    return depth, surface, weights


def test_triangles_agree_with_a_slow_twin():
    screen, triangles = random_triangles(1)
    buffer = empty_gbuffer(30, 48)
    rasterise(screen, triangles, 0, NOTHING_CUT, False, buffer)
    depth, surface, weights = slow_raster(screen, triangles, 30, 48)
    assert (buffer.surface == surface).mean() > 0.999
    same = (buffer.surface == surface) & (surface != EMPTY)
    assert same.sum() > 500
    np.testing.assert_allclose(buffer.depth[same], depth[same], rtol=1e-4)
    np.testing.assert_allclose(buffer.weight1[same], weights[same][:, 0], atol=1e-3)
    np.testing.assert_allclose(buffer.weight2[same], weights[same][:, 1], atol=1e-3)


def test_neighbours_leave_no_gap():
    screen = np.float32([[0, 0, 5], [20, 3, 5], [17, 20, 5], [2, 18, 5]])
    buffer = empty_gbuffer(24, 24)
    rasterise(screen, np.int32([[0, 1, 2], [0, 2, 3]]), 0, NOTHING_CUT, False, buffer)
    assert (buffer.surface[4:15, 4:15] != EMPTY).all()


def test_cut_keeps_only_positive_values():
    screen = np.float32([[0, 0, 5], [20, 0, 5], [0, 20, 5]])
    buffer = empty_gbuffer(21, 21)
    rasterise(screen, np.int32([[0, 1, 2]]), 7, np.float32([-1, 1, -1]), False, buffer)
    assert buffer.surface[2, 15] == 7
    assert buffer.surface[2, 5] == EMPTY


def test_one_sided_triangles_are_seen_from_outside_alone():
    screen = np.float32([[0, 0, 5], [20, 0, 5], [0, 20, 5]])
    for corners, is_seen in (([0, 2, 1], True), ([0, 1, 2], False)):
        buffer = empty_gbuffer(21, 21)
        rasterise(screen, np.int32([corners]), 0, NOTHING_CUT, True, buffer)
        assert (buffer.surface[2, 5] != EMPTY) == is_seen


def test_triangles_behind_the_camera_are_skipped():
    buffer = empty_gbuffer(8, 8)
    rasterise(np.float32([[0, 0, 5], [7, 0, -1], [0, 7, 5]]), np.int32([[0, 1, 2]]), 0, NOTHING_CUT, False, buffer)
    assert (buffer.surface == EMPTY).all()


def test_depth_map_sees_faces_towards_the_light_only():
    screen = np.float32([[0, 0, 5], [10, 0, 5], [0, 10, 5]])
    for order, drawn in (((0, 2, 1), True), ((0, 1, 2), False)):
        depth = np.full((12, 12), FAR, np.float32)
        rasterise_depth(screen, np.int32([order]), depth)
        assert (depth[2, 2] == 5) == drawn


def test_strands_reach_the_depth_map():
    depth = np.full((8, 8), FAR, np.float32)
    strands_depth(np.float32([[[0, 3, 2], [7, 3, 2]]]), depth)
    assert (depth[3] == 2).all()
    assert (depth[4] == FAR).all()


def test_normals_of_a_square():
    corners = np.float32([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [9, 9, 9]])
    normals = np.empty_like(corners)
    vertex_normals(corners, np.int32([[0, 1, 2], [0, 2, 3]]), normals)
    np.testing.assert_array_equal(normals, np.float32([[0, 0, 1]] * 4 + [[0, 0, 0]]))
