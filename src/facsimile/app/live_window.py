"""Show what is read from a camera in a window, where OpenCV has windows."""

import os
import re
import sys
from collections.abc import Mapping

import cv2

from facsimile.detect.faces import Frame
from facsimile.detect.overlay import draw_overlay

QUIT_KEYS = (27, ord("q"))
"""Escape and q."""


def window_obstacle(*, build: str | None = None, environment: Mapping[str, str] = os.environ) -> str | None:
    """Say why there can be no window; None if there can. ``build`` is OpenCV's account of itself."""
    found = re.search(r"^\s*GUI:\s*(\S+)", build or cv2.getBuildInformation(), re.MULTILINE)
    if not found or found[1] == "NONE":
        return "this OpenCV has no windows; install opencv-python in place of opencv-python-headless"
    if sys.platform.startswith("linux") and not (environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY")):
        return "there is no display: DISPLAY and WAYLAND_DISPLAY are not set"
    return None


class Window:
    """A context with a window; closing it, Escape or q ends the show."""

    def __init__(self, title: str):
        self._title = title

    def __enter__(self) -> "Window":
        cv2.namedWindow(self._title, cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO)
        return self

    def __exit__(self, *_: object) -> None:
        cv2.destroyAllWindows()

    def show(self, frame: Frame, *, rate: float) -> bool:
        """Draw a frame; False if the user has had enough."""
        cv2.imshow(self._title, cv2.cvtColor(draw_overlay(frame), cv2.COLOR_RGB2BGR))
        cv2.setWindowTitle(self._title, f"{self._title}   {rate:.0f} frames/s")
        is_quit = (cv2.waitKey(1) & 0xFF) in QUIT_KEYS
        return not is_quit and cv2.getWindowProperty(self._title, cv2.WND_PROP_VISIBLE) >= 1
