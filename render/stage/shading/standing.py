"""What the ground sees of a body that stands on it."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from render.stage.body.relief import Relief
from render.stage.body.strip import Strip


@dataclass(frozen=True)
class Standing:
    """A body on the floor."""

    relief: Relief
    offset: tuple[float, float]  # of its middle, picture widths
    level: Tensor  # (n_β, n_α)
    outline: Tensor  # (K, 3)
    strip: Strip | None = None  # that alone is drawn of it
