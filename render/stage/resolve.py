"""From sub-pixels to pixels: one shaded sample where a pixel shows one smooth surface, every sub-pixel where it shows
an edge, weighed by a tent that reaches into the neighbours.

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
    depth: Tensor  # (H, W) mean window depth, 1 where there is nothing


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
    mean = F.avg_pool2d(depth[None, None], factor)[0, 0]
    return Samples(torch.cat([single, several], 1), whole, split, factor, height, width, mean)


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


@dataclass(frozen=True)
class Resolved:
    """What the body leaves on a picture, (H · W, ...) each."""

    colour: Tensor  # (H · W, 3) linear light of the screen, times its coverage
    cover: Tensor  # (H · W,) share of the pixel in 0..1
    glow: Tensor  # (H · W, 3) what shines by itself, linear, times its coverage


def compose(samples: Samples, shaded: Tensor, hues: Tensor) -> Resolved:
    """Returns what shaded samples (5, n) leave on the picture; what shines does so in the hue (K, 3) of its path.

    A pixel of which every sub-pixel is a sample weighs those within 0.75 pixels of its middle, its neighbours' too.
    """
    there = (samples.values[3] > 0).to(shaded.dtype)
    cover = shaded[3] * there
    shining = hues[samples.values[5].long()].T * (shaded[4] * cover)
    sent = torch.cat([shaded[:3] * cover, cover[None], shining]).T.contiguous()
    pixels = torch.zeros(samples.height * samples.width, 7)
    count = len(samples.whole)
    pixels[samples.whole] = sent[:count]
    if len(samples.split):
        pixels[samples.split] = _filtered(samples, sent)
    return Resolved(pixels[:, :3], pixels[:, 3].clamp(max=1), pixels[:, 4:])


def _filtered(samples: Samples, sent: Tensor) -> Tensor:
    """Returns the weighted means (b, C) of the sub-pixels around the middles of split pixels."""
    factor, width, height = samples.factor, samples.width, samples.height
    offsets, weights = _window(factor)
    first = torch.full((height * width,), len(sent), dtype=torch.int64)  # where each pixel's samples begin
    first[samples.whole] = torch.arange(len(samples.whole))
    first[samples.split] = len(samples.whole) + torch.arange(len(samples.split)) * factor**2
    several = torch.zeros(height * width, dtype=torch.int64)
    several[samples.split] = 1
    padded = torch.cat([sent, torch.zeros(1, sent.shape[1])])  # what shows nothing
    row, column = samples.split // width, samples.split % width
    total = torch.zeros(len(samples.split), sent.shape[1])
    for i, down in zip(offsets, weights, strict=True):
        sub_row = (row * factor + i).clamp(0, height * factor - 1)
        for j, across in zip(offsets, weights, strict=True):
            sub_column = (column * factor + j).clamp(0, width * factor - 1)
            pixel = (sub_row // factor) * width + sub_column // factor
            inner = (sub_row % factor) * factor + sub_column % factor
            total += (down * across) * padded[first[pixel] + several[pixel] * inner]
    return total


def _window(factor: int) -> tuple[list[int], list[float]]:
    """Returns the sub-pixels, from a pixel's first, that lie under a tent of 1.5 pixels' width, and their weights."""
    if factor == 1:
        return [0], [1.0]
    middle = (factor - 1) / 2
    reach = range(-factor, 2 * factor)
    weights = [max(0.0, 1 - abs(i - middle) / (0.75 * factor + 0.25)) for i in reach]
    kept = [(i, weight) for i, weight in zip(reach, weights, strict=True) if weight > 1e-6]
    whole = sum(weight for _, weight in kept)
    return [i for i, _ in kept], [weight / whole for _, weight in kept]
