"""Save and restore a run whole: network, average, optimiser, counters and the state of torch's generator."""

import os
from pathlib import Path
from typing import Any

import torch

CHECKPOINT_NAME = "checkpoint.pt"


def save_checkpoint(folder: Path, state: dict[str, Any]) -> None:
    """Write ``state`` (tensors and plain values) to the run's folder; a reader never sees half a file."""
    path = folder / CHECKPOINT_NAME
    partial = path.with_name(path.name + ".part")
    torch.save(state, partial)
    os.replace(partial, path)


def load_checkpoint(folder: Path) -> dict[str, Any]:
    """Read what `save_checkpoint` wrote; a ValueError says what to do if there is nothing to resume."""
    path = folder / CHECKPOINT_NAME
    if not path.is_file():
        raise ValueError(f"{folder} holds no {CHECKPOINT_NAME} to resume from; start without --resume")
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, EOFError, OSError) as error:
        raise ValueError(f"{path} cannot be read ({error}); start without --resume in another folder") from error
