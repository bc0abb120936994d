"""Noise that belongs to a place: the same for a pixel, whatever part of a picture it is made with.

A counter (row, column, channel, seed) is hashed by the finaliser of Chris Wellons, "Prospecting for Hash Functions"
(2018), lowbias32, once for each part, so that neighbours have nothing in common.
"""

from __future__ import annotations

import numpy as np

MULTIPLIERS = np.uint32(0x7FEB352D), np.uint32(0x846CA68B)
GOLDEN = np.uint32(0x9E3779B9)  # parts one part of the counter from the next
NORMALS = 4  # uniforms that make a normal


def _mixed(bits: np.ndarray) -> np.ndarray:
    """Returns bits (…) uint32 well mixed, in place."""
    bits ^= bits >> np.uint32(16)
    bits *= MULTIPLIERS[0]
    bits ^= bits >> np.uint32(15)
    bits *= MULTIPLIERS[1]
    bits ^= bits >> np.uint32(16)
    return bits


def hashed(rows: range, columns: range, channel: int, seed: int) -> np.ndarray:
    """Returns 32 random bits for every pixel of a rectangle, (len(rows), len(columns)) uint32."""
    start = _mixed(np.array([(seed ^ (seed >> 32)) & 0xFFFFFFFF], np.uint32))
    line = _mixed(np.arange(rows.start, rows.stop, dtype=np.int64).astype(np.uint32) + start + GOLDEN)
    line = _mixed(line ^ _mixed(np.array([channel + 1], np.uint32) * GOLDEN))
    across = np.arange(columns.start, columns.stop, dtype=np.int64).astype(np.uint32) * GOLDEN
    return _mixed(line[:, None] + across[None, :])


def uniform(rows: range, columns: range, channel: int, seed: int) -> np.ndarray:
    """Returns numbers in −½ to ½ for every pixel of a rectangle, (h, w) float32."""
    return hashed(rows, columns, channel, seed).astype(np.float32) * np.float32(2**-32) - np.float32(0.5)


def normal(rows: range, columns: range, channel: int, seed: int) -> np.ndarray:
    """Returns numbers of mean 0 and deviation 1 for every pixel of a rectangle, (h, w) float32.

    Four bytes of one hash, added up (Irwin and Hall): what lies beyond 3.4 deviations is cut, which no eye misses.
    """
    bits = hashed(rows, columns, channel, seed)
    total = (bits & np.uint32(255)).astype(np.float32)
    for shift in (8, 16, 24):
        total += (bits >> np.uint32(shift)) & np.uint32(255)
    variance = NORMALS * (256**2 - 1) / 12
    return (total - np.float32(NORMALS * 127.5)) * np.float32(variance**-0.5)
