"""The surfaces of a scene, wherever they come from: measured here, or ready in a file."""

from __future__ import annotations

from pathlib import Path

from render.landscape import measure, ready
from render.landscape.landscape import Landscape
from render.progress import Reporter
from render.sampling.survey import Means
from render.scene.existing import ReadySurface
from render.scene.spec import Scene


def key_of(scene: Scene, name: str) -> str:
    """Returns the key of a scene's surface, without measuring anything."""
    surface = scene.surfaces[name]
    return ready.key_of(surface) if isinstance(surface, ReadySurface) else measure.key_of(scene, name)


def is_done(scene: Scene, name: str, output: Path) -> bool:
    """Whether a scene's surface and its paths are on disk, whole."""
    return name not in scene.measured or measure.is_done(scene, name, output)


def obtain(scene: Scene, name: str, output: Path, reporter: Reporter, means: Means | None = None) -> Landscape:
    """Returns a scene's surface, reading it or measuring what is missing of it; a damaged one is mended.

    means: processes, a cluster, or a share of the tiles, after which MachineError tells what is left.
    """
    surface = scene.surfaces[name]
    if isinstance(surface, ReadySurface):
        return ready.load(surface)
    return measure.obtain(scene, name, output, reporter, means)
