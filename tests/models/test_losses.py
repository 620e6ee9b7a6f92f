"""Losses against closed forms; what is masked pulls on nothing."""

import pytest

torch = pytest.importorskip("torch")

from facsimile.models.losses import LossWeights, Targets, asymmetry_loss, intensity_loss, loss_terms  # noqa: E402
from facsimile.models.reader import Reading  # noqa: E402

pytestmark = pytest.mark.torch

BATCH, NUM_UNITS = 4, 3


def reading(*, seed=0):
    draw = torch.Generator().manual_seed(seed)
    shapes = [(NUM_UNITS, 2), (NUM_UNITS, 2), (70, 2), (70,), (3,), (3,), (2,), (2,), ()]
    return Reading(*(torch.randn(BATCH, *s, generator=draw).requires_grad_() for s in shapes))


def targets(**changes):
    whole = Targets(
        torch.full((BATCH, NUM_UNITS, 2), 2.0), torch.ones(BATCH, NUM_UNITS, 2, dtype=torch.bool),
        torch.full((BATCH, 70, 2), 0.5), torch.ones(BATCH, 70, dtype=torch.bool),
        torch.zeros(BATCH, 3), torch.zeros(BATCH, 2), torch.ones(BATCH),
    )  # fmt: skip
    return whole._replace(**changes)


def total(answer, truth):
    return loss_terms(answer, truth, unit_weight=torch.ones(NUM_UNITS)).total(LossWeights())


def test_the_truth_costs_nothing():
    truth = targets()
    answer = reading()._replace(au=truth.au, landmarks=truth.landmarks, pose=truth.pose, gaze=truth.gaze)
    terms = loss_terms(answer, truth, unit_weight=torch.ones(NUM_UNITS))
    assert [float(v.detach()) for v in (terms.au, terms.asymmetry, terms.landmarks, terms.pose, terms.gaze)] == [0] * 5


def test_the_pull_on_a_mean_does_not_depend_on_its_variance():
    sure, unsure = reading(), reading()
    unsure = unsure._replace(au_log_variance=(sure.au_log_variance.detach() + 3).requires_grad_())
    for answer in (sure, unsure):
        total(answer, targets()).backward()
    torch.testing.assert_close(sure.au.grad, unsure.au.grad)


def test_a_variance_rests_at_the_squared_error():
    truth = targets()
    answer = reading()
    error = (answer.au - truth.au).detach()
    answer = answer._replace(au_log_variance=error.square().log().requires_grad_())
    total(answer, truth).backward()
    torch.testing.assert_close(answer.au_log_variance.grad, torch.zeros_like(error), atol=1e-7, rtol=0)


def test_masked_values_pull_on_nothing_and_may_be_nan():
    observed = torch.rand(BATCH, NUM_UNITS, 2, generator=torch.Generator().manual_seed(1)) < 0.5
    au = torch.where(observed, 2.0, torch.nan)
    seen = torch.arange(70).expand(BATCH, 70) % 3 == 0
    answer = reading()
    total(answer, targets(au=au, au_observed=observed, landmark_observed=seen)).backward()
    assert (answer.au.grad[~observed] == 0).all()
    assert (answer.au.grad[observed] != 0).all()
    assert (answer.au_log_variance.grad[~observed] == 0).all()
    assert (answer.landmarks.grad[~seen] == 0).all()
    assert (answer.landmark_log_variance.grad[~seen] == 0).all()
    assert all(torch.isfinite(v.grad).all() for v in answer)


def test_negatives_teach_the_face_logit_alone():
    answer = reading()
    total(answer, targets(is_face=torch.zeros(BATCH))).backward()
    assert (answer.face_logit.grad != 0).all()
    assert all((v.grad == 0).all() for v in answer[:-1])


def test_asymmetry_ignores_a_common_error():
    truth = targets()
    shifted = truth.au + torch.randn(BATCH, NUM_UNITS, 1)
    loss = asymmetry_loss(shifted, truth.au, truth.au_observed, unit_weight=torch.ones(NUM_UNITS))
    assert float(loss) == pytest.approx(0, abs=1e-10)
    one_side = truth.au + torch.tensor([1.0, 0.0])
    loss = asymmetry_loss(one_side, truth.au, truth.au_observed, unit_weight=torch.tensor([1.0, 2.0, 3.0]))
    assert float(loss) == pytest.approx(2)


def test_unit_weights_scale_their_unit():
    answer, truth = reading(), targets()
    weights = torch.tensor([1.0, 0.0, 2.0])
    intensity_loss(answer, truth.au, truth.au_observed, unit_weight=weights).backward()
    error = (answer.au - truth.au).detach()
    torch.testing.assert_close(answer.au.grad, 2 * weights[:, None] * error / error.numel())
