import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from facsimile.app.cli import VERBS, cli, main
from facsimile.app.commands import doctor

ROOT = Path(__file__).resolve().parents[2]


def test_the_command_line_page_is_what_help_prints():
    """In a process of its own: click keeps the help options under which a command was first called."""
    code = "import write_cli_docs; print(write_cli_docs.page(), end='')"
    printed = subprocess.run([sys.executable, "-c", code], cwd=ROOT / "scripts", capture_output=True, check=True)
    assert (ROOT / "docs" / "cli.md").read_bytes() == printed.stdout, "run: python scripts/write_cli_docs.py"


def test_help_lists_every_verb():
    out = CliRunner().invoke(cli, ["--help"]).output
    assert all(verb in out for verb in VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_answers_help(verb):
    result = CliRunner().invoke(cli, [verb, "--help"])
    assert result.exit_code == 0
    assert "Usage" in result.output


def test_an_unknown_verb_is_a_usage_error_with_the_nearest_name():
    result = CliRunner().invoke(cli, ["detekt"])
    assert result.exit_code == 2
    assert "detect" in result.stderr


def test_help_does_not_load_the_rooms():
    code = (
        "import sys\nfrom facsimile.app.cli import cli\n"
        "cli(['--help'], standalone_mode=False)\n"
        "sys.exit('numba' in sys.modules or 'onnxruntime' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "cause"),
    [
        (["detect", "--weights", "none.onnx", "a.png"], "ReaderError"),
        (["detect", "none.png"], "InputError"),
        (["describe", "6C+12X"], "NotationError"),
        (["render", "6C+12X", "-o", "a.png"], "NotationError"),
        (["chat", "--notation", "6C+12X", "--message", "hi"], "NotationError"),
        (["chat", "--face", "none.png", "--message", "hi"], "InputError"),
        (["demo", "none.png"], "InputError"),
        (["dataset", "make", "set", "--recipe", "mixd"], "ValueError"),
        (["dataset", "show", "."], "ValueError"),
        (["evaluate", "reader", "--weights", "none.onnx", "--data", "."], "ReaderError"),
    ],
)
def test_debug_shows_the_cause_and_the_line_stays_the_same(arguments, cause, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    plain, debug = (CliRunner().invoke(cli, [*flag, *arguments]) for flag in ([], ["--debug"]))
    assert plain.exit_code == debug.exit_code != 0
    assert "Traceback" not in plain.stderr
    assert "Traceback (most recent call last)" in debug.stderr
    assert cause in debug.stderr
    assert plain.stderr.splitlines()[-1] in debug.stderr


def test_debug_shows_why_a_check_of_doctor_fails(monkeypatch):
    monkeypatch.setattr(doctor, "CHECKS", {"odd": lambda: 1 / 0})
    assert "Traceback" not in CliRunner().invoke(cli, ["doctor"]).stderr
    result = CliRunner().invoke(cli, ["--debug", "doctor"])
    assert (result.exit_code, "Traceback" in result.stderr) == (1, True)


def test_a_fault_is_one_line_and_a_traceback_only_if_asked(monkeypatch, capsys):
    monkeypatch.setattr(doctor, "CHECKS", None)
    for arguments, has_traceback in (["doctor"], False), (["--debug", "doctor"], True):
        with pytest.raises(SystemExit, match="1"):
            main(arguments)
        stderr = capsys.readouterr().err
        assert "Error: AttributeError: " in stderr.splitlines()[-1]
        assert ("Traceback" in stderr) is has_traceback
        assert stderr.count("\n") == 1 or has_traceback


@pytest.mark.parametrize(
    "verb", [verb for verb in VERBS if verb not in ("dataset", "evaluate")] + ["evaluate reader", "evaluate language"]
)
def test_every_verb_has_json(verb):
    assert "--json" in CliRunner().invoke(cli, [*verb.split(), "--help"]).output


def test_every_sub_verb_of_dataset_has_json():
    for name in ("make", "show"):
        assert "--json" in CliRunner().invoke(cli, ["dataset", name, "--help"]).output
