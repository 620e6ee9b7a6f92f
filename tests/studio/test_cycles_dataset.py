"""Data sets drawn by the path tracer, played by a stand-in: same labels, same shards, versions in the manifest."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from facsimile.app.commands.dataset import command
from facsimile.data.shards import decode_image
from facsimile.render.cycles import painter
from facsimile.studio.card import card
from facsimile.studio.groups import attempt_twice, failure_text, sample_command
from facsimile.studio.people import person_of_settings, render_group, render_sample
from facsimile.studio.settings import Settings
from facsimile.studio.shards import read_manifest

FAKE = Path(__file__).parent.parent / "render" / "fake_blender.py"
SMALL = Settings(count=2, size=32, image_format="png")


@pytest.fixture
def python(tmp_path, monkeypatch):
    """Name a stand-in for Blender's Python."""
    wrapper = tmp_path / "python"
    wrapper.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{FAKE}" "$@"\n')
    wrapper.chmod(0o755)
    monkeypatch.setenv("FACSIMILE_BLENDER", str(wrapper))
    painter.painter_of.cache_clear()
    yield wrapper
    painter.painter_of.cache_clear()


def row_of(settings, index):
    row = render_sample(settings, index, person=person_of_settings(settings, 0))
    return decode_image(row.pop("image")["bytes"]), row


def test_only_the_picture_differs_from_the_rasters(python):
    picture, row = row_of(SMALL, 1)
    traced, labels = row_of(replace(SMALL, render_engine="cycles", samples=2), 1)
    assert labels == row
    assert traced.shape == picture.shape
    assert np.abs(traced.astype(float) - picture).mean() > 3


def test_settings_name_engine_samples_and_version(python):
    settings = replace(SMALL, render_engine="cycles", samples=24)
    assert settings.identity_card()["render"] == {"engine": "cycles", "samples": 24, "bpy": "4.5.15"}
    assert SMALL.identity_card()["render"] == {"engine": "raster"}
    assert "--engine-render cycles --samples 24" in sample_command(settings, 3)
    assert "--engine-render cycles --samples 24" in card(Path("out"), settings)
    assert "--engine-render" not in sample_command(SMALL, 3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"render_engine": "oil"}, r"render_engine must be one of \('raster', 'cycles'\), got 'oil'"),
        ({"samples": 0}, r"samples must lie in 1\.\.4096 light paths per pixel, got 0"),
    ],
)
def test_bad_settings_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        replace(SMALL, **change)


def make(folder, *options):
    arguments = [
        "make",
        str(folder),
        "-n",
        "2",
        "--size",
        "32",
        "--workers",
        "1",
        "--engine-render",
        "cycles",
        *options,
    ]
    return CliRunner().invoke(command, arguments)


def test_a_set_is_made(python, tmp_path):
    result = make(tmp_path / "a", "--samples", "2")
    assert result.exit_code == 0, result.output
    manifest = read_manifest(tmp_path / "a")
    assert manifest["render"] == {"engine": "cycles", "samples": 2, "bpy": "4.5.15"}
    assert manifest["complete"]
    other = make(tmp_path / "a", "--samples", "3")
    assert (other.exit_code, "holds another data set" in other.output) == (2, True)


def test_the_same_bytes_each_time(python):
    settings = replace(SMALL, count=1, render_engine="cycles", samples=2)
    assert render_group(settings, 0) == render_group(settings, 0)


def test_a_failing_blender_is_reported_with_the_command(python, monkeypatch):
    monkeypatch.setenv("FAKE_BLENDER", "die")
    settings = replace(SMALL, render_engine="cycles", samples=2)
    outcome = attempt_twice(render_group, settings, 0)
    assert outcome.sample == 0
    text = failure_text(settings, [outcome])
    assert "facsimile dataset sample 0" in text
    assert "--engine-render cycles --samples 2" in text
    assert "out of beans" in text


def test_a_missing_blender_stops_before_anything_is_written(tmp_path, monkeypatch):
    monkeypatch.delenv("FACSIMILE_BLENDER", raising=False)
    result = make(tmp_path / "a")
    assert (result.exit_code, "FACSIMILE_BLENDER is not set" in result.output) == (2, True)
    assert not list((tmp_path / "a").glob("*"))


def test_a_sample_is_drawn_again_by_the_path_tracer(python, tmp_path):
    picture = tmp_path / "a.png"
    arguments = ["sample", "1", "--size", "32", "--engine-render", "cycles", "--samples", "2", "-o", str(picture)]
    result = CliRunner().invoke(command, arguments)
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["index"] == 1
