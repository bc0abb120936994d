"""From sub-pixels to pixels: one shaded sample where a pixel shows one smooth surface, every sub-pixel where it shows
an edge, weighed by a tent that reaches into the neighbours.

An edge is where the kind changes, or where the window depth bends: on a plane it is linear across the picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from render.compiler import fuse
from render.stage.window.geometry import Geometry, Kind

FOLD = 0.05  # bend that is an edge on a wall, which is flat but for its corners / bend that is one elsewhere
WALL = float(Kind.WALL)
BATCH = 1 << 14  # split pixels that are weighed at once, and samples to whose multiple they are filled up:
ROUND = 1 << 18  # few shapes, so that few kernels are compiled


@dataclass(frozen=True)
class Samples:
    """What has to be shaded for a picture of H × W pixels."""

    values: Tensor  # (6, n): x, y in −1..1 (y up), window depth, kind, along in 0..1, which ink
    whole: Tensor  # (a,) int64, flat index of pixels with one sample, the first a samples in order
    split: Tensor  # (b,) int64, flat index of pixels of which every sub-pixel is a sample, in order
    factor: int  # sub-pixels along the side of a pixel
    height: int
    width: int
    depth: Tensor  # (H, W) mean window depth, 1 where there is nothing


def _looked_over(depth: Tensor, kind: Tensor, tolerance: Tensor, factor: int) -> tuple[Tensor, Tensor, Tensor]:
    """Returns of each pixel (H, W) whether an edge runs through it, its mean depth, and its first sub-pixel's kind."""
    d, k = F.pad(depth[None], (1, 1, 1, 1), mode="replicate")[0], F.pad(kind[None], (1, 1, 1, 1), mode="replicate")[0]
    middle, type_ = d[1:-1, 1:-1], k[1:-1, 1:-1]
    bend = torch.maximum(
        (d[1:-1, :-2] + d[1:-1, 2:] - 2 * middle).abs(), (d[:-2, 1:-1] + d[2:, 1:-1] - 2 * middle).abs()
    )
    change = (k[1:-1, :-2] != type_) | (k[1:-1, 2:] != type_) | (k[:-2, 1:-1] != type_) | (k[2:, 1:-1] != type_)
    least = torch.where(type_ == WALL, FOLD * tolerance, tolerance)
    edge = ((bend > least) | change).to(torch.float32)
    rows, columns = depth.shape
    blocks = (rows // factor, factor, columns // factor, factor)
    split = edge.reshape(blocks).amax((1, 3)) > 0
    return split, depth.reshape(blocks).mean((1, 3)), kind[::factor, ::factor]


def choose(geometry: Geometry, factor: int, tolerance: float) -> Samples:
    """Returns the samples to shade; tolerance is the depth step, in picture widths, that counts as an edge."""
    depth = torch.from_numpy(geometry.depth.copy())
    kind = torch.from_numpy(geometry.kind).float()
    rows, columns = depth.shape
    height, width = rows // factor, columns // factor
    middle = 0.5 * (geometry.near + geometry.far)
    bend = tolerance * geometry.near * geometry.far / (middle**2 * (geometry.far - geometry.near))
    edge, mean, first = fuse(_looked_over)(depth, kind, torch.tensor(bend), factor)
    whole = torch.nonzero((~edge & (first > 0)).ravel()).ravel()
    split = torch.nonzero(edge.ravel()).ravel()
    codes = (torch.from_numpy(geometry.along.copy()), torch.from_numpy(geometry.line.copy()))
    single = _at_centres(whole, mean, first, [code[::factor, ::factor] for code in codes])
    several = _at_sub_pixels(split, depth, kind, codes, factor)
    return Samples(torch.cat([single, several], 1), whole, split, factor, height, width, mean)


def _at_centres(pixels: Tensor, depth: Tensor, kind: Tensor, codes: list[Tensor]) -> Tensor:
    height, width = kind.shape
    return _values(pixels // width, pixels % width, (height, width), (depth, kind, *codes), pixels)


def _at_sub_pixels(pixels: Tensor, depth: Tensor, kind: Tensor, codes: tuple[Tensor, Tensor], factor: int) -> Tensor:
    rows, columns = depth.shape
    width = columns // factor
    offsets = torch.arange(factor)
    row = ((pixels // width * factor)[:, None, None] + offsets[:, None]).expand(-1, factor, factor).reshape(-1)
    column = ((pixels % width * factor)[:, None, None] + offsets[None, :]).expand(-1, factor, factor).reshape(-1)
    return _values(row, column, (rows, columns), (depth, kind, *codes), row * columns + column)


def _values(row: Tensor, column: Tensor, size: tuple[int, int], planes: Sequence[Tensor], flat: Tensor) -> Tensor:
    """Returns (6, n) of samples, at places of planes (H, W) of depth, kind, place along a path and its number."""
    depth, kind, along, line = (plane.reshape(-1)[flat] for plane in planes)
    values = torch.empty(6, len(flat))
    values[0] = (column + 0.5) * (2 / size[1]) - 1
    values[1] = 1 - (row + 0.5) * (2 / size[0])
    values[2], values[3], values[4], values[5] = depth, kind, along / 255, line
    return values


@dataclass(frozen=True)
class Resolved:
    """What the body leaves on a picture, (H · W, ...) each."""

    colour: Tensor  # (H · W, 3) linear light of the screen, times its coverage
    cover: Tensor  # (H · W,) share of the pixel in 0..1
    glow: Tensor  # (H · W, 3) what shines by itself, linear, times its coverage
    named: Tensor  # (H · W,) share of the pixel in a colour that was asked for by name


def compose(samples: Samples, shaded: Tensor, hues: Tensor, named: Sequence[int] = ()) -> Resolved:
    """Returns what shaded samples (5, n) leave on the picture; what shines does so in the hue (K, 3) of its path.

    named: the kinds whose colour was asked for by name.
    A pixel of which every sub-pixel is a sample weighs those within 0.75 pixels of its middle, its neighbours' too.
    """
    there = (samples.values[3] > 0).to(shaded.dtype)
    cover = shaded[3] * there
    shining = hues[samples.values[5].long()].T * (shaded[4] * cover)
    asked = cover * torch.isin(samples.values[3], torch.tensor(named, dtype=cover.dtype))
    sent = torch.cat([shaded[:3] * cover, cover[None], shining, asked[None]]).T.contiguous()
    pixels = torch.zeros(samples.height * samples.width, 8)
    count = len(samples.whole)
    pixels[samples.whole] = sent[:count]
    if len(samples.split):
        pixels[samples.split] = filtered(samples, sent)
    return Resolved(pixels[:, :3], pixels[:, 3].clamp(max=1), pixels[:, 4:7], pixels[:, 7])


def filtered(samples: Samples, sent: Tensor) -> Tensor:
    """Returns the weighted means (b, C) of the sub-pixels around the middles of split pixels."""
    factor, width, height = samples.factor, samples.width, samples.height
    first = torch.full((height * width,), len(sent), dtype=torch.int64)  # where each pixel's samples begin
    first[samples.whole] = torch.arange(len(samples.whole))
    first[samples.split] = len(samples.whole) + torch.arange(len(samples.split)) * factor**2
    several = torch.zeros(height * width, dtype=torch.int64)
    several[samples.split] = 1
    rest = 1 if fuse(_weighed) is _weighed else -len(sent) % ROUND + ROUND
    padded = torch.cat([sent, torch.zeros(rest, sent.shape[1])])  # what shows nothing
    weigh = fuse(_weighed)
    short = 0 if weigh is _weighed else -len(samples.split) % BATCH
    pixels = F.pad(samples.split, (0, short))
    sizes = (factor, width, height)
    parts = [weigh(padded, first, several, part, sizes) for part in pixels.split(BATCH)]
    return torch.cat(parts)[: len(samples.split)]


def _weighed(padded: Tensor, first: Tensor, several: Tensor, pixels: Tensor, sizes: tuple[int, int, int]) -> Tensor:
    """Returns the weighted means (b, C) around pixels (b,) of samples (n, C)."""
    factor, width, height = sizes
    row, column = pixels // width * factor, pixels % width * factor
    offsets, weights = weights_of(factor)
    total = torch.zeros(pixels.shape[0], padded.shape[1])
    for i, down in zip(offsets, weights, strict=True):
        sub_row = (row + i).clamp(0, height * factor - 1)
        for j, across in zip(offsets, weights, strict=True):
            sub_column = (column + j).clamp(0, width * factor - 1)
            pixel = (sub_row // factor) * width + sub_column // factor
            inner = (sub_row % factor) * factor + sub_column % factor
            total = total + (down * across) * padded[first[pixel] + several[pixel] * inner]
    return total


def weights_of(factor: int) -> tuple[list[int], list[float]]:
    """Returns the sub-pixels, from a pixel's first, that lie under a tent of 1.5 pixels' width, and their weights."""
    if factor == 1:
        return [0], [1.0]
    middle = (factor - 1) / 2
    reach = range(-factor, 2 * factor)
    weights = [max(0.0, 1 - abs(i - middle) / (0.75 * factor + 0.25)) for i in reach]
    kept = [(i, weight) for i, weight in zip(reach, weights, strict=True) if weight > 1e-6]
    whole = sum(weight for _, weight in kept)
    return [i for i, _ in kept], [weight / whole for _, weight in kept]
