"""A small vision transformer: patches as tokens, pre-norm blocks, the mean of the tokens.

Dosovitskiy et al., "An Image Is Worth 16×16 Words" (2020); the attention is written out, so that it can be
differentiated twice and batched over weights.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from render.descent.networks.activations import ACTIVATIONS
from render.errors import DataError
from render.scene import network as spec


class Attention(nn.Module):
    """Every token looks at all of them."""

    def __init__(self, dim: int, heads: int):
        super().__init__()
        self.heads, self.scale = heads, 1 / math.sqrt(dim // heads)
        self.query, self.key, self.value = (nn.Linear(dim, dim) for _ in range(3))
        self.output = nn.Linear(dim, dim)

    def forward(self, tokens: Tensor) -> Tensor:
        """Returns tokens (N, T, D) mixed."""
        query, key, value = (self._parted(layer(tokens)) for layer in (self.query, self.key, self.value))
        weights = torch.softmax(query @ key.transpose(-2, -1) * self.scale, -1)
        return self.output((weights @ value).transpose(1, 2).flatten(2))

    def _parted(self, tokens: Tensor) -> Tensor:
        return tokens.unflatten(2, (self.heads, -1)).transpose(1, 2)


class AttentionBlock(nn.Module):
    """Attention, then two layers on each token, both behind a norm and around a shortcut."""

    def __init__(self, settings: spec.VitSettings):
        super().__init__()
        dim, hidden = settings.dim, max(1, round(settings.ratio * settings.dim))
        self.first_norm, self.attention = nn.LayerNorm(dim), Attention(dim, settings.heads)
        self.second_norm = nn.LayerNorm(dim)
        drop = [nn.Dropout(settings.dropout)] if settings.dropout else []
        activation = ACTIVATIONS[settings.activation]()
        self.rest = nn.Sequential(nn.Linear(dim, hidden), activation, *drop, nn.Linear(hidden, dim))

    def forward(self, tokens: Tensor) -> Tensor:
        """Returns tokens (N, T, D) after the block."""
        tokens = tokens + self.attention(self.first_norm(tokens))
        return tokens + self.rest(self.second_norm(tokens))


class Vit(nn.Module):
    """The transformer."""

    def __init__(self, settings: spec.VitSettings, shape: tuple[int, ...], outputs: int):
        super().__init__()
        count = math.prod(side // settings.patch for side in shape[1:])
        self.patches = nn.Conv2d(shape[0], settings.dim, settings.patch, settings.patch)
        self.places = nn.Parameter(0.02 * torch.randn(count, settings.dim))
        self.blocks = nn.Sequential(*(AttentionBlock(settings) for _ in range(settings.depth)))
        self.norm, self.head = nn.LayerNorm(settings.dim), nn.Linear(settings.dim, outputs)

    def forward(self, images: Tensor) -> Tensor:
        """Returns class scores (N, K) of images (N, C, H, W)."""
        tokens = self.patches(images).flatten(2).transpose(1, 2) + self.places
        return self.head(self.norm(self.blocks(tokens)).mean(1))


def vit(settings: spec.VitSettings, shape: tuple[int, ...], outputs: int) -> nn.Module:
    """Returns the transformer; raises DataError where images are no whole number of patches, or dim of heads."""
    if any(side % settings.patch for side in shape[1:]):
        height, width = shape[1:]
        raise DataError(
            f"network.patch: images of {height} × {width} px are no whole number of patches of {settings.patch}; "
            "choose a divisor of the size"
        )
    if settings.dim % settings.heads:
        raise DataError(f"network.dim: {settings.dim} is no multiple of {settings.heads} heads; choose one")
    return Vit(settings, shape, outputs)


def describe_vit(settings: spec.VitSettings, shape: tuple[int, ...], outputs: int) -> str:
    """Returns the transformer in words."""
    return f"vit of {settings.depth} blocks, {settings.dim} wide, {settings.heads} heads, patches of {settings.patch}"
