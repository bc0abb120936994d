"""Telling: what insets know of a shot: the paths on one of its surfaces, and what their runs tell of each step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from render.film.furniture.legend import LevelColours
from render.film.panel import Panel, Walk
from render.film.take import Take
from render.landscape.chronicle import Chronicle


@dataclass(frozen=True)
class Telling:
    """One surface of a shot and what is known of the runs on it."""

    take: Take
    panel: Panel
    away: np.ndarray  # (3,) where the panel stands, picture widths
    names: tuple[str, ...]  # of each path
    colours: tuple[str, ...]  # of each path
    shown: LevelColours  # what levels look like on the picture
    language: Mapping[str, str]

    @property
    def chronicles(self) -> tuple[Chronicle, ...]:
        """What the run of each path tells; those that are asked for are there."""
        return tuple(each for each in self.panel.landscape.told if each is not None)

    @property
    def walks(self) -> tuple[Walk, ...]:
        """The paths, the surface's own first."""
        return self.panel.walks

    @property
    def chronicle(self) -> Chronicle:
        """What the surface's own run tells."""
        return self.chronicles[0]

    @property
    def floor(self) -> float | None:
        """The least loss that the relief tells apart on a logarithm; None where its heights are linear."""
        return self.panel.relief.scale.floor

    def places(self, time: float) -> tuple[int, ...]:
        """Returns the logged step that each head is nearest to at a time of the shot, seconds."""
        now = self.take.now(time)
        number = next(place for place, panel in enumerate(self.take.panels) if panel is self.panel)
        return tuple(round(walk.head(now.progress(time))) for walk in now.panels[number].walks)

    def losses(self, walk: Walk) -> np.ndarray:
        """Returns the loss (T,) of a path on the surface's own examples."""
        return np.asarray(walk.path.true_loss, float)

    def accuracies(self, number: int) -> np.ndarray:
        """Returns the accuracy (T,) of a path on the surface's own examples."""
        return np.asarray(self.chronicles[number].accuracy, float)
