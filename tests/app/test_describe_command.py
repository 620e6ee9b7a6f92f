import json

from click.testing import CliRunner

from facsimile.app.commands.describe import command


def run(*arguments):
    return CliRunner().invoke(command, list(arguments))


def test_describe_prints_words():
    result = run("1C+2C+5D")
    assert result.exit_code == 0
    assert result.stdout.startswith("1C+2C+5D  3 action units: brow and eye.\n")
    assert "The upper eyelids are strongly raised" in result.stdout
    assert "surprise  1+2+5B" in result.stdout
    assert result.stderr == ""


def test_describe_prints_json():
    found = json.loads(run("6c + 12d", "--json").stdout)
    assert found["notation"] == "6C+12D"
    assert [unit["code"] for unit in found["units"]] == [6, 12]


def test_a_seed_varies_the_words():
    assert run("1C+2C+5D", "--seed", "1").stdout == run("1C+2C+5D", "--seed", "1").stdout
    assert len({run("1C+2C+5D", "--seed", str(seed)).stdout for seed in range(6)}) > 1


def test_a_wrong_score_is_one_line_with_a_hint():
    result = run("12F")
    assert result.exit_code == 2
    assert "unknown intensity letter 'F' at character 3 of '12F'; use A-E" in result.stderr
