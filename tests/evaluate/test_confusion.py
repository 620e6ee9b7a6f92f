import numpy as np
import pytest

from facsimile.evaluate.bootstrap import draw_people
from facsimile.evaluate.confusion import confusions
from facsimile.evaluate.sample import Answer, Truth
from facsimile.facs.action_units import LABEL_UNITS, unit_index


def table(truth, said):
    """Build intensities [N, A, 2] from dictionaries of units, and compare."""

    def filled(faces):
        values = np.zeros((len(faces), len(LABEL_UNITS), 2))
        for n, face in enumerate(faces):
            for code, level in face.items():
                values[n, unit_index(code)] = level
        return values

    num = len(truth)
    points, angles, gaze = np.zeros((num, 70, 2)), np.zeros((num, 3)), np.zeros((num, 2))
    people = draw_people(np.arange(num), draws=20)
    intensity = filled(said)
    rows = confusions(
        people,
        Truth("t", np.arange(num), filled(truth), points, np.ones((num, 70), bool), angles, gaze),
        Answer("a", intensity, np.ones_like(intensity), points, angles, gaze),
    )
    return {(row["missing"], row["there"]): row for row in rows}


def test_only_faces_where_the_double_stands_alone_count():
    rows = table(
        [{7: 3.0}, {7: 3.0}, {6: 3.0, 7: 3.0}, {7: 1.0}, {}, {}],
        [{6: 4.0, 7: 1.0}, {6: 1.0, 7: 3.0}, {6: 5.0}, {6: 5.0}, {6: 2.0}, {}],
    )
    row = rows["6", "7"]
    assert row["n"] == 2
    assert (row["wrong"].value, row["swapped"].value, row["without"].value) == (0.5, 0.5, 0.5)
    assert rows["7", "6"]["n"] == 0
    assert np.isnan(rows["7", "6"]["wrong"].value)


def test_four_and_ten_count_together():
    rows = table([{9: 4.0}, {4: 3.0, 10: 2.0}, {4: 3.0}], [{4: 2.0, 10: 3.0}, {9: 3.0}, {9: 4.0}])
    assert rows["4+10", "9"]["wrong"].value == 1
    assert rows["4+10", "9"]["swapped"].value == 1
    assert rows["9", "4+10"]["n"] == 1
    assert rows["9", "4+10"]["wrong"].value == pytest.approx(1)
