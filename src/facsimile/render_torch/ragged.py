"""Turn boxes of different sizes into one flat list of cells, and look numbers up between known ones."""

import torch
from jaxtyping import Bool, Float, Int, Shaped
from torch import Tensor


def repeated(count: Int[Tensor, " N"]) -> tuple[Int[Tensor, " P"], Int[Tensor, " P"]]:
    """Return for each of ``count.sum()`` places whom it belongs to, and its number there: (0, 0), (0, 1), (1, 0)..."""
    owner = torch.repeat_interleave(torch.arange(len(count), device=count.device), count)
    first = count.cumsum(0) - count
    return owner, torch.arange(len(owner), device=count.device) - first[owner]


def cells_of_boxes(
    left: Int[Tensor, " N"], right: Int[Tensor, " N"], top: Int[Tensor, " N"], bottom: Int[Tensor, " N"]
) -> tuple[Int[Tensor, " P"], Int[Tensor, " P"], Int[Tensor, " P"]]:
    """Return owner, column and row of every cell of boxes with inclusive edges; a box with crossed edges has none."""
    width, height = (right - left + 1).clamp(min=0), (bottom - top + 1).clamp(min=0)
    owner, number = repeated(width * height)
    down = torch.div(number, width[owner], rounding_mode="floor")
    return owner, left[owner] + number - down * width[owner], top[owner] + down


ON_A_GPU = 8
"""Budgets are for a CPU; a GPU has more memory and wants more to do at once."""


def chunks(count: Int[Tensor, " N"], budget: int) -> list[slice]:
    """Cut items with ``count`` places each into runs of at most ``budget`` places; a larger item stands alone."""
    budget *= 1 if count.device.type == "cpu" else ON_A_GPU
    runs, first, total = [], 0, 0
    for item, places in enumerate(count.tolist()):
        if item > first and total + places > budget:
            runs.append(slice(first, item))
            first, total = item, 0
        total += places
    return [*runs, slice(first, len(count))]


def interpolated(
    x: Float[Tensor, "B N"], places: Float[Tensor, "B K"], values: Float[Tensor, "B K"]
) -> Float[Tensor, "B N"]:
    """Interpolate between ``values`` at growing ``places``; beyond the ends the end's value holds (``np.interp``)."""
    upper = torch.searchsorted(places.contiguous(), x.contiguous()).clamp(1, places.shape[1] - 1)
    x0, x1 = places.gather(1, upper - 1), places.gather(1, upper)
    y0, y1 = values.gather(1, upper - 1), values.gather(1, upper)
    share = ((x - x0) / (x1 - x0)).clamp(0, 1)
    return y0 + (y1 - y0) * share


def where_rows(
    chosen: Bool[Tensor, " B"], first: Shaped[Tensor, "B ..."], second: Shaped[Tensor, "B ..."]
) -> Shaped[Tensor, "B ..."]:
    """Return ``first`` in the chosen rows, ``second`` elsewhere."""
    return torch.where(chosen.reshape(-1, *[1] * (first.ndim - 1)), first, second)
