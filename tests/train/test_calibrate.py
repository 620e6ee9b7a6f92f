"""Calibration undoes a known distortion, leaves an honest reader alone and never trusts a handful of values."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from facsimile.facs.controllers import NUM_CONTROLLERS  # noqa: E402
from facsimile.models.losses import Targets  # noqa: E402
from facsimile.models.reader import Reading, answer_of  # noqa: E402
from facsimile.train.calibrate import fit_calibration, unit_reports  # noqa: E402
from facsimile.train.card import model_card  # noqa: E402

pytestmark = pytest.mark.torch

SD = 0.4
WIDE = 1.8119 / 1.6449  # of a Gaussian: units aim at 93 % in the 90 % interval


def readings(num=4000, *, slope=1.0, offset=0.0, stated=1.0, seed=0):
    """Make a reader whose truth is slope * answer + offset with noise SD, and which states ``stated`` x SD."""
    rng = np.random.default_rng(seed)
    answer = rng.uniform(0.8, 2.2, (num, 2, 2))
    truth = slope * answer + offset + rng.normal(0, SD, (num, 2, 2))
    log_variance = np.full((num, 2, 2), 2 * np.log(stated * SD / slope))
    point_error = rng.normal(0, 0.02, (num, 70, 2))
    values = {
        "au": answer, "au_log_variance": log_variance, "visible_logit": np.zeros((num, 2, 2)),
        "controllers": rng.normal(0.5, 0.05, (num, NUM_CONTROLLERS)),
        "controllers_log_variance": np.full((num, NUM_CONTROLLERS), 2 * np.log(0.1)),
        "landmarks": 0.5 + point_error, "landmark_log_variance": np.full((num, 70), 2 * np.log(0.01)),
        "pose": rng.normal(0, 0.1, (num, 3)), "pose_log_variance": np.full((num, 3), 2 * np.log(0.2)),
        "gaze": rng.normal(0, 0.1, (num, 2)), "gaze_log_variance": np.full((num, 2), 2 * np.log(0.1)),
        "face_logit": np.ones(num), "features": np.zeros((num, 2, 3)),
    }  # fmt: skip
    targets = Targets(
        au=torch.tensor(truth), au_observed=torch.ones(num, 2, 2, dtype=torch.bool),
        controllers=torch.full((num, NUM_CONTROLLERS), 0.5), landmarks=torch.full((num, 70, 2), 0.5),
        landmark_observed=torch.ones(num, 70, dtype=torch.bool), pose=torch.zeros(num, 3), gaze=torch.zeros(num, 2),
        is_face=torch.ones(num), reference=torch.zeros(num, dtype=torch.long),
    )  # fmt: skip
    reading = Reading(**{name: torch.tensor(value, dtype=torch.float32) for name, value in values.items()})
    return reading, targets, np.arange(num) // 8


def fitted(reading, targets, identity):
    """Fit with the same answers alone and beside references."""
    return fit_calibration(reading, targets, beside=answer_of(reading), identity=identity)


def reports(reading, targets, *, units):
    return unit_reports(answer_of(reading), targets, rows=targets.is_face > 0.5, units=units)


def test_a_known_distortion_is_undone():
    reading, targets, identity = readings(slope=1.6, offset=-0.5, stated=0.5)
    whole = fitted(reading, targets, identity)
    found = whole.alone
    assert found.au_slope == pytest.approx((1.6, 1.6), abs=0.05)
    assert found.au_offset == pytest.approx((-0.5, -0.5), abs=0.08)
    assert found.au_temperature == pytest.approx((2.0 * WIDE, 2.0 * WIDE), abs=0.08)
    assert found == whole.beside
    assert found.controller_temperature == pytest.approx(0.5, abs=0.02)
    assert whole.landmark_temperature == pytest.approx(2.0, abs=0.02)
    assert whole.pose_temperature == pytest.approx(0.5, abs=0.02)
    assert whole.gaze_temperature == pytest.approx(1.0, abs=0.03)


def test_an_honest_reader_is_left_alone():
    reading, targets, identity = readings()
    whole = fitted(reading, targets, identity)
    found = whole.alone
    assert found.au_slope == (1.0, 1.0)
    assert found.au_offset == (0.0, 0.0)
    assert found.au_temperature == pytest.approx((WIDE, WIDE), abs=0.04)


def test_few_values_change_nothing():
    reading, targets, identity = readings(40, slope=1.6, stated=0.5)
    whole = fitted(reading, targets, identity)
    found = whole.alone
    assert found.au_slope == found.au_temperature == (1.0, 1.0)


def test_masked_values_and_negatives_take_no_part():
    reading, targets, identity = readings(slope=1.6)
    hidden = torch.rand(targets.au.shape, generator=torch.Generator().manual_seed(0)) < 0.3
    negative = torch.arange(len(targets.au)) % 10 == 0
    spoilt = targets._replace(
        au=torch.where(hidden | negative[:, None, None], torch.nan, targets.au),
        au_observed=targets.au_observed & ~hidden,
        is_face=(~negative).float(),
    )
    found = fitted(reading, spoilt, identity).alone
    assert found.au_slope == pytest.approx((1.6, 1.6), abs=0.06)


def test_reports_say_how_honest_the_variance_is():
    reading, targets, _ = readings(stated=0.5)
    first, second = reports(reading, targets, units=(1, 12))
    assert (first.unit, second.unit, first.num_values) == (1, 12, 8000)
    assert first.z_spread == pytest.approx(2, abs=0.05)
    assert first.coverage_1 == pytest.approx(0.383, abs=0.02)  # P(|z| < 0.5)
    assert first.coverage_90 == pytest.approx(0.589, abs=0.02)  # P(|z| < 1.645 / 2)
    assert first.coverage_2 == pytest.approx(0.683, abs=0.02)
    assert first.mean_absolute_error == pytest.approx(SD * np.sqrt(2 / np.pi), abs=0.02)
    assert first.baseline_error == pytest.approx(1.5, abs=0.03)


def test_the_card_shows_units_limits_and_provenance():
    reading, targets, _ = readings(400)
    hidden = targets._replace(au_observed=targets.au_observed & False)
    units = [*reports(reading, targets, units=(1, 12)), *reports(reading, hidden, units=(4, 25))]
    provenance = {"recipe": "toy", "seed": 3, "data_seed": None, "facsimile": "9.8", "commands": ["first", "second"]}
    card = model_card(provenance=provenance, summary={"landmark_error": 0.0312}, alone=units, beside=units[:1])
    assert "Made with facsimile 9.8 by\n\n    first\n    second\n\n" in card
    assert "| data_seed | unknown |" in card
    assert "| commands |" not in card
    assert "| seed | 3 |" in card
    assert "| landmark error | 0.031 |" in card
    assert "| 12 | lip corner puller | 800 |" in card
    assert "| 4 | brow lowerer | 0 | - |" in card
    assert "what it cannot know" in card
