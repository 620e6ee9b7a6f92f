"""The bound of the two-way world against brute force over all hidden states."""

import itertools

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from facsimile.language.facelm import world
from facsimile.language.facelm.world import LAYOUT, bound, draw_dialogues, sampled_by_law

pytestmark = pytest.mark.torch


def brute_force(rows, words):
    """Sum over every path of moods: text bits, and face bits one tick ahead, of one short dialogue."""
    num_ticks = len(words)
    emission = [sum(world._log_emission(rows[:, party])) for party in (0, 1)]
    levels = [world._log_emission(rows[:, party])[0] for party in (0, 1)]

    def weight(path, *, words_until, faces_until):
        own, mood = path
        total = 1 / 9
        for t in range(num_ticks):
            if t:
                total *= 0.9 * (mood[t] == mood[t - 1]) + 0.1 / 3
                if t < words_until:
                    spoken = 0.75 * (0.75 * (words[t] // 12 == mood[t - 1]) + 0.25 / 3) / 12
                    total *= 0.25 if words[t] < 0 else spoken
                kind = 0 if words[t - 1] < 0 else words[t - 1] // 12
                chance = {kind: 0.6, "rest": 0.2} if kind else {"rest": 0.5}
                total *= chance.get(own[t], 0.0) + chance["rest"] * ((own[t] == mood[t - 1]) + (own[t] == own[t - 1]))
            if t < faces_until:
                total *= np.exp(emission[0][t, own[t]] + emission[1][t, mood[t]])
        return total

    paths = list(itertools.product(itertools.product(range(3), repeat=num_ticks), repeat=2))
    text = face = 0.0
    for t in range(1, num_ticks):
        until = [sum(weight(p, words_until=w, faces_until=t) for p in paths) for w in (t, t + 1)]
        text -= np.log2(until[1] / until[0])
        seen = {p: weight(p, words_until=t, faces_until=t) for p in paths}
        ahead = sum(seen[p] * np.exp(levels[0][t, p[0][t]]) for p in paths)
        face -= np.log2(ahead / sum(seen.values()))
    return text, face


@pytest.mark.parametrize("seed", [0, 1, 2, 3])
def test_the_filter_equals_summing_over_all_paths(seed):
    dialogue = draw_dialogues(1, seed=seed, num_ticks=3)[0]
    rows = np.stack([LAYOUT.pack(face) for face in dialogue.faces], 1)
    text, face = brute_force(rows, world._words_of(dialogue))
    result = bound([dialogue])
    long = draw_dialogues(1, seed=seed, num_ticks=3)
    assert np.array_equal(bound(long).text_bits, result.text_bits)
    assert result.text_bits[0] == pytest.approx(text, rel=1e-9)
    assert result.face_bits[0, 0, 0] == pytest.approx(face, rel=1e-9)


def test_chances_are_chances():
    assert world._TRANSITION.sum(axis=1) == pytest.approx(1)
    assert world._OWN_NEXT.sum(axis=3) == pytest.approx(1)
    spoken = sum(world._word_chance(np.array([word])) for word in range(-1, 36))
    assert spoken == pytest.approx(1)


def test_seeing_less_costs_bits_in_the_order_of_what_is_seen():
    dialogues = draw_dialogues(200, seed=3)
    full, blind = bound(dialogues), bound(dialogues, see_faces=False)
    no_partner = bound(dialogues, see_faces=(True, False))
    for bits in ("text_bits", "face_bits"):
        sums = [getattr(one, bits).sum() for one in (full, no_partner, blind)]
        assert sums == sorted(sums)
    assert (blind.text_bits - full.text_bits).mean() > 3
    horizons = full.face_bits.mean(0)[:, 0] / full.num_frames
    assert (np.diff(horizons) > 0).all()


def test_dialogues_depend_on_the_seed_and_are_whole():
    one, two, other = (draw_dialogues(3, seed=seed) for seed in (5, 5, 6))
    assert [d.words for d in one] == [d.words for d in two]
    assert all(a.faces[0] == b.faces[0] for a, b in zip(one, two, strict=True))
    assert one[0].words != other[0].words
    assert all(world.WORDS[i] == word for i, word in enumerate(dict.fromkeys(world.WORDS)))


def test_the_law_draws_what_the_bound_expects():
    """Faces drawn by the law cost, under the law, what real ones cost."""
    dialogues = draw_dialogues(300, seed=7)
    drawn = sampled_by_law(dialogues, num_samples=1, seed=1)[:, 0]
    truth = np.array([LAYOUT.pack(d.faces[0])[:, LAYOUT.level] for d in dialogues])
    assert np.array_equal(drawn[:, 0], truth[:, 0])
    assert drawn[:, 1:].mean((0, 1)) == pytest.approx(truth[:, 1:].mean((0, 1)), abs=0.1)
    spread = [np.abs(np.diff(levels.astype(float), axis=1)).mean() for levels in (drawn, truth)]
    assert spread[0] == pytest.approx(spread[1], rel=0.05)
