"""Draw a track as a moving picture: GIF, MP4 or a sheet of stills."""

import io
import tempfile
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import UInt8
from PIL import Image

from facsimile.app.drawing import encode, kept_pose, posed_portrait, with_face
from facsimile.facs.track import Track
from facsimile.render.renderer import render

SUFFIXES = (".gif", ".mp4", ".png")
CLIP_FRAMES_PER_S = 12.5
"""Half of 25: enough for talking at the size of a clip, and half the time to draw."""

SHEET_COLUMNS, SHEET_STILLS = 4, 8
"""A .png shows this many moments, evenly spaced."""

COLOURS = 128
"""Of a GIF's palette."""


def sampled(track: Track, suffix: str) -> Track:
    """Give the moments that a clip of this kind shows."""
    if suffix == ".png":
        return track.resampled(np.linspace(track.time_s[0], track.time_s[-1], SHEET_STILLS + 2)[1:-1])
    return track.at_rate(CLIP_FRAMES_PER_S)


def draw_frames(moments: Track, *, seed: int, size: int) -> Iterator[UInt8[np.ndarray, "size size 3"]]:
    """Draw every moment of a track on the person of ``seed``; the camera stands still, on the head's usual pose."""
    poses = [kept_pose(np.nan_to_num(p)) for p in _poses(moments)]
    scene = posed_portrait(np.median(poses, axis=0).astype(np.float32), seed=seed, size=size)
    for i, pose in enumerate(poses):
        gaze = None if moments.gaze_rad is None else np.nan_to_num(moments.gaze_rad[i])
        yield render(with_face(scene, moments.action_units(i), pose=pose, gaze_rad=gaze)).image


def _poses(moments: Track) -> np.ndarray:
    return np.zeros((len(moments), 3)) if moments.head_pose_rad is None else moments.head_pose_rad


def encode_clip(frames: list[UInt8[np.ndarray, "H W 3"]], suffix: str) -> bytes:
    """Return the bytes of a .gif, .mp4 or .png with these frames."""
    if suffix == ".gif":
        return _gif(frames)
    return _mp4(frames) if suffix == ".mp4" else encode(sheet(frames), "PNG")


def sheet(frames: list[UInt8[np.ndarray, "H W 3"]]) -> UInt8[np.ndarray, "h w 3"]:
    """Lay frames out in rows of ``SHEET_COLUMNS``; places left over are white."""
    blank = np.full_like(frames[0], 255)
    full = [*frames, *[blank] * (-len(frames) % SHEET_COLUMNS)]
    rows = [np.concatenate(full[i : i + SHEET_COLUMNS], axis=1) for i in range(0, len(full), SHEET_COLUMNS)]
    return np.concatenate(rows, axis=0)


def _gif(frames: list[np.ndarray]) -> bytes:
    """Write a GIF that repeats, with one palette for all frames so that colours do not flicker."""
    palette = Image.fromarray(sheet(frames[:: max(len(frames) // 12, 1)])).quantize(COLOURS)
    pictures = [Image.fromarray(f).quantize(palette=palette, dither=Image.Dither.NONE) for f in frames]
    stream = io.BytesIO()
    delay_ms = round(1000 / CLIP_FRAMES_PER_S)
    pictures[0].save(stream, "GIF", save_all=True, append_images=pictures[1:], duration=delay_ms, loop=0)
    return stream.getvalue()


def _mp4(frames: list[np.ndarray]) -> bytes:
    height, width = frames[0].shape[:2]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), CLIP_FRAMES_PER_S, (width, height))
        for frame in frames:
            writer.write(cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))
        writer.release()
        if not path.exists() or not path.stat().st_size:
            raise OSError("OpenCV cannot write MP4 here; use .gif")
        return path.read_bytes()
