"""From sub-pixels to pixels: one shaded sample where a pixel shows one smooth surface, every sub-pixel where it shows
an edge.

An edge is where the kind changes, or where the window depth bends: on a plane it is linear across the picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from render.compiler import fuse
from render.stage.geometry import Geometry


@dataclass(frozen=True)
class Samples:
    """What has to be shaded for a picture of H × W pixels."""

    values: Tensor  # (6, n): x, y in −1..1 (y up), window depth, kind, along in 0..1, which path
    whole: Tensor  # (a,) int64, flat index of pixels with one sample, the first a samples in order
    split: Tensor  # (b,) int64, flat index of pixels of which every sub-pixel is a sample, in order
    factor: int  # sub-pixels along the side of a pixel
    height: int
    width: int


def _bends(depth: Tensor, kind: Tensor, tolerance: Tensor) -> Tensor:
    """Returns 1 for sub-pixels at an edge and 0 for others, (H, W) float32."""
    d, k = F.pad(depth[None], (1, 1, 1, 1), mode="replicate")[0], F.pad(kind[None], (1, 1, 1, 1), mode="replicate")[0]
    middle, type_ = d[1:-1, 1:-1], k[1:-1, 1:-1]
    bend = torch.maximum(
        (d[1:-1, :-2] + d[1:-1, 2:] - 2 * middle).abs(), (d[:-2, 1:-1] + d[2:, 1:-1] - 2 * middle).abs()
    )
    change = (k[1:-1, :-2] != type_) | (k[1:-1, 2:] != type_) | (k[:-2, 1:-1] != type_) | (k[2:, 1:-1] != type_)
    return ((bend > tolerance) | change).float()


def choose(geometry: Geometry, factor: int, tolerance: float) -> Samples:
    """Returns the samples to shade; tolerance is the depth step, in picture widths, that counts as an edge."""
    depth = torch.from_numpy(geometry.depth.copy())
    kind = torch.from_numpy(geometry.kind).float()
    along = torch.from_numpy(geometry.along.copy())
    line = torch.from_numpy(geometry.line).float()
    rows, columns = depth.shape
    height, width = rows // factor, columns // factor
    middle = 0.5 * (geometry.near + geometry.far)
    bend = tolerance * geometry.near * geometry.far / (middle**2 * (geometry.far - geometry.near))
    bends = fuse(_bends)(depth, kind, torch.tensor(bend))
    edge = F.max_pool2d(bends[None, None], factor)[0, 0].bool()
    coarse_kind = kind[::factor, ::factor]
    whole = torch.nonzero((~edge & (coarse_kind > 0)).ravel()).ravel()
    split = torch.nonzero(edge.ravel()).ravel()
    single = _at_centres(whole, depth, coarse_kind, (along, line), factor)
    several = _at_sub_pixels(split, depth, kind, (along, line), factor)
    return Samples(torch.cat([single, several], 1), whole, split, factor, height, width)


def _at_centres(pixels: Tensor, depth: Tensor, kind: Tensor, path: tuple[Tensor, Tensor], factor: int) -> Tensor:
    along, line = path
    height, width = kind.shape
    mean = F.avg_pool2d(depth[None, None], factor)[0, 0]
    row, column = pixels // width, pixels % width
    return torch.stack(
        [
            (column + 0.5) / width * 2 - 1,
            1 - (row + 0.5) / height * 2,
            mean.ravel()[pixels],
            kind.ravel()[pixels],
            along[::factor, ::factor].reshape(-1)[pixels] / 255,
            line[::factor, ::factor].reshape(-1)[pixels],
        ]
    )


def _at_sub_pixels(pixels: Tensor, depth: Tensor, kind: Tensor, path: tuple[Tensor, Tensor], factor: int) -> Tensor:
    along, line = path
    rows, columns = depth.shape
    width = columns // factor
    offsets = torch.arange(factor)
    row = ((pixels // width * factor)[:, None, None] + offsets[:, None]).expand(-1, factor, factor).reshape(-1)
    column = ((pixels % width * factor)[:, None, None] + offsets[None, :]).expand(-1, factor, factor).reshape(-1)
    flat = row * columns + column
    return torch.stack(
        [
            (column + 0.5) / columns * 2 - 1,
            1 - (row + 0.5) / rows * 2,
            depth.ravel()[flat],
            kind.ravel()[flat],
            along.reshape(-1)[flat] / 255,
            line.reshape(-1)[flat],
        ]
    )


def compose(samples: Samples, shaded: Tensor, background: Tensor) -> tuple[Tensor, Tensor]:
    """Returns the picture (H · W, 3) in linear light and what shines by itself (H · W, 3), from shaded (5, n).

    What shines is held to the white of the picture before sub-pixels are averaged, or its edges would be jagged.
    """
    picture, shining = background.clone(), torch.zeros_like(background)
    opacity, emits = shaded[3] * (samples.values[3] > 0), shaded[4]
    colour = shaded[:3]
    count, square = len(samples.whole), samples.factor**2
    behind = background[torch.cat([samples.whole, samples.split.repeat_interleave(square)])].T
    over = behind + (colour - behind) * opacity
    over = torch.where((emits > 0) & (samples.values[3] > 0), over.clamp(max=EDGE_WHITE), over)
    picture[samples.whole] = over[:, :count].T
    picture[samples.split] = over[:, count:].reshape(3, -1, square).mean(2).T
    light = colour * emits * (samples.values[3] > 0)
    shining[samples.whole] = light[:, :count].T
    shining[samples.split] = light[:, count:].reshape(3, -1, square).mean(2).T
    return picture, shining


EDGE_WHITE = 2.0  # linear; about what the tone curve shows as white
