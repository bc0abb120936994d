"""Optimisers: what a scene names, as torch has it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from render.descent.parameters import trainable
from render.errors import MachineError
from render.scene import training as spec

OTHERS = 0.1  # of muon's learning rate, for what is no matrix

Torch = torch.optim.Optimizer


@dataclass(frozen=True)
class Optimisers:
    """The optimisers of one network, usually one, with the learning rates that they began with."""

    parts: tuple[Torch, ...]
    rates: tuple[float, ...]

    def scale(self, factor: float) -> None:
        """Sets the learning rates to a factor of those at first."""
        for part, rate in zip(self.parts, self.rates, strict=True):
            for group in part.param_groups:
                group["lr"] = rate * factor

    def step(self, closure: Callable[[], torch.Tensor]) -> torch.Tensor:
        """Makes a step; closure gives the loss, with its gradients written. Returns the loss before the step."""
        first, *rest = self.parts
        if isinstance(first, torch.optim.LBFGS):
            return torch.as_tensor(first.step(closure))
        loss = closure()
        for part in (first, *rest):
            part.step()
        return loss

    def zero(self) -> None:
        """Forgets the gradients."""
        for part in self.parts:
            part.zero_grad(set_to_none=True)

    def state(self) -> list[dict[str, Any]]:
        """Returns what is needed to go on."""
        return [part.state_dict() for part in self.parts]

    def load(self, state: list[dict[str, Any]]) -> None:
        """Goes on from a state."""
        for part, own in zip(self.parts, state, strict=True):
            part.load_state_dict(own)


def _sgd(settings: spec.Sgd, parameters: list[nn.Parameter]) -> Torch:
    return torch.optim.SGD(
        parameters,
        lr=settings.lr,
        momentum=settings.momentum,
        nesterov=settings.nesterov,
        weight_decay=settings.weight_decay,
    )


def _ball(settings: spec.Momentum | spec.Nesterov, parameters: list[nn.Parameter]) -> Torch:
    return torch.optim.SGD(
        parameters,
        lr=settings.lr,
        momentum=settings.momentum,
        nesterov=isinstance(settings, spec.Nesterov),
        weight_decay=settings.weight_decay,
    )


def _adam(settings: spec.Adam | spec.Adamw, parameters: list[nn.Parameter]) -> Torch:
    kind = torch.optim.AdamW if isinstance(settings, spec.Adamw) else torch.optim.Adam
    return kind(parameters, lr=settings.lr, betas=settings.betas, weight_decay=settings.weight_decay)


def _rmsprop(settings: spec.Rmsprop, parameters: list[nn.Parameter]) -> Torch:
    return torch.optim.RMSprop(
        parameters,
        lr=settings.lr,
        alpha=settings.smoothing,
        momentum=settings.momentum,
        weight_decay=settings.weight_decay,
    )


def _lbfgs(settings: spec.Lbfgs, parameters: list[nn.Parameter]) -> Torch:
    return torch.optim.LBFGS(
        parameters,
        lr=settings.lr,
        max_iter=settings.iterations,
        history_size=settings.history,
        line_search_fn="strong_wolfe",
    )


OPTIMISERS: dict[type, Callable[[Any, list[nn.Parameter]], Torch]] = {
    spec.Sgd: _sgd,
    spec.Momentum: _ball,
    spec.Nesterov: _ball,
    spec.Adam: _adam,
    spec.Adamw: _adam,
    spec.Rmsprop: _rmsprop,
    spec.Adagrad: lambda settings, parameters: torch.optim.Adagrad(
        parameters, lr=settings.lr, weight_decay=settings.weight_decay
    ),
    spec.Lbfgs: _lbfgs,
    spec.Muon: lambda settings, parameters: _muon_of()(
        parameters, lr=settings.lr, momentum=settings.momentum, weight_decay=settings.weight_decay
    ),
    spec.Gd: lambda settings, parameters: torch.optim.SGD(
        parameters, lr=settings.lr, weight_decay=settings.weight_decay
    ),
}


def _muon_of() -> Callable[..., Torch]:
    found = getattr(torch.optim, "Muon", None)
    if found is None:
        raise MachineError(
            f"training.optimiser: torch {torch.__version__} has no Muon; install 2.9 or newer, or choose adamw"
        )
    return found


def build(settings: Any, model: nn.Module) -> Optimisers:
    """Returns the optimisers of a network; muon takes the matrices of hidden layers, and AdamW what is left."""
    parameters = [parameter for _, parameter in trainable(model)]
    make = OPTIMISERS[type(settings)]
    if not isinstance(settings, spec.Muon):
        return Optimisers((make(settings, parameters),), (settings.lr,))
    matrices = [parameter for parameter in parameters if parameter.ndim == 2]
    rest = [parameter for parameter in parameters if parameter.ndim != 2]
    parts = [(make(settings, matrices), settings.lr)] if matrices else []
    if rest:
        rate = OTHERS * settings.lr
        parts.append((torch.optim.AdamW(rest, lr=rate, weight_decay=settings.weight_decay), rate))
    return Optimisers(tuple(part for part, _ in parts), tuple(rate for _, rate in parts))
