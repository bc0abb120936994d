"""Strategies: the ways in which points of a plane can be computed.

loop            any network, as it is
folded          its graph, batch norm folded, what does not move computed once, small batches that stay in the cache
compiled        the same through torch.compile
dense-eager     a stack of linear layers, many points at a time, by torch
dense-compiled  the same by one generated kernel
native          a convolutional network, by one generated kernel

All agree within 1e-5.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

from render.loss.evaluation import LARGEST_PASS, Forward
from render.loss.measurement import Evaluator, Problem
from render.loss.ways.dense.dense_plane import DensePlane, is_dense
from render.loss.ways.loop import LoopPlane
from render.loss.ways.native.native_plane import NativePlane, is_native
from render.loss.ways.traced import traced

FOLDED_PASS, COMPILED_PASS = 32, 32  # examples of one pass; their activations stay in the cache


class UnfitError(Exception):
    """A strategy that cannot measure a problem."""


def _loop(problem: Problem, plane: torch.Tensor) -> Evaluator:
    return LoopPlane(problem, plane)


def _folded(problem: Problem, plane: torch.Tensor) -> Evaluator:
    found = traced(problem, plane)
    if found is None:
        raise UnfitError("its code cannot be traced")
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


def candidates(problem: Problem) -> list[str]:
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
