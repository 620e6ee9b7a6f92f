import numpy as np

from facsimile.face import rest
from facsimile.face.pack import load_head_pack


def test_kernel_and_array_addresses_agree() -> None:
    points = np.random.default_rng(0).uniform((-1, 5.6, -0.8), (1, 8.4, 1.6), (50, 3))
    expected = [(rest.atlas_column(x, z), rest.atlas_row(y)) for x, y, z in points]
    np.testing.assert_allclose(rest.atlas_uv(points), expected, atol=1e-9)


def test_front_centre_is_the_middle_column_and_columns_grow_to_the_left() -> None:
    middle, left = rest.atlas_uv(np.array([[0.0, 7.0, 1.5], [0.3, 7.0, 1.3]]))
    assert middle[0] == (rest.ATLAS_SIZE[1] - 1) / 2
    assert left[0] > middle[0]


def test_positions_are_mirror_symmetric() -> None:
    position = rest.atlas().position
    mirrored = position[:, ::-1] * np.array((-1, 1, 1), np.float32)
    np.testing.assert_allclose(position, mirrored, atol=1e-6)


def test_position_map_inverts_the_address_on_the_face() -> None:
    rows, columns = np.mgrid[120:300:20, 300:470:10]
    there = rest.atlas_uv(rest.atlas().position[rows, columns])
    away = np.hypot(there[..., 0] - columns, there[..., 1] - rows)
    eyes = np.abs(rest.atlas().y[rows, columns] - rest.EYE_CENTRE[1]) < 0.08
    assert np.median(away) < 0.05
    assert away[~eyes].max() < 1.0


def test_texel_size_on_the_face_is_as_stated() -> None:
    at_the_nose = rest.atlas().position[220:224, 382:386]
    across = 100 * np.linalg.norm(np.diff(at_the_nose, axis=1), axis=-1).mean()
    assert 0.7 * rest.TEXEL_MM < across < 1.35 * rest.TEXEL_MM


def test_front_lookup_finds_the_skin() -> None:
    triangle, bary, z = rest.front_lookup(np.array([0.0, 0.31]), np.array([6.9, 7.5]))
    weights = np.concatenate([1 - bary.sum(1, keepdims=True), bary], 1)
    corners = load_head_pack().vertices[load_head_pack().triangles(["body"])[0][triangle]]
    found = (corners * weights[..., None]).sum(1)
    np.testing.assert_allclose(found, [[0, 6.9, z[0]], [0.31, 7.5, z[1]]], atol=0.004)
    assert z[0] > z[1] > 1


def test_front_lookup_beside_the_head_finds_nothing() -> None:
    triangle, _, z = rest.front_lookup(np.array([0.99]), np.array([8.5]))
    assert triangle[0] == -1
    assert z[0] == -np.inf


def test_nearer_triangle_wins() -> None:
    flat = np.array([[0, 0], [0, 8], [8, 0]], np.float64)
    near = np.concatenate([flat, np.full((3, 1), 2.0)], 1)
    far = np.concatenate([flat, np.full((3, 1), 1.0)], 1)
    triangle, bary, depth = rest.fill_triangles(np.stack([far, near, far]), (6, 6))
    assert triangle[1, 1] == 1
    assert depth[1, 1] == 2
    np.testing.assert_allclose(bary[1, 1], [1 / 8, 1 / 8], atol=1e-6)
    assert triangle[5, 5] == -1
