"""Draw bars with whiskers as inline SVG, one small chart per table row."""

from dataclasses import dataclass

WIDTH = 500.0
"""Width of the drawing in its own units; the page stretches it to the column. 100 units per step of intensity."""

MAX_INTENSITY = 5.0
Z_95 = 1.96
"""Standard deviations to either side that hold 95 % of a Gaussian."""


@dataclass(frozen=True)
class Bar:
    """One side's reading."""

    kind: str
    """``left``, ``right`` or ``both``: the colour."""
    intensity: float
    """0 to 5."""
    sd: float | None
    """Standard deviation on the same scale; None: not stated."""


def bars_svg(bars: tuple[Bar, ...], *, label: str) -> str:
    """Draw one or two bars on the scale 0 to 5 with 95 % whiskers; ``label`` is read out in place of the picture."""
    height = 30.0
    lines = "".join(
        f'<line class="grid" x1="{x:g}" y1="0" x2="{x:g}" y2="{height:g}"/>'
        for x in (step * WIDTH / MAX_INTENSITY for step in range(6))
    )
    lane = height / len(bars)
    marks = "".join(
        _bar(bar, centre=lane * (index + 0.5), thickness=min(lane * 0.6, 11.0)) for index, bar in enumerate(bars)
    )
    return (
        f'<svg viewBox="0 0 {WIDTH:g} {height:g}" preserveAspectRatio="none" role="img" aria-label="{label}">'
        f"{lines}{marks}</svg>"
    )


def _bar(bar: Bar, *, centre: float, thickness: float) -> str:
    length = _x(bar.intensity)
    rect = (
        f'<rect class="{bar.kind}" x="0" y="{centre - thickness / 2:.1f}" '
        f'width="{length:.1f}" height="{thickness:.1f}"/>'
    )
    if bar.sd is None:
        return rect
    low, high = (_x(bar.intensity + sign * Z_95 * bar.sd) for sign in (-1, 1))
    return f'{rect}<path class="whisker" d="M{low:.1f} {centre:.1f}H{high:.1f}"/>'


def _x(intensity: float) -> float:
    return min(max(intensity, 0.0), MAX_INTENSITY) * WIDTH / MAX_INTENSITY
