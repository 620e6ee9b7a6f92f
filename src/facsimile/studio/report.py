"""Count what a recipe will hold, before a single image is rendered."""

import dataclasses
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Shaped

from facsimile.facs.action_units import LABEL_UNITS, UNITS, unit_index
from facsimile.facs.intensity import LETTERS, levels_of
from facsimile.studio.recipe import Recipe
from facsimile.studio.sampling import PROTOTYPES, SPEECH, exclusion_matrix
from facsimile.studio.shots import shot

Names = Sequence[str] | Shaped[np.ndarray, " N"]


@dataclasses.dataclass(frozen=True)
class Plan:
    """Hold the labels of the first samples of a data set."""

    action_units: Float[np.ndarray, "N A 2"]
    """Nominal intensities 0-5."""
    head_pose_rad: Float[np.ndarray, "N 3"]
    """Pitch, yaw, roll."""
    gaze_rad: Float[np.ndarray, "N 2 2"]
    """Left and right eye; yaw, pitch."""
    occluder: list[str]
    """Kind of thing that covers the face; empty for none."""


def plan(recipe: Recipe, seed: int, count: int) -> Plan:
    """Draw the labels of samples 0 to ``count`` - 1; about 10,000 a second."""
    if count < 1:
        raise ValueError(f"count must be at least 1, got {count}")
    shots = [shot(recipe, seed, index) for index in range(count)]
    return Plan(
        np.stack([s.action_units for s in shots]),
        np.stack([s.head_pose_rad for s in shots]),
        np.stack([s.gaze_rad for s in shots]),
        [s.occluder for s in shots],
    )


def occurrence(
    action_units: Float[np.ndarray, "N A 2"],
    head_pose_rad: Float[np.ndarray, "N 3"],
    *,
    occluder: Names | None = None,
) -> dict[str, Any]:
    """Count units, sides, levels, pairs, poses and what covers faces; shares are parts of all images.

    ``occluder`` says what covers each face, empty for nothing. A unit is active where the larger side is above 0. The
    five ``levels`` count those that are written A-E (`facs.intensity`); an active unit below A is in none of them.
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
        "occluders": _occluders(occluder),
    }


def _occluders(names: Names | None) -> dict[str, float]:
    """Return the share of images with each occluder, the commonest first."""
    if names is None or not len(names):
        return {}
    return {name: count / len(names) for name, count in Counter(name for name in names if name).most_common()}


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


def mutual_information(is_active: Bool[np.ndarray, "N A"]) -> Float[np.ndarray, "A A"]:
    """Return how many bits the presence of one unit tells about another's; 0 on the diagonal."""
    on = is_active.astype(float)
    total = np.zeros((on.shape[1], on.shape[1]))
    for first, second in ((on, on), (on, 1 - on), (1 - on, on), (1 - on, 1 - on)):
        both = first.T @ second / len(on)
        apart = np.outer(first.mean(0), second.mean(0))
        ratio = np.divide(both, apart, out=np.ones_like(both), where=both > 0)
        total += both * np.log2(ratio)
    np.fill_diagonal(total, 0)
    return total


def relation(first: int, second: int) -> str:
    """Say why a recipe may couple two units: they exclude each other, share a prototype, or compete for the lips.

    Empty for units that a recipe has to draw apart. Shapes of lips and jaw exclude so many others that the rest of
    their group meets more often.
    """
    if exclusion_matrix()[unit_index(first), unit_index(second)]:
        return "excluded"
    if any(first in row and second in row for row in (*PROTOTYPES, *SPEECH)):
        return "prototype"
    excluded = exclusion_matrix()[[unit_index(first), unit_index(second)]]
    return "common exclusions" if (excluded[0] & excluded[1]).any() else ""


def _pairs(is_active: Bool[np.ndarray, "N A"], count: int = 12) -> list[dict[str, Any]]:
    """Return the pairs of units that tell most about each other."""
    bits = np.triu(mutual_information(is_active), 1)
    together = is_active.astype(float).T @ is_active / len(is_active)
    share = is_active.mean(0)
    order = np.argsort(-bits, axis=None, kind="stable")[:count]
    return [
        {
            "units": [LABEL_UNITS[a], LABEL_UNITS[b]],
            "bits": float(bits[a, b]),
            "together": float(together[a, b]),
            "expected": float(share[a] * share[b]),
            "reason": relation(LABEL_UNITS[a], LABEL_UNITS[b]),
        }
        for a, b in zip(*np.unravel_index(order, bits.shape), strict=True)
        if bits[a, b] > 0
    ]


def format_occurrence(report: dict[str, Any]) -> str:
    """Lay the counts out as a table for people."""
    pose = ", ".join(f"{name} sd {v['sd']:.1f} max {v['max_abs']:.0f}" for name, v in report["pose_deg"].items())
    covers = report["occluders"]
    lines = [
        f"{report['images']} images: {report['neutral_share']:.1%} neutral, "
        f"{report['asymmetric_share']:.1%} with unequal sides, "
        f"{report['units_per_expressive_face']:.1f} units in an expressive face",
        f"head (degrees): {pose}",
        "covered faces: " + (", ".join(f"{name} {share:.1%}" for name, share in covers.items()) or "none"),
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
        "pairs that tell most about each other (bits; share together, expected of independent units): "
        + ", ".join(_pair_text(pair) for pair in report["strongest_pairs"])
    )
    return "\n".join(lines)


def _pair_text(pair: dict[str, Any]) -> str:
    first, second = pair["units"]
    reason = f"; {pair['reason']}" if pair["reason"] else ""
    return f"{first}+{second} {pair['bits']:.3f} ({pair['together']:.1%}, {pair['expected']:.1%}{reason})"
