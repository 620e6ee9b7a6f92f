import json

import numpy as np
import pytest
from click.testing import CliRunner

from facsimile.app.commands import doctor
from facsimile.facs.expression import ActionUnits


def broken():
    raise RuntimeError("the thing is missing; reinstall it")


@pytest.fixture
def checks(monkeypatch):
    def use(**checks):
        monkeypatch.setattr(doctor, "CHECKS", checks)

    return use


def test_all_well(checks):
    checks(first=lambda: "fine", second=lambda: "also fine")
    result = CliRunner().invoke(doctor.command)
    assert (result.exit_code, result.stdout) == (0, "ok    first: fine\nok    second: also fine\n")


def test_a_failure_is_a_line_and_the_other_checks_still_run(checks):
    checks(first=broken, second=lambda: "fine")
    result = CliRunner().invoke(doctor.command)
    assert result.exit_code == 1
    assert result.stdout == "FAIL  first: RuntimeError: the thing is missing; reinstall it\nok    second: fine\n"


def test_json(checks):
    checks(first=broken)
    result = CliRunner().invoke(doctor.command, ["--json"])
    assert result.exit_code == 1
    assert json.loads(result.stdout)[0]["ok"] is False


@pytest.mark.parametrize("name", ["python", "packages", "face finder", "compiler"])
def test_the_checks_that_need_no_weights_pass_here(name):
    assert doctor.CHECKS[name]()


class FaceReading:
    """A face as far as the check looks at it."""

    def __init__(self, smile):
        self.action_units = ActionUnits.from_dict({12: smile})


def drawn(units):
    return np.full((2, 2, 3), units.get(12, 0), np.uint8)


def test_a_reader_that_sees_the_smile_passes():
    words = doctor._compare_smiles(drawn, lambda image: [FaceReading(0.8 * float(image.max()))])
    assert words == "read AU12 = 4.0 in a strong smile and 0.0 in the same face at rest"


@pytest.mark.parametrize("read", [lambda drawn: 1.6, lambda drawn: 4.0 - drawn / 2, lambda drawn: 0.39 * drawn])
def test_a_reader_that_does_not_see_the_smile_fails(read):
    with pytest.raises(RuntimeError, match=r"must differ by 2: the weights are not trained"):
        doctor._compare_smiles(drawn, lambda image: [FaceReading(float(read(float(image.max()))))])


def test_a_face_that_is_not_found_fails():
    with pytest.raises(RuntimeError, match="drew one face, found 0"):
        doctor._compare_smiles(drawn, lambda image: [])
