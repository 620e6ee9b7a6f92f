"""``facsimile train tiny_cpu``: from nothing or from tables on disk, and its one-line errors."""

import importlib.util
import json

import pytest
from click.testing import CliRunner

from facsimile.app import facelm_training
from facsimile.app.commands.train import READER_RECIPES, command

HEAD = "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode,StartTime,EndTime"


def run(*arguments):
    return CliRunner().invoke(command, [str(a) for a in arguments])


@pytest.fixture
def table(tmp_path):
    rows = []
    for dialogue in range(4):
        for line, (speaker, text, emotion) in enumerate(
            [("Ana", "What a lovely day!", "joy"), ("Ben", "Is it?", "neutral"), ("Ana", "It is, look.", "joy")]
        ):
            at = 10 * dialogue + 3 * line
            times = f'"00:00:{at:02d},000","00:00:{at + 2:02d},500"'
            rows.append(f'1,"{text}",{speaker},{emotion},x,{dialogue},{line},{1 + dialogue // 3},1,{times}')
    path = tmp_path / "talk.csv"
    path.write_text("\n".join([HEAD, *rows]) + "\n")
    return path


@pytest.mark.torch
def test_from_a_dialogue_table(table, tmp_path):
    pytest.importorskip("transformers")
    result = run(
        "tiny_cpu", "--data", table, "--out", tmp_path / "run", "--steps", 2, "--rule-off", "mimicry", "--json"
    )
    assert result.exit_code == 0, result.output
    assert set(json.loads(result.stdout)["controls"]) >= {"right", "wrong partner", "words hidden"}
    assert json.loads((tmp_path / "run" / "training.json").read_text())["data"] == "talk.csv"
    again = run("tiny_cpu", "--data", table, "--out", tmp_path / "run", "--steps", 2)
    assert again.exit_code == 2
    assert "--force" in again.stderr


@pytest.mark.torch
def test_errors_of_training_are_one_line(table, tmp_path, monkeypatch):
    pytest.importorskip("transformers")
    from facsimile.train.facelm import material

    monkeypatch.setattr(material, "NUM_WORLD_DIALOGUES", 4)
    monkeypatch.setattr(material, "NUM_WORLD_HELD_OUT", 4)
    for arguments, words in (
        (("lora_gpu", "--data", table), "name its folder with --body"),
        (("tiny_cpu", "--resume"), "holds no checkpoint.pt"),
        (("tiny_cpu", "--data", tmp_path), r"no NAME.words.csv in it"),
    ):
        result = run(*arguments, "--steps", 1, "--out", tmp_path / "run")
        assert result.exit_code == 1, result.output
        assert words in result.stderr
        assert result.stderr.strip().splitlines()[-1].startswith("Error: ")


def test_options_that_do_not_go_together(table, tmp_path):
    for arguments, words in (
        (("tiny_cpu", "--minutes", 3), "its budget is --steps"),
        (("small_cpu", "--blind", "words", "--data", tmp_path), "go with tiny_cpu and lora_gpu"),
        (("small_cpu",), "Missing option '--data'"),
        (("small_cpu", "--data", table), "and this is a file"),
    ):
        result = run(*arguments, "--out", tmp_path / "run")
        assert result.exit_code in (1, 2)
        assert words in result.stderr


def test_a_recipe_that_does_not_exist(tmp_path):
    result = run("tinycpu", "--out", tmp_path)
    assert "did you mean 'tiny_cpu'? (known: small_cpu, small_gpu, resnet101_gpu, tiny_cpu, lora_gpu)" in result.stderr


def test_without_the_libraries_it_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    result = run("tiny_cpu", "--out", tmp_path / "run")
    assert result.exit_code == 1
    assert facelm_training.LIBRARIES_MISSING in result.stderr


@pytest.mark.torch
def test_the_command_knows_every_recipe():
    pytest.importorskip("transformers")
    from facsimile.train.facelm.recipes import RECIPES
    from facsimile.train.recipes import RECIPES as READERS

    assert tuple(RECIPES) == facelm_training.RECIPE_NAMES
    assert tuple(READERS) == READER_RECIPES
