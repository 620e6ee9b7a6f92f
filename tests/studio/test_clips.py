import dataclasses

import numpy as np
import pytest

from facsimile.facs.action_units import LABEL_UNITS, unit_index
from facsimile.facs.events import unit_events
from facsimile.facs.track import Track
from facsimile.studio.clips import AFFECT_NAMES, BLINKS_PER_S, add_blinks
from facsimile.studio.recipe import Clips, Recipe, affects, moving, recipe_named, sequences
from facsimile.studio.report import plan
from facsimile.studio.sampling import exclusion_matrix
from facsimile.studio.settings import Settings
from facsimile.studio.shots import Shot, shot

LONG = moving(sequences(), Clips(seconds=20.0, per_identity=2))


def frames(recipe: Recipe, clip: int, seed: int = 3) -> list[Shot]:
    assert recipe.clips is not None
    first = clip * recipe.clips.frames
    return [shot(recipe, seed, first + k) for k in range(recipe.clips.frames)]


def intensities(shots: list[Shot]) -> np.ndarray:
    return np.stack([s.action_units for s in shots])


def test_a_clip_is_one_person_before_one_camera_with_frames_in_order():
    recipe = sequences()
    assert recipe.clips is not None
    clip = frames(recipe, 5)
    assert {(s.identity, s.light, s.clip, s.distance_dm, s.frame_dm, s.offset) for s in clip} == {
        (1, 1, 5, clip[0].distance_dm, clip[0].frame_dm, clip[0].offset)
    }
    assert [s.frame for s in clip] == list(range(100))
    np.testing.assert_allclose([s.time_s for s in clip], np.arange(100) / 25)
    other = shot(recipe, 3, 6 * recipe.clips.frames)
    assert (other.light, other.clip, other.identity) == (2, 6, 1)
    assert other.distance_dm != clip[0].distance_dm


def test_a_frame_depends_on_recipe_seed_and_index_alone():
    alone = shot(LONG, 3, 777)
    in_order = frames(LONG, 1)[777 - 500]
    np.testing.assert_array_equal(alone.action_units, in_order.action_units)
    np.testing.assert_array_equal(alone.gaze_rad, in_order.gaze_rad)
    assert (shot(LONG, 4, 777).head_pose_rad != alone.head_pose_rad).any()


def test_faces_rise_stay_and_fall_back_to_rest():
    for clip in range(6):
        values = intensities(frames(LONG, clip))
        assert not values[0].any()
        track = Track(np.arange(len(values)) / 25, intensity=values)
        events = [event for code in LABEL_UNITS if code != 43 for event in unit_events(track, code) if not event.is_cut]
        assert events
        for event in events:
            assert 0.04 < event.apex_s - event.onset_s < 2.6
            assert 0.3 < event.offset_s - event.onset_s < 4.0
            assert event.peak > 0.5


def test_faces_move_smoothly():
    """Minimum-jerk rises move at most 1.875 peaks per rise time; the fastest rises are blinks."""
    for clip in range(4):
        values = intensities(frames(LONG, clip))
        quiet = [k for k, code in enumerate(LABEL_UNITS) if code != 43]
        assert np.abs(np.diff(values[:, quiet], axis=0)).max() <= 5 * 1.875 / 0.25 / 25 + 1e-6


def test_people_blink_at_the_rate_of_people_at_rest():
    time_s, minutes = np.arange(60 * 25) / 25, 40
    blinks = 0
    for minute in range(minutes):
        values = np.zeros((len(time_s), len(LABEL_UNITS), 2))
        add_blinks(np.random.default_rng(minute), time_s, values)
        blinks += len(unit_events(Track(time_s, intensity=values), 43))
    assert blinks / minutes == pytest.approx(60 * BLINKS_PER_S, rel=0.1)


def test_nobody_blinks_with_raised_lids():
    time_s = np.arange(60 * 25) / 25
    values = np.zeros((len(time_s), len(LABEL_UNITS), 2))
    values[:, unit_index(5)] = 2.0
    add_blinks(np.random.default_rng(0), time_s, values)
    assert not values[:, unit_index(43)].any()


def test_no_frame_shows_what_excludes_each_other():
    for clip in range(10):
        is_active = (intensities(frames(LONG, clip)) > 0).any(2).astype(int)
        assert not (is_active.T @ is_active)[exclusion_matrix()].any()


def test_sixty_frames_a_second_show_the_same_motion_as_twenty_five():
    """They meet five times a second."""
    slow, fast = (frames(moving(sequences(), Clips(fps=fps, per_identity=2)), 1) for fps in (25, 60))
    assert (len(slow), len(fast)) == (100, 240)
    np.testing.assert_allclose(intensities(slow)[::5], intensities(fast)[::12], atol=1e-9)
    for name in ("head_pose_rad", "gaze_rad"):
        np.testing.assert_allclose(
            np.stack([getattr(s, name) for s in slow])[::5],
            np.stack([getattr(s, name) for s in fast])[::12],
            atol=1e-9,
        )


def test_affects_are_ten_people_with_seven_clips_each():
    recipe = affects()
    assert recipe.clips is not None
    assert (recipe.clips.frames, recipe.images_per_identity) == (2100, 14_700)
    settings = Settings(count=147_000, recipe=recipe)
    assert (settings.num_identities, settings.num_groups) == (10, 70)
    with pytest.raises(ValueError, match="count must be at most 147000: recipe 'affects' holds 10 people"):
        Settings(count=147_001, recipe=recipe)
    short = recipe_named("affects", fps=25, clip_seconds=6.0)
    assert [shot(short, 1, 150 * k).affect for k in range(8)] == [*AFFECT_NAMES, AFFECT_NAMES[0]]


def test_affects_show_their_units_and_contempt_one_side():
    recipe = recipe_named("affects", fps=25, clip_seconds=6.0)
    signs = {"anger": 4, "fear": 1, "joy": 12, "sadness": 15, "surprise": 2}
    for number, affect in enumerate(AFFECT_NAMES):
        values = intensities(frames(recipe, number))
        if affect in signs:
            assert values[:, unit_index(signs[affect])].max() > 1
    dimple = intensities(frames(recipe, AFFECT_NAMES.index("contempt")))[:, unit_index(14)]
    assert (dimple.max(0) > 0.5).any()


def test_the_plan_counts_clips_too():
    drawn = plan(moving(sequences(), Clips(seconds=0.6, per_identity=3)), 1, 90)
    assert drawn.action_units.shape == (90, len(LABEL_UNITS), 2)
    assert 0 < (drawn.action_units > 0).any((1, 2)).mean() < 1


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"fps": 24}, r"fps must be one of \(25, 60\), got 24"),
        ({"seconds": 0.1}, "clip seconds must lie in 0.5..120, got 0.1"),
        ({"per_identity": 0}, "per_identity must be at least 1 clip"),
    ],
)
def test_clips_refuse_nonsense(fields, message):
    with pytest.raises(ValueError, match=message):
        Clips(**fields)


def test_clip_options_belong_to_clips():
    with pytest.raises(
        ValueError, match="'mixed' holds single images: fps and clip seconds are for sequences and affects"
    ):
        recipe_named("mixed", fps=25)
    with pytest.raises(ValueError, match="images_per_identity must be clips x frames = 400, got 8"):
        dataclasses.replace(sequences(), images_per_identity=8)
