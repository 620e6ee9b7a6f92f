"""Lay one tick of a face out as one row of numbers, and back: what the network reads and what it predicts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float

from facsimile.facs.track import Track
from facsimile.language.ticks import CODE_UNITS, FaceTicks, unit_columns

NUM_ANGLES = 5
"""Angles of one row: head pitch, yaw, roll; gaze yaw, pitch."""

NUM_PARTIES = 2
"""Whose face a model follows: 0 its own ("me"), 1 the partner's ("you")."""


@dataclass(frozen=True)
class Layout:
    """Name the places of a row: levels, which are valid, eye closure, angles, which are valid, speaking."""

    units: tuple[int, ...] = CODE_UNITS
    # FACS codes; a unit with sides takes two columns

    @cached_property
    def columns(self) -> tuple[tuple[int, int], ...]:
        """(place on axis A, side) of every level."""
        return unit_columns(self.units)

    @property
    def num_columns(self) -> int:
        """Number of levels C."""
        return len(self.columns)

    @property
    def num_values(self) -> int:
        """Number of predicted values: levels and angles."""
        return self.num_columns + NUM_ANGLES

    @property
    def size(self) -> int:
        """Numbers in a row: C levels, C valid bits, 2 closures, 5 angles, 5 valid bits, 1 speaking bit."""
        return 2 * self.num_columns + 2 * NUM_ANGLES + 3

    @property
    def level(self) -> slice:
        """Levels 0-5."""
        return slice(0, self.num_columns)

    @property
    def level_valid(self) -> slice:
        """1 where the level was observed."""
        return slice(self.num_columns, 2 * self.num_columns)

    @property
    def closure(self) -> slice:
        """Highest level of eye closure within the tick: left, right."""
        return slice(2 * self.num_columns, 2 * self.num_columns + 2)

    @property
    def angle(self) -> slice:
        """Head pitch, yaw, roll; gaze yaw, pitch; radians."""
        return slice(self.closure.stop, self.closure.stop + NUM_ANGLES)

    @property
    def angle_valid(self) -> slice:
        """1 where the angle was observed."""
        return slice(self.angle.stop, self.angle.stop + NUM_ANGLES)

    @property
    def speaking(self) -> int:
        """1 where the person spoke within the tick."""
        return self.size - 1

    def pack(self, ticks: FaceTicks) -> Float[np.ndarray, "K F"]:
        """Write ticks as rows."""
        rows = np.zeros((len(ticks), self.size), np.float32)
        place, side = np.array(self.columns).T
        rows[:, self.level] = ticks.level[:, place, side]
        rows[:, self.level_valid] = ticks.valid[:, place, side]
        rows[:, self.closure] = ticks.closure
        rows[:, self.angle] = np.concatenate([ticks.head_pose_rad, ticks.gaze_rad], axis=1)
        rows[:, self.angle_valid] = np.stack([ticks.head_valid] * 3 + [ticks.gaze_valid] * 2, axis=1)
        rows[:, self.speaking] = ticks.speaking
        return rows

    def unpack(self, rows: Float[np.ndarray, "K F"], *, start_s: float | int = 0.0) -> FaceTicks:
        """Read ticks from rows; a unit without sides goes to both places of axis A, units not laid out are unseen."""
        empty = FaceTicks.unseen(len(rows), start_s=start_s)
        level, valid = empty.level.copy(), empty.valid.copy()
        sided = {place for place, side in self.columns if side == 1}
        for column, (place, side) in enumerate(self.columns):
            sides = slice(side, side + 1) if place in sided else slice(0, 2)
            level[:, place, sides] = rows[:, column, None]
            valid[:, place, sides] = rows[:, self.num_columns + column, None] > 0
        angle, angle_seen = rows[:, self.angle], rows[:, self.angle_valid] > 0
        head_valid: Any = angle_seen[:, :3].all(axis=1)
        gaze_valid: Any = angle_seen[:, 3:].all(axis=1)
        return replace(
            empty,
            level=level,
            valid=valid,
            closure=rows[:, self.closure].astype(np.int8),
            head_pose_rad=angle[:, :3],
            head_valid=head_valid,
            gaze_rad=angle[:, 3:],
            gaze_valid=gaze_valid,
            speaking=rows[:, self.speaking] > 0,
        )


def track_of(ticks: FaceTicks) -> Track:
    """Give the faces at the ticks' ends as a track; what is not valid is NaN, both eyes look alike."""
    gap = np.float32(np.nan)
    gaze = np.where(ticks.gaze_valid[:, None], ticks.gaze_rad, gap)
    return Track(
        ticks.end_s,
        intensity=np.where(ticks.valid, ticks.level.astype(np.float32), gap),
        head_pose_rad=np.where(ticks.head_valid[:, None], ticks.head_pose_rad, gap),
        gaze_rad=np.stack([gaze, gaze], axis=1),
    )


def pack_parties(layout: Layout, parties: Sequence[FaceTicks]) -> Float[np.ndarray, "K P F"]:
    """Write the ticks of several people side by side; a ValueError names unequal lengths."""
    lengths = [len(ticks) for ticks in parties]
    if len(set(lengths)) != 1:
        raise ValueError(f"faces: all parties need the same number of ticks, got {lengths}; cut or pad them")
    return np.stack([layout.pack(ticks) for ticks in parties], axis=1)
