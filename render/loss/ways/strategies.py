"""Strategies: the ways in which points of a plane can be computed, and how one of them is chosen.

loop            any network, as it is
folded          its graph, batch norm folded, what does not move computed once, small batches that stay in the cache
compiled        the same through torch.compile
dense-eager     a stack of linear layers, many points at a time, by torch
dense-compiled  the same by one generated kernel
native          a convolutional network, by one generated kernel

All agree within 1e-5. The choice is by timing, once for each network, sizes, device and versions; a candidate that does
not agree with the loop is left out, and that is said.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from render import compiler
from render.descent.parameters import layout_of
from render.errors import MachineError, UsageError
from render.loss.evaluation import LARGEST_PASS, Forward
from render.loss.measurement import Evaluator, Measurement, Problem
from render.loss.precision import check, probes
from render.loss.ways.dense.dense_plane import DensePlane, is_dense
from render.loss.ways.loop import LoopPlane
from render.loss.ways.native.native_plane import NativePlane, is_native
from render.loss.ways.traced import is_traced, traced
from render.progress import notice
from render.space.grid import Grid
from render.storage.files import content_key
from render.storage.records import read_json, write_json

ALGORITHM = 1  # raise it when a strategy's speed or rounding changes
AGREEMENT = 1e-5  # relative, of a strategy with the loop
FAR_AGREEMENT = 1e-3  # far from θ₀, where sums of large numbers round more
ROUGH_AGREEMENT = 0.02  # in a reduced precision, which is checked against float32 anyway
TRIAL = 0.2  # seconds
GLANCE = 1 / 8  # of them, at first
FEW = np.array([[0.0, 0.0], [0.02, -0.01]])  # points at which a strategy is compared with the loop
FOLDED_PASS, COMPILED_PASS = 32, 32  # examples of one pass; their activations stay in the cache
WORTH = {"folded": 10.0, "compiled": 120.0}  # seconds of measuring; compiling a network takes up to a minute
DECISIVE = 4.0  # times the rate of the loop: more than folding or compiling gains, so they need not be tried


def _loop(problem: Problem, plane: torch.Tensor) -> Evaluator:
    return LoopPlane(problem, plane)


def _folded(problem: Problem, plane: torch.Tensor) -> Evaluator:
    found = traced(problem, plane)
    if found is None:
        raise _Unfit("its code cannot be traced")
    rest, module = found
    return LoopPlane(rest, plane, "folded", module, LARGEST_PASS if problem.inputs.is_cuda else FOLDED_PASS)


def _compiled(problem: Problem, plane: torch.Tensor) -> Evaluator:
    found = traced(problem, plane)
    rest, module = found or (problem, problem.model)
    if problem.inputs.is_cuda:
        return LoopPlane(rest, plane, "compiled", _graphed(module), LARGEST_PASS)
    forward = torch.compile(module, dynamic=False, fullgraph=True)
    return LoopPlane(rest, plane, "compiled", forward, COMPILED_PASS)


def _graphed(module: torch.nn.Module) -> Forward:
    """Returns a network that a GPU replays as CUDA graphs; outputs are copied, since the next replay reuses them."""
    forward = torch.compile(module, dynamic=False, fullgraph=True, mode="reduce-overhead")

    def replayed(inputs: torch.Tensor) -> torch.Tensor:
        torch.compiler.cudagraph_mark_step_begin()
        outputs: torch.Tensor = forward(inputs).clone()
        return outputs

    return replayed


STRATEGIES: dict[str, Callable[[Problem, torch.Tensor], Evaluator]] = {
    "loop": _loop,
    "folded": _folded,
    "compiled": _compiled,
    "dense-eager": lambda problem, plane: DensePlane(problem, plane, "dense-eager"),
    "dense-compiled": lambda problem, plane: DensePlane(problem, plane, "dense-compiled"),
    "native": NativePlane,
}


class _Unfit(Exception):
    """A strategy that cannot measure a problem."""


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
    candidates = _candidates(problem)
    if strategy != "auto":
        return _pinned(problem, plane, strategy, candidates, grid)
    key = _key(problem, plane, candidates)
    remembered = _remembered(choices, key)
    if remembered == "loop" or candidates == ["loop"]:
        return LoopPlane(problem, plane)
    known = _Known.of(problem, plane, grid)
    if remembered in candidates and (found := _agreeing(problem, plane, remembered, known)):
        return found
    way, settled = _fastest(problem, plane, candidates, grid, known)
    if settled:
        _remember(choices, key, way.strategy)
    return way


def _pinned(
    problem: Problem, plane: torch.Tensor, strategy: str, candidates: list[str], grid: Grid | None
) -> Evaluator:
    """Returns the strategy that was asked for; raises UsageError where it does not fit, or not agree with the loop."""
    if strategy not in candidates:
        raise UsageError(f"strategy: {strategy} does not fit this network, criterion and mode; choose auto")
    if strategy == "loop":
        return LoopPlane(problem, plane)
    try:
        found = STRATEGIES[strategy](problem, plane)
        doubt = _Known.of(problem, plane, grid).doubt(found)  # torch compiles only now
    except _Unfit as reason:
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


@dataclass(frozen=True)
class _Known:
    """What the loop has measured at a few places, with which every other strategy must agree."""

    places: np.ndarray  # (n, 2)
    found: Measurement
    allowed: np.ndarray  # (n,) relative

    @staticmethod
    def of(problem: Problem, plane: torch.Tensor, grid: Grid | None) -> _Known:
        """Measures places near θ₀, and two far from it, where what was taken for constant differs most."""
        rough = problem.mode.precision != "float32"  # is checked against float32 over the whole grid anyway
        far = FEW[:0] if grid is None or rough else _far(grid)
        places = np.concatenate([FEW, far])
        near = np.full(len(FEW), ROUGH_AGREEMENT if rough else AGREEMENT)
        allowed = np.concatenate([near, np.full(len(far), FAR_AGREEMENT)])
        return _Known(places, LoopPlane(problem, plane).measure(places), allowed)

    def doubt(self, way: Evaluator) -> str:
        """Returns two losses that differ, the strategy's and the loop's, or nothing where all agree."""
        with np.errstate(invalid="ignore"):
            ours, theirs = way.measure(self.places).loss.astype(float), self.found.loss.astype(float)
            apart = np.abs(ours - theirs) > self.allowed * np.abs(theirs) + 1e-7
        (wrong,) = np.nonzero(apart | (np.isfinite(ours) != np.isfinite(theirs)))
        return f"{ours[wrong[0]]:.7g} and {theirs[wrong[0]]:.7g}" if len(wrong) else ""


def _far(grid: Grid) -> np.ndarray:
    """Returns two places (2, 2) half-way from the middle of a grid to its corners."""
    shares = np.array([0.25, 0.75])
    alphas, betas = (
        np.interp(shares * (len(axis) - 1), np.arange(len(axis)), axis) for axis in (grid.alphas, grid.betas)
    )
    return np.stack([alphas, betas[::-1]], 1)


def _candidates(problem: Problem) -> list[str]:
    """Returns the strategies that may fit a problem, what was made for its kind first.

    What does more than compute a loss is left to the loop, which alone lets it.
    """
    names, mode = [], problem.mode
    if not problem.conduct.is_plain:
        return ["loop"]
    if is_dense(problem):
        names += ["dense-compiled", "dense-eager"]
    elif is_native(problem):
        names += ["native"]
    if mode.dropout == "off":  # compiled code draws other masks
        names += ["folded", "compiled"] if mode.bn == "frozen" else ["compiled"]
    return [*names, "loop"]


@dataclass(frozen=True)
class _Trial:
    way: Evaluator
    seconds: float
    rate: float  # points per second

    @staticmethod
    def of(way: Evaluator, seconds: float) -> _Trial:
        return _Trial(way, seconds, _rate(way, seconds))

    def at_length(self) -> _Trial:
        """Returns a trial of TRIAL seconds, this one if it is."""
        return self if self.seconds == TRIAL else _Trial.of(self.way, TRIAL)


def _fastest(
    problem: Problem, plane: torch.Tensor, names: list[str], grid: Grid | None, known: _Known
) -> tuple[Evaluator, bool]:
    """Returns the fastest of the candidates, and whether a longer measuring would choose the same.

    A glance at a candidate is enough where it is decisively faster than the best so far; else both are timed at length.
    """
    points = int(np.prod(grid.shape)) if grid else 1
    trials = {"loop": _Trial.of(LoopPlane(problem, plane), TRIAL * GLANCE)}
    best, skipped = "loop", False
    for name in _worth_trying(names):
        if points / trials[best].rate < WORTH.get(name, 0.0):
            skipped = True
        elif way := _agreeing(problem, plane, name, known):
            trials[name] = _Trial.of(way, TRIAL * GLANCE)
            if trials[name].rate <= DECISIVE * trials[best].rate:
                trials |= {close: trials[close].at_length() for close in (best, name)}
            best = max(best, name, key=lambda one: trials[one].rate)
    if best == "loop" and "folded" in names and not is_traced(problem):
        notice(
            f"{type(problem.model).__name__} is measured one point at a time, by the plain loop: "
            "its code cannot be traced"
        )
    return trials[best].way, not skipped or trials[best].rate > DECISIVE * trials["loop"].rate


def _worth_trying(names: list[str]) -> list[str]:
    """Returns the candidates that this machine can run well, but the loop."""
    useless = ("dense-eager",) if compiler.strategy() == "compiled" else ("dense-compiled", "compiled", "native")
    return [name for name in names if name not in (*useless, "loop")]


def _agreeing(problem: Problem, plane: torch.Tensor, name: str, known: _Known) -> Evaluator | None:
    """Returns a strategy that agrees with the loop, or None, and says why."""
    try:
        way = STRATEGIES[name](problem, plane)
        doubt = known.doubt(way)
    except (_Unfit, MachineError):  # the one is told at the end, the other by the compiler
        return None
    except Exception as error:  # torch.compile fails in many ways; the loop always works
        notice(f"strategy {name} failed ({type(error).__name__}), and is left out")
        return None
    if doubt:
        notice(f"strategy {name} is left out, since it does not agree with the plain loop ({doubt})")
        return None
    return way


def _rate(way: Evaluator, seconds: float) -> float:
    """Returns points per second, the most of ever larger measurings that take so many seconds together.

    What each measuring begins with (2 ms for a network of a million parameters) hardly counts in the largest, and one
    that another process interrupts does not count at all.
    """
    size, elapsed, best = max(way.batch, 1), 0.0, 0.0
    while elapsed <= seconds:
        row = np.stack([np.linspace(-0.05, 0.05, size), np.full(size, FEW[1, 1])], 1)
        start = time.perf_counter()
        way.measure(row)
        taken = time.perf_counter() - start
        elapsed, best = elapsed + taken, max(best, size / taken)
        size *= 2
    return best


_CHOSEN: dict[str, str] = {}


def _remembered(choices: Path | None, key: str) -> str | None:
    found = read_json(choices) if choices else None
    return found.get(key) if isinstance(found, dict) else _CHOSEN.get(key)


def _remember(choices: Path | None, key: str, strategy: str) -> None:
    _CHOSEN[key] = strategy
    if choices:
        found = read_json(choices)
        write_json(choices, {**(found if isinstance(found, dict) else {}), key: strategy})


def _key(problem: Problem, plane: torch.Tensor, candidates: list[str]) -> str:
    """Returns the key of everything that a choice depends on: network, sizes, mode, device, versions."""
    layout, mode = layout_of(problem.model), problem.mode
    moved = [bool(plane[1:, part].count_nonzero()) for part in layout.slices().values()]
    settings: dict[str, Any] = {
        "algorithm": ALGORITHM,
        "candidates": candidates,
        "network": f"{type(problem.model).__qualname__} {problem.model}",
        "shapes": [list(shape) for shape in layout.shapes],
        "moved": moved,
        "inputs": [*problem.inputs.shape, str(problem.inputs.dtype)],
        "targets": [*problem.targets.shape, str(problem.targets.dtype)],
        "criterion": str(getattr(problem.criterion, "__name__", type(problem.criterion).__name__)),
        "mode": [mode.bn, mode.bn_batch, mode.dropout, mode.precision],
        "calibration": [] if mode.calibration is None else [*mode.calibration.shape],
        "device": torch.cuda.get_device_name(problem.inputs.device) if problem.inputs.is_cuda else "cpu",
        "threads": torch.get_num_threads(),
        "compiler": compiler.strategy(),
        "versions": [torch.__version__, np.__version__],
    }
    return content_key(settings)
