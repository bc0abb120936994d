"""The finest surfaces on disk: a lower quality draws what is measured already, instead of a coarser terrain of its own.

A coarser surface of a shorter training looks another, so a composition that was found on it would not hold.
"""

from __future__ import annotations

from pathlib import Path

from render.errors import DataError
from render.landscape import measure
from render.scene.quality import QUALITIES, apply_quality
from render.scene.spec import Scene


def finest(whole: Scene, quality: str, output: Path) -> tuple[Scene, list[str]]:
    """Returns a whole scene within the limits of a quality, but with every surface as fine as it is whole on disk.

    The runs of such a surface are those that it was measured with. Also returns the names of these surfaces.
    """
    asked = apply_quality(whole, quality)
    runs, surfaces, taken = dict(asked.runs), dict(asked.surfaces), []
    finer = [other for other in reversed(QUALITIES) if QUALITIES.index(other) > QUALITIES.index(quality)]
    for name in asked.measured:
        found = _first_whole([apply_quality(whole, other) for other in finer], asked, name, output)
        if found is not None:
            surfaces[name] = found.surfaces[name]
            runs |= {run: found.runs[run] for run in measure.runs_of(found.measured[name])}
            taken.append(name)
    return asked.model_copy(update={"runs": runs, "surfaces": surfaces}), taken


def _first_whole(candidates: list[Scene], asked: Scene, name: str, output: Path) -> Scene | None:
    """Returns the first of scenes whose surface of a name is another than asked, and on disk whole."""
    for scene in candidates:
        try:
            differs = measure.key_of(scene, name) != measure.key_of(asked, name)
            if differs and measure.is_done(scene, name, output):
                return scene
        except DataError:  # without the data or an imported run there is no key, which is told where they are needed
            return None
    return None
