import doctest
import importlib
import pkgutil
from pathlib import Path

import pytest

import facsimile.facs

MODULES = [f"facsimile.facs.{module.name}" for module in pkgutil.iter_modules(facsimile.facs.__path__)]
GUIDE = Path(__file__).parents[2] / "docs" / "facs.md"


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_examples_in_the_guide():
    result = doctest.testfile(str(GUIDE), module_relative=False)
    assert result.failed == 0
    assert result.attempted > 10
