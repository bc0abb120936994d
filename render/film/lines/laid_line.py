"""The laid line: a line on the terrain that it has unfolded into, with the ways that balls have gone on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from render.film.lines.line_cut import LineCut
from render.film.lines.line_take import LineTake
from render.film.words.caption import ends_words
from render.stage.body.relief import Relief
from render.stage.marks.strands import Strands, strand_ways
from render.stage.shading.uniforms import MOST_PATHS

WAY = 1.2  # width of the ways on the line / that of a path's line
ALL = MOST_PATHS - 1  # ink of the line itself


@dataclass(frozen=True)
class LaidLine:
    """A line on a terrain, as it is drawn and told."""

    strands: Strands
    words: str


def laid_on(relief: Relief, line: LineTake, cut: LineCut) -> LaidLine:
    """Returns a line on a relief, and on it the balls where they have come to rest, each with its way."""
    alphas = line.alphas
    ways, inks = [], []
    for ball, places in enumerate(line.balls.alpha if line.balls else ()):
        been = places[np.isfinite(places)]
        if len(been) and alphas[0] <= been[-1] <= alphas[-1]:
            ways.append(been.clip(alphas[0], alphas[-1]))
            inks.append(ball % ALL)
    rest = _rest_of(float(alphas[0]), float(alphas[-1]), ways)
    ways, inks = [*rest, *ways], [ALL] * len(rest) + inks
    steps = max(map(len, ways))
    padded = np.stack([np.append(way, np.full(steps - len(way), way[-1])) for way in ways], axis=1)  # (S, N)
    shares = (padded - alphas[0]) / np.ptp(alphas)
    places = (cut.start + shares[..., None] * (cut.end - cut.start)) / (1.0, relief.depth)
    ended = np.array([len(way) - 1 for way in ways])
    drawn = replace(strand_ways(relief, places, ended, np.array(inks), WAY).until(float(steps)), bare=ALL)
    said = f"on it the line {line.landscape.record['line']['words']}, α {ends_words(*line.landscape.record['alpha'])}"
    return LaidLine(drawn, f"{said}, and where its balls went" if len(ways) > len(rest) else said)


def _rest_of(low: float, high: float, ways: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Returns the stretches (2,) of a line that no way on it goes over."""
    stretches, begin = [], low
    for first, last in sorted((float(way.min()), float(way.max())) for way in ways):
        if first > begin:
            stretches.append(np.array([begin, first]))
        begin = max(begin, last)
    return [*stretches, np.array([begin, high])] if high > begin else stretches
