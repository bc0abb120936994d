"""Quality: how much of what a scene asks for is made, from a thumbnail for tests to the final picture."""

from __future__ import annotations

import functools
from fractions import Fraction
from typing import TypeVar

from pydantic import Field

from render.errors import UsageError
from render.scene.along import LineSettings
from render.scene.encoders import AnyOutput
from render.scene.existing import ImportedRunSettings, ReadySurface
from render.scene.framerate import SLOWEST, FrameRate, told
from render.scene.hyperparameters import HyperparameterSurface
from render.scene.language.document import read
from render.scene.language.nearest import nearest
from render.scene.output import Film, Still
from render.scene.outputs import rate_of, size_of
from render.scene.part import Part
from render.scene.run_settings import RunSettings
from render.scene.series import AnyMeasuredSeries, AnySeries, Blend, RideAlong, Zoom
from render.scene.spec import Scene
from render.scene.surface import SurfaceSettings
from render.storage.files import asset

QUALITIES = ("thumb", "draft", "preview", "final")
Output = TypeVar("Output", Still, Film)
AnySurface = SurfaceSettings | ReadySurface | HyperparameterSurface


class Quality(Part):
    """Limits on a scene; what is absent stays as the scene asks, and nothing is ever raised."""

    width: int | None = Field(default=None, ge=16, description="width of stills and films, pixels; the aspect stays")
    frames: int | None = Field(default=None, ge=1, description="frames of a whole film")
    fps: FrameRate | None = Field(default=None, description="frames per second")
    points: int | None = Field(
        default=None, ge=2, description="points along the longer axis of a surface; the aspect stays"
    )
    steps: int | None = Field(default=None, ge=1, description="steps of a training")
    stops: int | None = Field(default=None, ge=2, description="stops of a series along a path")


@functools.cache
def qualities() -> dict[str, Quality]:
    """Returns the qualities of assets/qualities.yaml by name."""
    return {name: Quality.model_validate(limits) for name, limits in read(asset("qualities.yaml")).data.items()}


def apply_quality(scene: Scene, name: str) -> Scene:
    """Returns the scene within the limits of a quality; raises UsageError for an unknown one."""
    if name not in qualities():
        raise UsageError(f'there is no quality "{name}"; {nearest(name, qualities())}')
    quality = qualities()[name]
    return scene.model_copy(
        update={
            "runs": {key: _shorter(run, quality) for key, run in scene.runs.items()},
            "surfaces": {key: _coarser(surface, quality) for key, surface in scene.surfaces.items()},
            "series": {key: _fewer(series, quality) for key, series in scene.series.items()},
            "lines": {key: _sparser(line, quality) for key, line in scene.lines.items()},
            "stills": {key: _smaller(still, quality, 1) for key, still in scene.stills.items()},
            "films": {key: _limited(film, quality, scene.duration) for key, film in scene.films.items()},
        }
    )


def _shorter(run: RunSettings | ImportedRunSettings, quality: Quality) -> RunSettings | ImportedRunSettings:
    if isinstance(run, ImportedRunSettings):
        return run
    steps = min(run.training.steps, quality.steps or run.training.steps)
    training = run.training.model_copy(update={"steps": steps, "every": min(run.training.every, steps)})
    return run.model_copy(update={"training": training})


def _coarser(surface: AnySurface, quality: Quality) -> AnySurface:
    if isinstance(surface, ReadySurface):
        return surface
    points = _fitted(surface.points, max(surface.points), quality.points, 2, 1)
    return surface.model_copy(update={"points": points})


def _fewer(series: AnySeries, quality: Quality) -> AnySeries:
    """Returns a series of coarser surfaces, and of fewer where it has stops."""
    if isinstance(series, Zoom):
        return series.model_copy(update={"stops": min(series.stops, quality.stops or series.stops)})
    if not isinstance(series, AnyMeasuredSeries):
        return series
    points = _fitted(series.points, max(series.points), quality.points, 2, 1)
    if not isinstance(series, RideAlong | Blend):
        return series.model_copy(update={"points": points})
    return series.model_copy(update={"points": points, "stops": min(series.stops, quality.stops or series.stops)})


def _sparser(line: LineSettings, quality: Quality) -> LineSettings:
    return line.model_copy(update={"points": min(line.points, quality.points or line.points)})


def _smaller(output: Output, quality: Quality, multiple: int) -> Output:
    return output.model_copy(update={"size": _fitted(output.size, output.size[0], quality.width, 16, multiple)})


def _limited(film: Film, quality: Quality, duration: float) -> Film:
    """Returns a film within the limits of a quality, and its outputs, each within them by itself."""
    less = _smaller(film, quality, 2).model_copy(update={"fps": _slower(film.fps, quality, duration)})
    return less.model_copy(update={"outputs": [_less(each, film, less, quality, duration) for each in film.outputs]})


def _less(each: AnyOutput, film: Film, less: Film, quality: Quality, duration: float) -> AnyOutput:
    """Returns an output of a film within the limits of a quality; less: the film within them.

    A size that its format cannot have is rounded to one that it can.
    """
    asked = size_of(film, each)
    multiple = 1 if each.pad else max(each.multiples)
    size = _fitted(asked, asked[0], quality.width, 16, multiple)
    rate = _slower(rate_of(film, each), quality, duration)
    if (size, rate) == (asked, rate_of(film, each)):
        return each
    own = {"size": size if size != less.size else None, "fps": rate if rate != less.fps else None}
    return each.model_copy(update=own)


def _slower(rate: Fraction, quality: Quality, duration: float) -> Fraction:
    """Returns a rate of no more frames a second, and in all, than a quality has; a fraction stays exact."""
    limits = [rate, quality.fps or rate]
    if quality.frames:
        limits.append(max(SLOWEST, told(quality.frames / Fraction(str(duration)))))
    return min(limits)


def _fitted(pair: tuple[int, int], side: int, limit: int | None, least: int, multiple: int) -> tuple[int, int]:
    """Returns a pair scaled so that one side of it meets a limit, as multiples and not below the least."""
    if limit is None or side <= limit:
        return pair
    first, second = (max(least, round(length * limit / side / multiple) * multiple) for length in pair)
    return first, second
