"""Read aligned crops with the ONNX reader: action units per side, landmarks, pose, gaze, each with an uncertainty."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from jaxtyping import Float, UInt8

from facsimile.data.align import FLIP_LANDMARKS, TEMPLATE
from facsimile.facs.action_units import UNITS

SHIPPED_WEIGHTS = Path(__file__).parents[1] / "assets" / "reader.onnx"
NO_SHIPPED_WEIGHTS = (
    "an installed facsimile must be installed again; in a source checkout copy the reader.onnx and reader.md of a "
    "`facsimile train` run to this place"
)
METADATA_KEY = "facsimile"
METADATA_VERSION = 1
OUTPUTS = (
    "au",
    "au_log_variance",
    "landmarks",
    "landmark_log_variance",
    "pose",
    "pose_log_variance",
    "gaze",
    "gaze_log_variance",
    "face_logit",
)
TEMPLATE_TOLERANCE = 1e-3
"""Crop units; a template further off than this (a tenth of a pixel) is another alignment."""
MAX_INTENSITY = 5.0

MIRROR_POSE = np.array([1, -1, -1], np.float32)
"""Signs of pitch, yaw, roll in a mirror."""
MIRROR_GAZE = np.array([-1, 1], np.float32)
"""Signs of yaw, pitch in a mirror."""


class ReaderError(ValueError):
    """The weights cannot be used; the message says why and what to do."""


@dataclass(frozen=True)
class Card:
    """What a weights file says about itself."""

    units: tuple[int, ...]
    """FACS codes in the order of the reader's axis U."""
    crop_size: int
    """Side of the square crop in pixels."""
    metadata: Mapping[str, Any]
    """Everything the trainer wrote: recipe, seed, data, ..."""


@dataclass(frozen=True)
class Readings:
    """A batch of readings; landmarks in crop units (0-1 across the crop), standard deviations in the value's unit."""

    intensity: Float[np.ndarray, "B U 2"]
    intensity_sd: Float[np.ndarray, "B U 2"]
    landmarks: Float[np.ndarray, "B L 2"]
    landmark_sd: Float[np.ndarray, "B L"]
    head_pose_rad: Float[np.ndarray, "B 3"]
    gaze_rad: Float[np.ndarray, "B 2"]
    score: Float[np.ndarray, " B"]

    def mirrored(self) -> "Readings":
        """Return the readings of the mirrored faces."""
        order = list(FLIP_LANDMARKS)
        landmarks = self.landmarks[:, order].copy()
        landmarks[..., 0] = 1 - landmarks[..., 0]
        return Readings(
            intensity=self.intensity[..., ::-1],
            intensity_sd=self.intensity_sd[..., ::-1],
            landmarks=landmarks,
            landmark_sd=self.landmark_sd[:, order],
            head_pose_rad=self.head_pose_rad * MIRROR_POSE,
            gaze_rad=self.gaze_rad * MIRROR_GAZE,
            score=self.score,
        )


class Reader:
    """One weights file, loaded on the CPU; safe to call from several threads."""

    def __init__(self, weights: str | Path | None = None, *, threads: int = 1):
        """Load ``weights`` (the shipped reader if None) on ``threads`` threads; raise ReaderError if unfit."""
        path = Path(weights) if weights is not None else SHIPPED_WEIGHTS
        self._model = _open_model(path, threads)
        self.card = _read_card(path, self._model)

    def read(self, crops: UInt8[np.ndarray, "B S S 3"], *, flips: bool = False) -> Readings:
        """Read RGB crops; with ``flips`` each is read twice, once mirrored, and both readings become one.

        Networks of ``facsimile train`` are mirror-symmetric by construction: both readings are the same up to rounding
        (1e-6), and ``flips`` only costs time. It is for a network from elsewhere that is not: the two readings count
        as an equal mixture of Gaussians, so disagreement widens the deviation, and a mirrored crop reads mirrored.
        """
        if crops.shape[1:] != (self.card.crop_size, self.card.crop_size, 3):
            raise ValueError(f"crops: must be [B, {self.card.crop_size}, {self.card.crop_size}, 3], got {crops.shape}")
        if not flips:
            return self._run(crops)
        count = len(crops)
        both = self._run(np.concatenate([crops, crops[:, :, ::-1]]))
        return _mixture(_rows(both, slice(count)), _rows(both, slice(count, None)).mirrored())

    def _run(self, crops: UInt8[np.ndarray, "B S S 3"]) -> Readings:
        image = np.ascontiguousarray(crops.transpose(0, 3, 1, 2), np.float32)
        out = dict(zip(OUTPUTS, self._model.run(list(OUTPUTS), {"image": image}), strict=True))
        return Readings(
            intensity=np.clip(out["au"], 0, MAX_INTENSITY),
            intensity_sd=np.exp(out["au_log_variance"] / 2),
            landmarks=out["landmarks"],
            landmark_sd=np.exp(out["landmark_log_variance"] / 2),
            head_pose_rad=out["pose"],
            gaze_rad=out["gaze"],
            score=1 / (1 + np.exp(-np.clip(out["face_logit"].reshape(-1), -60, 60))),
        )


def _rows(readings: Readings, rows: slice) -> Readings:
    return Readings(**{name: value[rows] for name, value in vars(readings).items()})


def _mixture(a: Readings, b: Readings) -> Readings:
    """Return mean and deviation of an equal mixture: variance = mean variance + (half the difference) squared."""

    def deviation(sd_a: np.ndarray, sd_b: np.ndarray, half_difference: np.ndarray) -> np.ndarray:
        return np.sqrt((sd_a**2 + sd_b**2) / 2 + half_difference**2)

    shift = np.sqrt((((a.landmarks - b.landmarks) / 2) ** 2).mean(-1))
    return Readings(
        intensity=(a.intensity + b.intensity) / 2,
        intensity_sd=deviation(a.intensity_sd, b.intensity_sd, (a.intensity - b.intensity) / 2),
        landmarks=(a.landmarks + b.landmarks) / 2,
        landmark_sd=deviation(a.landmark_sd, b.landmark_sd, shift),
        head_pose_rad=(a.head_pose_rad + b.head_pose_rad) / 2,
        gaze_rad=(a.gaze_rad + b.gaze_rad) / 2,
        score=(a.score + b.score) / 2,
    )


def _open_model(path: Path, threads: int) -> onnxruntime.InferenceSession:
    if not path.is_file():
        hint = NO_SHIPPED_WEIGHTS if path == SHIPPED_WEIGHTS else "give the .onnx file written by `facsimile train`"
        raise ReaderError(f"weights {path}: no such file; {hint}")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises its own unrelated classes
        reason = str(error).splitlines()[0]
        raise ReaderError(f"weights {path}: not a readable ONNX model ({reason})") from error


def _read_card(path: Path, model: Any) -> Card:
    """Check that the model keeps the reader's contract, so that a foreign model fails here and not in the numbers."""
    missing = set(OUTPUTS) - {output.name for output in model.get_outputs()}
    if missing or [i.name for i in model.get_inputs()] != ["image"]:
        raise ReaderError(
            f"weights {path}: not a facsimile reader; needs input 'image' and outputs {', '.join(OUTPUTS)}; "
            f"missing: {', '.join(sorted(missing)) or 'the input'}"
        )
    text = model.get_modelmeta().custom_metadata_map.get(METADATA_KEY)
    if text is None:
        raise ReaderError(f"weights {path}: no {METADATA_KEY!r} metadata; export again with `facsimile train`")
    try:
        metadata = json.loads(text)
        units = tuple(int(code) for code in metadata["units"])
        size, version = int(metadata["crop_size"]), metadata["version"]
        template = np.asarray(metadata["template"], np.float64)
    except (ValueError, KeyError, TypeError) as error:
        raise ReaderError(f"weights {path}: broken {METADATA_KEY!r} metadata ({error!r})") from error
    _check_card(path, version=version, units=units, template=template)
    return Card(units, size, metadata)


def _check_card(path: Path, *, version: Any, units: tuple[int, ...], template: np.ndarray) -> None:
    if version != METADATA_VERSION:
        raise ReaderError(
            f"weights {path}: contract version {version}, this facsimile reads version {METADATA_VERSION}; "
            "update the older of the two"
        )
    if unknown := [code for code in units if code not in UNITS]:
        raise ReaderError(f"weights {path}: unknown action units {unknown}")
    expected = np.asarray(TEMPLATE)
    if template.shape != expected.shape or np.abs(template - expected).max() > TEMPLATE_TOLERANCE:
        raise ReaderError(f"weights {path}: trained on another crop template; train again with this version")


def presence(intensity: float, sd: float, *, threshold: float = 0.5) -> float:
    """Return P(true intensity > ``threshold``) under a Gaussian: one half exactly at the threshold."""
    if sd <= 0:
        return float(intensity > threshold)
    return 0.5 * (1 + math.erf((intensity - threshold) / (sd * math.sqrt(2))))
