"""What holds for any body and any weights: the zero gate, causality, streaming, saving."""

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from bodies import BODIES, LORA, face_lm, inputs  # noqa: E402

from facsimile.language.facelm.model import FaceLM  # noqa: E402

pytestmark = pytest.mark.torch
FAMILIES = sorted(BODIES)


@pytest.fixture(params=FAMILIES)
def family(request):
    return request.param


def test_a_zero_gate_leaves_every_logit_as_it_is(family):
    model = face_lm(family)
    ids, faces, tick_index = inputs()
    with torch.no_grad():
        assert torch.equal(model(ids, faces, tick_index).logits, model.body(ids).logits)
        assert torch.equal(model(ids).logits, model.body(ids).logits)


def test_wrapping_a_body_leaves_its_weights_alone(family):
    body = face_lm(family, seed=3).body
    before = {name: value.clone() for name, value in body.state_dict().items()}
    ids, attention = inputs()[0], body.config._attn_implementation
    with torch.no_grad():
        logits = body(ids).logits
        wrapped = FaceLM.around(body, units=(12,))
        assert torch.equal(wrapped(ids).logits, logits)
    assert wrapped.body is body
    assert body.config._attn_implementation == attention is not None
    assert all(torch.equal(value, before[name]) for name, value in body.state_dict().items())


def test_an_open_gate_changes_logits_and_forecasts(family):
    model = face_lm(family, gate=0.5)
    ids, faces, tick_index = inputs()
    with torch.no_grad():
        seen, blind = model(ids, faces, tick_index), model(ids)
    assert (seen.logits - blind.logits).abs().max() > 1e-3
    assert (seen.forecast.level - blind.forecast.level).abs().max() > 1e-3


def test_a_face_that_was_never_seen_is_inert(family):
    model = face_lm(family, gate=0.5)
    ids, faces, tick_index = inputs()
    faces[..., model.layout.level_valid] = faces[..., model.layout.angle_valid] = 0
    with torch.no_grad():
        assert torch.equal(model(ids, faces, tick_index).logits, model.body(ids).logits)


@pytest.mark.parametrize("tick", [0, 2, 5])
def test_a_face_changes_nothing_before_it(family, tick):
    model = face_lm(family, gate=0.5)
    ids, faces, tick_index = inputs()
    other = faces.clone()
    other[:, tick, :, model.layout.level] = 5 - other[:, tick, :, model.layout.level]
    other[:, tick, :, model.layout.level_valid] = 1
    with torch.no_grad():
        one, two = model(ids, faces, tick_index), model(ids, other, tick_index)
    first = int((tick_index[0] == tick).nonzero()[0])
    assert torch.equal(one.logits[:, :first], two.logits[:, :first])
    assert torch.equal(one.forecast.level[:, :first], two.forecast.level[:, :first])
    assert (one.logits[:, first:] - two.logits[:, first:]).abs().max() > 1e-4


@pytest.mark.parametrize("lora", [None, LORA], ids=["whole", "lora"])
def test_streaming_equals_one_pass(family, lora):
    """Token by token with a cache; each tick's faces are given once, when they are complete."""
    model = face_lm(family, gate=0.5, lora=lora)
    ids, faces, tick_index = inputs()
    with torch.no_grad():
        whole = model(ids, faces, tick_index)
        cache = memory = None
        logits, levels, done = [], [], -1
        for n in range(ids.shape[1]):
            latest = int(tick_index[0, n])
            part = model(
                ids[:, n : n + 1], faces[:, done + 1 : latest + 1], torch.full((len(ids), 1), latest - done - 1),
                memory=memory, past_key_values=cache, use_cache=True,
            )  # fmt: skip
            cache, memory, done = part.past_key_values, part.memory, latest
            logits.append(part.logits)
            levels.append(part.forecast.level)
    assert torch.allclose(torch.cat(logits, 1), whole.logits, atol=1e-5, rtol=0)
    assert torch.allclose(torch.cat(levels, 1), whole.forecast.level, atol=1e-5, rtol=0)


def test_a_batch_equals_its_members(family):
    model = face_lm(family, gate=0.5)
    ids, faces, tick_index = inputs(batch=3)
    with torch.no_grad():
        whole = model(ids, faces, tick_index).logits
        alone = torch.cat([model(ids[i : i + 1], faces[i : i + 1], tick_index[i : i + 1]).logits for i in range(3)])
    assert torch.allclose(whole, alone, atol=1e-5, rtol=0)


@pytest.mark.parametrize("lora", [None, LORA], ids=["whole", "lora"])
def test_saved_and_read_back_it_is_the_same(family, lora, tmp_path):
    model = face_lm(family, gate=0.5, lora=lora)
    ids, faces, tick_index = inputs()
    model.save_pretrained(tmp_path)
    again = FaceLM.from_pretrained(tmp_path).eval()
    one, two = model.state_dict(), again.state_dict()
    assert one.keys() == two.keys()
    assert all(torch.equal(value, two[name]) for name, value in one.items())
    with torch.no_grad():
        assert torch.equal(model(ids, faces, tick_index).logits, again(ids, faces, tick_index).logits)
    assert not list(tmp_path.glob("*.bin"))


def test_transformers_own_generate_holds_the_last_faces(family):
    """Greedy text with a cache equals greedy text by whole passes with the last tick held."""
    model = face_lm(family, gate=0.5)
    ids, faces, tick_index = inputs(batch=1)
    with torch.no_grad():
        written = model.generate(
            ids,
            faces=faces,
            tick_index=tick_index,
            max_new_tokens=6,
            do_sample=False,
            pad_token_id=0,
            eos_token_id=None,
        )
        expected, index = ids, tick_index
        for _ in range(6):
            best = model(expected, faces, index).logits[:, -1:].argmax(-1)
            expected, index = torch.cat([expected, best], 1), torch.cat([index, index[:, -1:]], 1)
    assert torch.equal(written, expected)


def test_adapters_begin_as_no_change(family):
    model = face_lm(family, lora=LORA)
    plain = face_lm(family)
    ids, faces, tick_index = inputs()
    with torch.no_grad():
        assert torch.equal(model(ids, faces, tick_index).logits, plain(ids, faces, tick_index).logits)
    assert any("lora_A" in name for name, _ in model.named_parameters())
