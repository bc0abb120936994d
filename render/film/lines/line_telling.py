"""What insets know of a shot of a line: the training of its run, and the network where the first ball stands.

A ball stands at a whole step, as its counters have it; the training has no moment in such a shot, so no mark goes along
its curves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from render.film.insets.telling import Told, ToldCourse
from render.film.lines.line_take import LineTake
from render.landscape.chronicle import Chronicle
from render.scene.insets import CurvesInset, InsetSettings
from render.scene.look import LookPreset
from render.scene.shot import Shot


@dataclass(frozen=True)
class LineTelling:
    """What all insets of a shot of a line know."""

    take: LineTake
    language: Mapping[str, str]

    @property
    def shot(self) -> Shot:
        """The shot."""
        return self.take.shot

    @property
    def look(self) -> LookPreset:
        """Its look."""
        return self.take.look

    @property
    def floor(self) -> float | None:
        """The floor of the chart."""
        return self.take.scale.floor


@dataclass(frozen=True)
class BallTelling(LineTelling):
    """The network where the first ball of a shot stands."""

    courses: tuple[ToldCourse, ...] = ()

    @property
    def chronicle(self) -> Chronicle:
        """What the network tells at each step of the ball."""
        [told, *_] = self.take.told
        assert told is not None
        return told

    @property
    def colours(self) -> tuple[str, ...]:
        """The colour of the ball."""
        return (self.take.look.path.colour,)

    @property
    def flag(self) -> str:
        """The colour of the ball, where there are others."""
        return self.take.look.path.colour if len(self.take.told) > 1 else ""

    def places(self, time: float) -> tuple[int, ...]:
        """Returns the last whole step of the ball at a time of the shot, seconds."""
        return (self.take.step(time)[0],)


@dataclass(frozen=True)
class TrainingTelling(LineTelling):
    """The training of a line's run, by its logged steps."""

    flag = ""
    colours = ("",)  # that of words: those of paths are of balls

    @property
    def chronicle(self) -> Chronicle:
        """What the run tells of its logged steps."""
        assert self.take.training is not None
        return self.take.training

    @property
    def courses(self) -> tuple[ToldCourse, ...]:
        """The training, with loss and accuracy on the line's own examples."""
        told = self.chronicle
        steps, loss, accuracy = (np.asarray(values, float) for values in (told.steps, told.loss, told.accuracy))
        return (ToldCourse(steps, np.where(np.isfinite(loss), loss, np.nan), accuracy),)

    def places(self, time: float) -> tuple[int, ...]:
        """Returns no step: a shot of a line shows none of the training."""
        return ()


def line_tellings(take: LineTake, language: Mapping[str, str]) -> list[tuple[InsetSettings, Told]]:
    """Returns the insets of a shot of a line with what they tell of."""
    return [
        (inset, TrainingTelling(take, language) if isinstance(inset, CurvesInset) else BallTelling(take, language))
        for inset in take.shot.insets
    ]
