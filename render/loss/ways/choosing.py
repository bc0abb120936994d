"""How one of the strategies is chosen: by timing, once for each network, sizes, device and versions.

A candidate that does not agree with the loop is left out, and that is said.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch

from render.errors import UsageError
from render.loss.measurement import Evaluator, Problem
from render.loss.precision import check, probes
from render.loss.ways.agreement import Known, agreeing
from render.loss.ways.loop import LoopPlane
from render.loss.ways.race import fastest
from render.loss.ways.recollection import key_of, remember, remembered
from render.loss.ways.strategies import STRATEGIES, UnfitError, candidates
from render.progress import notice
from render.space.grid import Grid


def prepare(problem: Problem, plane: torch.Tensor, strategy: str, grid: Grid | None, choices: Path | None) -> Evaluator:
    """Returns an evaluator for a plane (3, P), whose precision may be another than was asked for.

    Raises UsageError for a strategy that is unknown or does not fit.
    """
    if strategy not in ("auto", *STRATEGIES):
        raise UsageError(f"strategy: {strategy!r} is unknown; choose auto, {', '.join(STRATEGIES)}")
    exact = replace(problem, mode=replace(problem.mode, precision="float32"))
    if problem.mode.precision == "tf32" and not problem.inputs.is_cuda:
        notice("tf32 is a precision of CUDA devices only; measuring in float32")
        problem = exact
    if problem.mode.precision != "float32":
        rough = _built(problem, plane, strategy, grid, choices)
        if grid is None or _keeps(exact, rough, plane, grid, problem.mode.precision):
            return rough
    return _built(exact, plane, strategy, grid, choices)


def _keeps(exact: Problem, rough: Evaluator, plane: torch.Tensor, grid: Grid, precision: str) -> bool:
    """Tells whether a reduced precision follows the loss from cell to cell."""
    places = probes(grid.alphas, grid.betas)
    found = check(LoopPlane(exact, plane).measure(places), rough.measure(places))
    if not found.passes:
        notice(f"{precision} failed its check ({found}); measuring in float32")
    return found.passes


def _built(problem: Problem, plane: torch.Tensor, strategy: str, grid: Grid | None, choices: Path | None) -> Evaluator:
    names = candidates(problem)
    if strategy != "auto":
        return _pinned(problem, plane, strategy, names, grid)
    key = key_of(problem, plane, names)
    known_best = remembered(choices, key)
    if known_best == "loop" or names == ["loop"]:
        return LoopPlane(problem, plane)
    known = Known.of(problem, plane, grid)
    if known_best in names and (found := agreeing(problem, plane, known_best, known)):
        return found
    way, settled = fastest(problem, plane, names, grid, known)
    if settled:
        remember(choices, key, way.strategy)
    return way


def _pinned(problem: Problem, plane: torch.Tensor, strategy: str, names: list[str], grid: Grid | None) -> Evaluator:
    """Returns the strategy that was asked for; raises UsageError where it does not fit, or not agree with the loop."""
    if strategy not in names:
        raise UsageError(f"strategy: {strategy} does not fit this network, criterion and mode; choose auto")
    if strategy == "loop":
        return LoopPlane(problem, plane)
    try:
        found = STRATEGIES[strategy](problem, plane)
        doubt = Known.of(problem, plane, grid).doubt(found)  # torch compiles only now
    except UnfitError as reason:
        raise UsageError(f"strategy: {strategy} does not fit this network, {reason}; choose auto") from reason
    except Exception as error:
        if not type(error).__module__.startswith(("torch._dynamo", "torch._inductor")):
            raise
        name = type(error).__name__
        raise UsageError(f"strategy: torch.compile fails on this network ({name}); choose auto") from error
    if doubt:
        raise UsageError(
            f"strategy: {strategy} does not agree with the plain loop on this network ({doubt}); choose auto"
        )
    return found
