"""Count what a recipe will hold, before a single image is rendered."""

import dataclasses
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from facsimile.facs.action_units import LABEL_UNITS, UNITS
from facsimile.facs.intensity import LETTERS, levels_of
from facsimile.studio.recipe import Recipe
from facsimile.studio.shots import shot


@dataclasses.dataclass(frozen=True)
class Plan:
    """Hold the labels of the first samples of a data set."""

    action_units: Float[np.ndarray, "N A 2"]
    """Nominal intensities 0-5."""
    head_pose_rad: Float[np.ndarray, "N 3"]
    """Pitch, yaw, roll."""
    gaze_rad: Float[np.ndarray, "N 2 2"]
    """Left and right eye; yaw, pitch."""


def plan(recipe: Recipe, seed: int, count: int) -> Plan:
    """Draw the labels of samples 0 to ``count`` - 1; about 10,000 a second."""
    if count < 1:
        raise ValueError(f"count must be at least 1, got {count}")
    shots = [shot(recipe, seed, index) for index in range(count)]
    return Plan(
        np.stack([s.action_units for s in shots]),
        np.stack([s.head_pose_rad for s in shots]),
        np.stack([s.gaze_rad for s in shots]),
    )


def occurrence(action_units: Float[np.ndarray, "N A 2"], head_pose_rad: Float[np.ndarray, "N 3"]) -> dict[str, Any]:
    """Count units, sides, levels, pairs and poses; shares are parts of all images.

    A unit is active where the larger side is above 0. The five ``levels`` count those that are
    written A-E (`facs.intensity`); an active unit below A is in none of them.
    """
    action_units = np.nan_to_num(action_units)
    is_active = np.asarray((action_units > 0).any(2))
    pose_deg = np.degrees(head_pose_rad)
    return {
        "images": len(action_units),
        "neutral_share": float((~is_active.any(1)).mean()),
        "asymmetric_share": float((action_units[..., 0] != action_units[..., 1]).any(1).mean()),
        "units_per_expressive_face": float(is_active.sum(1)[is_active.any(1)].mean()) if is_active.any() else 0.0,
        "units": {code: _unit(action_units[:, k], is_active[:, k]) for k, code in enumerate(LABEL_UNITS)},
        "strongest_pairs": _pairs(is_active),
        "pose_deg": {
            name: {"sd": float(pose_deg[:, k].std()), "max_abs": float(np.abs(pose_deg[:, k]).max())}
            for k, name in enumerate(("pitch", "yaw", "roll"))
        },
    }


def _unit(intensity: Float[np.ndarray, "N 2"], is_active: Bool[np.ndarray, " N"]) -> dict[str, Any]:
    """Count one unit: active, left only, right only, mean intensity where active, images by level."""
    left, right = intensity[:, 0] > 0, intensity[:, 1] > 0
    larger = intensity.max(1)[is_active]
    return {
        "active": float(is_active.mean()),
        "left_only": float((left & ~right).mean()),
        "right_only": float((right & ~left).mean()),
        "mean_intensity": float(larger.mean()) if is_active.any() else 0.0,
        "levels": np.bincount(levels_of(larger), minlength=len(LETTERS) + 1)[1:].tolist(),
    }


def _pairs(is_active: Bool[np.ndarray, "N A"], count: int = 10) -> list[dict[str, Any]]:
    """Return the pairs of units whose presences correlate most (either sign)."""
    moving = np.flatnonzero(is_active.std(0) > 0)
    if len(moving) < 2:
        return []
    correlation = np.triu(np.corrcoef(is_active[:, moving].T.astype(float)), 1)
    order = np.argsort(-np.abs(correlation), axis=None, kind="stable")[:count]
    return [
        {"units": [LABEL_UNITS[moving[a]], LABEL_UNITS[moving[b]]], "correlation": float(correlation[a, b])}
        for a, b in zip(*np.unravel_index(order, correlation.shape), strict=True)
    ]


def format_occurrence(report: dict[str, Any]) -> str:
    """Lay the counts out as a table for people."""
    pose = ", ".join(f"{name} sd {v['sd']:.1f} max {v['max_abs']:.0f}" for name, v in report["pose_deg"].items())
    lines = [
        f"{report['images']} images: {report['neutral_share']:.1%} neutral, "
        f"{report['asymmetric_share']:.1%} with unequal sides, "
        f"{report['units_per_expressive_face']:.1f} units in an expressive face",
        f"head (degrees): {pose}",
        "unit  active  left only  right only  mean   A-E",
    ]
    for code, unit in report["units"].items():
        sides = (
            f"{unit['left_only']:9.1%}  {unit['right_only']:10.1%}" if UNITS[code].is_sided else f"{'-':>9}  {'-':>10}"
        )
        lines.append(
            f"AU{code:<3} {unit['active']:6.1%}  {sides}  {unit['mean_intensity']:4.1f}   "
            + " ".join(str(n) for n in unit["levels"])
        )
    lines.append(
        "pairs that go together or apart: "
        + ", ".join("{}+{} {:+.2f}".format(*p["units"], p["correlation"]) for p in report["strongest_pairs"])
    )
    return "\n".join(lines)
