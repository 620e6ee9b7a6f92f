"""Train a reader: one plain loop that can be stopped at any time and goes on as if it had not been.

Step *s* sees faces and augmentations that depend only on (seed, s), so the number of workers changes nothing and a
resumed run with a budget in steps ends with the very weights of an uninterrupted one.
"""

import copy
import json
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from jaxtyping import Float
from torch.utils.data import DataLoader

from facsimile.models.losses import LossTerms, Measure, Targets, loss_terms, normalised_metric
from facsimile.models.reader import Reader
from facsimile.train.batches import Batches, Examples
from facsimile.train.checkpoint import load_checkpoint, save_checkpoint
from facsimile.train.recipes import TrainConfig
from facsimile.train.run_curves import Curves
from facsimile.train.validate import Score, beside, predict, score

REPORT_EVERY = 100  # steps between two lines of talk and of the loss curve
PREFETCH = 6  # batches waiting per worker
MAX_STEPS = 2**40
WORKER_TIMEOUT_S = 300  # a worker that is silent for so long is dead: fail instead of waiting for ever
LOSSES_NAME, SCORES_NAME = "losses.csv", "scores.csv"


class Trainer:
    """A run in ``folder``: writes curves (see `Curves`) and ``checkpoint.pt`` as it goes."""

    def __init__(
        self, config: TrainConfig, batches: Batches, *, held_out: Examples, folder: Path,
        template: Float[np.ndarray, "70 2"], controller_metric: Float[np.ndarray, "R R"],
        report: Callable[[str], None] = lambda line: None,
    ) -> None:  # fmt: skip
        torch.set_num_threads(config.num_threads)
        torch.manual_seed(config.seed)
        self.config, self.batches, self.held_out = config, batches, held_out
        self.folder, self.report = folder, report
        self.curves = Curves(folder, losses=LOSSES_NAME, scores=SCORES_NAME)
        device = torch.device(config.device)
        self.network = Reader(config.reader, template).to(device)
        self.average = copy.deepcopy(self.network)
        self.optimizer = torch.optim.AdamW(parameter_groups(self.network, config.weight_decay), fused=True)
        metric = normalised_metric(torch.from_numpy(controller_metric.astype(np.float32)))
        self.measure = Measure(torch.from_numpy(batches.unit_weight()).to(device), metric.to(device))
        self.best = copy.deepcopy(self.average.state_dict())
        self.best_value, self.step, self.seconds = -math.inf, 0, 0.0
        self.scores: list[dict[str, Any]] = []
        self.recent: list[LossTerms] = []

    def run(self) -> Reader:
        """Train until the budget is spent; return the averaged network that read held-out people best."""
        self.curves.begin(self.step)
        try:
            if self.progress() < 1:
                self._spend_budget()
            if not self.scores or self.scores[-1]["step"] != self.step:
                self.validate()
            self.curves.draw()
        finally:
            self.curves.close()
        return self.best_reader()

    def _spend_budget(self) -> None:
        """Take steps until the budget is spent; whatever stops it, the checkpoint is written."""
        try:
            loader = iter(self._loader())
            clock = time.perf_counter()
            while self.progress() < 1:
                self.train_step(*next(loader))
                self.seconds, clock = self.seconds + time.perf_counter() - clock, time.perf_counter()
                if self.step % REPORT_EVERY == 0:
                    self._report_losses()
                if self.step % self.config.validate_every == 0:
                    self.validate()
        finally:
            self.save()

    def progress(self) -> float:
        """Return the share of the budget that is spent."""
        if self.config.steps is not None:
            return self.step / self.config.steps
        assert self.config.minutes is not None
        return self.seconds / (60 * self.config.minutes)

    def learning_rate(self) -> float:
        """Return the rate for the next step: linear rise, then a half cosine to zero."""
        c = self.config
        rise = min(1.0, (self.step + 1) / c.warm_up_steps)
        return c.learning_rate * rise * (1 + math.cos(math.pi * min(1.0, self.progress()))) / 2

    def train_step(self, images: torch.Tensor, targets: Targets) -> None:
        """Take one step on crops u8 [B, 112, 112, 3]."""
        c, device = self.config, self.measure.unit_weight.device
        crops = images.to(device).permute(0, 3, 1, 2).float()
        targets = Targets(*(t.to(device) for t in targets))
        self.network.train()
        with torch.autocast(device.type, torch.bfloat16, enabled=c.bf16):
            reading = self.network(crops)
        rows = (targets.reference >= 0).nonzero()[:, 0]
        answer = self.network.compare(reading.features[rows], reading.features[targets.reference[rows]])
        terms = loss_terms(reading, targets, beside=(rows, answer), measure=self.measure)
        for group in self.optimizer.param_groups:
            group["lr"] = self.learning_rate()
        self.optimizer.zero_grad(set_to_none=True)
        terms.total(c.loss).backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), c.clip_norm, error_if_nonfinite=True)
        self.optimizer.step()
        self.step += 1
        self._update_average()
        self.recent.append(LossTerms(*(v.detach() for v in terms)))

    def validate(self) -> Score:
        """Read the held-out people with the averaged weights; keep these if they are the best so far."""
        reading = predict(self.average, self.held_out.images)
        result = score(reading, self.held_out.targets, beside=beside(self.average, reading, self.held_out.targets))
        self.scores.append({"step": self.step, "seconds": round(self.seconds, 1), **result._asdict()})
        self.curves.add("score", self.scores[-1])
        self.curves.draw()
        if result.value > self.best_value:
            self.best_value, self.best = result.value, copy.deepcopy(self.average.state_dict())
        self.report("held-out: " + "  ".join(f"{k} {v:.3f}" for k, v in result._asdict().items()))
        self.save()
        return result

    def best_reader(self) -> Reader:
        """Return the averaged network with the best weights so far."""
        reader = copy.deepcopy(self.average)
        reader.load_state_dict(self.best)
        return reader.eval()

    def save(self) -> None:
        """Write the checkpoint."""
        save_checkpoint(self.folder, {
            "network": self.network.state_dict(), "average": self.average.state_dict(), "best": self.best,
            "optimizer": self.optimizer.state_dict(), "random": torch.get_rng_state(), "step": self.step,
            "seconds": self.seconds, "best_value": self.best_value, "scores": self.scores,
            "config": self._comparable_config(), "data": self.batches.fingerprint,
        })  # fmt: skip

    def start_from(self, folder: Path) -> int:
        """Take over the averaged weights of another run of the same network; return the steps they have behind them."""
        state = load_checkpoint(folder)
        try:
            self.network.load_state_dict(state["average"])
        except RuntimeError as error:
            raise ValueError(f"{folder} holds a network of other sizes than recipe {self.config.recipe!r}") from error
        self.average.load_state_dict(state["average"])
        self.best = copy.deepcopy(self.average.state_dict())
        return int(state["step"])

    def resume(self) -> None:
        """Go on from the folder's checkpoint; a ValueError if it belongs to another recipe or network."""
        state = load_checkpoint(self.folder)
        if state["config"] != self._comparable_config():
            changed = _changed_fields(json.loads(state["config"]), json.loads(self._comparable_config()))
            raise ValueError(
                f"{self.folder} was trained with another {', '.join(changed)}; resume with the old values or start "
                "without --resume in another folder"
            )
        if state["data"] != self.batches.fingerprint:
            self.report("the data has changed since the checkpoint; going on with the present data")
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        torch.set_rng_state(state["random"])
        self.best, self.best_value, self.scores = state["best"], state["best_value"], state["scores"]
        self.step, self.seconds = state["step"], state["seconds"]

    def _comparable_config(self) -> str:
        """Return what a resumed run must share: all but its budget and its machine."""
        free = ("minutes", "steps", "num_workers", "num_threads", "device", "validate_every")
        values = {k: v for k, v in self.config.to_json().items() if k not in free}
        return json.dumps(values, sort_keys=True)

    def _loader(self) -> DataLoader:
        workers = self.config.num_workers
        cv2.setNumThreads(1)  # here, not in the worker: a forked process hangs when it ends threads it does not have
        return DataLoader(
            self.batches, sampler=range(self.step, MAX_STEPS), batch_size=None, num_workers=workers,
            prefetch_factor=PREFETCH if workers else None, worker_init_fn=use_one_thread,
            timeout=WORKER_TIMEOUT_S if workers else 0,
            generator=torch.Generator(),  # its own, so that starting it leaves the generator of dropout alone
        )  # fmt: skip

    def _update_average(self) -> None:
        decay = min(self.config.ema_decay, (1 + self.step) / (10 + self.step))
        new, old = self.network.state_dict(), self.average.state_dict()
        with torch.no_grad():
            torch._foreach_lerp_(list(old.values()), list(new.values()), 1 - decay)

    def _report_losses(self) -> None:
        columns = zip(LossTerms._fields, zip(*self.recent, strict=True), strict=True)
        means = {name: round(float(torch.stack(values).mean()), 5) for name, values in columns}
        self.recent = []
        rate = self.step * self.config.batch_size / max(self.seconds, 1e-9)
        row = {"step": self.step, "seconds": round(self.seconds, 1), "learning_rate": self.learning_rate(), **means}
        self.curves.add("loss", row)
        losses = "  ".join(f"{k} {v:.3f}" for k, v in means.items())
        self.report(f"{100 * self.progress():3.0f} %  step {self.step}  {rate:.0f} faces/s  {losses}")


def parameter_groups(network: torch.nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Return the parameters in two groups: kernels and matrices decay, scales and offsets do not."""
    decayed = [p for p in network.parameters() if p.ndim > 1]
    plain = [p for p in network.parameters() if p.ndim <= 1]
    return [{"params": decayed, "weight_decay": weight_decay}, {"params": plain, "weight_decay": 0.0}]


def use_one_thread(worker: int) -> None:
    """Keep a loader process to its own core."""
    torch.set_num_threads(1)


def _changed_fields(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    return sorted(k for k in old.keys() | new.keys() if old.get(k) != new.get(k))
