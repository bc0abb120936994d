"""The members of series: the surfaces and runs that a series stands for, as if the scene had them under names.

So a member is measured, kept, shared and mended like any other surface. Its name, such as ride[03] or
widths[width=4], is one that no scene can give.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from render.scene.changed import varied
from render.scene.existing import ImportedRunSettings
from render.scene.hyperparameters import HyperparameterSurface
from render.scene.part import Fault, Location
from render.scene.series import AnyMeasuredSeries, Blend, Epochs, Hyperparameter, Listed, RideAlong, Zoom
from render.scene.surface import SurfaceSettings
from render.scene.windows import windows_of, zoom_faults

if TYPE_CHECKING:
    from render.scene.spec import Scene


@dataclass(frozen=True)
class Expanded:
    """A scene with the members of one of its series among its surfaces and runs."""

    scene: Scene
    stops: dict[str, str]  # what each member is called within the series, by its name in the scene
    runs: tuple[str, ...]  # the names of the runs that it has for them


def expanded(scene: Scene, name: str) -> Expanded:
    """Returns a scene with the members of a series."""
    series = scene.series[name]
    if isinstance(series, Listed):
        return Expanded(scene, {surface: surface for surface in series.surfaces}, ())
    if isinstance(series, Zoom):
        return _zoomed(scene, name, series)
    runs, surfaces, stops = dict(scene.runs), dict(scene.surfaces), {}
    budget = _budget_of_each(scene, series)
    for member in series.members():
        run = f"{series.run}[{member.stop}]" if member.change else series.run
        if member.change:
            runs[run] = _run_of(scene.runs[series.run], *member.change)
        made = f"{name}[{member.stop}]"
        surfaces[made] = member.surface.model_copy(update={"run": run, "budget": budget})
        stops[made] = member.stop
    more = tuple(run for run in runs if run not in scene.runs)
    return Expanded(scene.model_copy(update={"runs": runs, "surfaces": surfaces}), stops, more)


def _zoomed(scene: Scene, name: str, series: Zoom) -> Expanded:
    first = scene.surfaces[series.surface]
    assert isinstance(first, HyperparameterSurface)
    windows = {f"{name}[{number:02d}]": window for number, window in enumerate(windows_of(first, series), 1)}
    stops = {made: f"{series.factor**number:.4g}" for number, made in enumerate(windows)}
    share = scene.budget_of(series.surface)
    surfaces = {made: window.model_copy(update={"budget": share}) for made, window in windows.items()}
    return Expanded(scene.model_copy(update={"surfaces": {**scene.surfaces, **surfaces}}), stops, ())


def _run_of(run: Any, key: str, value: Any) -> Any:
    return varied(run, key, value, ("vary",), ("vary", "values")).model_copy(update={"label": None})


def _budget_of_each(scene: Scene, series: AnyMeasuredSeries) -> float | None:
    """Returns the time for measuring each member, seconds."""
    if series.budget is not None:
        return series.budget / len(list(series.members()))
    return None if scene.budget is None else scene.budget / scene.sharers


def telling(series: dict[str, Any]) -> dict[str, SurfaceSettings]:
    """Returns the first surface of every series whose surfaces all have one run and one loss."""
    alone = {name: each for name, each in series.items() if isinstance(each, RideAlong | Blend)}
    return {name: next(iter(each.members())).surface for name, each in alone.items()}


def count_sharers(series: dict[str, Any]) -> int:
    """Returns how many surfaces of series have no budget of their own."""
    measured = [each for each in series.values() if isinstance(each, AnyMeasuredSeries) and each.budget is None]
    return sum(len(list(each.members())) for each in measured) + sum(_further_windows(series))


def _further_windows(series: dict[str, Any]) -> Iterator[int]:
    """Gives how many windows each zoom has beyond its first, which is measured as a surface of the scene."""
    yield from (each.stops - 1 for each in series.values() if isinstance(each, Zoom))


def faults(scene: Scene) -> Iterator[Fault]:
    """Gives what is wrong between the series of a scene and the rest of it."""
    yield from _rolled_over(scene)
    for name, series in scene.series.items():
        here: Location = ("series", name, series.kind)
        if name in scene.surfaces:
            yield here, name, f'"{name}" is also a surface; a shot could not tell them apart, so rename one'
        if isinstance(series, Listed):
            yield from _unlike(scene, here, series)
            continue
        if isinstance(series, Zoom):
            yield from zoom_faults(scene.surfaces.get(series.surface), here, series)
            continue
        if series.mode == "exact" and (series.budget or scene.budget):
            sentence = "exact under a budget would fit a grid of its own to every surface; set mode to adaptive"
            yield (*here, "mode"), series.mode, sentence
        yield from _unfit(scene, here, series)


def _rolled_over(scene: Scene) -> Iterator[Fault]:
    """Gives the descents that a shot asks for over terrain that changes while they go down."""
    for index, shot in enumerate(scene.shots):
        moving = [name for name in shot.surfaces if getattr(scene.series.get(name), "kind", "blend") != "blend"]
        if shot.descents is not None and moving:
            sentence = f'series "{moving[0]}" changes while they roll; roll them over one of its surfaces, or a blend'
            yield ("shots", index, "descents"), None, sentence


def _unfit(scene: Scene, here: Location, series: AnyMeasuredSeries) -> Iterator[Fault]:
    """Gives what a series asks of its run that the run has not."""
    run = scene.runs.get(series.run)
    if run is None:
        return
    imported = isinstance(run, ImportedRunSettings)
    if isinstance(series, Hyperparameter) and not series.of_objective:
        if imported:
            yield (
                (*here, "run"),
                series.run,
                f'run "{series.run}" was imported; only one that is trained here is varied',
            )
            return
        yield from _unvaried(run, here, series)
    if isinstance(series, Epochs):
        if isinstance(run, ImportedRunSettings):
            yield (*here, "run"), series.run, f'run "{series.run}" was imported, and its epochs are not known'
        elif series.of == "augmentation" and getattr(run.data, "augment", None) is None:
            yield (*here, "of"), series.of, f'run "{series.run}" changes no images; set data.augment of it'
        elif series.of == "order" and run.training.batch is None:
            yield (*here, "of"), series.of, f'run "{series.run}" takes all examples at once, in no order'


def _unvaried(run: Any, here: Location, series: Hyperparameter) -> Iterator[Fault]:
    """Gives the first value of a key that a run cannot have."""
    for place, value in enumerate(series.vary.values):
        try:
            varied(run, series.vary.key, value, (*here, "vary"), (*here, "vary", "values", place))
        except ValidationError as error:
            (detail,) = error.errors()
            yield detail["loc"], value, str(detail["ctx"]["sentence"])
            return


def _unlike(scene: Scene, here: Location, series: Listed) -> Iterator[Fault]:
    """Gives the surfaces of a series that are on another grid than its first, as far as the scene tells."""
    measured = [scene.measured.get(name) for name in series.surfaces]
    first, lead = measured[0], series.surfaces[0]
    for place, (name, other) in enumerate(zip(series.surfaces, measured, strict=True)):
        if first is None or other is None or other is first:
            continue
        for key in ("points", "range", "margin"):
            one, two = getattr(first, key), getattr(other, key)
            if one != two:
                sentence = f'surface "{name}" has another grid than "{lead}": its {key} differ; give both the same'
                yield (*here, "surfaces", place), name, sentence
                break
        else:
            if first.margin is not None and first.run != other.run:
                sentence = f'surface "{name}" has a margin around another path than "{lead}"; give both one range'
                yield (*here, "surfaces", place), name, sentence
