import json
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from facsimile.facs import notation
from facsimile.language.tags import write_tag
from facsimile.language.ticks import CODE_UNITS

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def benchmark(pytestconfig):
    patch = pytest.MonkeyPatch()
    patch.syspath_prepend(str(ROOT / "benchmarks"))
    yield import_module("token_costs")
    patch.undo()


@pytest.fixture(scope="module")
def count(benchmark):
    return benchmark.gpt2()


def test_a_tag_of_k_units_costs_exactly_3k_plus_1_tokens(count):
    rng = np.random.default_rng(0)
    for _ in range(500):
        k = int(rng.integers(1, 13))
        codes = sorted(rng.choice(CODE_UNITS, k, replace=False))
        score = "+".join(f"{code}{'ABCDE'[rng.integers(5)]}" for code in codes)
        assert count(write_tag(notation.parse(score))) == 3 * k + 1
    assert count("[0]") == 3
    assert count("[?]") <= 3


def test_a_side_costs_at_most_one_token(count):
    for code in CODE_UNITS:
        assert count(f"[L{code}B]") <= 5
        assert count(f"[6C+R{code}B+43A]") <= 11


def test_the_page_shows_the_measured_table(benchmark):
    measured = json.loads((ROOT / "benchmarks/results/token_costs.json").read_text())["tokens"]
    page = (ROOT / "docs/language.md").read_text()
    assert f"<!-- token costs -->\n{benchmark.table(measured)}\n<!-- end -->" in page
