"""Where weights come from, in plain values, and the commands that make weights like them again."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

import facsimile
from facsimile.train.faces import Faces
from facsimile.train.recipes import TrainConfig

DATA_FOLDER, EARLIER_RUN_FOLDER, RUN_FOLDER = "faces", "earlier-run", "run"  # names in the commands; any will do


def describe(config: TrainConfig, train: Faces, *, data: str, source: Mapping[str, Any]) -> dict[str, Any]:
    """Return all that decides the weights but the recipe's numbers; ``data`` is the fingerprint of ``train``."""
    return {
        "recipe": config.recipe,
        "seed": config.seed,
        "data": data,
        "num_faces": len(train),
        "num_people": len(np.unique(train.identity)),
        "facsimile": facsimile.__version__,
        "torch": torch.__version__,
        **source,
        "commands": commands(config, source),
    }


def commands(config: TrainConfig, source: Mapping[str, Any]) -> list[str]:
    """Return the commands that make the data and the weights again; data sets are called faces, faces-2, .."""
    sets = source.get("data_sets") or [source]
    folders = [DATA_FOLDER if k == 0 else f"{DATA_FOLDER}-{k + 1}" for k in range(len(sets))]
    made = [dataset_command(one, folder) for one, folder in zip(sets, folders, strict=True)]
    return [*(command for command in made if command), train_command(config, source, folders)]


def dataset_command(source: Mapping[str, Any], folder: str) -> str | None:
    """Return the command that makes a data set, None if its manifest did not say enough."""
    recipe, seed, count, size = (source.get(f"data_{name}") for name in ("recipe", "seed", "images", "size"))
    if None in (recipe, seed, count, size):
        return None
    command = f"facsimile dataset make {folder} -n {count} --seed {seed} --size {size} --recipe {recipe}"
    rig = source.get("data_rig")
    rig_option = "" if rig in (None, "makehuman") else f" --rig {rig}"
    return command + rig_option + (" --image-format png" if source.get("data_format") == "png" else "")


def train_command(config: TrainConfig, source: Mapping[str, Any], folders: Sequence[str]) -> str:
    """Return the command that trains a recipe with its budget."""
    budget = f"--minutes {config.minutes:g}" if config.steps is None else f"--steps {config.steps}"
    data = " ".join(f"--data {folder}" for folder in folders)
    begin = f" --from {EARLIER_RUN_FOLDER}" if source.get("steps_before") else ""
    return f"facsimile train {config.recipe} {data}{begin} --out {RUN_FOLDER} --seed {config.seed} {budget}"
