"""Whether a module computes what its class says: what is known of a class holds for its plain instances only."""

from __future__ import annotations

from torch import nn
from torch.nn.modules import module as torch_modules

REPLACED = ("forward", "_call_impl", "_wrapped_call_impl")


def is_altered(module: nn.Module) -> bool:
    """Tells whether a module does more than its class says: hooks, its own or those of all, or a replaced method."""
    hooked = module._forward_hooks or module._forward_pre_hooks
    everywhere = torch_modules._global_forward_hooks or torch_modules._global_forward_pre_hooks
    return bool(hooked or everywhere or any(name in vars(module) for name in REPLACED))


def any_altered(model: nn.Module) -> bool:
    """Tells whether any module of a network is altered."""
    return any(map(is_altered, model.modules()))
