"""The score: what a descent sounds like at every moment of a film: the level of its loss, how rough its ground is.

The level is that which the relief draws, 0 at the lowest loss and 1 at the highest. Roughness is the curvature of the
surface along the path: the second derivative of its drawn height by the way on the plane.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from render.film.lines.line_take import LineTake
from render.film.panel import Panel, Walk
from render.film.take import Take
from render.film.timeline import Timeline
from render.stage.body.mesh import height_at

RATE = 100  # moments a second
EVEN = 0.002  # picture widths between the places at which curvature is taken
CALM = 3.0  # of those places, over which it is smoothed
STRONGEST = 95.0  # percentile of all curvatures that is full roughness


@dataclass(frozen=True)
class Voice:
    """One path of a film as it is heard."""

    level: np.ndarray  # (N,) 0 to 1, the drawn level of its loss; NaN where it is silent
    rough: np.ndarray  # (N,) curvature, 1 / picture width, at least 0
    pace: np.ndarray  # (N,) 0 at rest, 1 at its fastest


def voices(takes: Sequence[Take | LineTake], timeline: Timeline) -> list[Voice]:
    """Returns the voices of a film, as many as its shot of most paths has; RATE moments a second."""
    moments = np.arange(round(timeline.total * RATE)) / RATE
    places = [timeline.locate(float(moment)) for moment in moments]
    walking = {shot: take for shot, take in zip(timeline.shots, takes, strict=True) if isinstance(take, Take)}
    count = max((len(_walks(take)) for take in walking.values()), default=0)
    found = [Voice(*(np.full(len(moments), fill) for fill in (np.nan, 0.0, 0.0))) for _ in range(count)]
    for shot, take in walking.items():
        own = np.array([number for number, place in enumerate(places) if place.shot == shot], int)
        progress = np.array([take.progress(places[number].time) for number in own])
        for voice, (panel, walk) in zip(found, _walks(take), strict=False):
            heads = np.array([walk.head(share) for share in progress])
            voice.level[own] = _levels(panel, walk, heads)
            voice.rough[own] = _curvatures(panel, walk, heads)
            speed = np.abs(np.gradient(progress)) if len(progress) > 1 else np.zeros(len(progress))
            voice.pace[own] = speed / max(float(speed.max(initial=0.0)), 1e-12)
    after = np.array([timeline.after(float(moment)) > 0 for moment in moments], bool)
    for voice in found:
        voice.level[after] = np.nan
    return found


def _walks(take: Take) -> list[tuple[Panel, Walk]]:
    return [(panel, walk) for panel in take.panels for walk in panel.walks]


def _levels(panel: Panel, walk: Walk, heads: np.ndarray) -> np.ndarray:
    losses = np.asarray(walk.path.true_loss, float)
    levels = np.asarray(panel.relief.scale.level(losses), float)
    return np.clip(np.interp(heads, np.arange(len(levels)), np.where(np.isfinite(losses), levels, np.nan)), 0, 1)


def _curvatures(panel: Panel, walk: Walk, heads: np.ndarray) -> np.ndarray:
    """Returns how sharply the surface bends under the heads along a path, 1 / picture width."""
    descent = walk.descent
    flat, index = descent.points[:, :2], np.asarray(descent.index, float)
    way = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(flat, axis=0), axis=1))])
    if not way[-1] > 4 * EVEN:
        return np.zeros(len(heads))
    even = np.linspace(0.0, way[-1], max(8, round(way[-1] / EVEN)))
    x, y = (np.interp(even, way, flat[:, axis]) for axis in (0, 1))
    height = gaussian_filter1d(height_at(panel.relief, x, y), CALM)
    bend = np.abs(np.gradient(np.gradient(height, even), even))
    return np.asarray(np.interp(np.interp(heads, index, way), even, bend))
