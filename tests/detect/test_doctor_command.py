import json

import pytest
from click.testing import CliRunner

from facsimile.app.commands import doctor


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
