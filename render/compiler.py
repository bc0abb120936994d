"""Fused kernels: torch.compile where a C++ compiler is at hand, the same code in eager mode where none is."""

from __future__ import annotations

import functools
import os
import shutil
import sys
from collections.abc import Callable
from typing import Any


@functools.cache
def strategy() -> str:
    """Returns "compiled" or "eager"; THALWEG_COMPILE=0 asks for eager."""
    if os.environ.get("THALWEG_COMPILE") == "0":
        return "eager"
    names = [os.environ.get("CXX", ""), "g++", "clang++", "c++"]
    if any(name and shutil.which(name) for name in names):
        return "compiled"
    print("note: no C++ compiler was found, so kernels run unfused and slower; `apt install g++` brings one", file=sys.stderr)
    return "eager"


def fuse(kernel: Callable[..., Any], using: str | None = None) -> Callable[..., Any]:
    """Returns the kernel compiled for static shapes, or the kernel itself where the strategy is eager."""
    if (using or strategy()) == "eager":
        return kernel
    import torch

    return torch.compile(kernel, dynamic=False, fullgraph=True)
