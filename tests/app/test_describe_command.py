import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from facsimile.app.commands.describe import command
from facsimile.facs.action_units import unit_index
from facsimile.facs.track_files import write_track
from facsimile.language.motion import Gesture, perform


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


def test_an_account_in_three_steps():
    text = run("6C+12D", "--account").stdout
    assert text.startswith("Key observations:\n- The cheeks are clearly raised")
    assert text.endswith("- The face is nearest to joy.\n")
    assert json.loads(run("6C+12D", "--account", "--json").stdout)["conclusion"] == "The face is nearest to joy."


def test_instructions_from_a_track(tmp_path):
    track = perform([Gesture(12, 4.0, 1.0)], duration_s=4)
    write_track(track, tmp_path / "smile.csv")
    target = tmp_path / "x.jsonl"
    result = run("--instructions", str(tmp_path / "smile.csv"), "-o", str(target), "--json")
    assert result.exit_code == 0, result.stderr
    lines = [json.loads(line) for line in target.read_text().splitlines()]
    assert json.loads(result.stdout) == {"path": str(target), "lines": len(lines)}
    assert {line["notation"] for line in lines} >= {"0", "12D"}
    assert "add --force" in run("--instructions", str(tmp_path / "smile.csv"), "-o", str(target)).stderr


def test_instructions_from_a_data_set(tmp_path):
    au = np.zeros((2, 33, 2), np.float32)
    au[1, unit_index(12)] = 3
    table = pa.table({"au": [row.ravel().tolist() for row in au]})
    (tmp_path / "set").mkdir()
    pq.write_table(table, tmp_path / "set" / "shard-00000.parquet")
    target = tmp_path / "x.jsonl"
    result = run("--instructions", str(tmp_path / "set"), "-o", str(target), "--limit", "2")
    assert result.exit_code == 0, result.stderr
    ids = {json.loads(line)["id"]: json.loads(line)["notation"] for line in target.read_text().splitlines()}
    assert ids["set#1/account"] == "12C"
    assert ids["set#0/account"] == "0"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "give either NOTATION"),
        (["12C", "-o", "x.jsonl"], "-o goes with --instructions"),
        (["--instructions", "."], "need -o FILE.jsonl"),
        (["--instructions", ".", "-o", "x.txt"], "need -o FILE.jsonl"),
    ],
)
def test_wrong_use_is_one_clear_line(arguments, message):
    result = run(*arguments)
    assert result.exit_code == 2
    assert message in result.stderr
