"""Visibility, batched: triangles into G-buffers, with the numbers and the ties of ``render.raster.rasterise``.

Every triangle is opened into the samples of its bounding box; a sample keeps the nearest. All sums are made in the
raster's order and precision, so that the same screen points give the same triangles and weights bit by bit, on CPU and
GPU alike. The numba raster draws one triangle after the other and rounds the depth it keeps to 32 bits; of triangles
whose depths round to the same number the last one below that number wins, or else the first.
"""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float32, Int32, Int64
from torch import Tensor

from facsimile.render.raster import EMPTY, FAR, NEAR
from facsimile.render_torch.ragged import cells_of_boxes, chunks

PLACES = 2_000_000
"""Samples of bounding boxes opened at once; one takes about 200 bytes."""
EDGE = 1e-6
"""A sample this far outside a triangle, in barycentric coordinates, still belongs to it."""


class Sighted(NamedTuple):
    """What each sample sees; see ``render.raster.GBuffer``."""

    depth: Float32[Tensor, "B H W"]
    surface: Int32[Tensor, "B H W"]
    weight1: Float32[Tensor, "B H W"]
    weight2: Float32[Tensor, "B H W"]


class Drawing(NamedTuple):
    """Triangles to draw, in their order; per picture where they differ."""

    triangles: Int64[Tensor, "B T 3"]
    surface: Int32[Tensor, " T"]
    """The number to store."""
    one_sided: Bool[Tensor, " T"]
    is_drawn: Bool[Tensor, "B T"]
    keep: Float32[Tensor, "B T 3"]
    """At the corners; samples where its interpolated value is negative are discarded."""


class Boxes(NamedTuple):
    """Bounding boxes of triangles [N] in samples, edges inclusive; crossed where nothing is to be drawn."""

    left: Tensor
    right: Tensor
    top: Tensor
    bottom: Tensor

    def of(self, rows: slice | Tensor) -> "Boxes":
        """Return some of the boxes, flat."""
        return Boxes(*(edge[rows].reshape(-1) for edge in self))

    def places(self) -> Int64[Tensor, "*N"]:
        """Count the samples of each box."""
        return (self.right - self.left + 1).clamp(min=0) * (self.bottom - self.top + 1).clamp(min=0)


def boxes_of(corners: Float32[Tensor, "*N 3 3"], height: int, width: int) -> Boxes:
    """Return the samples each triangle may cover; none where a corner lies behind the camera's near plane."""
    x, y = corners[..., 0], corners[..., 1]
    left, top = (torch.ceil(v.amin(-1)).clamp(0, side).long() for v, side in ((x, width), (y, height)))
    right, bottom = (torch.floor(v.amax(-1)).clamp(-1, side - 1).long() for v, side in ((x, width), (y, height)))
    return Boxes(left, right, top, bottom)


def rasterise(screen: Float32[Tensor, "B V 3"], drawing: Drawing, height: int, width: int) -> Sighted:
    """Draw triangles of screen points (x, y, depth) into G-buffers of ``height`` by ``width`` samples."""
    picture = torch.arange(len(screen), device=screen.device)[:, None, None]
    corners = screen[picture, drawing.triangles]
    x, y = corners[..., 0], corners[..., 1]
    area = _product(x[..., 1] - x[..., 0], y[..., 2] - y[..., 0]) - _product(
        x[..., 2] - x[..., 0], y[..., 1] - y[..., 0]
    )
    hidden = (area == 0) | (drawing.one_sided & (area > 0)) | (corners[..., 2] <= NEAR).any(-1) | ~drawing.is_drawn
    boxes = boxes_of(corners, height, width)
    boxes = boxes._replace(right=torch.where(hidden, boxes.left - 1, boxes.right))
    out = [
        _draw(corners[run], area[run], drawing.keep[run], drawing.surface, boxes, run, height, width)
        for run in chunks(boxes.places().reshape(len(screen), -1).sum(1), PLACES)
    ]
    return Sighted(*(torch.cat(part) for part in zip(*out, strict=True)))


def _product(a: Tensor, b: Tensor) -> Tensor:
    return a.double() * b.double()


def _draw(
    corners: Tensor, area: Tensor, keep: Tensor, surface: Tensor, boxes: Boxes, run: slice, height: int, width: int
) -> Sighted:
    """Draw the pictures of one run."""
    own = boxes.of(run)
    alive = own.places().nonzero()[:, 0]
    owner, x, y = cells_of_boxes(*own.of(alive))
    hit, w1, w2, z = _covered(corners.reshape(-1, 3, 3)[alive], area.reshape(-1)[alive], keep, alive, owner, x, y)
    triangle = alive[owner[hit]]
    picture = torch.div(triangle, corners.shape[1], rounding_mode="floor")
    order, sample = triangle - picture * corners.shape[1], (picture * height + y[hit]) * width + x[hit]
    size = len(corners) * height * width
    depth = torch.full((size,), FAR, dtype=torch.float32, device=z.device)
    depth.scatter_reduce_(0, sample, z.float(), "amin")
    winner = _winners(order, sample, z, depth)
    chosen = (order == winner[sample]).nonzero()[:, 0]
    out = [torch.full((size,), EMPTY, dtype=torch.int32, device=z.device), *(torch.zeros_like(depth) for _ in range(2))]
    place = sample[chosen]
    for plane, values in zip(out, (surface[order[chosen]], w1[chosen].float(), w2[chosen].float()), strict=True):
        plane[place] = values
    shape = (len(corners), height, width)
    return Sighted(depth.reshape(shape), *(plane.reshape(shape) for plane in out))


def _covered(
    corners: Tensor, area: Tensor, keep: Tensor, alive: Tensor, owner: Tensor, x: Tensor, y: Tensor
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return the places that lie inside their triangles, and there perspective-correct weights 1 and 2 and depth, f64.

    ``keep`` [B,T,3] is of all triangles, ``alive`` the rows of those in ``corners``, which ``owner`` counts.
    """
    (x0, y0, z0), (x1, y1, z1), (x2, y2, z2) = (corners[:, corner].unbind(1) for corner in range(3))
    first, inverse = torch.ceil(corners[..., 0].amin(1)).clamp(min=0).double(), 1 / area
    left = first - x0
    lines = (
        *(first, y0, left * (y2 - y0), x2 - x0, x1 - x0, left * (y1 - y0)),
        *(inverse, (y2 - y0) * inverse, (y0 - y1) * inverse),
    )
    line = torch.stack([column.double() for column in lines], 1)[owner]
    start, top, rise1, run1, run2, rise2, scale, step1, step2 = line.unbind(1)
    down, along = y.double() - top, x.double() - start
    w1 = (rise1 - run1 * down) * scale + along * step1
    w2 = (run2 * down - rise2) * scale + along * step2
    w0 = 1.0 - w1 - w2
    hit = ((w0 >= -EDGE) & (w1 >= -EDGE) & (w2 >= -EDGE)).nonzero()[:, 0]
    w0, w1, w2, owner = w0[hit], w1[hit], w2[hit], owner[hit]
    near0, near1, near2 = (1 / torch.stack([z0, z1, z2], 1).double())[owner].unbind(1)
    z = 1 / (w0 * near0 + w1 * near1 + w2 * near2)
    w1, w2 = w1 * (near1 * z), w2 * (near2 * z)
    k0, k1, k2 = keep.reshape(-1, 3)[alive[owner]].unbind(1)
    kept = (((1.0 - w1 - w2) * k0 + w1 * k1 + w2 * k2 >= 0) & (z < FAR)).nonzero()[:, 0]
    return hit[kept], w1[kept], w2[kept], z[kept]


def _winners(order: Tensor, sample: Tensor, z: Tensor, depth: Tensor) -> Int64[Tensor, " S"]:
    """Return for each sample the order of the triangle that drawing one after the other would leave there."""
    nearest = (z.float() == depth[sample]).nonzero()[:, 0]
    below = nearest[z[nearest] < depth[sample[nearest]].double()]
    last = torch.full(depth.shape, -1, dtype=torch.int64, device=order.device)
    first = torch.full_like(last, torch.iinfo(torch.int64).max)
    last.scatter_reduce_(0, sample[below], order[below], "amax")
    first.scatter_reduce_(0, sample[nearest], order[nearest], "amin")
    return torch.where(last >= 0, last, first)


def rasterise_depth(
    screen: Float32[Tensor, "B V 3"], triangles: Int64[Tensor, "B F 3"], size: int
) -> Float32[Tensor, "B {size} {size}"]:
    """Return depth maps of triangles that face the light; see ``render.raster.rasterise_depth``."""
    corners = screen[torch.arange(len(screen), device=screen.device)[:, None, None], triangles]
    x, y = corners[..., 0], corners[..., 1]
    area = (x[..., 1] - x[..., 0]) * (y[..., 2] - y[..., 0]) - (x[..., 2] - x[..., 0]) * (y[..., 1] - y[..., 0])
    boxes = boxes_of(corners, size, size)
    boxes = boxes._replace(right=torch.where(area >= 0, boxes.left - 1, boxes.right))
    places = boxes.places().reshape(len(screen), -1).sum(1)
    return torch.cat([_draw_depth(corners[run], area[run], boxes.of(run), size) for run in chunks(places, PLACES)])


def _draw_depth(corners: Tensor, area: Tensor, boxes: Boxes, size: int) -> Tensor:
    alive = boxes.places().nonzero()[:, 0]
    owner, x, y = cells_of_boxes(*boxes.of(alive))
    (x0, y0, z0), (x1, y1, z1), (x2, y2, z2) = (corners.reshape(-1, 3, 3)[alive, c].unbind(1) for c in range(3))
    lines = (x0, y0, x2 - x0, y2 - y0, x1 - x0, y1 - y0, 1 / area.reshape(-1)[alive], z0, z1 - z0, z2 - z0)
    line = torch.stack(lines, 1)[owner].double()
    right, down = x.double() - line[:, 0], y.double() - line[:, 1]
    w1 = (right * line[:, 3] - line[:, 2] * down) * line[:, 6]
    w2 = (line[:, 4] * down - right * line[:, 5]) * line[:, 6]
    inside = ((w1 >= 0) & (w2 >= 0) & (w1 + w2 <= 1)).nonzero()[:, 0]
    z = (line[inside, 7] + w1[inside] * line[inside, 8] + w2[inside] * line[inside, 9]).float()
    picture = torch.div(alive[owner[inside]], corners.shape[1], rounding_mode="floor")
    depth = torch.full((len(corners) * size * size,), FAR, dtype=torch.float32, device=z.device)
    depth.scatter_reduce_(0, (picture * size + y[inside]) * size + x[inside], z, "amin")
    return depth.reshape(len(corners), size, size)
