import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from facsimile.app.cli import VERBS, cli

ROOT = Path(__file__).resolve().parents[2]


def script(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_command_line_page_is_what_help_prints():
    written = script("write_cli_docs")
    assert written.PAGE.read_text() == written.page(), "run: python scripts/write_cli_docs.py"


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
