"""Frames of other programs: y up in place of z, a camera without a shifted lens, rotations as quaternions."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from render.solid.model import ModelCamera
from render.stage.camera import NORTH_UP, STRAIGHT, UP


def y_up(vectors: np.ndarray) -> np.ndarray:
    """Returns vectors (..., 3) with z up in a frame with y up: x stays, +β is away from the reader."""
    return np.stack([vectors[..., 0], vectors[..., 2], -vectors[..., 1]], axis=-1)


def levelled(forward: np.ndarray) -> np.ndarray:
    """Returns the unit rows right, up and forward (..., 3, 3) of cameras that look along forward (..., 3)."""
    forward = forward / np.linalg.norm(forward, axis=-1, keepdims=True)
    right = np.cross(forward, UP)
    length = np.linalg.norm(right, axis=-1, keepdims=True)
    right = np.where(length > STRAIGHT, right / np.maximum(length, STRAIGHT), NORTH_UP)  # a plan has no horizon
    return np.stack([right, np.cross(right, forward), forward], axis=-2)


def unshifted(camera: ModelCamera) -> np.ndarray:
    """Returns the axes (F, 3, 3) of a camera without a shift, turned so that the same point is in the middle."""
    right, up, forward = (camera.axes[:, k] for k in range(3))
    across, above = (camera.shifts * np.tan(np.radians(camera.angles) / 2)[:, None]).T
    level = levelled(forward)
    made = levelled(forward + across[:, None] * right + above[:, None] * up)
    cosine, sine = (np.einsum("fk,fk->f", right, level[:, k])[:, None] for k in (0, 1))  # of the camera's roll
    return np.stack([cosine * made[:, 0] + sine * made[:, 1], cosine * made[:, 1] - sine * made[:, 0], made[:, 2]], 1)


def turned(camera: ModelCamera) -> float:
    """Returns by how much a camera without a shift is turned at most, degrees."""
    cosine = np.einsum("fk,fk->f", unshifted(camera)[:, 2], camera.axes[:, 2])
    return float(np.degrees(np.arccos(np.clip(cosine, -1, 1))).max())


def basis(axes: np.ndarray) -> np.ndarray:
    """Returns matrices (F, 3, 3), columns to the right, up and back, of axes (F, 3, 3) to the right, up, forward."""
    return np.stack([axes[:, 0], axes[:, 1], -axes[:, 2]], axis=-1)


def quaternions(matrices: np.ndarray) -> np.ndarray:
    """Returns unit quaternions (F, 4) x, y, z, w of rotations (F, 3, 3), each on the side of the one before it."""
    found = Rotation.from_matrix(matrices).as_quat()
    flips = np.sign(np.einsum("fk,fk->f", found[1:], found[:-1]))
    return found * np.concatenate([[1.0], np.cumprod(np.where(flips < 0, -1.0, 1.0))])[:, None]


def shining(towards: np.ndarray) -> np.ndarray:
    """Returns the rotation (3, 3), columns right, up and back, of a light that shines from a direction (3,)."""
    side = np.cross([0.0, 1.0, 0.0] if abs(towards[1]) < 0.9 else [1.0, 0.0, 0.0], towards)
    side /= np.linalg.norm(side)
    return np.stack([side, np.cross(towards, side), towards], axis=-1)
