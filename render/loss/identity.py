"""What identifies an objective, so that what was measured of one never answers for another.

Digests of the network, its parameters and buffers, of inputs, targets and calibration; the mode; and the criterion by
its code and its constants. What a digest cannot tell is known by the losses at a few points instead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import nn

from render.descent.parameters import parameters_of
from render.loss.altered import hooks_of_all
from render.loss.measurement import Problem
from render.storage.digest import UnknownError, digest_of
from render.storage.files import content_key
from render.storage.fingerprint import fingerprint

UNKNOWN = "unknown"
AGREEMENT = 1e-5  # relative, of the losses by which an unknown objective is recognised


@dataclass(frozen=True)
class Codes:
    """What a network and a criterion compute, as far as their code and their constants tell."""

    network: str
    criterion: str

    @staticmethod
    def of(problem: Problem) -> Codes:
        """Returns the codes of a problem; hooks of all modules are part of its network."""
        model, hooks = problem.model, hooks_of_all()
        named = {id(tensor): name for name, tensor in (*model.named_parameters(), *model.named_buffers())}
        network = _told([model, hooks] if hooks else model, named, model)
        return Codes(network, _told(problem.criterion, {**named, id(model): "the network"}, model))

    @staticmethod
    def settled(before: Codes, after: Codes) -> Codes:
        """Returns codes that measuring has not changed; what it has, such as by what it left behind, is unknown."""
        pairs = ((before.network, after.network), (before.criterion, after.criterion))
        return Codes(*(first if first == second else UNKNOWN for first, second in pairs))


def identity_of(problem: Problem, codes: Codes, losses: Callable[[np.ndarray], np.ndarray]) -> dict[str, Any]:
    """Returns what identifies an objective, as a record keeps it; losses measures points (B, P)."""
    model, mode = problem.model, problem.mode
    state = {name: digest_of(tensor) for name, tensor in (*model.named_parameters(), *model.named_buffers())}
    found: dict[str, Any] = {
        "network": codes.network,
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
        "criterion": codes.criterion,
    }
    if UNKNOWN in (codes.criterion, codes.network):
        found["losses"] = [float(loss) for loss in losses(_points(problem))]
    return found


def _told(value: Any, known: Mapping[int, str], model: nn.Module) -> str:
    try:
        return fingerprint(value, known, model)
    except UnknownError:
        return UNKNOWN


def _points(problem: Problem) -> np.ndarray:
    """Returns θ₀ and points about it, near and far, (5, P)."""
    theta = parameters_of(problem.model).astype(np.float64)
    along = np.random.default_rng(0).normal(size=len(theta)) * max(1e-3, theta.std())
    return theta + np.outer([0, 0.05, -0.05, 1, -1], along)


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
