import math

from facsimile.calibrate.report import mean_of, report, tables

STATISTICS = ("icc", "r", "mae", "f1_at_2", "f1_at_2_tuned", "f1_at_1", "auc")


def unit(target="intensity", *, value=0.5, is_used=True, **changes):
    statistics = {name: [value, value - 0.1, value + 0.1] for name in (*STATISTICS, "f1_at_1_tuned")}
    answers = {name: dict(statistics) for name in ("reader", "rescaled", "calibrated", "constant", "gain")}
    for name, statistic in changes.items():
        answers[name] |= {"icc": statistic}
    return {"target": target, "is_used": is_used, "metrics": answers}


CONTENT = {"num_pictures": 9, "num_people": 4, "source": "csv"}


def test_both_kinds_of_units_have_their_table():
    content = CONTENT | {"units": {"12": unit(), "4": unit(is_used=False), "25": unit("presence")}}
    levels, presence = tables(content)
    assert [row[0] for row in levels.rows[::4]] == ["AU04", "AU12", "mean"]
    assert levels.rows[2][-1] == "0.50 (0.40-0.60) not used"
    assert levels.rows[6][-1] == "0.50 (0.40-0.60)"
    assert presence.heads == ("AU", "", "f1_at_1", "f1_at_1_tuned", "auc", "gain")
    text = report(content)
    assert text.startswith("9 pictures of 4 people; csv\n\nLevels 0-5\n")
    assert "constant" in text


def test_means_are_over_units_that_every_answer_defines():
    units = {4: unit(value=0.2), 12: unit(value=0.4), 25: unit(value=0.9, rescaled=[None, None, None])}
    assert abs(mean_of(units, "reader", "icc") - 0.3) < 1e-12
    assert math.isnan(mean_of({25: units[25]}, "reader", "icc"))
    assert "-" in report(CONTENT | {"units": {"25": units[25]}})
