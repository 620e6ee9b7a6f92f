"""Code what ticks leave out: the fine motion within a tick, as a few small whole numbers.

The residual of a track against its played ticks, eight frames of every unit, goes through a small network to numbers
between -1 and 1, each rounded to one of five values: finite scalar quantisation (Mentzer et al. 2024), which needs no
codebook. Numbers are ordered by worth, so a stream may stop after any count of them. The network was trained on
``performances`` by scripts/train_fine_codec.py; it runs on numpy.
"""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from jaxtyping import Float, Int8

from facsimile.facs.action_units import LABEL_UNITS
from facsimile.facs.expression import MAX_INTENSITY
from facsimile.facs.track import Track
from facsimile.language.codec import play
from facsimile.language.motion import FRAMES_PER_S
from facsimile.language.ticks import TICK_S, FaceTicks, unit_columns

NUM_VALUES = 5
"""Values of one number: -1, -.5, 0, .5, 1."""

FRAMES_PER_TICK = round(TICK_S * FRAMES_PER_S)
"""Frames that one tick's numbers describe."""

_COLUMNS = np.array(unit_columns(LABEL_UNITS))
WINDOW = FRAMES_PER_TICK * len(_COLUMNS)
"""Length of a flattened residual: frames times unit columns."""


@dataclass(frozen=True)
class FineWeights:
    """Two layers in, two layers out."""

    encode_1: Float[np.ndarray, "W H"]
    encode_2: Float[np.ndarray, "H N"]
    decode_1: Float[np.ndarray, "N H"]
    decode_2: Float[np.ndarray, "H W"]

    @property
    def num_numbers(self) -> int:
        """The most numbers a tick can have."""
        return int(self.encode_2.shape[1])


@cache
def shipped_weights() -> FineWeights:
    """Load the weights that come with the package."""
    with np.load(str(files("facsimile") / "assets" / "fine_codec.npz"), allow_pickle=False) as stored:
        return FineWeights(**{name: stored[name].astype(np.float32) for name in FineWeights.__dataclass_fields__})


def encode_fine(
    track: Track, ticks: FaceTicks, *, num_numbers: int | None = None, weights: FineWeights | None = None
) -> Int8[np.ndarray, "K N"]:
    """Code what ``ticks`` leave out of ``track``, at 25 frames per second, as ``num_numbers`` from -2 to 2 per tick.

    Unobserved values count as well coded.
    """
    weights = weights or shipped_weights()
    count = _checked(num_numbers, weights)
    hidden = np.maximum(residual(track, ticks) @ weights.encode_1, 0)
    bounded = np.tanh(hidden @ weights.encode_2[:, :count])
    return np.round(bounded * (NUM_VALUES // 2)).astype(np.int8)


def play_fine(ticks: FaceTicks, numbers: Int8[np.ndarray, "K N"], *, weights: FineWeights | None = None) -> Track:
    """Play ticks at 25 frames per second with their fine motion."""
    weights = weights or shipped_weights()
    if len(numbers) != len(ticks):
        raise ValueError(f"numbers: expected one row for each of {len(ticks)} ticks, got {len(numbers)}")
    count = _checked(numbers.shape[1], weights)
    track = play(ticks)
    if track.intensity is None or not len(ticks):
        return track
    values = numbers.astype(np.float32) / (NUM_VALUES // 2)
    added = np.maximum(values @ weights.decode_1[:count], 0) @ weights.decode_2
    intensity = np.array(track.intensity)
    rows, sides = _COLUMNS.T
    fine = added.reshape(-1, len(_COLUMNS)) * np.float32(MAX_INTENSITY)
    intensity[1:, rows, sides] = np.clip(intensity[1:, rows, sides] + fine, 0.0, MAX_INTENSITY)
    midline = np.setdiff1d(np.arange(len(LABEL_UNITS)), rows[sides == 1])
    intensity[:, midline, 1] = intensity[:, midline, 0]
    return Track(track.time_s, intensity, head_pose_rad=track.head_pose_rad, gaze_rad=track.gaze_rad)


def fine_bits_per_frame(num_numbers: int) -> float:
    """Give the rate of so many numbers per tick, without entropy coding, in bits per frame at 25 frames per second."""
    return float(num_numbers * np.log2(NUM_VALUES) / FRAMES_PER_TICK)


def residual(track: Track, ticks: FaceTicks) -> Float[np.ndarray, "K W"]:
    """Give track minus played ticks, as shares of full intensity, one flattened row per tick."""
    coarse = play(ticks)
    if coarse.intensity is None:
        return np.zeros((0, WINDOW), np.float32)
    exact = track.resampled(np.clip(coarse.time_s, track.time_s[0], track.time_s[-1]))
    if exact.intensity is None:
        raise ValueError("track: holds no action units; fine motion is coded for these only")
    rows, sides = _COLUMNS.T
    difference = np.nan_to_num(exact.intensity - coarse.intensity)[1:, rows, sides] / np.float32(MAX_INTENSITY)
    return difference.reshape(len(ticks), WINDOW)


def _checked(num_numbers: int | None, weights: FineWeights) -> int:
    count = weights.num_numbers if num_numbers is None else num_numbers
    if not 0 <= count <= weights.num_numbers:
        raise ValueError(f"num_numbers: must lie between 0 and {weights.num_numbers}, got {count}")
    return count
