"""An exposure: what falls on a part of the film, in linear light, before any lens has seen it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from render.stage.camera import View
from render.stage.tiles import Crop


@dataclass(frozen=True)
class Exposure:
    """The light of a part of a picture, h × w pixels."""

    picture: Tensor  # (3, h, w) linear
    glow: Tensor  # (3, h, w) linear, what shines by itself in it
    alpha: Tensor  # (h, w) share of each pixel that the object covers

    @property
    def is_empty(self) -> bool:
        """Whether nothing of the object is on it."""
        return not bool(self.alpha.any())


class Exposing(Protocol):
    """Whatever can take any part of a picture, always with the same number of pixels."""

    def expose(self, view: View, crop: Crop) -> Exposure:
        """Returns the light of a part of the picture that a view shows; the crop may reach beyond the picture."""
        ...

    def close(self) -> None:
        """Gives back what it holds."""
        ...
