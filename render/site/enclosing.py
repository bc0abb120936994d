"""Enclosing: arrays as text that a script can hold; differences are deflated, since surfaces are smooth."""

from __future__ import annotations

import base64
import zlib
from typing import Any

import numpy as np

KINDS = {"uint8": "u1", "uint16": "u2", "float32": "f4"}
MOST = 65535


def enclosed(values: np.ndarray) -> dict[str, Any]:
    """Returns an array of one of KINDS as JSON holds it: its type, and its bytes, little-endian and deflated.

    Whole numbers are differences from the one before, which wrap around.
    """
    flat = np.ascontiguousarray(values).ravel()
    kind = KINDS[flat.dtype.name]
    if kind != "f4":
        flat = np.diff(flat, prepend=flat.dtype.type(0))
    content = zlib.compress(flat.astype(f"<{kind}").tobytes(), 9)
    return {"type": kind, "bytes": base64.b64encode(content).decode("ascii")}


def in_steps(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """Returns values as uint16, 0 at low and 65,535 at high."""
    share = (values - low) / max(high - low, 1e-30)
    return np.rint(MOST * np.clip(share, 0, 1)).astype(np.uint16)


def shares(values: np.ndarray) -> np.ndarray:
    """Returns values of 0 to 1 as uint8."""
    return np.rint(255 * np.clip(values, 0, 1)).astype(np.uint8)
