"""From pixels as they are stored, 0 to 255, to the numbers that a network gets."""

from __future__ import annotations

import numpy as np

IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))  # means and deviations of red, green, blue
BLOCK = 32  # images that are worked on at once, so that they stay in the processor's cache


def normalised(rule: str, train: np.ndarray, test: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns images (N, C, H, W) uint8 as float32; what a rule measures, it measures on the training images."""
    shift, scale = _shift_and_scale(rule, train)
    return _scaled(train, shift, scale), _scaled(test, shift, scale)


def _shift_and_scale(rule: str, train: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns the mean and the deviation of each channel, (C,), on the scale of 0 to 255."""
    channels = train.shape[1]
    if rule == "standard":
        return _moments(train)
    if rule == "imagenet":
        mean, deviation = (255 * np.array(numbers) for numbers in IMAGENET)
        return (
            (mean, deviation)
            if channels == 3
            else (np.full(channels, mean.mean()), np.full(channels, deviation.mean()))
        )
    low, span = {"unit": (0.0, 255.0), "symmetric": (127.5, 127.5), "none": (0.0, 1.0)}[rule]
    return np.full(channels, low), np.full(channels, span)


def _moments(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    counts = np.zeros((images.shape[1], 256))
    for start in range(0, len(images), BLOCK):
        for channel in range(images.shape[1]):
            counts[channel] += np.bincount(images[start : start + BLOCK, channel].reshape(-1), minlength=256)
    weights, levels = counts / counts.sum(1, keepdims=True), np.arange(256)
    mean = weights @ levels
    deviation = np.sqrt(np.maximum(weights @ levels**2 - mean**2, 0))
    return mean, np.where(deviation > 0, deviation, 1.0)


def _scaled(images: np.ndarray, shift: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Returns images as float32, by a table of 256 numbers for each channel."""
    table = ((np.arange(256)[None, :] - shift[:, None]) / scale[:, None]).astype(np.float32).ravel()
    rows = 256 * np.arange(images.shape[1])[:, None, None]  # where the numbers of each channel begin in the table
    made = np.empty(images.shape, np.float32)
    for start in range(0, len(images), BLOCK):
        part = slice(start, start + BLOCK)
        np.take(table, images[part] + rows, out=made[part], mode="clip")  # other modes go through a copy
    return made
