import hashlib
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from facsimile.face.contact import lip_overlap, mouth_opening_mm
from facsimile.face.eyeballs import eye_vertices, fit_eyeball, gaze_rotation, lid_guard
from facsimile.face.identity import average_identity, identity_from_seed
from facsimile.face.landmarks import LEFT_IRIS, landmarks, lid_aperture_mm, lip_gap_mm
from facsimile.face.rig import Rig, default_rig
from facsimile.face.shapes import REACH_MM, reach_mm
from facsimile.face.symmetry import mirror_displacements
from facsimile.facs.controllers import CONTROLLERS, controller_index, mirror_controllers
from facsimile.facs.expression import Expression

AVERAGE = average_identity()
RIG = default_rig()
LINEAR = [n for n in CONTROLLERS if not n.startswith(("eye", "mouthClose", "mouthRoll", "lipBite", "tongueOut"))]
"""Controllers whose motion nothing stops: lids stop at the eyeball and each other, lips at each other."""
MOVING = [n for n in CONTROLLERS if not n.startswith(("eyeLook", "mouthClose"))]


def pose(values=None, gaze=((0.0, 0.0), (0.0, 0.0))):
    controllers = np.zeros(len(CONTROLLERS), np.float32)
    for name, value in (values or {}).items():
        for one in [name] if name in CONTROLLERS else [f"{name}Left", f"{name}Right"]:
            controllers[controller_index(one)] = value
    neutral = Expression.neutral()
    return replace(neutral, controllers=controllers, gaze_rad=np.asarray(gaze, neutral.gaze_rad.dtype))


def moved(values, identity=AVERAGE):
    return RIG.vertices(identity, pose(values)) - RIG.neutral_vertices(identity)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_neutral_expression_is_exactly_the_neutral_face(seed):
    identity = identity_from_seed(seed)
    assert np.array_equal(RIG.vertices(identity, Expression.neutral()), RIG.neutral_vertices(identity))


def test_callers_cannot_damage_the_cache():
    RIG.neutral_vertices(AVERAGE)[:] = 0
    assert RIG.neutral_vertices(AVERAGE).any()


def test_cache_changes_nothing():
    fresh = Rig(RIG.pack)
    expression = pose({"mouthSmile": 0.7, "jawOpen": 0.3})
    for seed in range(20):
        RIG.vertices(identity_from_seed(seed), expression)
    assert np.array_equal(fresh.vertices(AVERAGE, expression), RIG.vertices(AVERAGE, expression))


@pytest.mark.parametrize("seed", range(6))
def test_mirrored_controllers_give_the_mirrored_mesh(seed):
    rng = np.random.default_rng(seed)
    controllers = rng.random(len(CONTROLLERS)) * (rng.random(len(CONTROLLERS)) < 0.3)
    gaze = rng.normal(size=(2, 2)) * 0.3
    neutral = Expression.neutral()
    first = replace(neutral, controllers=controllers.astype(np.float32), gaze_rad=gaze.astype(np.float32))
    second = replace(
        neutral,
        controllers=mirror_controllers(first.controllers),
        gaze_rad=(gaze[::-1] * (-1, 1)).astype(np.float32),
    )
    expected = mirror_displacements(RIG.vertices(AVERAGE, first))
    np.testing.assert_allclose(RIG.vertices(AVERAGE, second), expected, atol=5e-6)


@pytest.mark.parametrize("name", LINEAR)
def test_one_controller_moves_skin_on_straight_lines(name):
    np.testing.assert_allclose(moved({name: 0.5}), moved({name: 1.0}) / 2, atol=6e-3)


@pytest.mark.parametrize("name", MOVING)
def test_every_controller_shows(name):
    assert reach_mm(moved({name: 1.0})) > 2.0


@pytest.mark.parametrize("base", REACH_MM)
@pytest.mark.parametrize("seed", [-1, 4, 9])
def test_full_strength_reaches_what_people_reach(base, seed):
    """Within 25 % of the scan-based millimetres; small faces move a little less, large ones more."""
    identity = AVERAGE if seed < 0 else identity_from_seed(seed)
    name = base if base in CONTROLLERS else f"{base}Left"
    assert reach_mm(moved({name: 1.0}, identity)) == pytest.approx(REACH_MM[base], rel=0.25)


@pytest.mark.parametrize("name", [n for n in MOVING if n.endswith("Left") and not n.startswith(("jaw", "mouthLeft"))])
def test_one_sided_units_stay_on_their_side(name):
    shift = np.linalg.norm(moved({name: 1.0}), axis=1)
    x = RIG.pack.vertices[:, 0]
    assert shift[x < -0.15].max() < 0.15 * shift.max()


@pytest.mark.parametrize("other", [{}, {"cheekSquint": 1}, {"eyeWide": 1}, {"eyeSquint": 1, "browDown": 1}])
@pytest.mark.parametrize("seed", [0, 3, 8, 21])
def test_lids_close_fully_on_every_face(seed, other):
    vertices = RIG.vertices(identity_from_seed(seed), pose({"eyeBlink": 1, **other}))
    assert lid_aperture_mm(vertices).max() < 0.2


def test_blink_closes_the_opening_in_proportion():
    opened = lid_aperture_mm(RIG.neutral_vertices(AVERAGE))
    half = lid_aperture_mm(RIG.vertices(AVERAGE, pose({"eyeBlink": 0.5})))
    np.testing.assert_allclose(half, opened / 2, rtol=0.2)


@pytest.mark.parametrize("seed", [0, 3, 8])
@pytest.mark.parametrize("values", [{"eyeBlink": 1}, {"eyeBlink": 0.5}, {"eyeSquint": 1}, {"cheekSquint": 1}])
def test_eyeballs_do_not_poke_through_lids(seed, values):
    identity = identity_from_seed(seed)
    vertices = RIG.vertices(identity, pose(values, ((0.3, -0.2), (0.3, -0.2))))
    for side in (0, 1):
        ball = fit_eyeball(vertices, side)
        guard = lid_guard(RIG.neutral_vertices(identity), ball, side)
        distance = np.linalg.norm(vertices[guard.vertices] - ball.centre, axis=1)
        assert (distance >= guard.distance - 1e-4).all()


def test_jaw_opens_the_lips_more_and_more():
    gaps = [lip_gap_mm(RIG.vertices(AVERAGE, pose({"jawOpen": value}))) for value in (0, 0.25, 0.5, 0.75, 1)]
    assert (np.diff(gaps) > 3).all()
    assert gaps[0] < 2
    assert lip_overlap(RIG.neutral_vertices(AVERAGE)).max() > 0


@pytest.mark.parametrize("name", ["lipsPart", "mouthUpperUp", "mouthLowerDown", "mouthFunnel"])
def test_units_that_part_the_lips_part_them(name):
    assert lip_gap_mm(RIG.vertices(AVERAGE, pose({name: 1}))) > 2


@pytest.mark.parametrize("name", ["mouthPress", "mouthSmile", "mouthDimple", "lipTighten", "mouthShrugLower"])
def test_units_that_keep_the_lips_shut_keep_them_shut(name):
    assert mouth_opening_mm(RIG.vertices(AVERAGE, pose({name: 1}))) < 1


def test_mouth_close_follows_the_jaw():
    assert not moved({"mouthClose": 1}).any()
    assert lip_gap_mm(RIG.vertices(AVERAGE, pose({"mouthClose": 1, "jawOpen": 0.6}))) < 6


def test_directions_of_the_main_units():
    """Signs every FACS coder expects, at landmarks: (unit, landmark, axis, sign)."""
    expected = [
        ("browInnerUpLeft", 22, 1, 1), ("browOuterUpLeft", 26, 1, 1), ("browDownLeft", 23, 1, -1),
        ("browDownLeft", 22, 0, -1), ("cheekSquintLeft", 47, 1, 1), ("eyeWideLeft", 43, 1, 1),
        ("noseSneerLeft", 35, 1, 1), ("mouthUpperUpLeft", 53, 1, 1), ("mouthSmileLeft", 54, 1, 1),
        ("mouthSmileLeft", 54, 0, 1), ("mouthFrownLeft", 54, 1, -1), ("mouthStretchLeft", 54, 0, 1),
        ("mouthLowerDownLeft", 56, 1, -1), ("mouthShrugLower", 57, 1, 1), ("mouthPucker", 54, 0, -1),
        ("jawForward", 8, 2, 1), ("jawLeft", 8, 0, 1), ("jawOpen", 8, 1, -1), ("mouthLeft", 57, 0, 1),
    ]  # fmt: skip
    neutral = landmarks(RIG.neutral_vertices(AVERAGE))
    for name, point, axis, sign in expected:
        shift_mm = (landmarks(RIG.vertices(AVERAGE, pose({name: 1}))) - neutral)[point, axis] * 100
        assert shift_mm * sign > 1, name


def test_gaze_turns_each_eyeball_about_its_own_centre():
    gaze = ((0.4, 0.1), (-0.2, -0.15))
    neutral = RIG.neutral_vertices(AVERAGE)
    vertices = RIG.vertices(AVERAGE, pose({}, gaze))
    for side in (0, 1):
        rows = eye_vertices(side)
        before, after = fit_eyeball(neutral, side), fit_eyeball(vertices, side)
        np.testing.assert_allclose(after.centre, before.centre, atol=1e-5)
        expected = (neutral[rows] - before.centre) @ gaze_rotation(*gaze[side]).T
        np.testing.assert_allclose(vertices[rows] - before.centre, expected, atol=1e-5)


def test_gaze_signs():
    """Positive yaw looks to the subject's left (+x), positive pitch looks up."""
    np.testing.assert_allclose(gaze_rotation(np.pi / 2, 0.0) @ (0, 0, 1), (1, 0, 0), atol=1e-12)
    np.testing.assert_allclose(gaze_rotation(0.0, np.pi / 2) @ (0, 0, 1), (0, 1, 0), atol=1e-12)
    iris = landmarks(RIG.vertices(AVERAGE, pose({}, ((0.3, 0.3), (0.3, 0.3)))))[LEFT_IRIS]
    assert (iris - landmarks(RIG.neutral_vertices(AVERAGE))[LEFT_IRIS] > 0.01)[:2].all()


def test_lids_follow_vertical_gaze():
    apertures = [lid_aperture_mm(RIG.vertices(AVERAGE, pose({}, ((0, p), (0, p)))))[0] for p in (-0.35, 0, 0.25)]
    assert apertures[0] < apertures[1] - 1
    assert apertures[0] > 2
    assert apertures[2] > apertures[1] - 1


@pytest.mark.parametrize("seed", range(8))
def test_sums_of_units_do_not_tear(seed):
    """No edge of the skin grows to more than a few times its length under any mix of up to six units."""
    rng = np.random.default_rng(seed)
    names = rng.choice([n for n in MOVING if n not in ("jawOpen", "mouthPucker")], 6, replace=False)
    vertices = RIG.vertices(identity_from_seed(seed), pose({str(n): 1 for n in names}))
    neutral = RIG.neutral_vertices(identity_from_seed(seed))
    corners = RIG.pack.triangles(("body",))[0]
    edges = np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]]])
    before, after = (np.linalg.norm(v[edges[:, 0]] - v[edges[:, 1]], axis=1) for v in (neutral, vertices))
    assert np.isfinite(vertices).all()
    assert (after - before).max() < 0.12


def test_wild_controllers_are_clamped():
    wild = np.full(len(CONTROLLERS), 1.0, np.float32)
    vertices = RIG.vertices(AVERAGE, replace(Expression.neutral(), controllers=wild))
    assert np.abs(vertices - RIG.neutral_vertices(AVERAGE)).max() < 1.5


def test_every_process_gives_the_same_bytes():
    code = (
        "import hashlib\n"
        "from facsimile.face.identity import identity_from_seed\n"
        "from facsimile.face.rig import default_rig\n"
        "from facsimile.face.landmarks import landmarks\n"
        "v = default_rig().neutral_vertices(identity_from_seed(11))\n"
        "print(hashlib.sha256(v.tobytes() + landmarks(v).tobytes()).hexdigest())"
    )
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    vertices = RIG.neutral_vertices(identity_from_seed(11))
    assert other == hashlib.sha256(vertices.tobytes() + landmarks(vertices).tobytes()).hexdigest()
