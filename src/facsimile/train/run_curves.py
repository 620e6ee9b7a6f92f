"""Curves of a reader's run: CSV files with one row per report, the same for TensorBoard, and a picture."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from tensorboardX import SummaryWriter

from facsimile.train.curves import append_row, cut_after, read_rows

CURVES_NAME, TENSORBOARD_NAME = "curves.png", "tensorboard"
PANELS = {
    "loss": ("au", "beside", "controllers", "asymmetry", "visible"),
    "geometry": ("landmarks", "pose", "gaze"),
    "agreement": ("concordance", "correlation", "beside_concordance", "beside_correlation", "controller_correlation"),
    "sides": ("asymmetry", "beside_asymmetry"),
}
"""Panels of the picture and their columns; the first two are of the losses, the others of the scores."""
NUM_LOSS_PANELS = 2


class Curves:
    """The curves in ``folder``; they go on where a resumed run left them."""

    def __init__(self, folder: Path, *, losses: str, scores: str) -> None:
        self.paths = {"loss": folder / losses, "score": folder / scores}
        self.folder = folder
        self._board: SummaryWriter | None = None

    def begin(self, step: int) -> None:
        """Drop what was written after ``step``: a run that goes on from there will write it again."""
        for path in self.paths.values():
            cut_after(path, step)
        if self._board is not None:
            self._board.close()
        self._board = SummaryWriter(str(self.folder / TENSORBOARD_NAME), purge_step=step, write_to_disk=True)

    def add(self, kind: str, row: Mapping[str, Any]) -> None:
        """Add a row to the curves of a ``kind``, loss or score; ``row["step"]`` is its place."""
        append_row(self.paths[kind], row)
        if self._board is None:
            return
        for name, value in row.items():
            if name != "step":
                self._board.add_scalar(f"{kind}/{name}", float(value), int(row["step"]))
        self._board.flush()

    def draw(self) -> None:
        """Draw the picture anew."""
        figure = Figure(figsize=(11, 6.5), layout="constrained")
        axes = figure.subplots(2, 2).ravel()
        rows = {kind: read_rows(path) for kind, path in self.paths.items()}
        for place, (axis, (title, columns)) in enumerate(zip(axes, PANELS.items(), strict=True)):
            kind = "loss" if place < NUM_LOSS_PANELS else "score"
            for name in columns:
                points = [(int(row["step"]), float(row[name])) for row in rows[kind] if row.get(name)]
                if points:
                    axis.plot(*zip(*points, strict=True), label=name.replace("_", " "), marker="." * (len(points) < 2))
            axis.set(title=f"{title} ({'training' if kind == 'loss' else 'held-out people'})", xlabel="step")
            axis.grid(alpha=0.3)
            if axis.lines:
                axis.legend(fontsize="small")
            if kind == "loss" and axis.lines:
                axis.set_yscale("log")
        partial = self.folder / (CURVES_NAME + ".part")
        figure.savefig(partial, format="png", dpi=100)
        os.replace(partial, self.folder / CURVES_NAME)

    def close(self) -> None:
        """Close TensorBoard's file."""
        if self._board is not None:
            self._board.close()
            self._board = None
