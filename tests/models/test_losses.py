"""Losses against closed forms; what is masked pulls on nothing."""

import pytest

torch = pytest.importorskip("torch")

from facsimile.facs.controllers import NUM_CONTROLLERS  # noqa: E402
from facsimile.models.expression_heads import ExpressionAnswer  # noqa: E402
from facsimile.models.losses import (  # noqa: E402
    MOTION_CAP,
    LossWeights,
    Measure,
    Targets,
    asymmetry_loss,
    expression_terms,
    loss_terms,
    normalised_metric,
)
from facsimile.models.reader import Reading, answer_of  # noqa: E402

pytestmark = pytest.mark.torch

BATCH, NUM_UNITS = 4, 3
MEASURE = Measure(torch.ones(NUM_UNITS), torch.eye(NUM_CONTROLLERS))
PAIRED = torch.tensor([1, 3])  # the rows that have a reference, row 0
SHAPES = {
    "au": (NUM_UNITS, 2), "au_log_variance": (NUM_UNITS, 2), "visible_logit": (NUM_UNITS, 2),
    "controllers": (NUM_CONTROLLERS,), "controllers_log_variance": (NUM_CONTROLLERS,), "landmarks": (70, 2),
    "landmark_log_variance": (70,), "pose": (3,), "pose_log_variance": (3,), "gaze": (2,), "gaze_log_variance": (2,),
    "face_logit": (), "features": (2, 6),
}  # fmt: skip


def reading(*, seed=0):
    draw = torch.Generator().manual_seed(seed)
    values = {k: torch.randn(BATCH, *s, generator=draw).requires_grad_() for k, s in SHAPES.items()}
    return Reading(**values)


def paired(*, seed=1):
    whole = answer_of(reading(seed=seed))
    return PAIRED, ExpressionAnswer(*(v[PAIRED].detach().requires_grad_() for v in whole))


def targets(**changes):
    whole = Targets(
        au=torch.full((BATCH, NUM_UNITS, 2), 2.0), au_observed=torch.ones(BATCH, NUM_UNITS, 2, dtype=torch.bool),
        controllers=torch.full((BATCH, NUM_CONTROLLERS), 0.5), landmarks=torch.full((BATCH, 70, 2), 0.5),
        landmark_observed=torch.ones(BATCH, 70, dtype=torch.bool), pose=torch.zeros(BATCH, 3),
        gaze=torch.zeros(BATCH, 2), is_face=torch.ones(BATCH), reference=torch.tensor([-1, 0, -1, 0]),
    )  # fmt: skip
    return whole._replace(**changes)


def terms_of(answer, truth, beside=None):
    return loss_terms(answer, truth, beside=paired() if beside is None else beside, measure=MEASURE)


def total(answer, truth, beside=None):
    return terms_of(answer, truth, beside).total(LossWeights())


def test_the_truth_costs_nothing():
    truth = targets()
    same = {name: getattr(truth, name) for name in ("au", "controllers", "landmarks", "pose", "gaze")}
    answer = reading()._replace(**same)
    beside = PAIRED, paired()[1]._replace(au=truth.au[PAIRED], controllers=truth.controllers[PAIRED])
    terms = terms_of(answer, truth, beside)
    names = ("au", "asymmetry", "controllers", "beside", "landmarks", "pose", "gaze")
    assert [float(getattr(terms, name).detach()) for name in names] == [0] * len(names)


def test_faces_beside_a_reference_are_compared_with_their_own_truth():
    truth = targets(au=torch.arange(BATCH).float()[:, None, None].expand(BATCH, NUM_UNITS, 2))
    right = paired()[1]._replace(au=truth.au[PAIRED], controllers=truth.controllers[PAIRED])
    swapped = right._replace(au=truth.au[PAIRED.flip(0)])
    assert float(terms_of(reading(), truth, (PAIRED, right)).beside.detach()) == 0
    assert float(terms_of(reading(), truth, (PAIRED, swapped)).beside.detach()) == pytest.approx(4)


def test_nobody_beside_a_reference_costs_nothing():
    nobody = PAIRED[:0], ExpressionAnswer(*(v[:0] for v in answer_of(reading())))
    assert float(terms_of(reading(), targets(), nobody).beside.detach()) == 0


def test_controllers_that_move_nothing_hardly_count_and_none_drowns_the_others():
    metric = normalised_metric(torch.diag(torch.tensor([0.0, 1.0, 1.0, 100.0])))
    idle, typical, _, jaw = metric.diagonal()
    assert float(typical / idle) > 50
    assert float(jaw / typical) == pytest.approx(MOTION_CAP, rel=0.03)
    assert float(metric.sum() * 0.04) == pytest.approx(6.08 / 4)


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
    assert all(torch.isfinite(v.grad).all() for v in answer[:-1])


def test_negatives_teach_the_face_logit_alone():
    answer = reading()
    nobody = PAIRED[:0], ExpressionAnswer(*(v[:0] for v in answer_of(reading())))
    total(answer, targets(is_face=torch.zeros(BATCH)), nobody).backward()
    assert (answer.face_logit.grad != 0).all()
    assert all((getattr(answer, k).grad == 0).all() for k in SHAPES if k not in ("face_logit", "features"))


def test_asymmetry_ignores_a_common_error():
    truth = targets()
    shifted = truth.au + torch.randn(BATCH, NUM_UNITS, 1)
    loss = asymmetry_loss(shifted, truth.au, truth.au_observed, unit_weight=torch.ones(NUM_UNITS))
    assert float(loss) == pytest.approx(0, abs=1e-10)
    one_side = truth.au + torch.tensor([1.0, 0.0])
    loss = asymmetry_loss(one_side, truth.au, truth.au_observed, unit_weight=torch.tensor([1.0, 2.0, 3.0]))
    assert float(loss) == pytest.approx(2)


def test_unit_weights_scale_their_unit():
    answer, truth = answer_of(reading()), targets()
    weights = torch.tensor([1.0, 0.0, 2.0])
    expression_terms(answer, truth, measure=MEASURE._replace(unit_weight=weights)).au.backward()
    error = (answer.au - truth.au).detach()
    torch.testing.assert_close(answer.au.grad, 2 * weights[:, None] * error / error.numel())
