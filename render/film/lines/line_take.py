"""A line take: one shot of a line made ready, so that every moment of it is a place of each ball."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from render.errors import DataError
from render.film.easing import smooth
from render.film.lines.line_cut import LineCut
from render.landscape.balls import Balls
from render.landscape.chronicle import Chronicle
from render.landscape.landscape import Landscape
from render.scene import look as looks
from render.scene import relief as reliefs
from render.scene.shot import Shot
from render.scene.told_on_lines import ball_name, training_name
from render.stage.body.relief import Scale

LEAD = 0.6  # seconds before the first step, an eighth of the shot at most
STRIDE = 0.3  # seconds; a step that takes longer waits before it goes, so that its tangent is seen
WAIT = 0.45  # share of such a step, in which the ball stands


@dataclass(frozen=True)
class LineTake:
    """Everything about a shot of a line that does not change while it runs."""

    shot: Shot
    look: looks.LookPreset
    landscape: Landscape
    balls: Balls | None
    scale: Scale  # from a loss to its level, 0 at the lowest of the line, or of the terrain that it unfolds into
    start: float = 0.0  # of the shot on the scene's clock, seconds
    cut: LineCut | None = None  # where it lies on the terrain that it unfolds into
    training: Chronicle | None = None  # what its run tells of its logged steps, where an inset asks for that
    told: tuple[Chronicle | None, ...] = ()  # what the network tells where each ball stands after each of its steps

    @cached_property
    def alphas(self) -> np.ndarray:
        """The places of the points (n,)."""
        return self.landscape.surface.grid.alphas

    @cached_property
    def loss(self) -> np.ndarray:
        """The measured losses (n,), NaN where they are not finite."""
        found = self.landscape.surface.loss.astype(np.float64)
        return np.where(np.isfinite(found), found, np.nan)

    @property
    def levels(self) -> np.ndarray:
        """The levels (n,) among which the palette is dealt out."""
        return self.cut.levels if self.cut else self.scale.level(self.loss[np.isfinite(self.loss)])

    def cut_from(self, cut: LineCut) -> LineTake:
        """Returns it as a cut through a terrain."""
        return replace(self, scale=cut.scale, cut=cut)

    @property
    def accuracy(self) -> np.ndarray | None:
        """The measured accuracies (n,) in 0..1, where the shot asks for them."""
        return self.landscape.surface.accuracy.astype(np.float64) if self.shot.accuracy else None

    def loss_at(self, alphas: np.ndarray) -> np.ndarray:
        """Returns the loss at places of the line, linear between its points; NaN beyond them."""
        return np.interp(alphas, self.alphas, self.loss, np.nan, np.nan)

    def step(self, time: float) -> tuple[int, float]:
        """Returns the last whole step at a time of the shot, seconds, and how much of the next is gone."""
        steps = self.balls.steps if self.balls else 0
        share = min(1.0, max(0.0, (time - self._lead) / self._rolling))
        asked = self.shot.ball
        gone = float(np.expm1(share * np.log1p(steps))) if asked and asked.pace == "log" else share * steps
        whole = min(int(gone + 1e-9), steps)
        part = max(0.0, gone - whole)
        if self.waits:
            part = float(smooth((part - WAIT) / (1 - WAIT)))
        return whole, part

    @property
    def _lead(self) -> float:
        """Seconds before the first step."""
        return min(LEAD, self.shot.duration / 8)

    @property
    def _rolling(self) -> float:
        """Seconds that all steps take."""
        return max(1e-9, self.shot.duration - self.shot.hold - self._lead)

    @property
    def waits(self) -> bool:
        """Whether the balls stand a while before each step."""
        even = self.shot.ball is not None and self.shot.ball.pace == "steps"
        return even and self.balls is not None and self._rolling / max(1, self.balls.steps) >= STRIDE

    def places(self, time: float) -> np.ndarray:
        """Returns where the balls are on the line at a time of the shot, (K,); NaN for one that is lost."""
        return np.zeros(0) if self.balls is None else self._between(self.balls.alpha, time)

    def rises(self, time: float) -> np.ndarray:
        """Returns the slopes over α at the balls at a time of the shot, (K,)."""
        return np.zeros(0) if self.balls is None else self._between(self.balls.rise, time)

    def _between(self, values: np.ndarray, time: float) -> np.ndarray:
        """Returns values (K, S + 1) of steps at a time of the shot, evenly between two."""
        whole, part = self.step(time)
        here, there = (values[:, min(step, values.shape[1] - 1)] for step in (whole, whole + 1))
        return here + part * (there - here) if part else here

    @property
    def records(self) -> dict[str, Any]:
        """What a finished file says of its line and of the balls on it."""
        told: dict[str, Any] = dict(self.landscape.record)
        if self.balls is not None and self.shot.ball is not None:
            ends = {"ends": self.balls.alpha[:, -1].tolist(), "losses": self.balls.loss[:, -1].tolist()}
            told["balls"] = {**self.shot.ball.model_dump(mode="json"), **ends}
        return {self.shot.line_name: told}

    def remarks(self) -> list[str]:
        """Returns what there is to say of the line, each a sentence."""
        name, found = self.shot.line, []
        lost = int(np.isnan(self.loss).sum())
        if lost:
            found.append(f"line {name}: {lost:,} of its {len(self.loss):,} points diverged and are not drawn")
        if self.balls is not None:
            beyond = (self.balls.alpha < self.alphas[0]) | (self.balls.alpha > self.alphas[-1])
            if beyond.any():
                out = int(beyond.any(axis=1).sum())
                found.append(f"line {name}: {out} of {len(beyond)} balls go beyond its range, where they are not drawn")
            if np.isnan(self.balls.alpha).any():
                found.append(f"line {name}: a ball is lost where the loss is not finite; take a smaller lr")
        return found


def prepare_line(shot: Shot, look: looks.Look, shown: Mapping[str, Any]) -> LineTake:
    """Returns the take of a shot of a line, from all that pictures show by name."""
    landscape, balls = shown[shot.line_name], shown.get(shot.balls_name)
    accuracy = landscape.surface.accuracy
    if shot.accuracy and not np.isfinite(accuracy).any():
        raise DataError(f"line {shot.line}: its data have no classes, so there is no accuracy; leave accuracy out")
    asked = len(shot.ball.starts) if shot.ball else 0
    told = tuple(shown.get(ball_name(shot, ball)) for ball in range(asked))
    training = shown.get(training_name(str(shot.line)))
    scale = scale_of(landscape.surface.loss, look)
    return LineTake(shot, look.resolved, landscape, balls, scale, training=training, told=told)


def scale_of(loss: np.ndarray, look: looks.Look) -> Scale:
    """Returns the scale of a line: linear, but logarithmic from a floor, or clipped, where the look's relief is."""
    finite = loss[np.isfinite(loss)].astype(np.float64)
    if not finite.size:
        raise DataError("line: every point of it diverged; choose a smaller range")
    steps = look.relief or []
    floor = next((step.log.floor for step in steps if isinstance(step, reliefs.LogStep)), None)
    clips = [step.clip.percentile for step in steps if isinstance(step, reliefs.ClipStep)]
    ends = np.array([finite.min(), np.percentile(finite, min(clips)) if clips else finite.max()])
    low, high = np.log(np.maximum(ends, floor)) if floor is not None else ends
    return Scale(floor, float(low), float(max(high, low + 1e-9)))
