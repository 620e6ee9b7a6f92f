"""The report on a face-aware model, on models trained for no step: sums must fit, rows must not be missing."""

import dataclasses
import json

import numpy as np
import pytest
from click.testing import CliRunner

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from facsimile.app.cli import cli  # noqa: E402
from facsimile.app.facelm_evaluation import (  # noqa: E402
    MODEL,
    RETRAINED,
    Subject,
    check_rows,
    conversation_tables,
    conversation_text,
    trial_of,
    turn_rows,
)  # fmt: skip
from facsimile.evaluate.dialogue_report import KINDS  # noqa: E402
from facsimile.language.facelm.dialogue import YOU, Word, encode  # noqa: E402
from facsimile.language.facelm.world import LAYOUT, WORDS, draw_dialogues  # noqa: E402
from facsimile.train.facelm.material import Material  # noqa: E402
from facsimile.train.facelm.recipes import tiny_cpu  # noqa: E402
from facsimile.train.facelm.run import prepare  # noqa: E402
from facsimile.train.facelm.turns import shift_log_odds, silences  # noqa: E402

pytestmark = pytest.mark.torch
BLINDS = ((), ("partner", "own"), ("partner",), ("words",))


def talking(count, seed):
    """The world, with every second word of the first half given to the partner."""
    dialogues = []
    for one in draw_dialogues(count, seed=seed, num_ticks=16):
        words = [w._replace(party=YOU) if i % 4 > 1 else w for i, w in enumerate(one.words)]
        dialogues.append(dataclasses.replace(one, words=tuple(words)))
    return dialogues


@pytest.fixture(scope="module")
def material():
    return Material("two-way world", talking(40, 1), talking(10, 2), LAYOUT.units, WORDS)


@pytest.fixture(scope="module")
def subjects(material):
    made = []
    for blind in BLINDS:
        config = dataclasses.replace(tiny_cpu(), blind=blind)
        model, vocabulary = prepare(config, material, body=None)
        made.append(Subject(model.eval(), vocabulary, {**config.to_json(), "data": material.name}))
    return made


@pytest.fixture(scope="module")
def tables(subjects, material):
    trial = trial_of(material, num_ticks=64, is_world=False)
    return conversation_tables(subjects[0], subjects[1:], trial)


def test_every_table_has_its_rows(tables):
    assert set(tables) == {"text", "bits", "motion", "turns"}
    for kind, rows in tables.items():
        assert set(KINDS[kind]) <= set(rows)
        assert MODEL in rows
    assert conversation_text(tables, is_world=False).count("| the model |") == 4


def test_a_table_without_a_baseline_is_refused(tables, subjects):
    for kind in tables:
        poorer = tables | {kind: {n: r for n, r in tables[kind].items() if n != KINDS[kind][0]}}
        with pytest.raises(ValueError, match=f"a table of {kind} needs its baseline rows; missing: "):
            conversation_text(poorer, is_world=False)
    with pytest.raises(ValueError, match=r"missing: retrained without partner, .*words; .* --blind partner --out"):
        check_rows(subjects[1:2])
    with pytest.raises(ValueError, match="sees everything"):
        check_rows(subjects[:1])
    check_rows(subjects[1:])


def test_the_same_weights_blinded_differ_only_by_what_is_hidden(tables):
    """An untrained gate is shut, so no face changes a token or a forecast of words."""
    text = {name: row["bits per token"].value for name, row in tables["text"].items()}
    assert text["retrained without faces"] == pytest.approx(text[MODEL]) == pytest.approx(text["wrong partner"])
    assert text["unigram"] < text[MODEL]
    assert set(RETRAINED.values()) >= {name for name in tables["bits"] if name.startswith("retrained")}


def test_silences_and_odds_by_hand(subjects, material):
    subject = subjects[0]
    words = [("so", 1, 0), ("then", 2, 0), ("we", 5, 0), ("yes", 8, YOU), ("no", 9, 0)]
    said = tuple(Word(text, 0.32 * (t - 1), 0.32 * t, party) for text, t, party in words)
    one = encode(dataclasses.replace(material.held_out[0], words=said), subject.vocabulary, LAYOUT)
    found = silences([one], subject.vocabulary)
    assert found.shift.tolist() == [False, True]
    assert [np.flatnonzero(one.tick_position == p)[0] for p in found.position] == [2, 5]
    odds = shift_log_odds(subject.model, [one], subject.vocabulary)
    arrays = (torch.from_numpy(a)[None] for a in (one.ids, one.faces, one.tick_index))
    with torch.no_grad():
        chances = subject.model(*arrays).logits[0].softmax(-1)
    tags, marks = list(subject.vocabulary.party), subject.vocabulary.marks
    for position, value in zip(found.position, odds, strict=True):
        shift = chances[position, tags].sum()
        hold = 1 - chances[position, marks].sum()
        assert value == pytest.approx(float(torch.log(shift / hold)), abs=1e-4)


def test_dialogues_without_shifts_get_no_table(subjects):
    quiet = Material("two-way world", draw_dialogues(8, seed=1), draw_dialogues(4, seed=2), LAYOUT.units, WORDS)
    trial = trial_of(quiet, num_ticks=64, is_world=True)
    assert turn_rows([(MODEL, subjects[0])], trial) == {}
    short = Material("short", quiet.train, draw_dialogues(1, seed=2), LAYOUT.units, WORDS)
    with pytest.raises(ValueError, match="needs two held-out dialogues of 32 ticks"):
        trial_of(short, num_ticks=64, is_world=True)


def test_from_training_to_the_report(tmp_path, monkeypatch):
    for name, value in (("NUM_WORLD_DIALOGUES", 16), ("NUM_WORLD_HELD_OUT", 6)):
        monkeypatch.setattr(f"facsimile.train.facelm.material.{name}", value)
    monkeypatch.setattr("facsimile.app.facelm_evaluation.NUM_SAMPLES", 2)
    against = []
    for blind in BLINDS:
        folder = tmp_path / ("-".join(blind) or "all")
        hidden = [part for name in blind for part in ("--blind", name)]
        trained = CliRunner().invoke(cli, ["train", "tiny_cpu", "--steps", "1", "--out", str(folder), *hidden])
        assert trained.exit_code == 0, trained.output
        against += ["--against", str(folder)] if blind else []
    arguments = ["evaluate", "language", f"facelm:{tmp_path / 'all'}", "--only", "conversation"]
    result = CliRunner().invoke(cli, [*arguments, *against, "--json"])
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert set(found["conversation"]) == {"text", "bits", "motion"}
    assert found["conversation"]["text"]["oracle"]["bits per token"][0] < 3
    missing = CliRunner().invoke(cli, [*arguments, *against[:2]])
    assert missing.exit_code == 1
    assert "missing: retrained without partner, retrained without words" in missing.stderr
