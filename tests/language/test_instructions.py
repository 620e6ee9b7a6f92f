import json

import pytest

from facsimile.facs.notation import parse, write
from facsimile.language.account import read_account
from facsimile.language.instructions import TASKS, Face, write_instructions
from facsimile.language.tags import read
from facsimile.language.wording import read_group

FACES = [Face("a", parse("6C+12D")), Face("b", parse("0")), Face("c", parse("1B+L4C+26B"))]


def test_every_face_has_every_task_with_an_answer_that_is_true():
    lines = [json.loads(line) for line in write_instructions(FACES)]
    assert [line["id"] for line in lines] == [f"{face.id}/{task}" for face in FACES for task in TASKS]
    for line in lines:
        question, answer = line["messages"]
        assert (question["role"], answer["role"]) == ("user", "assistant")
        if line["task"] == "account":
            back = read_account(answer["content"])
            assert (write(back.state), back.problems) == (line["notation"], ())
        elif line["task"] == "notation":
            assert write(read(answer["content"]).face) == line["notation"]
        elif line["notation"] != "0":
            groups = [read_group(sentence) for sentence in answer["content"].splitlines()]
            assert "+".join(str(term) for group in groups for term in group) == line["notation"]
        asked = line["messages"][0]["content"]
        assert (f"[{line['notation']}]" in asked) == (line["task"] != "notation")


def test_a_line_depends_on_the_seed_and_its_own_face_alone():
    whole, part = list(write_instructions(FACES, seed=3)), list(write_instructions(FACES[2:], seed=3))
    assert whole[-len(TASKS) :] == part
    assert list(write_instructions(FACES, seed=4)) != whole


def test_unknown_tasks_are_refused():
    with pytest.raises(ValueError, match="unknown sing; the tasks are account, words, notation"):
        list(write_instructions(FACES, tasks=("sing",)))
