"""What a network and its criterion do besides computing a loss, found by watching them at a first point.

Some write into the examples that they are given, move their buffers, draw random numbers, differentiate by inputs, or
look at examples together. Each of these would make the height of a point depend on what was measured before it, or
beside it; once known, evaluation.py allows for it, and what cannot be helped is said.
"""

from __future__ import annotations

import math
import pickle
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import nn

from render.descent.parameters import parameters_of
from render.loss import evaluation
from render.loss.buffers import Buffers, same_bits
from render.loss.evaluation import Evaluation, evaluating, parts_of, seed_all
from render.loss.flat import held_in
from render.loss.measurement import Conduct, Criterion, Problem

REPEATS = 1e-6  # of a loss; devices that add up in any order differ by less
ALIKE = 1e-4  # of the largest output; what depends on the size of a pass by its rounding alone differs by less
PARTS = 1e-5  # of a loss; what depends on the order of its sums alone differs by less
NUDGE = 0.02  # of the spread of θ₀, by which it is moved, since a last layer of zeros would hide any coupling


def conduct_of(problem: Problem) -> Conduct:
    """Returns what a problem's network and criterion do besides computing a loss.

    Two evaluations at θ₀; a third where random numbers are drawn, and passes of one batch where the set takes several.
    """
    plain = replace(problem, conduct=Conduct(), mode=replace(problem.mode, precision="float32"))
    watched = _watched(plain)
    couples, compares = _together(replace(plain, conduct=watched))
    return replace(watched, couples=couples, compares=compares)


def notes_on(conduct: Conduct) -> Iterator[str]:
    """Gives a sentence for what of a conduct shows in the heights."""
    if conduct.draws is not None:
        yield (
            "the network or its criterion draws random numbers, by which the loss differs from draw to draw by "
            f"{conduct.draws:.2g} at the first point; every point is measured with the same draw"
        )
    if conduct.wavers:
        yield (
            f"the loss at one point differs by {conduct.wavers:.2g} from one evaluation to the next, though buffers "
            "and random numbers were put back; heights are no finer than that"
        )


def record_of(conduct: Conduct) -> dict[str, Any]:
    """Returns what a record says of a conduct: nothing of a plain one."""
    found = {"draws": conduct.draws, "wavers": conduct.wavers or None}
    return {name: value for name, value in found.items() if value is not None}


def _watched(problem: Problem) -> Conduct:
    try:
        return _repeated(problem)
    except RuntimeError as error:
        if "does not require grad" not in str(error):  # as torch says where a derivative is asked for
            raise
    return _repeated(replace(problem, conduct=replace(problem.conduct, differentiates=True)))


@dataclass
class _Watch:
    """A problem whose examples are copied before each use, and compared afterwards."""

    problem: Problem
    wrote: bool = False

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        given = inputs.clone()
        outputs: torch.Tensor = self.problem.model(given)
        self.wrote |= _was_written(given, inputs)
        return outputs

    @property
    def criterion(self) -> Criterion:
        def watched(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
            given = targets.clone()
            losses = self.problem.criterion(outputs, given)
            self.wrote |= _was_written(given, targets)
            return losses

        return watched


def _was_written(given: torch.Tensor, kept: torch.Tensor) -> bool:
    """Tells whether a fresh copy was written into, also past its counter (.data)."""
    return (not given.is_inference() and given._version > 0) or not same_bits(given, kept)


def _repeated(problem: Problem) -> Conduct:
    """Returns what two evaluations at the same point show, and a third where they draw random numbers."""
    watch, seed = _Watch(problem), problem.mode.seed
    careful = replace(problem, criterion=watch.criterion, conduct=replace(problem.conduct, writes=True))
    evaluate = Evaluation(careful, watch.forward)
    with evaluating(replace(problem, conduct=replace(problem.conduct, draws=0.0))):  # which keeps all random states
        criteria = [problem.criterion] if isinstance(problem.criterion, nn.Module) else []
        buffers = Buffers([problem.model, *criteria])
        seed_all(seed)
        start = _random_states()
        first = float(evaluate()[0])
        draws = problem.mode.dropout == "off" and _random_states() != start
        moves, more = buffers.have_moved(), buffers.have_more()
        buffers.put_back(certainly=True, besides=draws)
        second = float(evaluate()[0])
        if more and (draws or _apart(first, second) > REPEATS * abs(first)):  # what was left behind has been read
            moves = True
            buffers.put_back(certainly=True)
            second = float(evaluate()[0])
        spread = _apart(first, second) if draws else None
        if draws:
            buffers.put_back(certainly=True)
            seed_all(seed)
            second = float(evaluate()[0])
    wavers = _apart(first, second)
    return replace(
        problem.conduct,
        writes=watch.wrote,
        moves=moves,
        draws=spread,
        wavers=wavers if wavers > REPEATS * max(abs(first), abs(second)) else 0.0,
    )


def _random_states() -> tuple[bytes, ...]:
    """Returns the states of torch's, NumPy's and Python's random numbers, to be compared."""
    states = [torch.get_rng_state().numpy().tobytes()]
    if torch.cuda.is_initialized():
        states += [state.numpy().tobytes() for state in torch.cuda.get_rng_state_all()]
    return (*states, pickle.dumps(np.random.get_state()), pickle.dumps(random.getstate()))


def _apart(first: float, second: float) -> float:
    """Returns how far two losses differ; two that are not finite do not."""
    return abs(first - second) if math.isfinite(first) or math.isfinite(second) else 0.0


def _together(problem: Problem) -> tuple[bool, bool]:
    """Tells whether an output, and whether a loss, depends on the examples beside its own.

    One batch goes through whole, and again in two parts of different sizes. Random draws would differ by that alone, so
    that a network that draws takes its set whole.
    """
    parts = parts_of(problem, evaluation.LARGEST_PASS)
    if len(parts) == 1:
        return False, False
    if problem.conduct.draws is not None:
        return problem.mode.bn != "batch", True
    inputs, targets = parts[0]
    for theta in (_nudged(problem), parameters_of(problem.model)):
        with evaluating(problem) as put_back, held_in(problem.model, _on(problem, theta)):
            outputs = _passed(problem, [inputs], put_back)
            if outputs is None:
                return False, False
            if not torch.isfinite(outputs).any():
                continue
            couples = problem.mode.bn != "batch" and _differ(outputs, _passed(problem, _divided(inputs), put_back))
            losses = _compared(problem, [outputs], [targets])
            compares = losses is not None and _differ(losses, _compared(problem, _divided(outputs), _divided(targets)))
        if _parts_matter(problem, theta):
            return problem.mode.bn != "batch", True
        return couples, compares
    return False, False


def _parts_matter(problem: Problem, theta: np.ndarray) -> bool:
    """Tells whether the loss of the whole set is another where it passes in other parts.

    So it is where a criterion reads what the network has kept of its last pass, or a later part holds what couples.
    """
    losses = []
    for largest in (evaluation.LARGEST_PASS, max(1, 2 * evaluation.LARGEST_PASS // 3)):
        with evaluating(problem) as put_back, held_in(problem.model, _on(problem, theta)):
            put_back()
            losses.append(float(Evaluation(problem, largest_pass=largest)()[0]))
    allowed = PARTS * max(map(abs, losses)) + problem.conduct.wavers
    return _apart(*losses) > allowed


def _divided(values: torch.Tensor) -> list[torch.Tensor]:
    first = max(1, len(values) // 3)
    return [values[:first], values[first:]]


def _passed(problem: Problem, parts: list[torch.Tensor], put_back: Callable[[], None]) -> torch.Tensor | None:
    """Returns the outputs of all parts, or None where they are no tensors, or one part cannot pass by itself."""
    made = []
    for part in parts:
        put_back()
        try:
            made.append(problem.model(part.clone()))
        except Exception:
            if len(parts) == 1:
                raise
            return None
    return torch.cat(made).detach() if all(isinstance(part, torch.Tensor) for part in made) else None


def _compared(problem: Problem, outputs: list[torch.Tensor], targets: list[torch.Tensor]) -> torch.Tensor | None:
    """Returns the losses of all examples, or None where a criterion does not give one for each."""
    made = []
    for part, goals in zip(outputs, targets, strict=True):
        try:
            losses = problem.criterion(part.clone(), goals.clone())
        except Exception:  # a criterion may know only the whole set
            return None
        if not isinstance(losses, torch.Tensor) or losses.shape != (len(goals),):
            return None
        made.append(losses.detach())
    return torch.cat(made)


def _differ(whole: torch.Tensor, parts: torch.Tensor | None) -> bool:
    """Tells whether values differ by more than rounding; those that parts cannot give do."""
    if parts is None or whole.shape != parts.shape:
        return True
    finite = torch.isfinite(whole)
    scale = float(whole[finite].abs().max()) if finite.any() else 0.0
    return not torch.allclose(whole.double(), parts.double(), rtol=0, atol=ALIKE * scale, equal_nan=True)


def _nudged(problem: Problem) -> np.ndarray:
    theta = parameters_of(problem.model)
    spread = float(theta.std()) or 1.0
    return theta + NUDGE * spread * np.random.default_rng(0).standard_normal(len(theta), np.float32)


def _on(problem: Problem, theta: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(theta).to(problem.inputs.device)
