"""The works of a scene, in the order in which they are needed."""

from __future__ import annotations

from fractions import Fraction

from render.scene.encoders.compositing import LayerPart
from render.scene.outputs import files_of
from render.works.ball_chronicle_work import ball_chronicles_of
from render.works.chronicle_work import chronicles_of
from render.works.film_work import FilmWork
from render.works.frames_work import FramesWork
from render.works.layer_file_work import LayerFileWork
from render.works.layers_work import LayersWork
from render.works.line_work import line_works
from render.works.order import Order
from render.works.run_work import ImportedWork, RunWork, run_work
from render.works.series_work import SeriesWork
from render.works.still_work import StillWork
from render.works.surface_work import AnySurfaceWork, surface_work
from render.works.work import AskedWork


def runs_of(order: Order) -> list[RunWork | ImportedWork]:
    """Returns the runs of a scene, and those of its series."""
    scene = order.scene
    own = [run_work(name, settings, scene.seed, order.output) for name, settings in scene.runs.items()]
    return [*own, *(run for series in series_of(order) for run in series.runs)]


def surfaces_of(order: Order) -> list[AnySurfaceWork | SeriesWork]:
    """Returns the surfaces of a scene, and its series, each after its own surfaces."""
    found: list[AnySurfaceWork | SeriesWork] = [surface_work(order, name) for name in order.scene.surfaces]
    for series in series_of(order):
        found += [member for member in series.members if member.name not in order.scene.surfaces]
        found.append(series)
    return found


def series_of(order: Order) -> list[SeriesWork]:
    """Returns the series of a scene."""
    return [SeriesWork(order, name) for name in order.scene.series]


def stills_of(order: Order) -> list[StillWork]:
    """Returns the stills of a scene."""
    return [StillWork(order, name) for name in order.scene.stills]


def films_of(order: Order) -> list[FilmWork | LayerFileWork] | list[FramesWork | LayersWork]:
    """Returns the films of a scene, one for each output; their frames alone where not all of those are asked for.

    Numbers are those of a film's own rate: outputs of another have other frames under them.
    """
    films = order.scene.films
    works = [_output(order, name, index) for name in films for index in range(len(files_of(films[name])))]
    if order.choice.is_all:
        return works
    frames = list({work.frames.path: work.frames for work in works}.values())
    own = [each for each in frames if _rate(each) is None] if order.choice.frames else []
    return own or frames


def _output(order: Order, name: str, index: int) -> FilmWork | LayerFileWork:
    encoder = files_of(order.scene.films[name])[index].encoder
    return (LayerFileWork if isinstance(encoder, LayerPart) else FilmWork)(order, name, index)


def _rate(frames: FramesWork | LayersWork) -> Fraction | None:
    """Returns the rate of frames where it is not the film's own."""
    return frames.frames.fps if isinstance(frames, LayersWork) else frames.fps


def works_of(order: Order) -> list[AskedWork]:
    """Returns everything that a scene asks for."""
    surfaces = [*surfaces_of(order), *line_works(order), *chronicles_of(order), *ball_chronicles_of(order)]
    return [*runs_of(order), *surfaces, *stills_of(order), *films_of(order)]
