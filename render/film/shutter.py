"""The shutter: what falls on the film while it is open, so that what moves is blurred.

A frame is exposed at so many moments that nothing moves far between two of them; the exposures are averaged in linear
light, before bloom, grain and the codes of the file. The shutter opens at the frame's own time, so that no frame looks
beyond its shot and a loop has no seam.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from render.film.take import Take
from render.scene.output import Film, Still
from render.stage.body import mesh
from render.stage.lens.lens import PLANES, Exposure
from render.stage.stage import Stage

STILL_FRAME = 1 / 24  # seconds of a frame, where a still shows one
APART = 1.25  # pixels that anything moves at most between two exposures
MOST = 24  # exposures of a frame
LATTICE = 9  # places along a side of the terrain whose move is looked at


def opening_of(take: Take, output: Film | Still) -> float:
    """Returns the seconds for which the shutter of a shot is open in a picture of an output."""
    frame = 1 / float(output.fps) if isinstance(output, Film) else STILL_FRAME
    return take.shot.camera.blur * frame


def exposed(take: Take, stages: Sequence[Stage], time: float, opening: float) -> list[Exposure]:
    """Returns what falls on the film of each picture side by side while the shutter is open from a time of a shot."""
    times = moments(take, time, opening, stages[0].size)
    return [
        _averaged([_exposed(take, stage, shown, each) for each in times])
        for shown, stage in zip(take.pictures, stages, strict=True)
    ]


def _exposed(take: Take, stage: Stage, shown: Sequence[int], time: float) -> Exposure:
    now = take.now(time)
    now.dress(stage, shown)
    panels = [now.panels[number] for number in shown]
    stage.show_paths([now.trails(each, time) for each in panels], [now.strands(each, time) for each in panels])
    return stage.expose(now.view(time))


def moments(take: Take, time: float, opening: float, size: tuple[int, int]) -> list[float]:
    """Returns the times of a shot at which a frame is exposed, evenly while the shutter is open."""
    if not opening:
        return [time]
    count = min(MOST, 1 + math.floor(_moved(take, time, time + opening, size) / APART))
    return [time + opening * (number + 0.5) / count for number in range(count)] if count > 1 else [time]


def _moved(take: Take, begin: float, end: float, size: tuple[int, int]) -> float:
    """Returns how far anything in sight moves on the picture between two times, pixels."""
    places = [_looked_at(take, each) for each in (begin, end)]
    before, after = (take.view(each).project(points) for each, points in zip((begin, end), places, strict=True))
    width, height = size
    seen = (before[:, 2] > 0.02) & (after[:, 2] > 0.02)
    near = [(np.abs(each[:, 0]) < width / height) & (np.abs(each[:, 1]) < 1) for each in (before, after)]
    seen &= near[0] | near[1]
    ways = np.linalg.norm(after[seen, :2] - before[seen, :2], axis=1)
    return float(ways.max(initial=0.0)) * height / 2


def _looked_at(take: Take, time: float) -> np.ndarray:
    """Returns points (N, 3) of the terrains, and the heads of the paths at a time of the shot."""
    parts, take = [], take.now(time)
    for panel, away in zip(take.panels, take.placements, strict=True):
        side = np.linspace(-0.5, 0.5, LATTICE)
        x, y = (axis.ravel() for axis in np.meshgrid(side, side * panel.relief.depth))
        heads = [walk.descent.at(np.array([walk.head(take.progress(time))])) for walk in panel.walks]
        ground = np.column_stack([x, y, mesh.height_at(panel.relief, x, y)])
        parts.append(np.concatenate([ground, *(heads if take.shot.path.show else [])]) + away)
    return np.concatenate(parts)


def _averaged(exposures: Sequence[Exposure]) -> Exposure:
    """Returns the mean of exposures."""
    if len(exposures) == 1:
        return exposures[0]
    planes: dict[str, Any] = {name: torch.stack([getattr(each, name) for each in exposures]).mean(0) for name in PLANES}
    soft = [each.defocus for each in exposures if each.defocus is not None]
    return replace(exposures[0], **planes, defocus=torch.stack(soft).mean(0) if soft else None)
