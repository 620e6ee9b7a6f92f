"""Keep the moments of a face at which most changes, while a video of any length goes by."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt8

from facsimile.app.pages.close_up import close_up
from facsimile.app.pages.markup import jpeg_within
from facsimile.detect.faces import Face

MAX_MOMENTS = 6
"""Moments kept for one face, the first sight of it included."""
SETTLE_S = 1.5
"""Time constant of the face's usual look, from which change is measured: longer than an onset (0.3-1 s), shorter
than most expressions last (0.5-4 s, Ekman & Friesen 1982)."""
CATCH_UP_S = 0.15
"""Time constant of the face's look at hand, from which a glitch of one frame (0.04 s) is damped to a quarter."""
LEAST_CHANGE = 1.5
"""Length of the change over all units and sides, in intensities, below which a moment is nothing to show: one and
a half letters of one unit, or 0.18 in each of 66 numbers, which is above the noise from frame to frame."""
SPACING_S, SPACING_PART = 1.0, 1 / 16
"""Two moments lie a second apart, or a sixteenth of the time that the face has been followed, whichever is more."""
THUMBNAIL_SIZE, THUMBNAIL_BYTES = 160, 7_000


@dataclass(frozen=True)
class Moment:
    """A face at one time."""

    time_s: float
    change: float
    """Distance from the face's usual look; infinite for the first sight of it, which is always kept."""
    face: Face
    thumbnail: bytes
    """JPEG."""


class Moments:
    """The moments of one face so far; holds ``MAX_MOMENTS`` small pictures and no frame.

    Change is how far the look at hand is from the usual one; both are exponential means. Of moments that lie near each
    other the one with most change stays, and so it does when there are too many.
    """

    def __init__(self) -> None:
        self.kept: list[Moment] = []
        """In the order of time."""
        self._usual: Float[np.ndarray, "U 2"] | None = None
        self._now: Float[np.ndarray, "U 2"] = np.zeros((0, 2))
        self._last_s = 0.0
        self._is_rising, self._turn = False, 0.0

    def offer(self, time_s: float, face: Face, image: UInt8[np.ndarray, "H W 3"]) -> None:
        """Look at the face's next frame; times must not fall."""
        change = self._change(time_s, face)
        if self._is_peak(change) and (losers := self._losers(time_s, change)) is not None:
            thumbnail = jpeg_within(close_up(image, face.landmarks, size=THUMBNAIL_SIZE).image, THUMBNAIL_BYTES)
            moment = Moment(time_s, change, face, thumbnail)
            self.kept = [m for m in self.kept if not any(m is other for other in losers)] + [moment]

    def _change(self, time_s: float, face: Face) -> float:
        """Return how far the face is from its usual look, and let that follow."""
        intensity = face.intensity.astype(np.float64)
        if self._usual is None:
            self._usual, self._now, self._last_s = intensity, intensity, time_s
            return math.inf
        passed_s, self._last_s = time_s - self._last_s, time_s
        self._now = _followed(self._now, intensity, passed_s / CATCH_UP_S)
        change = float(np.linalg.norm(self._now - self._usual))
        self._usual = _followed(self._usual, intensity, passed_s / SETTLE_S)
        return change

    def _is_peak(self, change: float) -> bool:
        """Return whether change is the highest since it began to rise, by at least ``LEAST_CHANGE``.

        A rise ends when half of that is lost; ``_turn`` is the highest value of a rise, or the lowest since its end.
        """
        if math.isinf(change):
            return True
        if self._is_rising:
            if change > self._turn:
                self._turn = change
                return True
            if change < self._turn - LEAST_CHANGE / 2:
                self._is_rising, self._turn = False, change
            return False
        self._turn = min(self._turn, change)
        if change < self._turn + LEAST_CHANGE:
            return False
        self._is_rising, self._turn = True, change
        return True

    def _losers(self, time_s: float, change: float) -> list[Moment] | None:
        """Return the moments that this one takes the place of; None if it is not worth keeping."""
        if not self.kept:
            return []
        spacing = max(SPACING_S, SPACING_PART * (time_s - self.kept[0].time_s))
        near = [moment for moment in self.kept if time_s - moment.time_s < spacing]
        if near:
            return near if all(moment.change < change for moment in near) else None
        if len(self.kept) < MAX_MOMENTS:
            return []
        least = min(self.kept, key=lambda moment: moment.change)
        return [least] if least.change < change else None


def _followed(
    past: Float[np.ndarray, "U 2"], present: Float[np.ndarray, "U 2"], time_constants: float
) -> Float[np.ndarray, "U 2"]:
    """Return an exponential mean after ``time_constants`` more of the present."""
    return past - math.expm1(-time_constants) * (present - past)
