"""Runs and surfaces of scenes as tests make them and look at them: by the one way in which results are kept."""

from __future__ import annotations

from pathlib import Path

from render.descent.run import AnyRun
from render.landscape.landscape import Landscape
from render.landscape.series import Series
from render.progress import Reporter
from render.scene import spec
from render.scene.existing import ImportedRunSettings
from render.scene.spec import Scene
from render.works.bench import Bench
from render.works.order import Order
from render.works.run_work import run_work
from render.works.series_work import shown_work
from render.works.surface_work import ReadyWork, SurfaceWork, surface_work


def kept_run(
    settings: spec.RunSettings | ImportedRunSettings, seed: int, output: Path, reporter: Reporter | None = None
) -> AnyRun:
    """Returns a run from disk, or trains it."""
    return Bench(reporter or Reporter.silent()).obtain(run_work("main", settings, seed, output))


def found_run(settings: spec.RunSettings | ImportedRunSettings, seed: int, output: Path) -> AnyRun | None:
    """Returns a run that is on disk, whole, or None."""
    return Bench(Reporter.silent()).find(run_work("main", settings, seed, output))


def surface_asked(scene: Scene, output: Path, name: str = "main") -> SurfaceWork | ReadyWork:
    """Returns a surface of a scene as a work."""
    return surface_work(Order(scene, "final", output), name)


def kept_surface(scene: Scene, output: Path, reporter: Reporter | None = None, name: str = "main") -> Landscape:
    """Returns a surface of a scene from disk, or measures it."""
    return Bench(reporter or Reporter.silent()).obtain(surface_asked(scene, output, name))


def kept_shown(scene: Scene, output: Path, name: str) -> Landscape | Series:
    """Returns what a shot of a scene names from disk, or measures it: a surface, or all those of a series."""
    return Bench(Reporter.silent()).obtain(shown_work(Order(scene, "final", output), name))


def is_measured(scene: Scene, output: Path, name: str = "main") -> bool:
    """Whether a surface of a scene is on disk, whole."""
    return Bench(Reporter.silent()).find(surface_asked(scene, output, name)) is not None
