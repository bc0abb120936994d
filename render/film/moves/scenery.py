"""The scenery: what a camera has to show, and what a move is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from render.film.moves.clearance import Clearance
from render.scene import look as looks
from render.stage import camera, framing
from render.stage.body.relief import Relief
from render.stage.camera import Frame, View
from render.stage.framing import Choice, Stand, Subject
from render.stage.marks.trail import Descent
from render.stage.placing import MOST_IN_A_ROW, placements

DEEP = 10.0  # picture widths that a solid wall is seen down, until it ends
NEARLY = 0.04  # picture widths of the way to its end, from which on a path has arrived
MOMENTS = 49  # of a shot, at which its path is looked at
WHOLE = ((-0.5, 0.5), (-0.5, 0.5))

Move = Callable[[float], View]  # from the share of a shot's duration


@dataclass(frozen=True)
class Scenery:
    """What a camera has to show."""

    reliefs: tuple[Relief, ...]  # seen alike by one camera; the first leads
    descents: tuple[tuple[Descent, ...], ...]  # the paths on each of them
    head: Callable[[float], float]  # place in the first path's trajectory, from the share of the shot
    duration: float  # seconds
    look: looks.LookPreset
    frame: Frame
    together: bool = False  # on one floor in one picture, instead of each in a picture of its own
    extents: tuple[tuple[float, float], tuple[float, float]] = WHOLE  # of α and of β on the leading relief
    seed: int = 0  # of a camera's unrest

    @property
    def relief(self) -> Relief:
        """The leading relief."""
        return self.reliefs[0]

    @property
    def descent(self) -> Descent | None:
        """The first path, which rides follow."""
        return next((descent for descents in self.descents for descent in descents), None)

    @cached_property
    def subjects(self) -> list[Subject]:
        """What is to be seen and lit of each relief."""
        return [
            Subject(relief, _shown(descents), self.look.body)
            for relief, descents in zip(self.reliefs, self.descents, strict=True)
        ]

    @cached_property
    def clearance(self) -> Clearance:
        """The heights over the leading relief that no camera goes below."""
        return Clearance.over(self.relief, self.look.body, -self.look.walls.thickness)

    @cached_property
    def arrival(self) -> float:
        """The share of the shot at which the head of the first path has all but come to its last place in the shot."""
        if self.descent is None or len(self.descent.points) < 2:
            return 1.0
        shares = np.linspace(0, 1, MOMENTS)
        walked = np.interp([self.head(share) for share in shares], self.descent.index, self.descent.walked)
        return float(shares[int(np.argmax(walked >= walked[-1] - NEARLY))])

    def stand(self, azimuth: float | str, elevation: float | str, choice: Choice) -> Stand:
        """Returns where a camera stands in the middle of a move; what is auto is chosen for what it then shows."""
        if azimuth != "auto" and elevation != "auto":
            return Stand(float(azimuth), float(elevation))
        turn, height = (None if asked == "auto" else float(asked) for asked in (azimuth, elevation))
        asked = Choice(turn, height, choice.sweep, choice.angle, choice.last, choice.at)
        return framing.best(self.subjects, list(self._hulls), self._frame_of_one, asked)

    @property
    def _frame_of_one(self) -> Frame:
        """The room of each relief, where they share a picture."""
        count = len(self.reliefs) if self.together else 1
        return self.frame if count == 1 else framing.frame_of(self.frame.aspect / min(count, MOST_IN_A_ROW))

    def placements(self, azimuth: float) -> tuple[np.ndarray, ...]:
        """Returns the offsets (3,) of the reliefs for a camera that stands at an azimuth in the middle of its move."""
        if not self.together or len(self.reliefs) < 2:
            return tuple(np.zeros(3) for _ in self.reliefs)
        return placements(list(self._hulls), azimuth, self.frame.aspect)

    def middle(self, azimuth: float) -> np.ndarray:
        """Returns the point (3,) that a camera looks at: above the middle of what is drawn."""
        points = self.hull(azimuth)[:, :2] if self.together else self._hulls[0][:, :2]
        return np.array([*(points.min(0) + points.max(0)) / 2, 0.4 * self.relief.exaggeration])

    def hull(self, azimuth: float) -> np.ndarray:
        """Returns points (N, 3) that bound everything drawn, for a camera at an azimuth in the middle of its move."""
        offsets = self.placements(azimuth)
        return np.concatenate([hull + away for hull, away in zip(self._hulls, offsets, strict=True)])

    @cached_property
    def _hulls(self) -> tuple[np.ndarray, ...]:
        walls = self.look.walls
        seen = (walls.fade or DEEP) if self.look.body in ("block", "disc") else 0.0
        return tuple(camera.hull(relief, self.look.body, -walls.thickness, seen) for relief in self.reliefs)


def _shown(descents: Sequence[Descent]) -> tuple[np.ndarray, ...]:
    """Returns what is shown of paths, (T, 3) each; none of one that is not."""
    parts = (descent.points[descent.shown] for descent in descents)
    return tuple(part for part in parts if len(part) > 1)
