"""Passing: the passes of a still or a print, as one EXR of many layers beside it, for programs that put it together.

What is written is the light before the lens: no halo, no depth of field, no grain and no words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from render.errors import UsageError
from render.film.prints.exposing import areas_of, expose
from render.film.prints.exr import LAYERS, SUM, Passes, write_passes
from render.film.prints.press import in_linear_light, refined_for
from render.film.shooting import Shooting
from render.film.take import Take, records_of
from render.film.words.wording import caption_of
from render.scene.body import CLEAR
from render.scene.output import Still
from render.scene.printing import Print
from render.stage.lens.lens import Exposure
from render.stage.lens.tiles import CanvasBox, CanvasTile

BUDGET = 6e9  # bytes of passes that are held in memory
MOST_SIDE = 1024  # pixels along a side of a tile, whose samples all have their parts in memory
KEPT_NUMBERS = 3 + 1 + 1 + sum(map(len, LAYERS.values()))  # numbers of a pixel, beside its mattes


@dataclass(frozen=True)
class Tray:
    """Takes tiles in place of a plate, with what they are made of."""

    size: tuple[int, int]  # pixels
    planes: dict[str, np.ndarray] = field(default_factory=dict)  # (C, H, W) float32
    factor: int = 1
    layered: bool = True

    def take_up(self, tile: CanvasTile) -> bool:
        """Whether a tile is there already."""
        return False

    def put(self, tile: CanvasTile, exposure: Exposure) -> None:
        """Lays the pixels that a tile gives onto the planes."""
        assert exposure.layers is not None
        shown = {"picture": exposure.picture, "alpha": exposure.alpha[None], "cover": exposure.cover[None]}
        for name, plane in {**shown, **exposure.layers}.items():
            whole = self.planes.setdefault(name, np.zeros((len(plane), *self.size[::-1]), np.float32))
            whole[(slice(None), *tile.kept.slices)] = plane[(slice(None), *tile.inner)].numpy()

    def forget(self) -> None:
        """Lets nothing go."""


def refuse_beyond_memory(printed: Print, bodies: int) -> None:
    """Raises UsageError where the passes of so many bodies would not fit into memory."""
    width, height = printed.size
    needed = 4 * width * height * (KEPT_NUMBERS + bodies + 2)
    if needed > BUDGET:
        raise UsageError(
            f"--passes: those of {width:,} × {height:,} pixels take {needed / 1e9:,.1f} GB of memory, and "
            f"{BUDGET / 1e9:g} GB are the most; print with fewer --dpi, or leave --passes out"
        )


def draw_passes(shooting: Shooting, printed: Print, target: Path, metadata: bool, refines: bool) -> dict[str, Any]:
    """Writes the passes of a print; returns what their record says of them.

    refines: whether reliefs are made as fine as the print, as they are for one of another size than its still.
    """
    asked = shooting.output
    assert isinstance(asked, Still)
    place = shooting.timeline.locate(asked.at)
    take = in_linear_light(shooting.take(place.shot).fixed(place.time))
    if refines:
        take = refined_for(take, place.time, printed)
    tray = Tray(printed.size)
    expose(tray, take, place.time, printed, shooting.reporter, MOST_SIDE)
    words = caption_of(shooting.scene, take)
    texts = {"Title": shooting.scene.title, "Description": words} if metadata else {}
    passes = passes_of(tray.planes, take, printed)
    write_passes(target, passes, {"Sum": SUM, **texts})
    said = {"passes": list(passes.planes), "sum": SUM, "print": printed.as_dict()}
    return {"size": list(printed.size), "at": asked.at, "caption": words, **said, "surfaces": records_of([take])}


def passes_of(planes: Mapping[str, np.ndarray], take: Take, printed: Print) -> Passes:
    """Returns the passes of a take from the planes (C, H, W) of a print."""
    return composed(planes, take, [canvas for canvas, _ in areas_of(printed, len(take.pictures))])


def composed(planes: Mapping[str, np.ndarray], take: Take, areas: Sequence[CanvasBox]) -> Passes:
    """Returns the passes of a take from planes (C, H, W); areas: what each of its pictures side by side covers."""
    layers = {name: np.moveaxis(planes[name], 0, -1) for name in LAYERS if name != "depth"}
    alpha = planes["alpha"][0] if take.look.background.colour == CLEAR else None
    picture = np.moveaxis(planes["picture"], 0, -1)
    return Passes(picture, alpha, depth=planes["depth"][0], mattes=mattes_of(planes, take, areas), **layers)


def mattes_of(planes: Mapping[str, np.ndarray], take: Take, areas: Sequence[CanvasBox]) -> dict[str, np.ndarray]:
    """Returns the mattes of a take, which together are 1: each body, what is behind them, paths, points of light."""
    mattes = {**_bodies(planes, take, areas), "ground": 1 - planes["cover"][0], "path": planes["matte path"][0]}
    if take.look.body == "points":  # which are light and no surface
        mattes["points"] = np.clip(1 - sum(mattes.values()), 0, 1)
    return mattes


def _bodies(planes: Mapping[str, np.ndarray], take: Take, areas: Sequence[CanvasBox]) -> dict[str, np.ndarray]:
    """Returns the matte of each body, which in pictures side by side is that of its own picture."""
    names = [f"body_{name}" for name in take.shot.surfaces]
    if take.together:
        return {name: planes[f"matte {number}"][0] for number, name in enumerate(names)}
    mattes = {}
    for name, canvas in zip(names, areas, strict=True):
        mattes[name] = np.zeros_like(planes["matte 0"][0])
        mattes[name][canvas.slices] = planes["matte 0"][0][canvas.slices]
    return mattes
