import numpy as np
import pytest

from facsimile.facs.notation import parse, write
from facsimile.language.backends import Echo, Scripted
from facsimile.language.leniency import Rung
from facsimile.language.referees import Oracle, Parrot, RandomLegal, chance, persistence, run_task, to_markdown
from facsimile.language.tags import read
from facsimile.language.tasks import FACES, all_tasks

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
    result = run_task(task, Scripted(["Hmm."] * 2 * len(task.items)))
    assert result.score == 0.0
    assert result.rungs == {Rung.NONE: len(task.items)}
    assert result.num_retries == len(task.items)


@pytest.mark.parametrize("task", TASKS, ids=NAMES)
def test_a_second_try_is_given_once_with_what_was_wrong(task):
    answers = [text for group in task.groups() for item in group for text in ("Hmm.", item.answer)]
    backend = Scripted(answers)
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


def test_a_table_shows_its_baselines():
    text = to_markdown([run_task(TASKS[0], Parrot(TASKS))])
    assert text.splitlines()[0] == "| task | score | 95 % | chance | repeating the last face | unreadable |"
    assert text.splitlines()[2].startswith("| read | 0.00 | 0.00-0.00 | 0.17 | 0.00 | 100% |")
