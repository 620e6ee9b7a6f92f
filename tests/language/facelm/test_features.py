"""Features of faces against a slow twin, and their memory."""

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from bodies import UNITS, inputs  # noqa: E402

from facsimile.language.facelm.features import (  # noqa: E402
    ANGLE_SCALE,
    MAX_AGE,
    empty_memory,
    features_at,
    featurise,
    has_face,
    num_features,
)
from facsimile.language.facelm.layout import Layout  # noqa: E402

pytestmark = pytest.mark.torch
LAYOUT = Layout(UNITS)


def slow_features(rows):
    """One party of one dialogue, tick by tick: held values, change, valid, closure, speaking, age, seen."""
    held, age, seen, out = [0.0] * LAYOUT.num_values, 0, 0, []
    for row in rows.tolist():
        values = [v / 5 for v in row[LAYOUT.level]] + [v * ANGLE_SCALE for v in row[LAYOUT.angle]]
        valid = row[LAYOUT.level_valid] + row[LAYOUT.angle_valid]
        new = [v if ok else h for v, ok, h in zip(values, valid, held, strict=True)]
        age, seen = (0, 1) if any(valid) else (age + 1, seen)
        change = [n - h for n, h in zip(new, held, strict=True)]
        closure = [v / 5 for v in row[LAYOUT.closure]]
        out.append([*new, *change, *valid, *closure, row[LAYOUT.speaking], min(age, MAX_AGE) / MAX_AGE, seen])
        held = new
    return torch.tensor(out)


@pytest.mark.parametrize("sparse", [False, True])
def test_features_equal_the_slow_twin(sparse):
    _, faces, _ = inputs(seed=4)
    if sparse:
        faces[:, 1:5] *= torch.tensor([1, 0.0])[None, None, :, None]
    features, _ = featurise(faces, LAYOUT, empty_memory(LAYOUT, 2, like=faces))
    assert features.shape[-1] == num_features(LAYOUT)
    for b in range(2):
        twin = torch.cat([slow_features(faces[b, :, party]) for party in (0, 1)], -1)
        assert torch.allclose(features[b], twin, atol=1e-6)


@pytest.mark.parametrize("cuts", [(1, 2, 3), (0, 3, 3), (5,)])
def test_pieces_with_memory_equal_the_whole(cuts):
    _, faces, _ = inputs(seed=5)
    start = empty_memory(LAYOUT, 2, like=faces)
    whole, end = featurise(faces, LAYOUT, start)
    memory, parts = start, []
    for begin, stop in zip((0, *cuts), (*cuts, 6), strict=True):
        part, memory = featurise(faces[:, begin:stop], LAYOUT, memory)
        parts.append(part)
    assert torch.equal(torch.cat(parts, 1), whole)
    assert all(torch.equal(a, b) for a, b in zip(memory, end, strict=True))


def test_before_the_first_tick_there_is_no_face():
    _, faces, tick_index = inputs(gaps=False)
    memory = empty_memory(LAYOUT, 2, like=faces)
    at_tokens = features_at(featurise(faces, LAYOUT, memory)[0], memory, tick_index)
    assert not at_tokens[:, :2].any()
    assert has_face(at_tokens)[:, :, 0].tolist() == [[0, 0] + [1] * 12] * 2
