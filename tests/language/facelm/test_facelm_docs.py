"""The tables of docs/facelm.md say what the recorded benchmarks say."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "facelm.md").read_text(encoding="utf-8")


def results(name):
    return json.loads((ROOT / "benchmarks" / "results" / f"{name}.json").read_text(encoding="utf-8"))


def row(label):
    line = re.search(rf"^\|\s*\**{re.escape(label)}\**\s*\|(.*)\|$", PAGE, re.MULTILINE)
    assert line, label
    return [cell.strip(" *") for cell in line[1].split("|")]


def same(cell, value, *, digits=3):
    assert float(cell) == pytest.approx(value, abs=0.51 * 10**-digits), (cell, value)


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("exact bound", "oracle"),
        ("the model", "the model"),
        ("wrong partner's face", "wrong partner"),
        ("wrong own face", "wrong self"),
        ("words hidden", "words hidden"),
        ("faces hidden", "no faces"),
        ("retrained without faces", "retrained without faces"),
        ("retrained without partner's face", "retrained without partner"),
        ("retrained without words", "retrained without words"),
        ("Markov chain per unit", "Markov"),
        ("AR(2)", "AR(2)"),
        ("marginal, unigram", "marginal"),
    ],
)
def test_the_two_way_world(label, name):
    tables = results("two_way_world")["tables"]
    text, own, partner = row(label)
    if (measured := tables["text"].get("unigram" if name == "marginal" else name)) is not None:
        same(text, measured["bits per token"][0])
    same(own, tables["bits"][name]["own, 1 ahead"][0])
    same(partner, tables["bits"][name]["partner, 1 ahead"][0])


def test_the_bars_hold_in_what_is_recorded():
    recorded = results("two_way_world")
    assert recorded["gaps"]["within_bars"]
    assert all(low > 0 for _, low, _ in recorded["gains"].values())


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("oracle", "oracle"),
        ("oracle's mean", "oracle's mean"),
        ("mean face", "mean face"),
        ("copy partner", "copy partner"),
        ("random clip", "random clip"),
        ("truth, frames shuffled", "frame-shuffled"),
        ("nearest speaker's listener", "nearest speaker's listener"),
        ("white noise, same mean and covariance", "white noise, same mean and covariance"),
        ("oracle and jitter", "oracle and jitter"),
    ],
)
def test_the_gaming_of_metrics(label, name):
    measured = results("gaming")["rows"][name]
    for cell, (column, (value, _, _)) in zip(row(label), measured.items(), strict=True):
        if value is not None:
            same(cell, value, digits=1 if column.startswith("lag") else 3)


def test_the_oracle_wins_what_is_honest_and_shuffling_what_is_not():
    rows = results("gaming")["rows"]
    assert min(rows, key=lambda name: rows[name]["energy ↓"][0]) == "oracle"
    assert max(rows, key=lambda name: rows[name]["pairing lift ↑"][0]) == "oracle"
    assert min(rows, key=lambda name: rows[name]["FD per clip ↓"][0]) == "frame-shuffled"


def test_the_gain_goes_with_its_rule():
    arms = results("rule_nulls")["own face, bits per frame"]
    assert arms["mimicry on"]["gain"][1] > 0
    assert arms["mimicry off"]["gain"][2] < 0
    for arm in arms.values():
        value, low, high = arm["gain"]
        assert f"{value:.3f} [{low:.3f}, {high:.3f}]" in PAGE
