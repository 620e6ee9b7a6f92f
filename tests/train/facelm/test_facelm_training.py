"""The face-aware model learns what its world holds, resumes exactly, and adapts a given body without harming it."""

import dataclasses
import json

import numpy as np
import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
pytest.importorskip("peft")

from facsimile.evaluate.dialogue_baselines import markov_bits  # noqa: E402
from facsimile.language.facelm.dialogue import encode  # noqa: E402
from facsimile.language.facelm.model import FaceLM  # noqa: E402
from facsimile.language.facelm.stream import generate  # noqa: E402
from facsimile.language.facelm.vocabulary import SPECIAL, Vocabulary, word_vocabulary  # noqa: E402
from facsimile.language.facelm.world import LAYOUT, WORDS, bound, draw_dialogues  # noqa: E402
from facsimile.train.facelm import material as material_module  # noqa: E402
from facsimile.train.facelm.batches import Batches, collate, without  # noqa: E402
from facsimile.train.facelm.material import Material, world_material  # noqa: E402
from facsimile.train.facelm.recipes import FaceLMTraining, lora_gpu, recipe_named, tiny_cpu  # noqa: E402
from facsimile.train.facelm.run import prepare, train_face_lm, without_faces  # noqa: E402
from facsimile.train.facelm.score import future_faces, score  # noqa: E402

pytestmark = pytest.mark.torch
NUM_TICKS = 24
SMALL = dataclasses.replace(
    tiny_cpu(), steps=6, batch_size=4, width=16, validate_every=100, warm_up_steps=2,
    body={**tiny_cpu().body, "hidden_size": 16, "intermediate_size": 16, "num_attention_heads": 2,
          "num_key_value_heads": 2},
)  # fmt: skip


def material(*, train=24, held_out=8, num_ticks=10, seed=0):
    return Material(
        "small world", draw_dialogues(train, seed=seed, num_ticks=num_ticks),
        draw_dialogues(held_out, seed=seed + 1, num_ticks=num_ticks), LAYOUT.units, WORDS,
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_it_learns_the_two_way_world(tmp_path):
    """250 steps, some 20 seconds of one core: well under the dumb answers, and every input matters."""
    world = material(train=1500, held_out=128, num_ticks=NUM_TICKS)
    config = dataclasses.replace(
        tiny_cpu(), steps=250, batch_size=32, width=64, learning_rate=5e-3, warm_up_steps=20, validate_every=1000
    )
    train_face_lm(config, world, folder=tmp_path)
    found = json.loads((tmp_path / "metrics.json").read_text())["controls"]
    right, name = found["right"], "own_face_bits_1"
    law = bound(list(world.held_out))
    best_text = law.text_bits.sum() / (128 * NUM_TICKS)
    levels = [
        np.array([LAYOUT.pack(d.faces[0])[:, LAYOUT.level] for d in part]).astype(np.int64)
        for part in (world.train, world.held_out)
    ]
    chain = markov_bits(*levels).sum() / (128 * (NUM_TICKS - 1))
    assert best_text <= right["text_bits_per_tick"] < best_text + 0.15
    assert right[name] < chain - 2
    assert found["wrong partner"]["text_bits_per_tick"] > right["text_bits_per_tick"] + 0.4
    for control in ("wrong partner", "wrong self", "words hidden", "no faces"):
        assert found[control][name] > right[name] + 0.1, control
    model = FaceLM.from_pretrained(tmp_path)
    assert model.gate.abs().mean() > 0.005
    reply = generate(model, Vocabulary.load(tmp_path), world.held_out[0], seed=1, max_ticks=12)
    assert set(reply.text.split()) <= set(WORDS)


def test_a_resumed_run_ends_with_the_same_weights(tmp_path):
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    config = dataclasses.replace(SMALL, corrupt_own=0.2, drop_words=0.3)
    train_face_lm(config, material(), folder=whole)
    half = Interrupting(after=3)
    with pytest.raises(KeyboardInterrupt):
        half.train(config, folder=cut)
    train_face_lm(config, material(), folder=cut, resume=True)
    for name, value in FaceLM.from_pretrained(whole).state_dict().items():
        assert torch.equal(value, FaceLM.from_pretrained(cut).state_dict()[name]), name


class Interrupting:
    """Ctrl-C in the middle of a run."""

    def __init__(self, *, after):
        self.after = after

    def train(self, config, *, folder):
        from facsimile.train.facelm import trainer

        step = trainer.FaceLMTrainer.train_step

        def counted(self_, batch):
            if self_.step >= self.after:
                raise KeyboardInterrupt
            step(self_, batch)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(trainer.FaceLMTrainer, "train_step", counted)
            train_face_lm(config, material(), folder=folder)


def test_a_run_of_other_settings_is_not_resumed(tmp_path):
    train_face_lm(SMALL, material(), folder=tmp_path)
    with pytest.raises(ValueError, match="was trained with another learning_rate; resume with the old values"):
        train_face_lm(dataclasses.replace(SMALL, learning_rate=1e-4), material(), folder=tmp_path, resume=True)


def test_what_a_run_leaves_behind(tmp_path):
    train_face_lm(SMALL, material(), folder=tmp_path)
    files = {path.name for path in tmp_path.iterdir()}
    assert {"model.safetensors", "config.json", "tokenizer.json", "README.md", "training.json", "metrics.json"} <= files
    card = (tmp_path / "README.md").read_text()
    assert "small world" in card
    assert "| wrong partner |" in card
    assert json.loads((tmp_path / "training.json").read_text())["steps"] == 6
    again, vocabulary = FaceLM.from_pretrained(tmp_path), Vocabulary.load(tmp_path)
    examples = [encode(d, vocabulary, LAYOUT) for d in material().held_out]
    saved = json.loads((tmp_path / "metrics.json").read_text())["controls"]["right"]
    assert score(again, examples, hidden=vocabulary.hidden).text_rate == pytest.approx(saved["text_bits_per_token"])


def test_a_step_depends_on_the_seed_and_its_number_only():
    vocabulary = word_vocabulary(WORDS)
    examples = [encode(d, vocabulary, LAYOUT) for d in material().train]
    config = dataclasses.replace(SMALL, corrupt_own=0.5, drop_own=0.5, drop_words=0.5)
    one, two = (Batches(examples, config, layout=LAYOUT, hidden=vocabulary.hidden) for _ in range(2))
    _ = one[0], one[1]
    for name, value in vars(one[7]).items():
        assert torch.equal(value, getattr(two[7], name)), name
    assert not torch.equal(one[7].shown, one[8].shown)


def test_what_a_model_must_not_see_is_not_shown_and_still_scored():
    vocabulary = word_vocabulary(WORDS)
    examples = [encode(d, vocabulary, LAYOUT) for d in material().train]
    blind = dataclasses.replace(without_faces(SMALL), blind=("partner", "own", "words"))
    batch = Batches(examples, blind, layout=LAYOUT, hidden=vocabulary.hidden)[0]
    assert not batch.shown.any()
    assert batch.faces.any()
    assert (batch.ids[batch.is_word] == vocabulary.hidden).all()
    assert (batch.labels[batch.is_word] != vocabulary.hidden).all()
    plain = collate(examples[:4])
    some = torch.tensor([True, False, True, False])
    shown = without(plain, "partner", rows=some, hidden=vocabulary.hidden).shown
    assert not shown[some][:, :, 1].any()
    assert torch.equal(shown[~some], plain.shown[~some])
    assert torch.equal(shown[:, :, 0], plain.shown[:, :, 0])


def test_corrupted_levels_differ_by_one_and_truth_does_not_change():
    vocabulary = word_vocabulary(WORDS)
    examples = [encode(d, vocabulary, LAYOUT) for d in material().train]
    config = dataclasses.replace(SMALL, corrupt_own=0.3, drop_own=0.0, drop_partner=0.0)
    batch = Batches(examples, config, layout=LAYOUT, hidden=vocabulary.hidden)[0]
    off = (batch.shown - batch.faces)[:, :, 0, LAYOUT.level]
    assert set(off.unique().tolist()) <= {-1.0, 0.0, 1.0}
    assert 0.15 < off.abs().mean() < 0.3
    assert torch.equal(batch.shown[:, :, 1], batch.faces[:, :, 1])


def test_padding_is_never_scored():
    vocabulary = word_vocabulary(WORDS)
    long, short = (material(num_ticks=n, seed=n).held_out for n in (14, 6))
    examples = [encode(d, vocabulary, LAYOUT) for d in (*long, *short)]
    model, _ = prepare(SMALL, material(), body=None)
    with torch.no_grad():
        model.gate.normal_()
    together = score(model, examples, hidden=vocabulary.hidden)
    alone = score(model, examples[-1:], hidden=vocabulary.hidden)
    assert together.text_bits[-1] == pytest.approx(alone.text_bits[0], rel=1e-4)
    assert together.face_bits[-1] == pytest.approx(alone.face_bits[0], rel=1e-4)
    assert together.num_frames[-1].tolist() == [[5, 5], [4, 4], [2, 2]]
    assert together.num_tokens[-1] == len(examples[-1].ids) - 1


def test_future_faces_end_with_the_dialogue():
    faces = torch.arange(5.0).reshape(1, 5, 1, 1)
    later = future_faces(faces, (1, 2, 4))[0, :, :, 0, 0]
    assert later.tolist() == [[1, 2, 4], [2, 3, 0], [3, 4, 0], [4, 0, 0], [0, 0, 0]]
    assert future_faces(faces[:, :2], (4,)).shape == (1, 2, 1, 1, 1)


@pytest.fixture(scope="module")
def pretrained(tmp_path_factory):
    """A folder with a random body and a tokenizer that know nothing of faces, as a user would bring them."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    folder = tmp_path_factory.mktemp("body")
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE({letter: i for i, letter in enumerate([*letters, "<eos>"])}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<eos>").save_pretrained(folder)
    torch.manual_seed(0)
    body = {**SMALL.body, "vocab_size": 257, "tie_word_embeddings": True}
    config = transformers.AutoConfig.for_model(body.pop("model_type"), **body)
    transformers.AutoModelForCausalLM.from_config(config).save_pretrained(folder)
    return folder


@pytest.mark.parametrize("bf16", [False, True])
def test_adapters_learn_and_the_body_stays(pretrained, tmp_path, bf16):
    adapted = dataclasses.replace(
        lora_gpu(), steps=12, batch_size=4, width=16, device="cpu", bf16=bf16, learning_rate=5e-3, warm_up_steps=2
    )
    train_face_lm(adapted, material(), folder=tmp_path, body=pretrained)
    before = transformers.AutoModelForCausalLM.from_pretrained(pretrained).state_dict()
    after = FaceLM.from_pretrained(tmp_path).body.state_dict()
    embedding = "model.embed_tokens.weight"
    old = before[embedding].shape[0]
    assert torch.equal(after[embedding][:old], before[embedding])
    assert after[embedding].shape[0] == old + len(SPECIAL)
    frozen = "model.layers.0.self_attn.q_proj.base_layer.weight"
    assert torch.equal(after[frozen], before["model.layers.0.self_attn.q_proj.weight"])
    assert after["model.layers.0.self_attn.q_proj.lora_B.default.weight"].abs().max() > 0
    losses = (tmp_path / "scores.csv").read_text()
    assert losses.count("\n") >= 2


def test_a_recipe_and_its_body_must_fit(pretrained):
    with pytest.raises(ValueError, match="recipe lora_gpu adapts a pretrained language model"):
        prepare(lora_gpu(), material(), body=None)
    with pytest.raises(ValueError, match="recipe tiny_cpu trains a body of its own"):
        prepare(tiny_cpu(), material(), body=pretrained)


def test_recipes():
    assert recipe_named("tiny_cpu") == tiny_cpu()
    with pytest.raises(ValueError, match="did you mean 'lora_gpu'"):
        recipe_named("lora_gp")
    with pytest.raises(ValueError, match=r"drop_own: must lie in \[0, 1\], got 2"):
        FaceLMTraining("x", steps=1, drop_own=2.0)
    with pytest.raises(ValueError, match="blind: 'ears' is unknown; choose from partner, own, words"):
        FaceLMTraining("x", steps=1, blind=("ears",))
    with pytest.raises(ValueError, match="no dialogues for train"):
        Material("x", [], draw_dialogues(1, seed=0))


def test_worlds_of_training_and_measuring_never_meet(monkeypatch):
    monkeypatch.setattr(material_module, "NUM_WORLD_DIALOGUES", 200)
    monkeypatch.setattr(material_module, "NUM_WORLD_HELD_OUT", 50)
    world = world_material(seed=3)
    assert not {d.words for d in world.train} & {d.words for d in world.held_out}
