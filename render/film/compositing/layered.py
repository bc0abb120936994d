"""A film's frames in layers: the light of each before the lens, with all that it is made of.

Sub-pixels are those of the frames, so that an edge of a matte is an edge of the frame.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace

import numpy as np

from render.film.canvas import Canvas
from render.film.prints.passing import Tray
from render.film.prints.press import in_linear_light
from render.film.shooting import Shooting, supersampling
from render.film.shutter import moments, opening_of
from render.film.take import Take
from render.film.timeline import Slice
from render.stage.lens.tiles import CanvasBox, CanvasTile, tile_size, tiles
from render.stage.stage import Stage

MOST_SIDE = 2048  # pixels along a side that are drawn at once, whose samples all have their parts in memory
MARGIN = 8  # pixels around a part of a larger picture, for what looks at its neighbours

Planes = dict[str, np.ndarray]  # (C, H, W) float32 each, as stage/lens/layers.py names them


@dataclass(frozen=True)
class LayerCamera:
    """Takes what the pictures of a film are made of; it holds windows of the graphics library."""

    shooting: Shooting
    _takes: dict[int, Take] = field(default_factory=dict)
    _stages: dict[int, list[Stage]] = field(default_factory=dict)

    def take(self, shot: int) -> Take:
        """Returns a shot whose pictures are light and not what a screen shows of it."""
        if shot not in self._takes:
            self._takes[shot] = in_light(self.shooting.take(shot))
        return self._takes[shot]

    def areas(self, shot: int) -> list[CanvasBox]:
        """Returns what each of the pictures side by side of a shot covers."""
        return Canvas(*self.shooting.output.size, len(self.take(shot).pictures)).panels

    @property
    def bodies(self) -> list[str]:
        """The names of all surfaces of the film, each once."""
        shots = self.shooting.timeline.shots
        return list(dict.fromkeys(name for shot in shots for name in self.shooting.scene.shots[shot].surfaces))

    def planes(self, place: Slice) -> Planes:
        """Returns the planes of a slice; while its shutter is open, their mean."""
        self.leave([place.shot])
        take, stages = self.take(place.shot), self._stages_of(place.shot)
        opening = opening_of(take.now(place.time), self.shooting.output)
        times = moments(take, place.time, opening, stages[0].picture_size)
        found = self._at(place.shot, times[0])
        for time in times[1:]:
            for name, plane in self._at(place.shot, time).items():
                found[name] += plane
        return {name: plane / len(times) for name, plane in found.items()} if times[1:] else found

    def _at(self, shot: int, time: float) -> Planes:
        tray = Tray(self.shooting.output.size)
        now = self.take(shot).now(time)
        for shown, area, stage in zip(now.pictures, self.areas(shot), self._stages_of(shot), strict=True):
            now.dress(stage, shown)
            panels = [now.panels[number] for number in shown]
            stage.show_paths([now.trails(each, time) for each in panels], [now.strands(each, time) for each in panels])
            for tile in parts_of(area):
                tray.put(tile, stage.expose(now.view(time), tile.drawn.crop(area), layered=True))
        return tray.planes

    def _stages_of(self, shot: int) -> list[Stage]:
        if shot not in self._stages:
            take, factor = self.take(shot), supersampling(self.shooting.output)
            self._stages[shot] = [
                take.stage(shown, parts_of(area)[0].drawn.size, factor, area.height)
                for shown, area in zip(take.pictures, self.areas(shot), strict=True)
            ]
        return self._stages[shot]

    def leave(self, others: Collection[int] = ()) -> None:
        """Gives back the stages of all shots but some."""
        for shot in self._stages.keys() - set(others):
            for stage in self._stages.pop(shot):
                stage.close()


def parts_of(area: CanvasBox) -> list[CanvasTile]:
    """Returns the parts in which a picture is drawn: one, where it is not larger than can be drawn at once."""
    if max(area.size) <= MOST_SIDE:
        return [CanvasTile(area, area)]
    assert max(tile_size(area, MOST_SIDE, MARGIN)) <= MOST_SIDE
    return list(tiles(area, MOST_SIDE, MARGIN))


def in_light(take: Take) -> Take:
    """Returns a take in linear light, at all of its times."""
    then = take.then
    lit = None if then is None else lambda time: in_light(then(time))
    return replace(in_linear_light(take), then=lit, _held={})
