"""Telling: what insets know of a shot: the paths on one of its surfaces, and what their runs tell of each step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from render.film.furniture.legend import LevelColours
from render.film.panel import Panel, Walk
from render.film.take import Take
from render.landscape.chronicle import Chronicle
from render.scene.look import LookPreset
from render.scene.shot import Shot


class Told(Protocol):
    """What is known of the networks of a shot: of a surface, or of a line."""

    @property
    def shot(self) -> Shot:
        """The shot."""

    @property
    def look(self) -> LookPreset:
        """Its look."""

    @property
    def language(self) -> Mapping[str, str]:
        """What the fixed words are called, where a scene says so."""

    @property
    def chronicle(self) -> Chronicle:
        """What the first network tells of the steps that it has come to."""

    @property
    def colours(self) -> tuple[str, ...]:
        """The colour of each network; "" is that of words."""

    @property
    def flag(self) -> str:
        """The colour of the ball that it tells of, where several could be meant; else ""."""

    @property
    def floor(self) -> float | None:
        """The least loss that the heights tell apart on a logarithm; None where they are linear."""

    @property
    def courses(self) -> tuple[ToldCourse, ...]:
        """What each network has come through."""

    def places(self, time: float) -> tuple[int, ...]:
        """Returns the step that each network is at, at a time of the shot, seconds; none where it is at none."""


@dataclass(frozen=True)
class ToldCourse:
    """The steps of a network, with loss and accuracy there on the examples that the loss is measured on."""

    steps: np.ndarray  # (T,)
    loss: np.ndarray  # (T,)
    accuracy: np.ndarray  # (T,); none where nobody asks for it


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

    flag = ""

    @property
    def shot(self) -> Shot:
        """The shot."""
        return self.take.shot

    @property
    def look(self) -> LookPreset:
        """Its look."""
        return self.take.look

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

    @property
    def courses(self) -> tuple[ToldCourse, ...]:
        """The paths by their logged steps, with the values on the surface's own examples."""
        accuracies = [np.asarray(each.accuracy, float) for each in self.chronicles]
        return tuple(
            ToldCourse(
                np.asarray(walk.path.steps, float),
                np.asarray(walk.path.true_loss, float),
                accuracies[number] if number < len(accuracies) else np.zeros(0),
            )
            for number, walk in enumerate(self.walks)
        )

    def places(self, time: float) -> tuple[int, ...]:
        """Returns the logged step that each head is nearest to at a time of the shot, seconds."""
        now = self.take.now(time)
        number = next(place for place, panel in enumerate(self.take.panels) if panel is self.panel)
        return tuple(round(walk.head(now.progress(time))) for walk in now.panels[number].walks)
