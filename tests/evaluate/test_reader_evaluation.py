import dataclasses
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from facsimile.app.reader_data import Labels, load_groups, neutral_rows, open_blocks
from facsimile.app.reader_evaluation import Subject, aligned_features, baselines, read_block, read_block_at_rest
from facsimile.app.reader_page import html_page
from facsimile.app.reader_report import distinct_names
from facsimile.data.shards import read_shards
from facsimile.detect.reader import SHIPPED_WEIGHTS
from facsimile.evaluate.report import report, tables
from facsimile.evaluate.tables import plain

needs_weights = pytest.mark.skipif(not SHIPPED_WEIGHTS.exists(), reason="no weights in this checkout")


@pytest.fixture
def block(noise_set):
    return open_blocks(noise_set, part="all")[0]


def test_baselines_never_answer_for_people_they_learnt_from(block):
    identity = block.labels["identity"]
    places = np.concatenate([places for _, places in block.folds])
    assert sorted(places.tolist()) == list(range(len(block.rows)))
    for rows, asked in block.folds:
        assert not set(identity[rows]) & set(identity[block.rows[asked]])


def test_baselines_keep_the_order_of_the_faces(block):
    always, mean, line, noisy = baselines(block, [block])
    assert (always.intensity == 0).all()
    for k, (rows, asked) in enumerate(block.folds):
        expected = block.training[k].intensity[:, 9].mean(0)
        assert mean.intensity[asked, 9] == pytest.approx(np.tile(expected, (len(asked), 1)), abs=1e-6)
        assert len(rows)
    assert line.intensity.shape == noisy.intensity.shape == block.truth.intensity.shape
    assert (line.intensity != noisy.intensity).any()


def test_other_sets_lend_their_line(block):
    other = dataclasses.replace(block, name="elsewhere")
    names = [answer.name for answer in baselines(block, [block, other])]
    assert names[-1] == "linear on landmarks off by 3 %, from elsewhere"
    assert len(names) == 5


def test_rest_is_another_picture_of_the_same_person(block):
    assert neutral_rows(block).tolist() == [-1, 0, 0, -1, 3, 3, -1, 6, 6, -1, 9, 9]


def test_rest_in_the_same_light_is_preferred(noise_writer):
    light = pa.array([{"number": n, "kind": "sun"} for n in [0, 1, 1] * 4])
    au = np.zeros((12, 33, 2), np.float32)
    au[2::3] = 3
    folder = noise_writer(light=light, au=pa.array(au.tolist(), pa.list_(pa.list_(pa.float32()))))
    assert neutral_rows(open_blocks(folder, part="all")[0]).tolist()[:3] == [1, 0, 1]


def test_groups_come_from_the_columns_there_are(noise_set, noise_writer):
    rows = np.arange(12)
    assert load_groups(Labels(read_shards(noise_set)), rows) == {}
    words = json.dumps({"skin_tone": "dark", "glasses": "none", "hair_style": "bald"})
    folder = noise_writer(
        appearance=pa.array([{"age_years": 40.0, "sex": 0.1, "description": words}] * 12),
        occluder=pa.array(["", "mask"] * 6),
    )
    groups = load_groups(Labels(read_shards(folder)), rows)
    assert (groups["age"][0], groups["sexual form"][0], groups["skin tone"][0]) == ("30-44", "male form", "dark")
    assert groups["cover"].tolist()[:2] == ["nothing", "mask"]
    assert groups["beard"][0] == ""


def test_features_do_not_depend_on_where_the_face_is(block):
    moved = block.truth.landmarks * 2 + 30
    other = dataclasses.replace(block.truth, landmarks=moved)
    assert aligned_features(other) == pytest.approx(aligned_features(block.truth), abs=1e-6)


def test_names_are_as_short_as_they_can_be():
    paths = [Path("a/x"), Path("b/x"), Path("c/y")]
    assert distinct_names(paths, lambda path: path.name) == ["a/x", "b/x", "y"]
    with pytest.raises(ValueError, match="given twice"):
        distinct_names([Path("a/x"), Path("a/x")], lambda path: path.name)


def test_too_narrow_a_set_says_so(noise_set):
    with pytest.raises(ValueError, match="too few to hold some out"):
        open_blocks(noise_set, part="test")


@needs_weights
def test_reading_beside_rest_changes_only_faces_that_have_one(block):
    subject = Subject(None)
    alone = read_block(block, subject)
    beside, minus = read_block_at_rest(block, subject, alone)
    has_none = neutral_rows(block) < 0
    for answer in (beside, minus):
        assert np.nan_to_num(answer.intensity[has_none]) == pytest.approx(np.nan_to_num(alone.intensity[has_none]))
        assert np.nan_to_num(answer.intensity[~has_none]) != pytest.approx(np.nan_to_num(alone.intensity[~has_none]))
    assert alone.found.all()


def test_a_page_loads_nothing_and_escapes_names(block):
    truth = dataclasses.replace(block.truth, name="<b>")
    found = plain(report(truth, baselines(block, [block])))
    page = html_page("a & b", [(found, tables(found))], [])
    assert "<b>" not in page
    assert "a &amp; b" in page
    assert "default-src &#x27;none&#x27;" in page
    assert "nan" not in page.lower()
    assert "http" not in page.replace("http-equiv", "")
