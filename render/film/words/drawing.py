"""How surfaces are drawn in a take, as far as a caption or a notice has to tell it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from render.landscape.rolling import Rolled
from render.scene.look import Look
from render.scene.relief import LogStep, ReliefStep
from render.stage.body.relief import Levelled


@dataclass(frozen=True)
class Drawing:
    """The steps from loss to height, what they level, and where the paths are."""

    steps: tuple[ReliefStep, ...]
    reason: str = ""  # why these steps, where the scene left them open
    levelled: tuple[Levelled, ...] = ()  # of each surface
    leaves: bool = False  # whether a path goes beyond the terrain, or over a hole of it
    absent: bool = False  # whether no path comes over the terrain anywhere
    read: bool = False  # whether the loss of a path is the surface's under it, since its file gives none
    laid: bool = False  # whether a path that was to be at its own loss is laid on the surface, for want of one
    curved: int = 0  # logged points of the path whose curve through them is seen to be one; 0 where none is
    farthest: tuple[float, ...] = ()  # of each path from the plane, in units of the weights; 0 where unknown
    steepest: float = 0.0  # slope of the longest arrow, loss / unit of α and β; 0 where there are none
    drops: bool = False  # whether any are drawn
    corners: tuple[float, ...] = ()  # that are cut off, along their sides, picture widths
    refined: int = 1  # cells drawn along an axis for each that was measured

    rolled: tuple[Rolled, ...] = ()  # many descents, over each surface that has them
    line: str = ""  # that the terrain has unfolded out of, in words

    @staticmethod
    def asked(look: Look) -> Drawing:
        """Returns what a look alone tells of a surface that is measured."""
        return Drawing(tuple(look.steps))


def corner_words(corners: Sequence[float]) -> str:
    """Returns what is to be said of corners that are cut off, or ""."""
    return f"near corner cut off by {' | '.join(f'{size:g}' for size in dict.fromkeys(corners))}" if corners else ""


def levelled_words(levelled: Sequence[Levelled], steps: Sequence[ReliefStep]) -> str:
    """Returns what is to be said of surfaces of which a relief levels much at one height, of each in turn, or ""."""
    if not any(part.is_much for part in levelled):
        return ""
    floor = next((step.log.floor for step in steps if isinstance(step, LogStep)), None)
    return " | ".join(dict.fromkeys(_levelled(part, floor) for part in levelled))


def _levelled(part: Levelled, floor: float | None) -> str:
    below = [f"{_percent(part.low)} of the cells level at the floor of {floor:g}"] if part.low > 0 else []
    above = [f"{_percent(part.high)} of the cells level at the top"] if part.high > 0 else []
    return ", ".join([*below, *above]) or "no cell levelled"


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"
