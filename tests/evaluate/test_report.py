import dataclasses
import json

import numpy as np
import pytest

from facsimile.evaluate.report import heading, report, tables
from facsimile.evaluate.sample import Answer, Truth
from facsimile.evaluate.tables import as_html, as_markdown, as_text, plain
from facsimile.facs.action_units import LABEL_UNITS, UNITS, unit_index

COUNT = 96


@pytest.fixture(scope="module")
def truth():
    """Faces of 24 people; sides differ, midline units do not, and half of the units are absent."""
    random = np.random.default_rng(1)
    intensity = random.random((COUNT, len(LABEL_UNITS), 2)) * 5 * (random.random((COUNT, len(LABEL_UNITS), 2)) < 0.5)
    for i, code in enumerate(LABEL_UNITS):
        if not UNITS[code].is_sided:
            intensity[:, i, 1] = intensity[:, i, 0]
    return Truth(
        name="noise",
        identity=np.arange(COUNT) // 4,
        intensity=intensity,
        landmarks=random.random((COUNT, 70, 2)) * 100,
        landmark_visible=np.ones((COUNT, 70), bool),
        pose_rad=random.normal(size=(COUNT, 3)) * 0.1,
        gaze_rad=random.normal(size=(COUNT, 2)) * 0.1,
        groups={"age": np.where(np.arange(COUNT) < 48, "young", "old"), "rig": np.full(COUNT, "a")},
    )


def said(truth, intensity, *, name="reader", sd=1.0, is_baseline=False):
    return Answer(
        name=name,
        intensity=intensity,
        sd=np.full(intensity.shape, sd),
        landmarks=truth.landmarks,
        pose_rad=truth.pose_rad,
        gaze_rad=truth.gaze_rad,
        is_baseline=is_baseline,
    )


def subject(truth, intensity, **others):
    return report(truth, [said(truth, intensity, **others)])["subjects"]["reader"]


def test_a_perfect_reader_is_perfect(truth):
    found = subject(truth, truth.intensity)
    for of in found["sets"].values():
        assert [of["larger"][k][0] for k in ("icc", "r", "mae", "slope", "f1_b", "auc")] == pytest.approx(
            [1, 1, 0, 1, 1, 1]
        )
        assert of["L-R"]["r"][0] == pytest.approx(1)
        assert of["not_read"] == []
    assert found["one_sided"]["right"][0] == 1
    assert found["geometry"]["landmarks"][0] == pytest.approx(0)
    assert found["geometry"]["gaze_deg"]["angle"][0] == pytest.approx(0, abs=1e-6)
    assert found["found"] == 1
    assert found["confusions"][0]["wrong"][0] == 0


def test_a_mirrored_reader_has_every_side_wrong(truth):
    found = subject(truth, truth.intensity[:, :, ::-1])
    assert found["one_sided"]["right"][0] == 0
    assert found["sets"]["DISFA"]["L-R"]["r"][0] == pytest.approx(-1)
    assert found["units"]["12"]["larger"]["r"][0] == pytest.approx(1)


def test_a_reader_that_sees_no_sides_is_no_coin(truth):
    """A tie is no answer."""
    found = subject(truth, truth.intensity.max(2, keepdims=True).repeat(2, 2))
    assert found["one_sided"]["right"][0] == 0
    assert found["sets"]["all"]["L-R"]["r"][0] == 0


def test_units_that_are_not_read_are_named_and_left_out(truth):
    intensity = truth.intensity.copy()
    intensity[:, unit_index(12)] = np.nan
    found = subject(truth, intensity)
    assert "12" not in found["units"]
    assert found["sets"]["DISFA"]["not_read"] == [12]
    assert found["sets"]["DISFA"]["larger"]["r"][0] == pytest.approx(1)
    assert found["found"] == 1


def test_faces_that_are_not_found_are_counted(truth):
    intensity = truth.intensity.copy()
    intensity[:24] = np.nan
    found = subject(truth, intensity)
    assert found["found"] == 0.75
    assert found["units"]["12"]["larger"]["n"] == 72


def test_gaps_are_to_the_whole(truth):
    intensity = truth.intensity.copy()
    intensity[truth.groups["age"] == "old"] = 0
    of = subject(truth, intensity)["groups"]["age"]
    assert of["young"]["r"][0] == pytest.approx(1)
    assert of["young"]["r_gap"][0] > 0 > of["old"]["r_gap"][0]
    assert of["old"]["mae_gap"][1] > 0
    assert (of["old"]["n"], of["old"]["people"]) == (48, 12)


def test_groups_of_few_people_are_not_scored(truth):
    few = np.where(truth.identity < 2, "few", "many")
    found = report(dataclasses.replace(truth, groups={"x": few}), [said(truth, truth.intensity)])
    assert found["subjects"]["reader"]["groups"]["x"]["few"] == {"n": 8, "people": 2}


def test_readers_are_compared_over_the_same_people(truth):
    noisy = np.clip(truth.intensity + np.random.default_rng(2).normal(size=truth.intensity.shape), 0, 5)
    answers = [said(truth, noisy, name="a"), said(truth, noisy, name="b"), said(truth, truth.intensity, name="c")]
    found = report(truth, answers)["differences"]
    assert set(found) == {"b", "c"}
    assert tuple(found["b"]["DISFA"]["r"]) == (0, 0, 0)
    assert found["c"]["DISFA"]["r"][1] > 0


def test_the_seed_decides_the_intervals(truth):
    noisy = np.clip(truth.intensity + np.random.default_rng(2).normal(size=truth.intensity.shape), 0, 5)
    first, again = (report(truth, [said(truth, noisy)], seed=3) for _ in range(2))
    assert plain(first) == plain(again)
    low, high = first["subjects"]["reader"]["sets"]["DISFA"]["larger"]["icc"][1:]
    assert low < first["subjects"]["reader"]["sets"]["DISFA"]["larger"]["icc"][0] < high


def test_every_form_of_every_table_holds_all_rows(truth):
    found = report(
        truth, [said(truth, truth.intensity), said(truth, truth.intensity * 0, name="zero", is_baseline=True)]
    )
    assert heading(found) == "noise: 96 faces of 24 people"
    found = json.loads(json.dumps(plain(found)))
    for table in tables(found):
        assert all(len(row) == len(table.heads) for row in table.rows)
        lines = as_text(table).splitlines()
        assert len(lines) >= len(table.rows) + 2
        assert as_markdown(table).count("\n| ") == len(table.rows) + 1
        assert as_html(table).count("<tr>") == len(table.rows) + 1
    groups = next(t for t in tables(found) if t.title == "reader: groups")
    assert [row[0] for row in groups.rows] == ["age: old", "age: young"]


def test_variants_are_compared_and_detailed_on_demand(truth):
    variant = dataclasses.replace(said(truth, truth.intensity, name="reader, beside"), is_variant=True)
    found = report(truth, [said(truth, truth.intensity), variant])
    assert "reader, beside" in found["differences"]
    titles = {flag: [t.title for t in tables(found, with_variants=flag)] for flag in (True, False)}
    assert "reader, beside: units" in titles[True]
    assert "reader, beside: units" not in titles[False]
    assert "reader: units" in titles[False]
