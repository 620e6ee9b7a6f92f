import re
from pathlib import Path

from facsimile.facs.notation import parse
from facsimile.language.backends import Backend
from facsimile.language.chat import Conversation
from facsimile.language.leniency import Rung

PAGE = (Path(__file__).parents[2] / "docs" / "language.md").read_text()


def test_the_examples_of_the_page_run():
    space = {}
    for block in re.findall(r"```python\n(.*?)```", PAGE, re.S):
        exec(block, space)
    assert space["found"].face == parse("6C+12D")
    assert space["found"].words == "Hello!"
    assert isinstance(space["Mine"](), Backend)
    assert Conversation(space["Mine"]()).say("x").words == "Go on."


def test_every_rung_is_explained():
    assert re.findall(r"^\| `([A-Z]+)`", PAGE, re.M) == [rung.name for rung in Rung]
