"""Draw bars with whiskers as inline SVG, one small chart per table row."""

from dataclasses import dataclass

WIDTH = 500.0
"""Width of the drawing in its own units; the page stretches it to the column. 100 units per step of intensity."""
HEIGHT = 30.0

MAX_INTENSITY = 5.0
Z_90 = 1.645
"""Standard deviations to either side that hold 90 % of a Gaussian: the interval that the model card measures."""


@dataclass(frozen=True)
class Bar:
    """One side's reading."""

    kind: str
    """``left``, ``right`` or ``both``: the colour."""
    intensity: float
    """0 to 5."""
    sd: float | None
    """Standard deviation on the same scale; None: not stated."""
    truth: float | None = None
    """What it should be, where that is known."""

    @property
    def interval(self) -> tuple[float, float]:
        """Return where the reader believes the value to lie in 9 of 10 cases, on a scale that ends at 0 and 5."""
        sd = self.sd or 0.0
        low, high = self.intensity - Z_90 * sd, self.intensity + Z_90 * sd
        return max(low, 0.0), min(high, MAX_INTENSITY)


def bars_svg(bars: tuple[Bar, ...], *, label: str) -> str:
    """Draw one or two bars on the scale 0 to 5 with 90 % whiskers; ``label`` is read out in place of the picture."""
    lane = HEIGHT / len(bars)
    marks = "".join(
        _bar(bar, centre=lane * (index + 0.5), thickness=min(lane * 0.6, 11.0)) for index, bar in enumerate(bars)
    )
    return (
        f'<svg class="bars" viewBox="0 0 {WIDTH:g} {HEIGHT:g}" preserveAspectRatio="none" role="img" '
        f'aria-label="{label}">{marks}</svg>'
    )


def _bar(bar: Bar, *, centre: float, thickness: float) -> str:
    length = _x(bar.intensity)
    rect = f'<rect class="{bar.kind}" y="{centre - thickness / 2:g}" width="{length:.0f}" height="{thickness:g}"/>'
    truth = "" if bar.truth is None else f'<path class="truth" d="M{_x(bar.truth):.0f} {centre - 6:g}v12"/>'
    if bar.sd is None:
        return rect + truth
    low, high = (_x(value) for value in bar.interval)
    line = f"M{low:.0f} {centre:g}H{high:.0f}"
    ends = "".join(f"M{x:.0f} {centre - 3.5:g}v7" for x in (low, high))
    return f'{rect}<path class="halo" d="{line}{ends}"/><path class="whisker" d="{line}{ends}"/>{truth}'


def _x(intensity: float) -> float:
    return min(max(intensity, 0.0), MAX_INTENSITY) * WIDTH / MAX_INTENSITY
