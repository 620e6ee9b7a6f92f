"""Models as plain numbers against scikit-learn's own predictions, and the choice among them."""

import numpy as np
import pytest
from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from facsimile.calibrate.fitting import (
    LOGISTIC_STRENGTHS,
    RIDGE_PENALTIES,
    TREE_COUNTS,
    TREE_SETTINGS,
    Rows,
    fit,
    fit_of,
    fit_one_number,
    loss_of,
    trees_of,
)
from facsimile.calibrate.folds import outer_parts, parts_of
from facsimile.detect.regressors import CLIP, regressor_of_json

NUM, WIDTH = 400, 6


def rows(*, seed=0, noise=0.3, weight=None, outlier=True):
    """Forty people; the truth follows features 0 and 1, and one feature has an outlier and another never varies."""
    random = np.random.default_rng(seed)
    features = random.normal(size=(NUM, WIDTH))
    features[:, 5] = 3.0
    if outlier:
        features[0, 4] = 1e3
    truth = 2 + features[:, 0] - 0.5 * features[:, 1] + noise * random.normal(size=NUM)
    return Rows(features, truth, np.repeat(np.arange(40), 10), np.ones(WIDTH) if weight is None else weight)


def present(made):
    return Rows(made.features, (made.truth > 2.3).astype(np.float64), made.person, made.weight)


def again(model):
    """The model after its way through a file."""
    return regressor_of_json(model.as_json(), num_features=WIDTH)


def test_lines_are_those_of_scikit_learn():
    made = rows()
    clip = FunctionTransformer(lambda x: np.clip(x, -CLIP, CLIP))
    for k, penalty in enumerate(RIDGE_PENALTIES):
        twin = make_pipeline(StandardScaler(), clip, Ridge(alpha=penalty)).fit(made.features, made.truth)
        model = again(fit_of("linear", "intensity", 0)(made)[k])
        np.testing.assert_allclose(model.predict(made.features), twin.predict(made.features), atol=1e-8)


def test_log_odds_are_those_of_scikit_learn():
    made = present(rows())
    clip = FunctionTransformer(lambda x: np.clip(x, -CLIP, CLIP))
    for k, strength in enumerate(LOGISTIC_STRENGTHS):
        twin = make_pipeline(StandardScaler(), clip, LogisticRegression(C=strength, max_iter=1000, tol=1e-8))
        twin.fit(made.features, made.truth)
        model = again(fit_of("linear", "presence", 0)(made)[k])
        np.testing.assert_allclose(model.predict(made.features), twin.decision_function(made.features), atol=2e-3)


@pytest.mark.parametrize("kind", [GradientBoostingRegressor, GradientBoostingClassifier])
def test_trees_are_those_of_scikit_learn(kind):
    made = rows() if kind is GradientBoostingRegressor else present(rows())
    twin = kind(n_estimators=30, random_state=1, **TREE_SETTINGS).fit(made.features, made.truth)
    model = again(trees_of(twin, made.features[:1]))
    others = rows(seed=5).features
    told = twin.predict(others) if kind is GradientBoostingRegressor else twin.decision_function(others)
    np.testing.assert_allclose(model.predict(others), told, atol=1e-9)


def test_fewer_trees_are_the_first_of_many():
    made = rows()
    for count, model in zip(TREE_COUNTS, fit_of("trees", "intensity", 3)(made), strict=True):
        twin = GradientBoostingRegressor(n_estimators=count, random_state=3, **TREE_SETTINGS)
        told = twin.fit(made.features, made.truth).predict(made.features)
        np.testing.assert_allclose(again(model).predict(made.features), told, atol=1e-9)


def test_features_without_weight_are_not_used():
    weight = np.array([0.0, 1, 1, 1, 1, 1])
    made = rows(weight=weight)
    for family in ("linear", "trees"):
        model = fit_of(family, "intensity", 0)(made)[0]
        changed = made.features.copy()
        changed[:, 0] += 10
        assert np.array_equal(model.predict(made.features), model.predict(changed))
        assert not np.array_equal(model.predict(made.features), model.predict(changed[:, ::-1]))


def test_without_evidence_the_line_goes_through_the_units_own_reading():
    """Many useless features and few people: the model keeps what one feature says, as a line through it alone does."""
    random = np.random.default_rng(2)
    features = random.normal(size=(60, 100))
    truth = 2 * features[:, 0] + 1
    person = np.repeat(np.arange(12), 5)
    weight = np.where(np.arange(100) == 0, 100.0, 1.0)
    others = random.normal(size=(500, 100))
    told = fit(Rows(features, truth, person, weight), target="intensity").model.predict(others)
    plain = fit(Rows(features, truth, person, np.ones(100)), target="intensity").model.predict(others)
    line = fit_one_number(Rows(features[:, :1], truth, person, np.ones(1)), target="intensity").predict(others[:, :1])
    errors = [loss_of(answer, 2 * others[:, 0] + 1, target="intensity") for answer in (line, told, plain)]
    assert errors[0] < 1e-12
    assert errors[1] < 0.05
    assert errors[2] > 0.5


def test_the_best_of_both_is_chosen():
    made = rows(noise=0.05, outlier=False)
    assert fit(made, target="intensity", family="best").family == "linear"
    steps = (made.features[:, 0] > 0) ^ (made.features[:, 1] > 0)
    crossed = Rows(made.features, 3.0 * steps, made.person, made.weight)
    assert fit(crossed, target="intensity", family="best").family == "trees"
    with pytest.raises(ValueError, match="model 'forest': choose one of linear, trees, best"):
        fit(made, target="intensity", family="forest")


def test_settings_are_chosen_on_other_people():
    """Each person has a feature of their own that tells the truth: worthless for others, so it is penalised away."""
    random = np.random.default_rng(0)
    person = np.repeat(np.arange(30), 10)
    level = random.normal(size=30)[person]
    features = np.concatenate([np.eye(30)[person], random.normal(size=(300, 1))], 1)
    made = Rows(features, level, person, np.ones(31))
    assert fit(made, target="intensity").setting >= 1e3


def test_a_constant_truth_gives_a_constant():
    made = rows()
    for target, truth, told in (("intensity", 2.0, 2.0), ("presence", 1.0, np.log(401 / 1))):
        for family in ("linear", "trees"):
            constant = Rows(made.features, np.full(NUM, truth), made.person, made.weight)
            np.testing.assert_allclose(fit(constant, target=target, family=family).model.predict(made.features), told)


def test_one_person_still_gives_a_model():
    made = rows(outlier=False)
    alone = Rows(made.features, made.truth, np.zeros(NUM, np.int64), made.weight)
    assert fit(alone, target="intensity").setting == RIDGE_PENALTIES[len(RIDGE_PENALTIES) // 2]


def test_many_rows_are_thinned_evenly():
    truth = np.arange(100_000, dtype=np.float64)
    thin = Rows(truth[:, None], truth, np.zeros(100_000, np.int64), np.ones(1)).thinned()
    assert len(thin.truth) == 20_000
    assert thin.truth[0] == 0
    assert thin.truth[-1] == 99_999
    assert set(np.diff(thin.truth)) <= {4.0, 5.0, 6.0}


def test_fitting_twice_gives_the_same_numbers():
    made = rows()
    for family in ("linear", "trees"):
        first, second = (fit_of(family, "intensity", 4)(made)[-1].as_json() for _ in range(2))
        assert first == second


def test_losses_by_hand():
    answers, truth = np.array([0.0, 2.0]), np.array([0.0, 1.0])
    assert loss_of(answers, truth, target="intensity") == 0.5
    expected = (np.log(2) + np.log(1 + np.exp(-2))) / 2
    assert loss_of(answers, truth, target="presence") == pytest.approx(expected)


def test_people_are_never_in_two_parts():
    person = np.random.default_rng(0).integers(0, 9, 200)
    part = parts_of(person, 3)
    assert all(len(np.unique(part[person == p])) == 1 for p in range(9))
    assert set(part) == {0, 1, 2}


def test_outer_parts():
    published = outer_parts("disfa", ["SN001", "SN006", "SN003"])
    assert published.tolist() == [0, 1, 2]
    assert sorted(outer_parts("csv", ["SN001", "SN006", "SN003"]).tolist()) == [0, 1, 2]
    with pytest.raises(ValueError, match="2 people have labels and readings, and 3 are the least"):
        outer_parts("csv", ["a", "b", "a"])
