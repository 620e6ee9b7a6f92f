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

    def read(self, crops: UInt8[np.ndarray, "B S S 3"]) -> Readings:
        """Read RGB crops; mirrored crops read mirrored, for networks of ``facsimile train`` are symmetric (to 1e-6)."""
        if crops.shape[1:] != (self.card.crop_size, self.card.crop_size, 3):
            raise ValueError(f"crops: must be [B, {self.card.crop_size}, {self.card.crop_size}, 3], got {crops.shape}")
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


def merged(readings: Readings, num_views: int) -> Readings:
    """Merge each run of ``num_views`` readings of one face, landmarks in one frame, into one.

    The views count as an equal mixture of Gaussians: variance = mean variance + variance of the means, so views that
    disagree make the reading less sure.
    """
    views = {name: value.reshape(-1, num_views, *value.shape[1:]) for name, value in vars(readings).items()}
    means = {name: value.mean(1) for name, value in views.items()}

    def deviation(sd: np.ndarray, variance_of_means: np.ndarray) -> np.ndarray:
        return np.sqrt((sd**2).mean(1) + variance_of_means)

    means["intensity_sd"] = deviation(views["intensity_sd"], views["intensity"].var(1))
    means["landmark_sd"] = deviation(views["landmark_sd"], views["landmarks"].var(1).mean(-1))
    return Readings(**means)


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
