"""Mixing: two pictures of a dissolve, or a picture and the colour that it is dipped in, as light adds up."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from render.stage.colour import light_of, linear_of, srgb_of

Shared = tuple[np.ndarray, float]  # a picture (H, W, 3) or (H, W, 4) uint8 or uint16, and its share


def mixed(pictures: Sequence[Shared], colour: str, seed: int) -> np.ndarray:
    """Returns pictures at their shares, and a colour, sRGB, for what is left of 1; dithered, so that nothing bands.

    Straight alpha is mixed as it is, and colours by what they cover. A picture whose share is 1 is given back.
    """
    first, share = pictures[0]
    if share >= 1:
        return first
    top = np.float32(np.iinfo(first.dtype).max)
    left = max(0.0, 1 - sum(share for _, share in pictures))
    light = np.full((*first.shape[:2], 3), left * linear_of(colour), np.float32)
    opacity = np.full((*first.shape[:2], 1), left, np.float32)
    for pixels, part in pictures:
        values = pixels.astype(np.float32) / top
        cover = values[..., 3:] if pixels.shape[2] == 4 else np.float32(1)
        light += np.float32(part) * cover * light_of(values[..., :3]).astype(np.float32)
        opacity += np.float32(part) * cover
    codes = srgb_of(light / np.maximum(opacity, 1e-6))
    values = codes if first.shape[2] == 3 else np.concatenate([codes, opacity], axis=2)
    noise = np.random.default_rng(seed).random(values.shape, np.float32) - np.float32(0.5)
    made: np.ndarray = np.clip(np.rint(values * top + 0.998 * noise), 0, top).astype(first.dtype)
    return made
