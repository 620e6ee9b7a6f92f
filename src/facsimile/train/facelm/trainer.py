"""Train a face-aware model: one plain loop that can be stopped at any time and goes on as if it had not been."""

import json
import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from facsimile.language.facelm.dialogue import Encoded
from facsimile.language.facelm.features import targets_of
from facsimile.language.facelm.forecast import log_likelihood
from facsimile.language.facelm.model import FaceLM
from facsimile.language.facelm.vocabulary import Vocabulary
from facsimile.train.checkpoint import load_checkpoint, save_checkpoint
from facsimile.train.curves import append_row, cut_after
from facsimile.train.facelm.batches import Batch, Batches
from facsimile.train.facelm.recipes import FaceLMTraining
from facsimile.train.facelm.score import future_faces, run, score

REPORT_EVERY = 50
LOSSES_NAME, SCORES_NAME = "losses.csv", "scores.csv"
FREE_TO_CHANGE = ("num_threads", "device", "validate_every")
"""Settings that a resumed run may change: they say where and how it is watched, not what it becomes."""


class FaceLMTrainer:
    """A run in ``folder``: writes ``losses.csv``, ``scores.csv`` and ``checkpoint.pt`` as it goes."""

    def __init__(
        self, config: FaceLMTraining, model: FaceLM, vocabulary: Vocabulary, *, train: Sequence[Encoded],
        held_out: Sequence[Encoded], folder: Path, report: Callable[[str], None] = lambda line: None,
    ) -> None:  # fmt: skip
        torch.set_num_threads(config.num_threads)
        self.config, self.vocabulary = config, vocabulary
        placed: Any = model
        self.model: FaceLM = placed.to(config.device)
        self.batches = Batches(train, config, layout=model.layout, hidden=vocabulary.hidden)
        self.held_out, self.folder, self.report = held_out, folder, report
        self.trained = _trainable(model, vocabulary)
        self.optimizer = torch.optim.AdamW(_groups(self.trained.values(), model, config.weight_decay), fused=True)
        self.step, self.seconds = 0, 0.0
        self.recent: list[tuple[Tensor, Tensor]] = []
        torch.manual_seed(config.seed)

    def run(self) -> FaceLM:
        """Take the steps that are left; whatever stops it, the checkpoint is written."""
        for name in (LOSSES_NAME, SCORES_NAME):
            cut_after(self.folder / name, self.step)
        try:
            clock = time.perf_counter()
            while self.step < self.config.steps:
                self.train_step(self.batches[self.step].to(self.config.device))
                self.seconds, clock = self.seconds + time.perf_counter() - clock, time.perf_counter()
                if self.step % REPORT_EVERY == 0:
                    self._report_losses()
                if self.step % self.config.validate_every == 0 or self.step == self.config.steps:
                    self.validate()
        finally:
            self.save()
        return self.model.eval()

    def train_step(self, batch: Batch) -> None:
        """Take one step."""
        c = self.config
        self.model.train()
        for group in self.optimizer.param_groups:
            group["lr"] = self.learning_rate()
        with torch.autocast(torch.device(c.device).type, torch.bfloat16, enabled=c.bf16):
            text, face = self.losses(batch)
        self.optimizer.zero_grad(set_to_none=True)
        (text + c.face_weight * face).backward()
        torch.nn.utils.clip_grad_norm_(list(self.trained.values()), c.clip_norm, error_if_nonfinite=True)
        self.optimizer.step()
        self.step += 1
        self.recent.append((text.detach(), face.detach()))

    def losses(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return the text loss (nats per token) and the face loss (nats per frame, levels and angles)."""
        out = run(self.model, batch)
        assert out.logits is not None
        assert out.forecast is not None
        text = functional.cross_entropy(
            out.logits[:, :-1].float().flatten(0, 1), batch.labels[:, 1:].flatten(), ignore_index=-100
        )
        targets = targets_of(future_faces(batch.faces, self.model.config.horizons), self.model.layout)
        nats = -log_likelihood(out.forecast, *targets)
        frames = (targets[1].any(-1) | targets[3].any(-1)).sum((0, 1)).clamp(min=1)
        rates = (nats.sum((0, 1)) / frames).sum(-1)
        return text, rates[0] + self.config.later_weight * rates[1:].sum()

    def learning_rate(self) -> float:
        """Return the rate for the next step: linear rise, then a half cosine to zero."""
        c = self.config
        rise = min(1.0, (self.step + 1) / c.warm_up_steps)
        return c.learning_rate * rise * (1 + math.cos(math.pi * self.step / c.steps)) / 2

    def validate(self) -> dict[str, float]:
        """Score held-out dialogues; keep the row and a checkpoint."""
        result = score(self.model, self.held_out, hidden=self.vocabulary.hidden, blind=self.config.blind)
        row = {"text_bits_per_token": result.text_rate}
        row |= {f"own_face_bits_{h}": result.face_rate(i) for i, h in enumerate(self.model.config.horizons)}
        row["partner_face_bits_1"] = result.face_rate(0, 1)
        append_row(self.folder / SCORES_NAME, {"step": self.step, "seconds": round(self.seconds, 1), **row})
        self.report("held-out: " + "  ".join(f"{name.replace('_', ' ')} {value:.3f}" for name, value in row.items()))
        self.save()
        return row

    def save(self) -> None:
        """Write the checkpoint: what is trained, the optimiser, the counters, torch's generator."""
        state = {
            "config": self._comparable_config(),
            "weights": {name: value.detach() for name, value in self.trained.items()},
            "optimizer": self.optimizer.state_dict(),
            "random": torch.get_rng_state(),
            "step": self.step,
            "seconds": self.seconds,
        }
        save_checkpoint(self.folder, state)

    def resume(self) -> None:
        """Go on from the folder's checkpoint; a ValueError says if it belongs to another configuration."""
        state = load_checkpoint(self.folder)
        if state["config"] != self._comparable_config():
            old, new = json.loads(state["config"]), json.loads(self._comparable_config())
            changed = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
            raise ValueError(
                f"{self.folder} was trained with another {', '.join(changed)}; resume with the old values or start "
                "without --resume in another folder"
            )
        with torch.no_grad():
            for name, value in self.trained.items():
                value.copy_(state["weights"][name])
        self.optimizer.load_state_dict(state["optimizer"])
        torch.set_rng_state(state["random"])
        self.step, self.seconds = state["step"], state["seconds"]

    def _comparable_config(self) -> str:
        values = {key: value for key, value in self.config.to_json().items() if key not in FREE_TO_CHANGE}
        return json.dumps(values, sort_keys=True)

    def _report_losses(self) -> None:
        text, face = (float(torch.stack(column).mean()) for column in zip(*self.recent, strict=True))
        self.recent = []
        gate = float(self.model.gate.detach().abs().mean())
        row = {"step": self.step, "seconds": round(self.seconds, 1), "text": round(text, 5), "face": round(face, 5)}
        append_row(self.folder / LOSSES_NAME, row | {"gate": round(gate, 5)})
        left_s = self.seconds / self.step * (self.config.steps - self.step)
        self.report(
            f"{100 * self.step / self.config.steps:3.0f} %  step {self.step}  text {text:.3f}  face {face:.2f}  "
            f"gate {gate:.3f}  {left_s:.0f} s left"
        )


def _trainable(model: FaceLM, vocabulary: Vocabulary) -> dict[str, torch.nn.Parameter]:
    """Return what learns: everything, or with adapters these, the face parts and the rows of the special tokens."""
    if model.config.lora:
        for name, parameter in model.body.named_parameters():
            parameter.requires_grad_("lora_" in name)
        for layer in (model.get_input_embeddings(), model.get_output_embeddings()):
            _learn_rows(layer.weight, [vocabulary.tick, vocabulary.hidden, *vocabulary.party])
    return {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}


def _learn_rows(weight: Any, rows: list[int]) -> None:
    if weight.requires_grad:
        return  # the head is tied to the embedding
    weight.requires_grad_(True)
    mask = torch.zeros(len(weight), 1)
    mask[rows] = 1
    weight.register_hook(lambda gradient: gradient * mask.to(gradient))


def _groups(parameters: Any, model: FaceLM, weight_decay: float) -> list[dict[str, Any]]:
    """Split into matrices, which decay, and vectors and frozen rows of embeddings, which must not."""
    spared = {id(layer.weight) for layer in (model.get_input_embeddings(), model.get_output_embeddings())}
    everything = list(parameters)
    decayed = [p for p in everything if p.ndim > 1 and not (model.config.lora and id(p) in spared)]
    kept = {id(p) for p in decayed}
    plain = [p for p in everything if id(p) not in kept]
    return [{"params": decayed, "weight_decay": weight_decay}, {"params": plain, "weight_decay": 0.0}]
