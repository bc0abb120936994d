"""A line unfolds into the plane that it lies in: its chart is the terrain's cut, and the terrain grows out of it."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from render.errors import SceneError
from render.film.journey import journey_of
from render.film.lines.chart import Chart
from render.film.lines.line_cut import LineCut, cut_of
from render.film.mixing import mixed
from render.film.moves.unfolded import between
from render.film.programme import Programme
from render.film.shooting import Shooting
from render.film.timeline import FADING, Timeline
from render.film.unfolding import THIN, profile_of
from render.landscape.landscape import Landscape
from render.progress import Reporter
from render.sampling.surface import Surface
from render.scene.language.document import parse
from render.scene.language.load import load
from render.scene.language.place import Source
from render.scene.spec import Scene
from render.scene.time.transition import Transition, too_long
from render.space.grid import Grid
from render.space.line import Line
from render.space.plane import Plane
from render.stage.body import mesh, relief
from render.stage.body.strip import Strip, edges, faces, within
from render.stage.camera import standing

RUN = (
    "data: {kind: digits}, network: {kind: mlp, widths: [8]}, "
    "training: {optimiser: {kind: sgd, lr: 0.1}, batch: 64, steps: 40}"
)
TEXT = """\
thalweg: 1
title: A line
runs:
  a: {RUN, seed: 1}
  b: {RUN, seed: 2}
  c: {RUN, seed: 3}
lines:
  way: {run: a, objective: {examples: 64}, along: {kind: between, run: b}, range: [-0.5, 1.5], points: 201}
surfaces:
  main: {run: a, objective: {examples: 64}, plane: {kind: three, runs: [b, c]}, points: [97, 81]}
  other: {run: a, objective: {examples: 64}, plane: {kind: between, run: c}, points: [97, 81]}
look: {name: nocturne, relief: [{exaggeration: 0.3}]}
shots:
  - {line: way, duration: 2s}
  - surface: main
    duration: 4s
    transition: {kind: unfold, duration: 3s}
    camera: {kind: fixed, azimuth: 200, elevation: 30}
    path: {show: false}
films:
  it: {size: [320, 180], fps: 10, caption: false}
""".replace("RUN", RUN)
CAMERA = "    camera: {kind: fixed, azimuth: 200, elevation: 30}\n"

BAD = [  # what the scene says, what it is changed to, where the problem stands, what is said
    (
        "surface: main\n    duration: 4s\n",
        "line: way\n    duration: 4s\n",
        "17:24",
        "a line unfolds into a surface; name a surface, or take another kind",
    ),
    ("{line: way,", "{surface: main,", "17:24", "unfolds the line of the shot before, and that shows a surface"),
    ("surface: main\n", "surface: main\n    beside: [other]\n", "18:24", "one surface grows out of the line"),
    ("surface: main\n", "surface: other\n", "17:24", 'of surface "other" does not go through run "b", as line "way"'),
    ("look: {name: nocturne", "look: {name: points", "17:24", "nothing can be cut out of a body of points; set look"),
    ("[{exagg", "[{smooth: {cells: 2}}, {exagg", "17:24", "the cut of a smoothed terrain is not the line"),
    ("{examples: 64}, along", "{examples: 32}, along", "17:24", "are of other losses; give both the same objective"),
    ("duration: 3s", "duration: 5s", "17:42", "transitions take 5 s of shot 2, which is on for 4 s"),
    ("fps: 10,", "fps: 10, shots: ['1', '1'],", "21:48", '"1" comes twice'),
]

THETA = np.random.default_rng(4).normal(size=(3, 12))  # three networks of 12 weights
PLANE = Plane.three(*THETA)
GRID = Grid(np.linspace(-0.6, 1.6, 97), np.linspace(-0.5, 1.3, 81))


def scene(text: str = TEXT) -> Scene:
    return Scene.model_validate(parse(text, Source("a scene")).data)


def losses(thetas: np.ndarray) -> np.ndarray:
    """A smooth loss with a valley at each of the three networks."""
    away = np.stack([((thetas - theta) ** 2).sum(-1) for theta in THETA], axis=-1)
    return 0.3 + 0.05 * away.min(-1) - np.exp(-away / 8).sum(-1) * 0.25


def landscape_of(plane: Plane | Line, grid: Grid) -> Landscape:
    if grid.is_line:
        loss = losses(plane.lift(grid.alphas))
    else:
        alpha, beta = np.meshgrid(grid.alphas, grid.betas)
        loss = losses(plane.lift(np.column_stack([alpha.ravel(), beta.ravel()]))).reshape(alpha.shape)
    status = np.ones(loss.shape, np.uint8)
    surface = Surface(plane, grid, loss.astype(np.float32), np.full(loss.shape, np.nan, np.float32), status)
    record = {
        "run": {"data": "digits", "network": "mlp", "training": "sgd"},
        "line": {"words": "a way"},
        "alpha": [-0.5, 1.5],
    }
    return Landscape(Path("it"), "key", surface, (), record)


def way(first: tuple[float, float] = (0.0, 0.0), second: tuple[float, float] = (1.0, 0.0)) -> Landscape:
    ends = PLANE.lift(np.array([first, second]))
    return landscape_of(Line.between(*ends), Grid.line(np.linspace(-0.5, 1.5, 201)))


TERRAIN = landscape_of(PLANE, GRID)
DEPTH = float(np.ptp(GRID.betas) / np.ptp(GRID.alphas))
RELIEF = relief.make(TERRAIN.surface.loss, scene().look.steps, DEPTH)
KEYS = {"line way": "l", "main": "m"}  # of what is shown
WAYS = [((0.0, 0.0), (1.0, 0.0)), ((0.1, 0.6), (0.9, 0.1)), ((0.8, 0.9), (0.1, 0.2))]


def cut_along(first: tuple[float, float] = (0.0, 0.0), second: tuple[float, float] = (1.0, 0.0)) -> LineCut:
    return cut_of(way(first, second), TERRAIN, RELIEF, RELIEF.level.ravel())


def shooting(text: str = TEXT) -> Shooting:
    asked = scene(text)
    return Shooting(asked, asked.films["it"], {"line way": way(), "main": TERRAIN}, Reporter.silent())


@pytest.mark.parametrize(("written", "instead", "place", "said"), BAD, ids=[said for *_, said in BAD])
def test_what_cannot_unfold_is_refused_where_it_stands(tmp_path, written, instead, place, said):
    assert written in TEXT
    file = tmp_path / "scene.yaml"
    text = TEXT.replace(written, instead, 1)
    file.write_text(text.replace(CAMERA, "") if "line: way\n" in text else text, encoding="utf-8")
    with pytest.raises(SceneError) as told:
        load(file)
    assert any(f"{place}: " in problem and said in problem for problem in told.value.problems), told.value.problems


def test_a_film_shows_the_line_before_the_terrain_that_it_unfolds_into():
    between_them = TEXT.replace("films:", "  - {line: way, duration: 1s, name: again}\nfilms:")
    with pytest.raises(ValueError, match="it unfolds the line of shot 1, which has to come before it"):
        scene(between_them.replace("fps: 10,", "fps: 10, shots: [again, '2'],"))
    alone = scene(TEXT.replace("fps: 10,", "fps: 10, shots: ['2'],"))
    assert alone.shots_of(alone.films["it"]) == (1,)


@pytest.mark.parametrize("ends", WAYS)
def test_the_cut_of_the_terrain_along_the_line_is_the_measured_line(ends):
    line, cut = way(*ends), cut_along(*ends)
    shares = np.linspace(0, 1, len(line.surface.loss))
    x, y = cut.at(shares[:, None]).T
    heights = mesh.height_at(RELIEF, x, y) / RELIEF.exaggeration
    cell = np.abs(np.diff(RELIEF.level, n=2, axis=0)).max() + np.abs(np.diff(RELIEF.level, n=2, axis=1)).max()
    off = np.abs(heights - cut.scale.level(line.surface.loss))
    assert off.max() < cell / 4, "linear between cells is off by an eighth of the second difference along each axis"
    assert off.max() < 0.01


def test_a_line_that_lies_elsewhere_is_refused():
    off = landscape_of(Line.between(THETA[0], THETA[1] + 1e-2), way().surface.grid)
    with pytest.raises(SceneError, match="the line does not lie in the plane of the surface; an end is"):
        cut_of(off, TERRAIN, RELIEF, RELIEF.level)
    far = landscape_of(Line.between(THETA[0], THETA[1]), Grid.line(np.linspace(-0.5, 1.7, 51)))
    with pytest.raises(SceneError, match=r"\(α, β\) from \(-0\.5, .*beyond the range of the surface; give the surface"):
        cut_of(far, TERRAIN, RELIEF, RELIEF.level)
    short = Landscape(Path("it"), "key", replace(far.surface, plane=Line.through(np.ones(3), np.ones(3))), (), {})
    with pytest.raises(SceneError, match="the line is of another network than the surface"):
        cut_of(short, TERRAIN, RELIEF, RELIEF.level)


def test_a_line_that_lies_elsewhere_is_refused_with_the_shot_that_would_unfold_it():
    made, off = shooting(), landscape_of(Line.between(THETA[0], THETA[1] + 1e-2), way().surface.grid)
    with pytest.raises(SceneError, match=r"shots\.1\.transition: unfold: the line does not lie in the plane"):
        replace(made, landscapes={"line way": off, "main": TERRAIN}).line(0)


@pytest.mark.parametrize("ends", WAYS)
@pytest.mark.parametrize("size", [(1280, 720), (480, 854)])
def test_the_camera_begins_where_every_point_of_the_chart_lies_on_its_own_pixel(ends, size):
    cut, line, (width, height) = cut_along(*ends), way(*ends), size
    room = Chart(60.0, 50.0, width - 40.0, 0.8 * height, (-0.5, 1.5), cut.scale, 1.0)
    chart = room.of(cut)
    shares = np.linspace(0, 1, len(line.surface.loss))
    places = np.column_stack([cut.at(shares[:, None]), cut.exaggeration * cut.scale.level(line.surface.loss)])
    x, y, ahead = profile_of(cut, chart, size).project(places).T
    assert ahead.min() > 0
    np.testing.assert_allclose(0.5 * width + 0.5 * height * x, chart.column(line.surface.grid.alphas), atol=1e-3)
    np.testing.assert_allclose(0.5 * height - 0.5 * height * y, chart.row(line.surface.loss), atol=1e-3)
    inside = room.left - 1e-6 <= chart.left and chart.right <= room.right + 1e-6
    assert inside and room.top - 1e-6 <= chart.top < chart.bottom <= room.bottom + 1e-6


def test_the_levels_of_a_cut_chart_are_those_of_its_rows():
    cut = replace(cut_along(), highest=0.4)
    chart = Chart(60.0, 50.0, 600.0, 400.0, (-0.5, 1.5), cut.scale, 1.0).of(cut)
    levels = np.array([0.0, 0.2, 0.4])
    np.testing.assert_allclose(chart.level(chart.row(cut.scale.loss(levels))), levels, atol=1e-9)
    assert chart.row(cut.scale.loss(np.array(1.7))) == chart.row(cut.scale.loss(np.array(1.0))), "as the terrain is cut"


def test_an_unfolding_takes_time_of_its_own_shot_alone():
    unfold = Transition(kind="unfold", duration=3.0)
    assert (unfold.overlap, unfold.taken, unfold.taken_before) == (0.0, 3.0, 0.0)
    assert not list(too_long([(2.0, Transition()), (4.0, unfold)]))
    timeline = Timeline((2.0, 4.0), 10, (Transition(), unfold))
    assert timeline.total == 6.0 and (timeline.unfolds_from(1), timeline.unfolds_into(0)) == (0, 1)
    assert timeline.unfolds_from(0) is None and timeline.unfolds_into(1) is None
    assert [frame / 10 for frame in timeline.looked_at(1)] == [3.0, 3.2, 3.4, 3.7, 3.9]


def test_the_chart_stands_and_fades_while_the_terrain_waits_and_then_is_gone():
    timeline = Timeline((2.0, 4.0), 10, (Transition(), Transition(kind="unfold", duration=3.0)))
    seen = [timeline.slices(timeline.time(frame)) for frame in range(timeline.frame_count)]
    assert all(sum(each.share for each in slices) == pytest.approx(1) for slices in seen)
    fading = [slices for slices in seen if len(slices) > 1]
    assert len(fading) == round(3.0 * FADING * 10) - 1 and all(timeline.unfolds(slices) for slices in fading)
    assert {each.time for slices in fading for each in slices if each.shot == 0} == {2.0}
    shares = [next((each.share for each in slices if each.shot == 1), 0.0) for slices in seen]
    assert shares == sorted(shares) and max(b - a for a, b in itertools.pairwise(shares)) < 0.2


@given(first=st.floats(0, 360), second=st.floats(0, 360), high=st.floats(-30, 90), share=st.floats(0, 1))
def test_between_a_profile_and_a_view_nothing_swings_out(first, second, high, share):
    profile = standing(first, 0.0, 12.0, np.array([0.1, 0.0, 0.1]), 8.0)
    own = standing(second, high, 2.0, np.array([0.0, 0.2, 0.0]), 30.0)
    seen = between(profile, own, share)
    assert 8.0 - 1e-9 <= seen.angle <= 30.0 + 1e-9
    distance = float(np.linalg.norm(seen.position - seen.target))
    assert 2.0 - 1e-9 <= distance <= 12.0 + 1e-9
    height = math.degrees(math.asin(np.clip((seen.position - seen.target)[2] / distance, -1, 1)))
    assert min(0.0, high) - 1e-6 <= height <= max(0.0, high) + 1e-6
    np.testing.assert_allclose(between(profile, own, 0.0).position, profile.position, atol=1e-9)
    assert between(profile, own, 1.0) is own


STRIPS = [Strip((0.1, -0.05), (1.0, 0.0), 0.3, 0.1), Strip((0.0, 0.0), (0.6, 0.8), 0.35, 0.12)]


def area(surface: mesh.Mesh) -> float:
    a, b, c = (surface.points[surface.triangles[:, k], :2].astype(float) for k in range(3))
    return float(0.5 * ((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]).sum())


@pytest.mark.parametrize("strip", STRIPS)
def test_a_strip_is_a_rectangle_of_the_terrain_and_no_height_is_another(strip):
    whole = mesh.terrain(RELIEF, "block")
    part = within(whole, strip)
    assert area(part) == pytest.approx(4 * strip.long * strip.wide, rel=1e-4)
    assert strip.inset(*part.points[:, :2].T).min() > -1e-6
    known = {point.tobytes() for point in whole.points}
    old = np.array([point.tobytes() in known for point in part.points])
    assert old.mean() > 0.7
    reached = mesh.height_at(RELIEF, *part.points[:, :2].T)
    cell = np.abs(np.diff(RELIEF.heights, n=2, axis=0)).max() + np.abs(np.diff(RELIEF.heights, n=2, axis=1)).max()
    np.testing.assert_allclose(part.points[old, 2], reached[old], atol=1e-6)
    np.testing.assert_allclose(part.points[:, 2], reached, atol=cell)


@pytest.mark.parametrize("strip", STRIPS)
def test_a_strip_has_walls_all_around_that_face_outwards(strip):
    part = within(mesh.terrain(RELIEF, "block"), strip)
    wall = faces(part, -0.1)
    assert wall.points[:, 2].min() == pytest.approx(-0.1)
    a, b, c = (wall.points[wall.triangles[:, k]].astype(float) for k in range(3))
    normal, middle = np.cross(b - a, c - a), (a + b + c) / 3
    size = np.linalg.norm(normal, axis=1)
    big = size > 1e-5  # a splinter has no direction worth the name
    outwards = middle[big, :2] + 1e-3 * normal[big, :2] / size[big, None]
    assert (strip.inset(*outwards.T) < 0).all()
    start, end = edges(part)
    length = np.linalg.norm(part.points[start, :2] - part.points[end, :2], axis=1).sum()
    assert length == pytest.approx(4 * (strip.long + strip.wide), rel=1e-3)


def test_a_strip_that_reaches_beyond_the_terrain_leaves_it_whole():
    whole = mesh.terrain(RELIEF, "block")
    part = within(whole, Strip((0.1, 0.0), (0.6, 0.8), 2.0, 2.0))
    assert area(part) == pytest.approx(area(whole)) and len(part.triangles) == len(whole.triangles)


def test_the_strip_widens_from_the_line_to_all_of_the_terrain_and_never_back():
    take = shooting().take(1)
    assert take.unfolding is not None
    strips = [take.unfolding.strip(time) for time in np.linspace(0, 3, 61)]
    assert strips[0].wide == THIN and strips[0].long == pytest.approx(0.5 * cut_along().length)
    assert all(a.wide <= b.wide and a.long <= b.long for a, b in itertools.pairwise(strips))
    corners = np.array([(x, y * DEPTH) for x in (-0.5, 0.5) for y in (-0.5, 0.5)])
    assert (strips[-1].inset(*corners.T) > 0).all()
    assert take.now(3.0) is take and take.strip is None
    assert take.now(2.9).strip is not None and take.view(3.5).angle == take.move(0.5).angle


def test_the_path_waits_until_its_terrain_is_there():
    shot = scene(TEXT.replace("path: {show: false}", "path: {hold: 0.1s}")).shots[1]
    journey = journey_of(shot, None, None)
    assert journey.at(2.99) == 0 and 0 < journey.at(3.5) < 1 and journey.at(4.0) == 1


def test_a_chart_and_the_terrain_that_it_unfolds_into_are_drawn_anew_with_one_another():
    def pictures(text: str, surfaces: dict[str, str]) -> list[str]:
        asked = scene(text)
        programme = Programme(asked, asked.films["it"], surfaces)
        return [frame.parts[0].key for frame in programme.frames]

    before = pictures(TEXT, KEYS)
    assert all(a != b for a, b in zip(before, pictures(TEXT, KEYS | {"main": "n"}), strict=True))
    assert all(a != b for a, b in zip(before, pictures(TEXT, KEYS | {"line way": "n"}), strict=True))
    cut = TEXT.replace("kind: unfold", "kind: cut")
    others = pictures(cut, KEYS | {"main": "n"})
    assert pictures(cut, KEYS)[:20] == others[:20], "a chart that is cut away from knows nothing of what comes"
    assert before[0] != others[0]


@pytest.mark.slow
def test_the_first_picture_of_the_terrain_has_the_curve_of_the_chart_on_its_pixels():
    made = shooting()
    [place] = made.timeline.slices(2.0)[:1]
    assert place.shot == 0, "at first all of the picture is the chart"
    chart = made.line(0).axes.chart
    terrain = made.bare(made.timeline.moment(1, 0))[..., :3].astype(float).sum(2)
    made.leave(())
    columns = np.arange(math.ceil(chart.left) + 6, math.floor(chart.right) - 6, 7)
    curve = chart.row(way().surface.loss.astype(float))
    rows = np.interp(columns + 0.5, chart.column(way().surface.grid.alphas), curve)
    steepest = np.abs(np.gradient(curve, chart.column(way().surface.grid.alphas))).max()
    brightest = np.array([np.argmax(terrain[:, column]) for column in columns]) + 0.5  # the line that lies on the cut
    assert np.abs(brightest - rows).max() < 2 + steepest
    assert np.median(np.abs(brightest - rows)) < 1.2


@pytest.mark.slow
def test_half_way_from_the_chart_to_the_terrain_nothing_is_written_but_the_title():
    made = shooting(TEXT.replace("fps: 10", "fps: 20"))
    [moment] = [moment for moment in [Programme(made.scene, made.output, KEYS).moment(49)] if moment.time == 2.45]
    slices = made.timeline.slices(moment.time)
    assert [each.share for each in slices] == pytest.approx([0.5, 0.5])
    [(_, written)] = made.pictures([moment])
    bare = mixed([(made.bare(each._replace(share=1.0)), each.share) for each in slices], "#000000", 49)
    made.leave(())
    [title] = made.line(0).page.boxes
    rows, columns = np.nonzero(np.abs(written.astype(int) - bare).max(axis=2) > 1)
    assert len(rows) > 20, "the title"
    assert title.top <= rows.min() and title.left <= columns.min() and columns.max() < title.right


@pytest.mark.slow
def test_no_picture_of_an_unfolding_differs_all_at_once_from_the_one_before():
    made = shooting(TEXT.replace("fps: 10", "fps: 6"))
    programme = Programme(made.scene, made.output, KEYS)
    numbers = range(10, len(programme.frames) - 3)
    pictures = [pixels.astype(float) for _, pixels in made.pictures([programme.moment(number) for number in numbers])]
    changes = [float(np.abs(b - a).mean()) for a, b in itertools.pairwise(pictures)]
    assert max(changes) < 20, "a cut in its place changes it by 41"
    assert max(b / max(a, 2) for a, b in itertools.pairwise(changes)) < 2.5
