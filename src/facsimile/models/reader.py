"""The reader: an aligned 112-pixel face crop to action units per side, rig controllers, landmarks, head pose and gaze.

Each comes with how sure it is. The same person's face at rest, if it is given, is told apart from the expression by a
second head that sees what changed.

Two properties hold by construction, whatever the weights:

- *locality*: the upper-face units see no pixel below the nose, the lower-face units see none above the middle of it,
  so that a smile cannot be read as raised cheeks;
- *mirror symmetry*: the mirrored crop gives the mirrored answer (see ``mirror``).

The body is a narrow plain residual network with the last map flattened into the head, the best of those tried per
CPU-second. The crop is cut into three bands of rows (brows to nose, eyes, nose to chin), each with its own layers.
"""

import itertools
import math
from dataclasses import asdict, dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from torch import nn
from torch.nn import functional

from facsimile.facs.action_units import LABEL_UNITS, UNITS, UPPER_FACE_UNITS
from facsimile.facs.controllers import CONTROLLERS
from facsimile.models.expression_heads import ExpressionAnswer, ExpressionHead, SplitHead, by_side
from facsimile.models.mirror import MirrorBlock, MirrorConv, MirrorNorm, PairHead, mirror_map
from facsimile.models.resnet import ResNetBody

CROP_SIZE = 112
MAX_INTENSITY = 5.0
NUM_LANDMARKS = 70

READ_UNITS = tuple(code for code in LABEL_UNITS if code != 21)  # 21 acts on the neck, outside the crop

# iBUG-68 order of the mirrored face (Sagonas et al., 300 Faces in-the-Wild, ICCVW 2013), then the two irises.
MIRRORED_LANDMARKS = (
    *range(16, -1, -1), *range(26, 16, -1), 27, 28, 29, 30, 35, 34, 33, 32, 31,
    45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40, 54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55,
    64, 63, 62, 61, 60, 67, 66, 65, 69, 68,
)  # fmt: skip

# Log-variances are kept where a Gaussian fit is stable.
LANDMARK_LOG_VARIANCE_RANGE = (-13.0, -2.0)  # crop units: 0.2 px to 0.37 of the crop
ANGLE_LOG_VARIANCE_RANGE = (-9.0, 1.0)  # radians: 0.6 degrees to 95


@dataclass(frozen=True)
class ReaderConfig:
    """Sizes of the reader; the defaults are the network in the box."""

    units: tuple[int, ...] = READ_UNITS
    """Action units to read, in output order."""
    body: Literal["bands", "resnet101"] = "bands"
    """What looks at the crop: the narrow network described above, or ResNet-101 (see ``resnet``), for a GPU."""
    stem: int = 12
    """Channels of a band's first convolution, mirrored kernels not counted."""
    stages: tuple[int, ...] = (16, 32, 64)
    """Channels of each halving stage of a band, mirrored kernels not counted."""
    squeeze: int = 16
    """Channels of the map that is flattened into the head, mirrored kernels not counted."""
    hidden: int = 160
    """Width of the vector that describes one band seen from one side."""
    reference_hidden: int = 160
    """Width of the layer that compares a face with the same person's at rest."""
    dropout: float = 0.1
    """Share of the hidden vector dropped before the heads of units and controllers."""
    upper_rows: tuple[int, int] = (0, 60)
    """Rows of the crop that upper-face units see: down to the nostrils, clear of a raised upper lip."""
    lower_rows: tuple[int, int] = (48, 112)
    """Rows that lower-face units see: from above the nostrils on."""
    eye_rows: tuple[int, int] = (8, 40)
    """Rows with brows and eyes, read once more at twice the resolution for the upper-face units and gaze."""

    def __post_init__(self) -> None:
        unknown = [code for code in self.units if code not in LABEL_UNITS]
        if unknown or not self.units:
            raise ValueError(f"units must be some of {LABEL_UNITS}; got {unknown or 'none'}")
        if self.body not in ("bands", "resnet101"):
            raise ValueError(f"body must be 'bands' or 'resnet101'; got {self.body!r}")
        for name in ("upper_rows", "lower_rows", "eye_rows"):
            top, bottom = getattr(self, name)
            if not 0 <= top < bottom <= CROP_SIZE:
                raise ValueError(f"{name} must be a band of rows within 0-{CROP_SIZE}; got {(top, bottom)}")

    def to_json(self) -> dict[str, Any]:
        """Return plain values for a configuration file."""
        return asdict(self)


class Reading(NamedTuple):
    """What the reader says about each crop; the order is the order of the ONNX outputs."""

    au: torch.Tensor
    """[B, n, 2] intensity 0-5; side 0 is the subject's left."""
    au_log_variance: torch.Tensor
    """[B, n, 2] log-variance of the intensity."""
    visible_logit: torch.Tensor
    """[B, n, 2] log-odds that the place where the unit acts can be seen."""
    controllers: torch.Tensor
    """[B, R] rig controllers 0-1."""
    controllers_log_variance: torch.Tensor
    """[B, R]"""
    landmarks: torch.Tensor
    """[B, 70, 2] x and y, 0-1 across the crop."""
    landmark_log_variance: torch.Tensor
    """[B, 70] log-variance of a coordinate."""
    pose: torch.Tensor
    """[B, 3] pitch, yaw, roll of the head in the crop, radians."""
    pose_log_variance: torch.Tensor
    """[B, 3]"""
    gaze: torch.Tensor
    """[B, 2] yaw and pitch relative to the head, mean of both eyes, radians."""
    gaze_log_variance: torch.Tensor
    """[B, 2]"""
    face_logit: torch.Tensor
    """[B] log-odds that the crop is an aligned face."""
    features: torch.Tensor
    """[B, 2, D] what was seen of the face from either side; those of a person at rest serve as reference."""


def answer_of(reading: Reading) -> ExpressionAnswer:
    """Return the part of a reading that a reference can change."""
    return ExpressionAnswer(*(getattr(reading, name) for name in ExpressionAnswer._fields))


class Band(nn.Module):
    """Read a band of rows of the crop into one vector per side."""

    def __init__(self, config: ReaderConfig, rows: tuple[int, int], stages: tuple[int, ...], *, squeeze: int) -> None:
        super().__init__()
        widths = (config.stem, *stages)
        self.rows = slice(*rows)
        self.stem, self.stem_norm = MirrorConv(3, config.stem, size=4, stride=2, lifts=True), MirrorNorm(config.stem)
        self.stages = nn.Sequential(*(MirrorBlock(a, b) for a, b in itertools.pairwise(widths)))
        self.squeeze, self.squeeze_norm = MirrorConv(widths[-1], squeeze, size=1), MirrorNorm(squeeze)
        scale = 2 ** (1 + len(stages))
        num_cells = math.ceil((rows[1] - rows[0]) / scale) * (CROP_SIZE // scale)
        self.flat = nn.Linear(2 * squeeze * num_cells, config.hidden)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """Map crops [B, 3, 112, 112] to [B, 2, hidden]."""
        features = functional.relu(self.stem_norm(self.stem(pixels[:, :, self.rows])))
        features = functional.relu(self.squeeze_norm(self.squeeze(self.stages(features))))
        pair = torch.stack([features, mirror_map(features)], dim=1)
        return functional.relu(self.flat(pair.flatten(2)))


class Reader(nn.Module):
    """Read faces, alone or beside the same person at rest.

    ``template`` [70, 2] holds the mean landmarks of aligned faces, 0-1 across the crop.
    """

    template: torch.Tensor
    is_midline: torch.Tensor
    is_gaze: torch.Tensor
    mirrored: torch.Tensor

    def __init__(self, config: ReaderConfig, template: Float[np.ndarray, "70 2"]) -> None:
        super().__init__()
        self.config = config
        if config.body == "bands":
            self._build_bands(config)
        else:
            self.body = ResNetBody(
                upper_rows=config.upper_rows, lower_rows=config.lower_rows, upper_width=2 * config.hidden,
                lower_width=config.hidden,
            )  # fmt: skip
        self._build_heads(config)
        self._register_constants(config, template)

    def _build_bands(self, c: ReaderConfig) -> None:
        self.upper = Band(c, c.upper_rows, c.stages, squeeze=c.squeeze)
        self.lower = Band(c, c.lower_rows, c.stages, squeeze=c.squeeze)
        self.eyes = Band(c, c.eye_rows, c.stages[:-1], squeeze=c.squeeze // 2)

    def _build_heads(self, c: ReaderConfig) -> None:
        widths = (2 * c.hidden, c.hidden)
        is_upper = tuple(code in UPPER_FACE_UNITS for code in c.units)
        self.alone = ExpressionHead(c.units, widths=widths, dropout=c.dropout)
        self.beside = ExpressionHead(
            c.units, widths=(2 * widths[0], 2 * widths[1]), hidden=c.reference_hidden, dropout=c.dropout
        )
        self.visible_head = SplitHead(is_upper, widths=widths, channels=1)
        self.landmark_head = PairHead(3 * c.hidden, 3 * NUM_LANDMARKS)
        self.pose_head = PairHead(3 * c.hidden, 6)
        self.gaze_head = PairHead(2 * c.hidden, 4)
        self.face_head = PairHead(3 * c.hidden, 1)

    def _register_constants(self, c: ReaderConfig, template: np.ndarray) -> None:
        midline = [[not UNITS[u].is_sided] for u in c.units]
        self.register_buffer("is_midline", torch.tensor(midline), persistent=False)
        is_gaze = [name.startswith("eyeLook") for name in CONTROLLERS]
        self.register_buffer("is_gaze", torch.tensor(is_gaze), persistent=False)
        self.register_buffer("mirrored", torch.tensor(MIRRORED_LANDMARKS), persistent=False)
        points = torch.from_numpy(np.asarray(template, np.float32))
        self.register_buffer("template", (points + self._mirror_points(points)) / 2)

    def _mirror_points(self, points: torch.Tensor) -> torch.Tensor:
        """Mirror [..., 70, 2] points in crop units."""
        flipped = points[..., self.mirrored, :]
        return torch.stack([1 - flipped[..., 0], flipped[..., 1]], dim=-1)

    def forward(self, image: Float[torch.Tensor, "B 3 112 112"]) -> Reading:
        """Read RGB crops with values 0-255, each alone."""
        pixels = (image - 127.5).div_(64).contiguous(memory_format=torch.channels_last)
        features = self._look(pixels)
        with torch.autocast(image.device.type, enabled=False):
            return self._read(features.float())

    def _look(self, pixels: torch.Tensor) -> torch.Tensor:
        """Return features [B, 2, D], those of the upper half of the face first."""
        if self.config.body == "resnet101":
            return self.body(pixels)
        return torch.cat([self.upper(pixels), self.eyes(pixels), self.lower(pixels)], dim=2)

    def compare(
        self, features: Float[torch.Tensor, "B 2 D"], reference: Float[torch.Tensor, "B 2 D"]
    ) -> ExpressionAnswer:
        """Read expressions from ``features`` of crops beside those of the same people at rest.

        A face beside itself reads as nothing, whatever the weights: what the head says of the reference alone is taken
        off. Where the eyes look is told of the picture, not of the change.
        """
        answer, rest = self._beside(features, reference), self._beside(reference, reference)
        return answer._replace(
            au=answer.au - rest.au, controllers=answer.controllers - torch.where(self.is_gaze, 0.0, rest.controllers)
        )

    def _beside(self, features: torch.Tensor, reference: torch.Tensor) -> ExpressionAnswer:
        own, change = self._halves(features), self._halves(features - reference)
        upper, lower = (torch.cat(pair, dim=2) for pair in zip(own, change, strict=True))
        return self.beside(upper, lower)

    @property
    def num_features(self) -> int:
        """Return D, the length of the features seen from one side."""
        return 3 * self.config.hidden

    def _halves(self, features: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the features of the upper and of the lower half of the face."""
        return features[:, :, : 2 * self.config.hidden], features[:, :, 2 * self.config.hidden :]

    def _read(self, features: torch.Tensor) -> Reading:
        upper, lower = self._halves(features)
        landmarks, landmark_log_variance = self._landmarks(features)
        pose, pose_log_variance = _angles(self.pose_head(features), (False, True, True))
        gaze, gaze_log_variance = _angles(self.gaze_head(upper), (True, False))
        answer = self.alone(upper, lower)
        return Reading(
            au=answer.au, au_log_variance=answer.au_log_variance,
            visible_logit=by_side(self.visible_head(upper, lower)[..., 0] + 2, self.is_midline),
            controllers=answer.controllers, controllers_log_variance=answer.controllers_log_variance,
            landmarks=landmarks, landmark_log_variance=landmark_log_variance,
            pose=pose, pose_log_variance=pose_log_variance, gaze=gaze, gaze_log_variance=gaze_log_variance,
            face_logit=self.face_head(features).mean(dim=(1, 2)), features=features,
        )  # fmt: skip

    def _landmarks(self, whole: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        answer = self.landmark_head(whole)
        points = answer[:, :, : 2 * NUM_LANDMARKS].unflatten(2, (NUM_LANDMARKS, 2)) / 5 + self.template
        landmarks = (points[:, 0] + self._mirror_points(points[:, 1])) / 2
        log_variance = answer[:, :, 2 * NUM_LANDMARKS :]
        log_variance = (log_variance[:, 0] + log_variance[:, 1, self.mirrored]) / 2 - 7
        return landmarks, log_variance.clamp(*LANDMARK_LOG_VARIANCE_RANGE)


def _angles(answer: torch.Tensor, is_odd: tuple[bool, ...]) -> tuple[torch.Tensor, torch.Tensor]:
    """Split [B, 2, 2k] into k angles, odd ones changing sign in a mirror, and their log-variances."""
    value, log_variance = answer.chunk(2, dim=2)
    even, odd = value.mean(dim=1), (value[:, 0] - value[:, 1]) / 2
    angles = torch.stack([(odd if flag else even)[:, k] for k, flag in enumerate(is_odd)], dim=1)
    return angles, (log_variance.mean(dim=1) - 4).clamp(*ANGLE_LOG_VARIANCE_RANGE)
