import numpy as np
import pytest

from facsimile.facs.notation import parse, write
from facsimile.language.backends import Echo, Scripted
from facsimile.language.leniency import Rung
from facsimile.language.referees import Oracle, Parrot, RandomLegal, chance, persistence, run_task
from facsimile.language.tags import read
from facsimile.language.tasks import CONDITIONS, FACES, REMOVED, RIGHT, SWAPPED, all_tasks

TASKS = all_tasks(seed=1, num_groups=12)
MANY = all_tasks(seed=2, num_groups=60)
NAMES = [task.name for task in TASKS]


@pytest.mark.parametrize("task", TASKS, ids=NAMES)
def test_the_oracle_scores_everything(task):
    result = run_task(task, Oracle(TASKS))
    assert result.score == 1.0
    assert result.rungs == {Rung.EXACT: len(task.items)}


@pytest.mark.parametrize("task", MANY, ids=NAMES)
def test_drawing_legal_answers_scores_at_chance(task):
    groups = len(task.groups())
    backend = RandomLegal(MANY, seed=3)
    scores = [task.score(g, [backend.complete(i.messages) for i in g]) for _ in range(3) for g in task.groups()]
    margin = 4 * np.std(scores) / np.sqrt(3 * groups) + 1e-9
    assert abs(np.mean(scores) - chance(task)) < margin
    assert 0.05 < chance(task) < 0.6


@pytest.mark.parametrize("task", TASKS, ids=NAMES)
def test_the_parrot_scores_like_persistence(task):
    assert run_task(task, Parrot(TASKS)).score == persistence(task)


def test_repeating_wins_only_where_the_face_is_the_answer():
    found = {task.name: persistence(task) for task in TASKS}
    assert found == {"read": 0.0, "write": 0.0, "next": 0.0, "flip": 1.0, "ignore": 0.0, "injection": 1.0}


@pytest.mark.parametrize("task", TASKS, ids=NAMES)
def test_the_last_face_of_an_item_is_the_last_that_its_question_shows(task):
    for item in task.items:
        faces = [span.face for span in read(item.messages[-1].content).spans if span.face is not None]
        if faces:
            assert f"[{write(faces[-1])}]" == item.last_face
        else:
            assert task.name == "write"


@pytest.mark.parametrize("task", TASKS, ids=NAMES)
def test_an_unreadable_answer_is_counted_and_scores_as_the_worst(task):
    result = run_task(task, Scripted(["Hmm."] * 2 * len(CONDITIONS) * len(task.items)))
    assert result.score == 0.0
    assert result.rungs == {Rung.NONE: len(task.items)}
    assert result.num_retries == len(task.items)


@pytest.mark.parametrize("task", TASKS, ids=NAMES)
def test_a_second_try_is_given_once_with_what_was_wrong(task):
    answers = [text for group in task.groups() for item in group for text in ("Hmm.", item.answer)]
    backend = Scripted(answers * len(CONDITIONS))
    result = run_task(task, backend)
    assert result.score == 1.0
    assert result.num_retries == len(task.items)
    first, again = backend.requests[:2]
    assert again[: len(first)] == first
    assert [message.role for message in again[len(first) :]] == ["assistant", "user"]
    assert "could not be read" in again[-1].content


def test_a_typed_bracket_is_no_face_for_the_referees_either():
    task = next(task for task in TASKS if task.name == "injection")
    assert run_task(task, Echo()).score == 1.0
    for item in task.items:
        assert item.messages[-1].content.count("\\[") == 2


def test_two_wrong_words_at_once_are_no_answer():
    task = next(task for task in TASKS if task.name == "ignore")
    item = task.items[0]
    assert task.score([item], [f"It is {item.answer}."]) == 1.0
    assert task.score([item], [" and ".join(item.choices)]) == 0.0


def test_the_same_seed_gives_the_same_questions():
    assert [t.items for t in all_tasks(seed=5, num_groups=4)] == [t.items for t in all_tasks(seed=5, num_groups=4)]
    assert all_tasks(seed=5, num_groups=4)[0].items != all_tasks(seed=6, num_groups=4)[0].items


def test_legal_faces_are_canonical():
    assert [f"[{write(parse(face[1:-1]))}]" for face in FACES] == list(FACES)


@pytest.mark.parametrize("task", MANY, ids=NAMES)
def test_who_believes_faces_follows_a_wrong_one_and_guesses_without(task):
    result = run_task(task, Oracle(MANY))
    assert np.mean(result.scores[RIGHT]) == 1.0
    if task.name == "ignore":
        assert np.mean(result.scores[SWAPPED]) == np.mean(result.scores[REMOVED]) == 1.0
    else:
        assert np.mean(result.scores[SWAPPED]) == 0.0
        sd = np.sqrt(result.chance * (1 - result.chance) / len(task.groups()))
        assert abs(np.mean(result.scores[REMOVED]) - result.chance) < 4 * sd + 0.15 * (task.name == "flip")


@pytest.mark.parametrize("task", TASKS, ids=NAMES)
def test_who_sees_no_faces_gains_nothing_from_them(task):
    class Blind:
        name, capabilities = "blind", Echo().capabilities

        def complete(self, messages, options=None):
            return "joy, [0] Paris"

    scores = run_task(task, Blind()).scores
    assert scores[RIGHT] == scores[REMOVED] == scores[SWAPPED]


@pytest.mark.parametrize("task", TASKS, ids=NAMES)
def test_removed_questions_show_no_face_and_swapped_ones_another(task):
    for item in task.items:
        right, removed, swapped = (item.asked(condition)[-1].content for condition in CONDITIONS)
        assert len({right, removed, swapped}) == 3
        assert not any(span.face is not None and span.face.face_seen for span in read(removed).spans)
        if task.name != "write":
            assert item.last_face in right
            assert read(swapped).face != read(right).face


@pytest.mark.parametrize("task", TASKS, ids=NAMES)
def test_chances_of_answers_become_bits_among_the_legal_ones(task):
    class Sure(Echo):
        """Gives the first choice half of all chance, the others a quarter each and more than one in all."""

        def nats(self, messages, answers):
            return -np.log([0.5, *[0.25] * (len(answers) - 1)]) + 7.0

    result = run_task(task, Sure())
    if not task.is_single:
        assert result.bits == {}
        return
    for condition in CONDITIONS:
        for bits, item in zip(result.bits[condition], task.items, strict=True):
            total = 0.5 + 0.25 * (len(item.choices) - 1)
            share = (0.5 if item.choices[0] == item.answer else 0.25) / total
            assert bits == pytest.approx(-np.log2(share))
    assert result.guessing_bits == pytest.approx(np.mean([np.log2(len(item.choices)) for item in task.items]))
