"""A whole run of the face-aware model: dialogues in, a folder with model, tokenizer, card and measurements out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
import transformers

import facsimile
from facsimile.language.facelm.dialogue import Dialogue, Encoded, cut, encode
from facsimile.language.facelm.layout import Layout
from facsimile.language.facelm.model import FaceLM, FaceLMConfig
from facsimile.language.facelm.vocabulary import Vocabulary, add_special_tokens, trained_vocabulary, word_vocabulary
from facsimile.train.facelm.card import model_card
from facsimile.train.facelm.material import Material
from facsimile.train.facelm.recipes import FaceLMTraining
from facsimile.train.facelm.score import CONTROLS, Score, score
from facsimile.train.facelm.trainer import FaceLMTrainer
from facsimile.train.run import write_json, write_text

CONFIG_NAME, METRICS_NAME, CARD_NAME = "training.json", "metrics.json", "README.md"


def train_face_lm(
    config: FaceLMTraining,
    material: Material,
    *,
    folder: Path,
    body: Path | None = None,
    resume: bool = False,
    report: Callable[[str], None] = lambda line: None,
) -> Path:
    """Train, measure and save into ``folder``; return it.

    ``body`` is the folder of a pretrained causal language model, for recipes without a body of their own.
    Writes the model (safetensors), its tokenizer, ``README.md`` (the card), ``training.json``, ``metrics.json``,
    ``losses.csv``, ``scores.csv`` and ``checkpoint.pt``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    model, vocabulary = prepare(config, material, body=body)
    train, held_out = (encoded(part, vocabulary, config, model.layout) for part in (material.train, material.held_out))
    report(f"{material.name}: {len(train)} dialogues to train on, {len(held_out)} held out; {_size(model)} weights")
    trainer = FaceLMTrainer(config, model, vocabulary, train=train, held_out=held_out, folder=folder, report=report)
    if resume:
        trainer.resume()
    write_json(folder / CONFIG_NAME, {**config.to_json(), **_provenance(material, body)})
    model = trainer.run()
    metrics = measure(model, held_out, hidden=vocabulary.hidden, blind=config.blind)
    metrics["training_minutes"] = round(trainer.seconds / 60, 2)
    model.save_pretrained(folder)
    vocabulary.tokenizer.save_pretrained(folder)
    write_json(folder / METRICS_NAME, metrics)
    write_text(folder / CARD_NAME, model_card(config, provenance=_provenance(material, body), metrics=metrics))
    return folder


def prepare(config: FaceLMTraining, material: Material, *, body: Path | None) -> tuple[FaceLM, Vocabulary]:
    """Return the model at step 0 and its vocabulary."""
    torch.manual_seed(config.seed)
    settings: dict[str, Any] = {
        "units": material.units, "num_components": config.num_components, "width": config.width, "lora": config.lora
    }  # fmt: skip
    if config.body is not None:
        if body is not None:
            raise ValueError(f"recipe {config.recipe} trains a body of its own; leave the body away or take lora_gpu")
        vocabulary = _fresh_vocabulary(material)
        return FaceLM(FaceLMConfig(text_config={**config.body, "vocab_size": len(vocabulary)}, **settings)), vocabulary
    if body is None:
        raise ValueError(f"recipe {config.recipe} adapts a pretrained language model; name its folder with --body")
    pretrained: Any = transformers.AutoModelForCausalLM.from_pretrained(body)
    vocabulary = add_special_tokens(transformers.AutoTokenizer.from_pretrained(body), pretrained)
    return FaceLM.around(pretrained, **settings), vocabulary


def encoded(
    dialogues: Sequence[Dialogue], vocabulary: Vocabulary, config: FaceLMTraining, layout: Layout
) -> list[Encoded]:
    """Cut dialogues to the recipe's length and write them as tokens."""
    return [encode(p, vocabulary, layout) for d in dialogues for p in cut(d, num_ticks=config.num_ticks)]


def measure(model: FaceLM, held_out: Sequence[Encoded], *, hidden: int, blind: Sequence[str] = ()) -> dict[str, Any]:
    """Return bits per token and frame under every control."""
    scores = {control: score(model, held_out, hidden=hidden, control=control, blind=blind) for control in CONTROLS}
    return {"controls": {control: _rates(one, model.config.horizons) for control, one in scores.items()}}


def without_faces(config: FaceLMTraining) -> FaceLMTraining:
    """Return the same recipe for a model that never sees a face: the honest comparison."""
    return replace(config, blind=("partner", "own"))


def _rates(one: Score, horizons: Sequence[int]) -> dict[str, float]:
    rates = {
        "text_bits_per_token": one.text_rate,
        "text_bits_per_tick": float(one.text_bits.sum() / one.num_ticks.sum()),
        "text_bits_per_byte": float(one.text_bits.sum() / max(one.num_bytes.sum(), 1)),
    }
    for party, name in enumerate(("own", "partner")):
        rates |= {f"{name}_face_bits_{h}": one.face_rate(i, party) for i, h in enumerate(horizons)}
    return rates


def _fresh_vocabulary(material: Material) -> Vocabulary:
    if material.words is not None:
        return word_vocabulary(material.words)
    return trained_vocabulary(" ".join(word.text for word in dialogue.words) for dialogue in material.train)


def _provenance(material: Material, body: Path | None) -> Mapping[str, Any]:
    return {
        "data": material.name,
        "num_dialogues": len(material.train),
        "pretrained_body": None if body is None else body.name,
        "facsimile": facsimile.__version__,
        "torch": torch.__version__,
        "transformers": transformers.__version__,
    }


def _size(model: Any) -> str:
    return f"{sum(p.numel() for p in model.parameters()):,}"
