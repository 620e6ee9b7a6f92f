"""Read aligned crops with the ONNX reader: action units, rig controllers, landmarks, pose, gaze, each with deviation.

A face can be read alone or beside a reference: the features of the same person's face at rest.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8

from facsimile.data.align import FLIP_LANDMARKS, TEMPLATE
from facsimile.detect.weights import WeightsError, open_model
from facsimile.facs.action_units import UNITS
from facsimile.facs.controllers import CONTROLLERS, mirror_controllers

SHIPPED_WEIGHTS = Path(__file__).parents[1] / "assets" / "reader.onnx"
NO_SHIPPED_WEIGHTS = (
    "an installed facsimile must be installed again; in a source checkout copy the reader.onnx and reader.md of a "
    "`facsimile train` run to this place"
)
METADATA_KEY = "facsimile"
METADATA_VERSION = 2
INPUTS = ("image", "reference", "has_reference")
OUTPUTS = (
    "au",
    "au_log_variance",
    "visible_logit",
    "controllers",
    "controllers_log_variance",
    "landmarks",
    "landmark_log_variance",
    "pose",
    "pose_log_variance",
    "gaze",
    "gaze_log_variance",
    "face_logit",
    "features",
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
    num_features: int
    """Length D of the features seen from one side of the face."""
    metadata: Mapping[str, Any]
    """Everything the trainer wrote: recipe, seed, data, ..."""


@dataclass(frozen=True)
class Readings:
    """A batch of readings; landmarks in crop units (0-1 across the crop), standard deviations in the value's unit."""

    intensity: Float[np.ndarray, "B U 2"]
    intensity_sd: Float[np.ndarray, "B U 2"]
    visible: Float[np.ndarray, "B U 2"]
    """Probability that the place where the unit acts can be seen."""
    controllers: Float[np.ndarray, "B R"]
    """Rig controllers 0-1."""
    controllers_sd: Float[np.ndarray, "B R"]
    landmarks: Float[np.ndarray, "B L 2"]
    landmark_sd: Float[np.ndarray, "B L"]
    head_pose_rad: Float[np.ndarray, "B 3"]
    gaze_rad: Float[np.ndarray, "B 2"]
    score: Float[np.ndarray, " B"]
    """Probability that the crop shows an aligned face."""
    features: Float[np.ndarray, "B 2 D"]
    """What was seen; of a face at rest it is the reference for reading the same person."""

    def mirrored(self) -> "Readings":
        """Return the readings of the mirrored faces."""
        order = list(FLIP_LANDMARKS)
        landmarks = self.landmarks[:, order].copy()
        landmarks[..., 0] = 1 - landmarks[..., 0]
        return Readings(
            intensity=self.intensity[..., ::-1],
            intensity_sd=self.intensity_sd[..., ::-1],
            visible=self.visible[..., ::-1],
            controllers=mirror_controllers(self.controllers),
            controllers_sd=mirror_controllers(self.controllers_sd),
            landmarks=landmarks,
            landmark_sd=self.landmark_sd[:, order],
            head_pose_rad=self.head_pose_rad * MIRROR_POSE,
            gaze_rad=self.gaze_rad * MIRROR_GAZE,
            score=self.score,
            features=self.features[:, ::-1],
        )


class Reader:
    """One weights file, loaded on the CPU; safe to call from several threads."""

    def __init__(self, weights: str | Path | None = None, *, threads: int = 1):
        """Load ``weights`` (the shipped reader if None) on ``threads`` threads; raise ReaderError if unfit."""
        path = Path(weights) if weights is not None else SHIPPED_WEIGHTS
        self._model = _open_model(path, threads)
        self.card = _read_card(path, self._model)

    def read(
        self, crops: UInt8[np.ndarray, "B S S 3"], reference: Float[np.ndarray, "B 2 D"] | None = None
    ) -> Readings:
        """Read RGB crops; mirrored crops read mirrored, for networks of ``facsimile train`` are symmetric (to 1e-6).

        ``reference`` holds the ``features`` of the same people at rest; a face whose row is NaN is read alone.
        """
        if crops.shape[1:] != (self.card.crop_size, self.card.crop_size, 3):
            raise ValueError(f"crops: must be [B, {self.card.crop_size}, {self.card.crop_size}, 3], got {crops.shape}")
        image = np.ascontiguousarray(crops.transpose(0, 3, 1, 2), np.float32)
        given = {"image": image, **self._reference(len(crops), reference)}
        out = dict(zip(OUTPUTS, self._model.run(list(OUTPUTS), given), strict=True))
        return Readings(
            intensity=np.clip(out["au"], 0, MAX_INTENSITY),
            intensity_sd=np.exp(out["au_log_variance"] / 2),
            visible=_probability(out["visible_logit"]),
            controllers=np.clip(out["controllers"], 0, 1),
            controllers_sd=np.exp(out["controllers_log_variance"] / 2),
            landmarks=out["landmarks"],
            landmark_sd=np.exp(out["landmark_log_variance"] / 2),
            head_pose_rad=out["pose"],
            gaze_rad=out["gaze"],
            score=_probability(out["face_logit"].reshape(-1)),
            features=out["features"],
        )

    def _reference(self, count: int, reference: np.ndarray | None) -> dict[str, np.ndarray]:
        shape = (count, 2, self.card.num_features)
        if reference is None:
            return {"reference": np.zeros(shape, np.float32), "has_reference": np.zeros(count, np.float32)}
        if reference.shape != shape:
            raise ValueError(f"reference: must be {shape} as `Readings.features`, got {reference.shape}")
        is_given = ~np.isnan(reference).any(axis=(1, 2))
        filled = np.where(is_given[:, None, None], reference, 0).astype(np.float32)
        return {"reference": filled, "has_reference": is_given.astype(np.float32)}


def _probability(logit: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(logit, -60, 60)))


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
    means["controllers_sd"] = deviation(views["controllers_sd"], views["controllers"].var(1))
    means["landmark_sd"] = deviation(views["landmark_sd"], views["landmarks"].var(1).mean(-1))
    return Readings(**means)


def _open_model(path: Path, threads: int) -> Any:
    if not path.is_file():
        hint = NO_SHIPPED_WEIGHTS if path == SHIPPED_WEIGHTS else "give the .onnx file written by `facsimile train`"
        raise ReaderError(f"weights {path}: no such file; {hint}")
    try:
        return open_model(path, threads)
    except WeightsError as error:
        raise ReaderError(f"weights {path}: {error}") from error


def _read_card(path: Path, model: Any) -> Card:
    """Check that the model keeps the reader's contract, so that a foreign model fails here and not in the numbers."""
    missing = set(OUTPUTS) - {output.name for output in model.get_outputs()}
    inputs = {i.name for i in model.get_inputs()}
    text = model.get_modelmeta().custom_metadata_map.get(METADATA_KEY)
    if text is not None:
        _check_version(path, text)
    if missing or inputs != set(INPUTS):
        raise ReaderError(
            f"weights {path}: not a facsimile reader; needs inputs {', '.join(INPUTS)} and outputs "
            f"{', '.join(OUTPUTS)}; missing: {', '.join(sorted(missing | set(INPUTS) - inputs)) or 'nothing'}"
        )
    if text is None:
        raise ReaderError(f"weights {path}: no {METADATA_KEY!r} metadata; export again with `facsimile train`")
    try:
        metadata = json.loads(text)
        units = tuple(int(code) for code in metadata["units"])
        size, num_features = int(metadata["crop_size"]), int(metadata["num_features"])
        controllers = tuple(metadata["controllers"])
        template = np.asarray(metadata["template"], np.float64)
    except (ValueError, KeyError, TypeError) as error:
        raise ReaderError(f"weights {path}: broken {METADATA_KEY!r} metadata ({error!r})") from error
    _check_card(path, units=units, controllers=controllers, template=template)
    return Card(units, size, num_features, metadata)


def _check_version(path: Path, text: str) -> None:
    """Refuse weights of another contract before their inputs and outputs are looked at."""
    try:
        version = json.loads(text)["version"]
    except (ValueError, KeyError, TypeError) as error:
        raise ReaderError(f"weights {path}: broken {METADATA_KEY!r} metadata ({error!r})") from error
    if version != METADATA_VERSION:
        raise ReaderError(
            f"weights {path}: contract version {version}, this facsimile reads version {METADATA_VERSION}; "
            "update the older of the two"
        )


def _check_card(path: Path, *, units: tuple[int, ...], controllers: tuple[str, ...], template: np.ndarray) -> None:
    if controllers != CONTROLLERS:
        raise ReaderError(f"weights {path}: trained with another list of rig controllers; train again")
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
