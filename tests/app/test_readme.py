"""The README's example runs as it stands, and its table names commands that exist."""

import re
from pathlib import Path

from PIL import Image

from facsimile.app.cli import VERBS
from facsimile.facs.expression import ActionUnits
from facsimile.render.renderer import render
from facsimile.render.scene import portrait_scene

README = (Path(__file__).parents[2] / "README.md").read_text()


def test_the_five_lines_read_a_drawn_smile(tmp_path, monkeypatch, capsys):
    smile = portrait_scene(ActionUnits.from_dict({12: 5.0}), seed=7, size=256, yaw_rad=0.0, pitch_rad=0.0)
    Image.fromarray(render(smile).image).save(tmp_path / "photo.jpg", quality=95)
    monkeypatch.chdir(tmp_path)
    (example,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    exec(compile(example, "README.md", "exec"), {})
    out = capsys.readouterr().out
    assert all(float(value) > 1 for value in out.split("\n")[0].split())
    assert "lip corner puller" in out


def test_every_command_of_the_readme_exists():
    named = set(re.findall(r"`facsimile (\w+)", README))
    assert named
    assert named <= set(VERBS)


def test_every_benchmark_of_the_readme_exists():
    named = set(re.findall(r"benchmarks/\w+\.py", README))
    assert named
    assert all((Path(__file__).parents[2] / name).is_file() for name in named)
