import json

import pytest
import tiny_renderer
from click.testing import CliRunner

from facsimile.app.commands.dataset import command
from facsimile.studio import people, shards


@pytest.fixture(autouse=True)
def tiny(monkeypatch):
    """Noise instead of faces."""
    monkeypatch.setattr(people, "render_group", tiny_renderer.render_group)
    monkeypatch.setattr("facsimile.studio.card.CARD_PLAN_ROWS", 20)


def run(*arguments):
    return CliRunner().invoke(command, [str(a) for a in arguments])


def test_make_then_show(tmp_path):
    made = run("make", tmp_path / "faces", "-n", 16, "--size", 32, "--workers", 1)
    assert made.exit_code == 0, made.output
    assert made.stdout == f"{tmp_path / 'faces'}\n"
    shown = run("show", tmp_path / "faces", "-o", tmp_path / "sheet.png")
    assert shown.exit_code == 0, shown.output
    assert shown.stdout.startswith("16 images:")
    assert (tmp_path / "sheet.png").stat().st_size > 1000
    assert run("show", tmp_path / "faces", "-o", tmp_path / "sheet.png").exit_code == 2
    assert json.loads(run("show", tmp_path / "faces", "--json").stdout)["images"] == 16


def test_a_dry_run_counts_and_writes_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("facsimile.studio.population.MOST_PEOPLE", 3)
    counted = run("make", tmp_path / "faces", "-n", 400, "--dry-run", "--json")
    assert json.loads(counted.stdout)["units"]["12"]["active"] > 0.1
    people = json.loads(counted.stdout)["people"]
    assert (people["people"], people["counted"]) == (50, 3)
    for name in ("age", "skin_tone", "hair_style", "glasses", "light"):
        assert sum(people[name].values()) == pytest.approx(1.0)
    assert not (tmp_path / "faces").exists()
    told = run("make", tmp_path / "faces", "-n", 40, "--dry-run").stdout
    assert told.startswith("40 images:")
    assert "\nskin tone: " in told


def test_a_dry_run_counts_clips(tmp_path, monkeypatch):
    monkeypatch.setattr("facsimile.studio.population.MOST_PEOPLE", 2)
    told = run(
        "make", tmp_path, "--recipe", "affects", "--fps", 25, "--clip-seconds", 0.6, "-n", 105, "--dry-run", "--json"
    )
    assert json.loads(told.stdout)["images"] == 105
    assert json.loads(told.stdout)["people"]["people"] == 1


def test_one_sample_of_a_set_is_drawn_again_with_its_labels(tmp_path, monkeypatch):
    picture = tmp_path / "again.png"
    drawn = run("sample", 9, "--seed", 3, "--size", 48, "-o", picture)
    assert drawn.exit_code == 0, drawn.output
    row = json.loads(drawn.stdout)
    assert (row["index"], row["identity"], row["seed"]) == (9, 1, 3)
    assert picture.stat().st_size > 1000
    assert run("sample", 9, "--seed", 3, "--size", 48, "-o", picture).exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--recipe", "mixd"], "did you mean 'mixed'"),
        (["--size", "8"], "8 is not in the range 32<=x<=2048"),
        (["-n", "0"], "0 is not in the range"),
        (["--buffers", "depth,heat"], "buffers must be different ones of segmentation, depth, displacement, got depth"),
        (["--fps", "25"], "recipe 'mixed' holds single images"),
        (["--recipe", "affects", "-n", "147001"], "count must be at most 147000"),
    ],
)
def test_mistakes_are_told_in_one_line(tmp_path, arguments, message):
    result = run("make", tmp_path / "faces", *arguments)
    assert result.exit_code == 2
    assert message in result.output
    assert "Traceback" not in result.output


def test_another_data_set_in_the_folder_is_a_usage_error(tmp_path):
    assert run("make", tmp_path, "-n", 8, "--size", 32, "--workers", 1).exit_code == 0
    result = run("make", tmp_path, "-n", 8, "--size", 32, "--workers", 1, "--seed", 2)
    assert result.exit_code == 2
    assert "its seed is 1, asked for 2" in result.output


def test_failed_people_a_full_disk_and_ctrl_c_exit_1(tmp_path, monkeypatch):
    monkeypatch.setattr(people, "render_group", tiny_renderer.fail_on_person_two)
    failed = run("make", tmp_path / "a", "-n", 24, "--size", 32, "--workers", 1)
    assert failed.exit_code == 1
    assert "identity 2 (samples 16-23)" in failed.output
    monkeypatch.setattr(people, "render_group", tiny_renderer.render_group)
    for error, message in ((OSError(28, "No space left on device"), "No space left"), (KeyboardInterrupt(), "stopped")):

        def stop(*_, error=error):
            raise error

        monkeypatch.setattr(shards.ShardFolder, "write", stop)
        result = run("make", tmp_path / "b", "-n", 8, "--size", 32, "--workers", 1)
        assert result.exit_code == 1
        assert message in result.output
        assert "run the same command to go on" in result.output


def test_show_of_a_wrong_folder_is_told(tmp_path):
    result = run("show", tmp_path)
    assert result.exit_code == 1
    assert "holds no shard-*.parquet" in result.output
