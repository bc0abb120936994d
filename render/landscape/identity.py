"""What identifies an objective, so that what was measured of one never answers for another.

Digests of the network, its parameters and buffers, of inputs, targets and calibration; the mode; and the criterion by
its code and its constants. What a digest cannot tell is known by the losses at two points instead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from render.descent.parameters import parameters_of
from render.files import content_key
from render.fingerprint import UnknownError, digest_of, fingerprint
from render.landscape.measurement import Problem

UNKNOWN = "unknown"
AGREEMENT = 1e-4  # relative, of the losses by which an unknown objective is recognised


def identity_of(problem: Problem, losses: Callable[[np.ndarray], np.ndarray]) -> dict[str, Any]:
    """Returns what identifies an objective, as a record keeps it; losses measures points (B, P)."""
    model, mode = problem.model, problem.mode
    named = {id(tensor): name for name, tensor in (*model.named_parameters(), *model.named_buffers())}
    criterion = _told(problem.criterion, {**named, id(model): "the network"})
    network = _told(model, named)
    state = {name: digest_of(tensor) for name, tensor in (*model.named_parameters(), *model.named_buffers())}
    found: dict[str, Any] = {
        "network": network,
        "parameters": content_key(state),
        "inputs": digest_of(problem.inputs),
        "targets": digest_of(problem.targets),
        "calibration": None if mode.calibration is None else digest_of(mode.calibration),
        "mode": {
            "bn": mode.bn,
            "bn_batch": mode.bn_batch,
            "dropout": mode.dropout,
            "seed": mode.seed if mode.dropout == "fixed" or problem.conduct.draws is not None else None,
            "weight_decay": mode.weight_decay,
            "precision": mode.precision,
        },
        "criterion": criterion,
    }
    if UNKNOWN in (criterion, network):
        found["losses"] = [float(loss) for loss in losses(_points(problem))]
    return found


def _told(value: Any, known: Mapping[int, str]) -> str:
    try:
        return fingerprint(value, known)
    except UnknownError:
        return UNKNOWN


def _points(problem: Problem) -> np.ndarray:
    """Returns θ₀ and a point near it, (2, P)."""
    theta = parameters_of(problem.model).astype(np.float64)
    return np.stack([theta, theta + 0.05 * np.random.default_rng(0).normal(size=len(theta)) * max(1e-3, theta.std())])


def differences(found: Any, asked: Any) -> list[str]:
    """Returns the names of what differs between the records of two objectives, in the order in which they are kept."""
    if not isinstance(found, Mapping) or not isinstance(asked, Mapping):
        return [] if found == asked else ["record"]
    names = [name for name in asked if name != "losses" and found.get(name) != asked[name]]
    return names if np.allclose(*_losses(found, asked), AGREEMENT, 0, equal_nan=True) else [*names, "losses"]


def _losses(found: Mapping[str, Any], asked: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """Returns the losses by which two objectives are recognised; those of one that needs none equal any."""
    ours, theirs = (np.array(part.get("losses", []), np.float64) for part in (asked, found))
    return (ours, theirs) if ours.shape == theirs.shape else (np.zeros(1), np.ones(1))
