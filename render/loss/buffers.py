"""Buffers: what modules hold beside their parameters, as it was found, to be put back after they have run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn


def version_of(values: torch.Tensor) -> int:
    """Returns how often a tensor was written into; one of inference mode cannot be, and has no counter."""
    return 0 if values.is_inference() else values._version


class Buffers:
    """The buffers of modules as they were found, and the tensors that their layers hold besides."""

    def __init__(self, modules: Sequence[nn.Module]):
        layers = list({id(layer): layer for module in modules for layer in module.modules()}.values())
        own = [layer for layer in layers if not isinstance(layer, torch.jit.ScriptModule)]  # a script's are fixed
        self._slots = [(layer._buffers, dict(layer._buffers)) for layer in own]
        self._held = [(vars(layer), _tensors_in(vars(layer))) for layer in own]
        tensors = [buffer for module in modules for buffer in module.buffers()]
        tensors += [tensor for _, found in self._held for tensor in found.values()]
        self._values = [(tensor, tensor.detach().clone()) for tensor in tensors]
        self._gradients = [(weight, weight.grad) for module in modules for weight in module.parameters()]
        self._versions = self._now()

    def have_moved(self) -> bool:
        """Tells whether any of them is another tensor or has other values."""
        exchanged = any(slots.get(name) is not kept for slots, found in self._slots for name, kept in found.items())
        return exchanged or not all(same_bits(tensor, value) for tensor, value in self._values)

    def have_more(self) -> bool:
        """Tells whether layers hold other tensors besides, or parameters other gradients, than they did."""
        held = any(_exchanged(_tensors_in(held), found) for held, found in self._held)
        return held or any(weight.grad is not gradient for weight, gradient in self._gradients)

    def put_back_held(self) -> None:
        """Restores the tensors that layers hold besides parameters and buffers, such as a state or a last output."""
        for held, found in self._held:
            if _exchanged(now := _tensors_in(held), found):
                for name in now.keys() - found.keys():
                    del held[name]
                held.update(found)

    @torch.no_grad()
    def put_back(self, certainly: bool, *, besides: bool = True) -> None:
        """Restores all of them where their counters tell that one was written into, or where that is certain.

        besides: also what layers hold besides, and gradients, where it is certain.
        """
        if not certainly and self._now() == self._versions:
            return
        if certainly and besides:
            self.put_back_held()
            for weight, gradient in self._gradients:
                weight.grad = gradient
        for slots, found in self._slots:
            slots.update(found)
        for buffer, value in self._values:
            buffer.copy_(value)
        self._versions = self._now()

    def _now(self) -> list[tuple[int, int]]:
        exchanged = ((id(buffer), 0) for slots, _ in self._slots for buffer in slots.values())
        return [*exchanged, *((0, version_of(buffer)) for buffer, _ in self._values)]


def _tensors_in(held: Mapping[str, Any]) -> dict[str, torch.Tensor]:
    return {name: part for name, part in held.items() if isinstance(part, torch.Tensor)}


def _exchanged(held: Mapping[str, torch.Tensor], found: Mapping[str, torch.Tensor]) -> bool:
    return held.keys() != found.keys() or any(held[name] is not kept for name, kept in found.items())


def same_bits(first: torch.Tensor, second: torch.Tensor) -> bool:
    """Tells whether two tensors hold the same bits, NaN included."""
    if first.shape != second.shape or first.dtype != second.dtype:
        return False
    if torch.equal(first, second):
        return True
    if not (first.is_floating_point() or first.is_complex()):
        return False
    return bool(((first == second) | (torch.isnan(first) & torch.isnan(second))).all())
