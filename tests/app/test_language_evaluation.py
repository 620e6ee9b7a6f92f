import json

import pytest
from click.testing import CliRunner

from facsimile.app.cli import cli


def run(*arguments):
    return CliRunner().invoke(cli, ["evaluate", "language", *arguments])


def measured(*arguments):
    result = run(*arguments, "--groups", "6", "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)["tasks"]


def test_the_oracle_is_right_and_read_exactly():
    found = measured("oracle")
    assert {value for value, _, _ in found["scores"]["oracle"].values()} == {1.0}
    assert {value for name, (value, _, _) in found["scores"]["face swapped"].items() if name != "ignore"} == {0.0}
    assert all(counts["none"] == 0 for counts in found["reading"].values())


def test_the_parrot_is_persistence():
    found = measured("parrot")["scores"]
    assert {k: v[0] for k, v in found["parrot"].items()} == {
        k: v[0] for k, v in found["repeating the last face"].items()
    }


def test_any_backend_gets_a_table_with_all_its_baselines():
    result = run("echo", "--groups", "3")
    assert result.exit_code == 0
    for row in ("echo", "face removed", "face swapped", "chance", "repeating the last face"):
        assert f"| {row} |" in result.stdout
    assert "| exact | normalised | repaired | unbracketed | none | asked again |" in result.stdout
    assert "Bits" not in result.stdout


def test_the_seed_chooses_the_questions():
    assert measured("random", "--seed", "1") == measured("random", "--seed", "1")
    assert measured("random", "--seed", "1") != measured("random", "--seed", "2")


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("echo", "--only", "tasks"), 2, "go with facelm:FOLDER"),
        (("ecko",), 2, "no language model"),
        (("facelm:nowhere",), 1, "holds no face-aware model"),
        (("local:nowhere",), 1, "names no file or folder"),
        (("http://127.0.0.1:9", "--groups", "1"), 1, "127.0.0.1:9"),
    ],
)
def test_errors_are_one_line(arguments, status, words):
    result = run(*arguments)
    assert result.exit_code == status
    assert words in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stderr.strip().splitlines()[-1].startswith("Error: ")
