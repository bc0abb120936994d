"""Mini-batches: which examples a step takes, and how their images are changed, from the seed and the step alone."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn import functional

from render.scene.data import Augmentation

ORDER_SEED = 1  # added to the run's seed, so that data order and initialisation are drawn apart
SEED_STRIDE = 1_000_003  # steps of one seed; the draws of different steps are apart


def order(count: int, size: int | None, seed: int, start: int = 0) -> Iterator[Tensor | None]:
    """Yields indices of mini-batches for ever, from a step on, each epoch in a new order; a last short one is left out.

    None stands for all examples.
    """
    generator = torch.Generator().manual_seed(seed)
    if size is None:
        while True:
            yield None
    each = count // size
    for _ in range(start // each):
        torch.randperm(count, generator=generator)
    skipped = start % each
    while True:
        indices = torch.randperm(count, generator=generator)
        yield from (indices[k * size : (k + 1) * size] for k in range(skipped, each))
        skipped = 0


def step_seed(seed: int, step: int) -> int:
    """Returns the seed of what a step draws."""
    return (seed * SEED_STRIDE + step) % 2**63


def augmented(images: Tensor, settings: Augmentation | None, seed: int) -> Tensor:
    """Returns images (N, C, H, W), some of them flipped, all of them shifted by a few pixels over a border of zeros."""
    if settings is None or images.ndim != 4:
        return images
    generator = torch.Generator().manual_seed(seed)
    if settings.flip:
        flipped = torch.rand(len(images), generator=generator) < 0.5
        images = torch.where(flipped[:, None, None, None], images.flip(3), images)
    return _shifted(images, settings.shift, generator) if settings.shift else images


def _shifted(images: Tensor, most: int, generator: torch.Generator) -> Tensor:
    count, _, height, width = images.shape
    down, across = torch.randint(0, 2 * most + 1, (2, count), generator=generator)
    padded = functional.pad(images, (most, most, most, most))
    rows = down[:, None] + torch.arange(height)
    columns = across[:, None] + torch.arange(width)
    which = torch.arange(count)[:, None, None]
    return padded.movedim(1, 3)[which, rows[:, :, None], columns[:, None, :]].movedim(3, 1).contiguous()
