"""Remarks: what somebody who draws a surface should know of it, said once where it is drawn or checked."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from render.film.panel import Panel
from render.film.preparing import prepare
from render.film.take import Take
from render.film.words.drawing import corner_words, levelled_words
from render.film.words.rolled import rolled_remarks
from render.landscape import ready
from render.scene.existing import ReadySurface
from render.scene.shot import taken_up
from render.scene.spec import Scene

WIDE = 16 / 9  # picture, where none is asked for


def remarks(take: Take) -> Iterator[str]:
    """Gives what there is to say of the surfaces of a take, each a sentence."""
    for name, panel in zip(take.shot.surfaces, take.panels, strict=True):
        for sentence in (*_of_body(take, panel), *_paths(take, panel), *rolled_remarks(panel)):
            yield f"surface {name}: {sentence}"


def remarks_on_ready(scene: Scene) -> list[str]:
    """Returns what can be said of a scene's shots before anything is measured: of those whose surfaces are in files.

    Raises DataError where such a file cannot be read.
    """
    said: dict[str, None] = {}
    for index in range(len(scene.shots)):
        shot = taken_up(scene.shots, index)
        settings = [scene.shown[name] for name in shot.surfaces]
        if all(isinstance(each, ReadySurface) for each in settings):
            landscapes = [ready.load(each) for each in settings if isinstance(each, ReadySurface)]
            said |= dict.fromkeys(remarks(prepare(shot, scene.look, landscapes, WIDE)))
    return list(said)


def _of_body(take: Take, panel: Panel) -> Iterator[str]:
    yield from (*_levelled(take, panel), *_corner(panel), *_resampled(panel))


def _levelled(take: Take, panel: Panel) -> Iterator[str]:
    words = levelled_words([panel.relief.levelled], take.steps.steps)
    if words:
        yield f"its relief draws {words}; leave log out of look.relief, or lower its floor, or clip less"


def _corner(panel: Panel) -> Iterator[str]:
    if panel.relief.corner:
        yield f"its {corner_words([panel.relief.corner.size])} of the width; look.walls.corner=0 leaves it whole"


def _resampled(panel: Panel) -> Iterator[str]:
    found = panel.landscape.record.get("resampled")
    if found:
        was, now = (" × ".join(f"{count:,}" for count in found[key]) for key in ("from", "to"))
        yield f"its steps are uneven; it is drawn on {now} even ones, interpolated between the {was} that are given"


def _paths(take: Take, panel: Panel) -> Iterator[str]:
    if not take.shot.path.show:
        return
    for walk in panel.walks:
        count = len(walk.path)
        if walk.is_absent:
            yield "its path lies beyond the terrain and is not drawn; give a surface that reaches to it"
        elif walk.away:
            yield f"{walk.away:,} of the {count:,} points of its path lie beyond the terrain, where it is not drawn"
        if take.look.path.distance != "none" and not np.isfinite(walk.path.distance).any():
            yield "how far its path lies from the plane is not known, so that look.path.distance shows nothing"
        if take.look.path.drops and panel.reads_losses:
            yield "its file gives no loss of the path that drops could lead to; give path_loss beside path_alpha"
        if walk.laid:
            yield "its file gives no loss of the path, which is laid on the surface; give path_loss beside path_alpha"
