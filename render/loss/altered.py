"""Whether a module computes what its class says: what is known of a class holds for its plain instances only."""

from __future__ import annotations

from typing import Any

from torch import nn
from torch.nn.modules import module as torch_modules

REPLACED = ("forward", "_call_impl", "_wrapped_call_impl")


def is_altered(module: nn.Module) -> bool:
    """Tells whether a module does more than its class says: hooks, its own or those of all, or a replaced method."""
    hooked = module._forward_hooks or module._forward_pre_hooks
    return bool(hooked or hooks_of_all() or any(name in vars(module) for name in REPLACED))


def hooks_of_all() -> list[Any]:
    """Returns the forward hooks that all modules have."""
    return [*torch_modules._global_forward_hooks.values(), *torch_modules._global_forward_pre_hooks.values()]


def any_altered(model: nn.Module) -> bool:
    """Tells whether any module of a network is altered."""
    return any(map(is_altered, model.modules()))
