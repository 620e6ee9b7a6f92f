import json

import pyarrow as pa
import pytest
from click.testing import CliRunner

from facsimile.app.cli import cli
from facsimile.detect.reader import SHIPPED_WEIGHTS

COUNT = 12

pytestmark = pytest.mark.skipif(not SHIPPED_WEIGHTS.exists(), reason="no weights in this checkout")


@pytest.fixture
def folder(noise_set):
    return noise_set


def run(*arguments):
    return CliRunner().invoke(cli, ["evaluate", "reader", *(str(a) for a in arguments)])


def measured(*arguments):
    result = run("--part", "all", "--probes", 0, "--json", *arguments)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_a_table_on_stdout(folder):
    result = run("--data", folder, "--part", "all", "--probes", 0)
    assert result.exit_code == 0
    assert f"{folder.name}: 12 faces of 4 people" in result.stdout
    assert "aligned by the true landmarks" in result.stdout
    for row in ("shipped weights", "shipped weights, beside neutral", "always 0", "training mean", "linear on true"):
        assert row in result.stdout


def test_json_has_null_for_what_is_undefined(folder):
    subjects = measured("--data", folder)["blocks"][0]["subjects"]
    units = subjects["shipped weights"]["units"]
    assert units["1"]["larger"]["n"] == 0
    assert units["1"]["larger"]["icc"][0] is None
    assert units["12"]["pooled"]["n"] == 2 * COUNT
    assert units["25"]["larger"]["n"] == COUNT
    assert subjects["always 0"]["is_baseline"]


def test_options_leave_rows_away(folder):
    found = measured("--data", folder, "--no-baselines", "--no-neutral", "--limit", 4)["blocks"][0]
    assert list(found["subjects"]) == ["shipped weights"]
    assert (found["num_faces"], found["num_people"]) == (4, 4)


def test_several_sets_stand_side_by_side(folder, noise_writer):
    other = noise_writer()
    found = measured("--data", folder, "--data", other, "--no-neutral", "--no-baselines")
    assert [block["data"] for block in found["blocks"]] == [folder.name, other.name]


def test_rigs_are_measured_apart(folder, noise_writer):
    other = noise_writer(rig=pa.array(["a"] * 12))
    found = measured("--data", other, "--by-rig", "--no-neutral", "--no-baselines")
    assert [block["data"] for block in found["blocks"]] == [f"{other.name} (a)"]
    result = run("--data", folder, "--by-rig", "--part", "all")
    assert result.exit_code == 1
    assert "does not say which rig" in result.stderr


def test_noise_holds_no_face_for_the_detector(folder):
    found = measured("--data", folder, "--detector", "--no-baselines", "--no-neutral")
    assert found["aligned_by"] == "the detector"
    assert found["blocks"][0]["subjects"]["shipped weights"]["found"] == 0


@pytest.mark.parametrize("suffix", [".html", ".md"])
def test_a_report_is_written_and_not_replaced(folder, tmp_path, suffix):
    page = tmp_path / f"report{suffix}"
    arguments = ("--data", folder, "--part", "all", "--probes", 0, "--no-neutral", "-o", page)
    assert run(*arguments).exit_code == 0
    assert "always 0" in page.read_text()
    assert run(*arguments).exit_code == 2


def test_errors_are_one_line(folder, tmp_path):
    for arguments, status, words in (
        (("--weights", tmp_path / "none.onnx", "--data", folder), 1, "no such file"),
        (("--data", tmp_path / "none"), 1, "not a folder"),
        (("--data", folder), 1, "too few to hold some out"),
        (("--data", folder, "-o", "report.pdf"), 2, "must end in .html or .md"),
    ):
        result = run(*arguments)
        assert result.exit_code == status
        assert words in result.stderr


def test_what_is_measured_must_be_said():
    for subject, line in (("echo", "language echo"), ("a.onnx", "reader --weights a.onnx --data DIR")):
        result = CliRunner().invoke(cli, ["evaluate", subject])
        assert result.exit_code == 2
        assert f"facsimile evaluate {line}" in result.stderr
