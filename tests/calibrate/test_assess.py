from pathlib import Path

import numpy as np
import pytest

from facsimile.calibrate.assess import (
    ANSWERS,
    OutOfFold,
    best_threshold,
    coverage_90,
    deviation_rule,
    metrics,
    out_of_fold,
)
from facsimile.calibrate.folds import parts_of
from facsimile.calibrate.targets import Task, feature_weights, tasks
from facsimile.data.labelled.findings import Findings
from facsimile.data.labelled.record import NO_SIDES, Labelled, nothing_coded
from facsimile.detect.calibration import UnitCalibration
from facsimile.detect.columns import FeatureMap
from facsimile.detect.regressors import Linear
from facsimile.evaluate.metrics import auc, icc31, mean_absolute_error, pearson
from facsimile.facs.action_units import unit_index

COLUMNS = ("pitch_rad", "yaw_rad", "AU04_L", "AU04_R", "AU12_L", "AU12_R", "AU25", "rig_jawOpen")
UNITS = (4, 12, 25)


def a_task(*, target="intensity", num=360, num_people=18, seed=0):
    """The reader says a third of the level, and more where feature 1 is high; feature 1 tells how much more."""
    random = np.random.default_rng(seed)
    person = np.repeat(np.arange(num_people), num // num_people)
    level = random.integers(0, 6, num) * (random.random(num) < 0.5)
    shift = random.normal(size=num)
    read = level / 3 + shift + 0.1 * random.normal(size=num)
    truth = level.astype(np.float64) if target == "intensity" else (level > 0).astype(np.float64)
    features = np.stack([read, shift], 1)
    return Task(12, "face", target, features, truth, read, person, parts_of(person, 3), np.array([100.0, 1.0]))


def record(subject, **levels):
    intensity, sides = nothing_coded(), NO_SIDES.copy()
    presence = nothing_coded()
    for name, value in levels.items():
        code, _, side = name.removeprefix("au").partition("_")
        if side in ("l", "r"):
            sides[unit_index(int(code)), "lr".index(side)] = value
        elif side:
            presence[unit_index(int(code))] = value
        else:
            intensity[unit_index(int(code))] = value
    return Labelled(subject, "", 0, Path("a.png"), None, intensity, presence, sides)


def made(records):
    """The tasks of records whose readings are their place in the list."""
    num = len(records)
    values = np.tile(np.arange(num, dtype=np.float64)[:, None], (1, len(COLUMNS)))
    reading = np.stack([np.stack([np.arange(num), np.zeros(num)], 1)] * 3, 1)
    findings = Findings()
    found = tasks(
        records, values, reading.astype(np.float64), features=FeatureMap(COLUMNS), feature_set="all", units=UNITS,
        part=np.arange(num) % 3, findings=findings,
    )  # fmt: skip
    return {task.unit: task for task in found}, findings


def test_calibration_finds_what_is_there():
    task = a_task()
    oof = out_of_fold(task, family="linear", seed=0)
    table = metrics(task, oof, seed=0)
    assert table["calibrated"]["icc"].value > 0.95 > 0.6 > table["reader"]["icc"].value
    assert table["gain"]["icc"].low > 0.3
    assert table["rescaled"]["r"].value < 0.8
    assert table["calibrated"]["mae"].value < table["constant"]["mae"].value / 3


def test_shuffled_labels_give_nothing():
    task = a_task()
    truth = np.random.default_rng(1).permutation(task.truth)
    task = Task(12, "face", "intensity", task.features, truth, task.read, task.person, task.part, task.weight)
    table = metrics(task, out_of_fold(task, family="linear", seed=0), seed=0)
    assert abs(table["calibrated"]["r"].value) < 0.15


def test_nobody_is_fitted_on_and_tested():
    """A level that is the person's own number cannot be known from other people."""
    task = a_task()
    own = np.random.default_rng(3).normal(size=18)[task.person]
    features = np.eye(18)[task.person]
    task = Task(12, "face", "intensity", features, own, task.read, task.person, task.part, np.ones(18))
    table = metrics(task, out_of_fold(task, family="linear", seed=0), seed=0)
    assert table["calibrated"]["r"].value < 0.1


def test_presence_alone():
    task = a_task(target="presence")
    table = metrics(task, out_of_fold(task, family="linear", seed=0), seed=0)
    assert set(table["calibrated"]) == {"f1_at_1", "f1_at_1_tuned", "auc"}
    assert table["gain"]["auc"].low > 0.1
    assert table["calibrated"]["f1_at_1"].value > table["reader"]["f1_at_1"].value


def test_metrics_against_the_plain_ones():
    task = a_task()
    oof = out_of_fold(task, family="linear", seed=0)
    table = metrics(task, oof, seed=0)
    for name in ANSWERS[:3]:
        answer = oof.answers[name]
        assert table[name]["icc"].value == pytest.approx(icc31(task.truth, answer))
        assert table[name]["r"].value == pytest.approx(pearson(task.truth, answer))
        assert table[name]["mae"].value == pytest.approx(mean_absolute_error(task.truth, answer))
        shown = task.truth >= 1.5
        assert table[name]["auc"].value == pytest.approx(auc(answer[shown], answer[~shown]))
        claim = answer >= 1.5
        assert table[name]["f1_at_2"].value == pytest.approx(2 * (shown & claim).sum() / (shown.sum() + claim.sum()))
        claim, shown = answer >= 0.5, task.truth >= 0.5
        assert table[name]["f1_at_1"].value == pytest.approx(2 * (shown & claim).sum() / (shown.sum() + claim.sum()))


def test_thresholds_against_all_of_them():
    random = np.random.default_rng(0)
    for _ in range(20):
        answers = random.integers(0, 5, 30).astype(np.float64)
        shown = random.random(30) < 0.3
        best = best_threshold(answers, shown)
        scores = [2 * (shown & (answers >= t)).sum() / (shown.sum() + (answers >= t).sum()) for t in range(5)]
        found = 2 * (shown & (answers >= best)).sum() / (shown.sum() + (answers >= best).sum())
        assert found == pytest.approx(max(scores))
    assert best_threshold(answers, np.zeros(30, bool)) == np.inf


def test_deviations_are_as_wide_as_the_errors():
    random = np.random.default_rng(0)
    answers = random.random(4000) * 5
    truth = answers + (0.2 + 0.3 * answers) * random.normal(size=4000)
    task = Task(
        12, "face", "intensity", answers[:, None], truth, answers, np.zeros(4000, np.int64), np.zeros(4000, np.int64),
        np.ones(1),
    )  # fmt: skip
    low, slope = deviation_rule(task, answers)
    assert low == pytest.approx(0.2, abs=0.05)
    assert slope == pytest.approx(0.3, abs=0.03)
    line = Linear(np.zeros(1), np.ones(1), np.ones(1), 0.0)
    unit = UnitCalibration("face", "intensity", line, (low, slope))
    assert coverage_90(task, unit, answers) == pytest.approx(0.9, abs=0.02)


def test_deviations_are_never_below_nothing():
    answers = np.linspace(0, 5, 100)
    truth = answers + np.where(answers > 2, 2.0, 0.0) * np.resize([1, -1], 100)
    task = Task(
        12, "face", "intensity", answers[:, None], truth, answers, np.zeros(100, np.int64), np.zeros(100, np.int64),
        np.ones(1),
    )  # fmt: skip
    low, slope = deviation_rule(task, answers)
    assert low == 0
    assert slope > 0


def test_levels_presence_and_sides_become_tasks():
    records = [record(f"p{i}", au12=i % 3, au25_present=i % 2, au4_l=i % 5, au4_r=0) for i in range(9)]
    found, findings = made(records)
    assert not findings.counts
    assert {code: (t.view, t.target, len(t.truth)) for code, t in found.items()} == {
        4: ("side", "intensity", 18), 12: ("face", "intensity", 9), 25: ("face", "presence", 9)
    }  # fmt: skip
    assert found[4].truth.tolist() == [i % 5 for i in range(9)] + [0] * 9
    assert found[4].read.tolist() == [*range(9), *[0] * 9]
    assert found[4].person.tolist() == [*range(9)] * 2
    assert found[12].read.tolist() == [*range(9)]


def test_what_is_not_coded_is_left_out():
    records = [record(f"p{i}", au12=i % 3 if i < 9 else np.nan) for i in range(12)]
    found, _ = made(records)
    assert len(found[12].truth) == 9
    assert set(found) == {12}


def test_units_of_too_few_people_are_counted():
    records = [record(f"p{i // 4}", au12=i % 2, au4=float(i < 2), au25=1.0) for i in range(12)]
    found, findings = made(records)
    assert set(found) == {12}
    assert findings.counts == {"units shown, or absent, in fewer than 3 people: not calibrated": 2}


def test_weights_of_features():
    features = FeatureMap(COLUMNS)
    by_name = dict(zip(features.face_names, feature_weights(features.face_names, 12, "controllers"), strict=True))
    assert by_name == {
        "pitch_rad": 1, "AU25": 0, "rig_jawOpen": 1, "yaw_rad size": 1, "AU04_L mean": 0, "AU12_L mean": 100,
        "AU04_L gap": 0, "AU12_L gap": 100,
    }  # fmt: skip
    by_name = dict(zip(features.side_names, feature_weights(features.side_names, 4, "units"), strict=True))
    assert by_name["AU04_L own"] == 100
    assert by_name["AU04_L other"] == by_name["AU12_L own"] == by_name["AU25"] == 1
    assert by_name["rig_jawOpen"] == 0
    assert feature_weights(("AU25", "AU25_sd", "rig_jawOpen"), 25, "all").tolist() == [100, 1, 1]
    with pytest.raises(ValueError, match="features 'both': choose one of controllers, units, all"):
        feature_weights((), 4, "both")


def test_out_of_fold_has_an_answer_for_every_row():
    task = a_task(num=90, num_people=9)
    oof = out_of_fold(task, family="linear", seed=0)
    assert isinstance(oof, OutOfFold)
    assert all(np.isfinite(oof.answers[name]).all() for name in ANSWERS)
    assert np.array_equal(oof.answers["reader"], task.read)
    for k in range(3):
        assert np.allclose(oof.answers["constant"][task.part == k], task.truth[task.part != k].mean())
