"""What was the fastest strategy before, by everything that a choice depends on: in a file, and in this process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from render import compiler
from render.descent.parameters import layout_of
from render.loss.measurement import Problem
from render.storage.files import content_key
from render.storage.records import read_json, write_json

ALGORITHM = 1  # raise it when a strategy's speed or rounding changes

_CHOSEN: dict[str, str] = {}


def remembered(choices: Path | None, key: str) -> str | None:
    found = read_json(choices) if choices else None
    return found.get(key) if isinstance(found, dict) else _CHOSEN.get(key)


def remember(choices: Path | None, key: str, strategy: str) -> None:
    _CHOSEN[key] = strategy
    if choices:
        found = read_json(choices)
        write_json(choices, {**(found if isinstance(found, dict) else {}), key: strategy})


def key_of(problem: Problem, plane: torch.Tensor, candidates: list[str]) -> str:
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
