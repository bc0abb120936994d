"""Strokes: lines as wide as was asked, a ring at the start, a bead that no crest cuts, another at the lowest point."""

import numpy as np
import pytest

from render.scene.look import Look, preset_names
from render.stage import camera
from render.stage.body import mesh
from render.stage.body.relief import Relief, Scale
from render.stage.cast import Placed
from render.stage.light.bake import Sun
from render.stage.marks import path_line
from render.stage.marks.path_line import BEAD, RING, RING_TUBE, Pen
from render.stage.marks.trail import drape
from render.stage.stage import Stage
from render.stage.window.geometry import Kind

SIZE = (320, 180)
SUN = Sun(120, 28, 2)
LOW = camera.standing(180, 12, 2.2, np.array([0, 0, 0.05]), 30)
WIDTHS = (7.0, 3.0)
DOWN = camera.standing(180, 89.9, 4.0, np.array([0, 0, 0.0]), 16)


def made(level: np.ndarray, exaggeration: float = 0.3) -> Relief:
    return Relief(level.astype(np.float32), np.isfinite(level), exaggeration, 1.0, Scale(None, 0.0, 1.0))


def bowl(side: int = 81) -> Relief:
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    return made((x**2 + y**2) / 2)


def pen(view: camera.View = LOW, widths: tuple[float, float] = WIDTHS) -> Pen:
    return Pen(view, widths, (1.6, 2.8))


def pixels(view: camera.View, a: np.ndarray, b: np.ndarray) -> float:
    """Returns how far two points are apart on a picture of 1080 rows."""
    ends = view.project(np.stack([a, b]))[:, :2]
    return float(np.hypot(*(ends[1] - ends[0]))) * 540


@pytest.mark.parametrize(("ahead", "width"), [(1.6, 7.0), (2.2, 5.0), (2.8, 3.0), (1.0, 7.0), (4.0, 3.0)])
def test_a_line_is_as_many_pixels_wide_as_was_asked_near_and_far(ahead, width):
    point = LOW.position + ahead * LOW.axes[2]
    half = float(pen().half(point[None])[0])
    assert pixels(LOW, point - half * LOW.axes[0], point + half * LOW.axes[0]) == pytest.approx(width, rel=1e-6)


def test_the_ring_is_hollow_and_lies_on_the_terrain_around_the_start():
    relief = bowl()
    trail = drape(relief, "block", np.array([[-0.3, 0.2], [0.0, 0.0]]), None, 0.0).until(1.0)
    made_ring, radius = path_line.ring(relief, trail, pen()), path_line.ring_radius(trail, pen())
    away = np.hypot(*(made_ring.points[:, :2] - trail.points[0, :2]).T)
    thick = 1.2 * radius * RING_TUBE / RING
    assert away.min() > radius - thick and away.max() < radius + thick
    ground = mesh.height_at(relief, *made_ring.points[:, :2].T.astype(float))
    assert np.abs(made_ring.points[:, 2] - ground).max() < 1.5 * thick
    tube, _ = path_line.tube_of(trail, pen(), radius)
    assert np.hypot(*(tube.points[:, :2] - trail.points[0, :2]).T).min() > radius - 2 * thick


def test_a_bead_is_a_ball_that_looks_the_same_as_one_seated_on_the_line():
    trail = drape(bowl(), "block", np.array([[-0.3, 0.2], [0.0, 0.0]]), None, 0.0).until(1.0)
    ball = path_line.bead(trail, pen())
    radius = BEAD * float(pen().half(trail.head[None])[0])
    seat = trail.head + np.array([0, 0, 0.35 * radius])
    on_picture = LOW.project(ball.points)[:, :2] - LOW.project(seat[None])[0, :2]
    far = float(np.linalg.norm(seat - LOW.position))
    seen = radius / np.sqrt(far**2 - radius**2) / np.tan(np.radians(15))
    assert np.hypot(*on_picture.T).max() == pytest.approx(seen, rel=0.05)
    nearest = np.linalg.norm(ball.points - LOW.position, axis=1)
    assert nearest.max() < far - radius


def staged(relief: Relief, places: np.ndarray, **path) -> Stage:
    look = Look.model_validate({"name": "ember", "path": path, "bloom": 0.0, "grain": 0.0}).resolved
    stage = Stage([Placed(relief)], look, SUN, SIZE, 2)
    stage.show_paths([[drape(relief, "block", places, None, 0.0).until(len(places) - 1.0)]])
    return stage


def shown(stage: Stage, kind: Kind, view: camera.View) -> np.ndarray:
    stage.expose(view)
    drawn = stage._geometry.draw(view).kind == kind
    stage.close()
    return drawn


@pytest.mark.slow
@pytest.mark.parametrize("ridge", [0.0, 0.02, 0.04])
def test_a_crest_before_the_bead_does_not_cut_it(graphics, ridge):
    """A ridge stands between the eye and the bead's foot, as high as the bead's middle and higher."""
    axis = np.linspace(-0.5, 0.5, 241)
    x, y = np.meshgrid(axis, axis)
    crest = ridge * np.exp(-(((y + 0.05) / 0.008) ** 2))
    relief = made((crest + 0.3 * (np.abs(x) > 0.49)) / 0.3)
    stage = staged(relief, np.array([[0.0, 0.3], [0.0, 0.0]]), width=[40, 40], start=False, lowest=False)
    radius = BEAD * float(Pen(LOW, (40, 40), (1, 3)).half(np.zeros((1, 3)))[0])
    kind = shown(stage, Kind.PATH, LOW)
    middle = LOW.project(np.array([[0, 0, 0.35 * radius]]))[0]
    column, row = (middle[0] / (16 / 9) + 1) * SIZE[0], (1 - middle[1]) * SIZE[1]
    rows, columns = np.indices(kind.shape)
    size = radius / 2.2 / np.tan(np.radians(15)) * SIZE[1]
    disc = np.hypot(columns + 0.5 - column, rows + 0.5 - row) < 0.9 * size
    assert disc.sum() > 100 and kind[disc].all()


@pytest.mark.slow
def test_ring_bead_and_mark_are_there_where_they_were_asked_for_and_absent_where_not(graphics):
    relief, places = bowl(), np.array([[-0.3, 0.0], [0.25, 0.0]])
    view, all_on = camera.standing(180, 50, 2.2, np.zeros(3), 30), {"start": True, "end": True, "lowest": True}
    counts = {}
    for off in (None, "start", "end", "lowest"):
        changes = {**all_on, **({off: False} if off else {}), "width": [14, 14]}
        stage = staged(relief, places, **changes)
        stage.expose(view)
        kind = stage._geometry.draw(view).kind
        counts[off] = ((kind == Kind.PATH).sum(), (kind == Kind.MARK).sum())
        stage.close()
    assert counts[None][1] > 10 and counts["lowest"][1] == 0
    assert counts["end"][0] < counts[None][0] - 60
    assert counts["start"][0] != counts[None][0] and counts["start"][1] == counts[None][1]


@pytest.mark.slow
def test_a_path_that_ends_at_the_lowest_point_needs_no_mark(graphics):
    stage = staged(bowl(), np.array([[-0.3, 0.0], [0.0, 0.0]]), width=[14, 14])
    assert not shown(stage, Kind.MARK, camera.standing(180, 50, 2.2, np.zeros(3), 30)).any()


@pytest.mark.slow
def test_a_sheet_from_below_shows_its_underside(graphics):
    look = Look.model_validate({"name": "ember", "body": "sheet", "ground": "void"}).resolved
    stage = Stage([Placed(bowl())], look, SUN, SIZE, 1)
    stage.show_paths([[]])
    below = camera.standing(180, -30, 2.2, np.array([0, 0, 0.1]), 30)
    picture = stage.photograph(below, 1)
    kind = stage._geometry.draw(below).kind
    stage.close()
    assert (kind == Kind.UNDERSIDE).mean() > 0.1 and (kind == Kind.TERRAIN).mean() < 0.02
    assert picture[kind == Kind.UNDERSIDE].std() > 4  # the palette is seen, though in its own shadow


@pytest.mark.slow
def test_the_bead_is_there_for_a_camera_that_stands_among_the_terrain(graphics):
    close = camera.standing(180, 24, 0.34, np.array([0.1, 0.0, 0.05]), 42)
    seen = {}
    for end in (True, False):
        stage = staged(bowl(), np.array([[-0.3, 0.0], [0.1, 0.0]]), width=[14, 14], lowest=False, end=end)
        seen[end] = shown(stage, Kind.PATH, close).sum()
    radius = BEAD * 0.5 * 14 * 2 * SIZE[1] / 1080  # sub-pixels
    assert seen[True] - seen[False] > 0.4 * np.pi * radius**2  # the line covers some of it


def relative(codes: np.ndarray) -> np.ndarray:
    """Returns the relative luminance of codes (..., 3)."""
    light = codes / 255
    linear = np.where(light <= 0.04045, light / 12.92, ((light + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


GROUNDS = {
    "pale": [[0, "#cfc6b4"], [1, "#ffffff"]],
    "dark": [[0, "#0a0c10"], [1, "#39404c"]],
    "mixed": None,  # the look's own
}
ABOVE = camera.standing(180, 55, 2.2, np.zeros(3), 30)
WIDE = (960, 540)


@pytest.mark.slow
@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("name", preset_names())
def test_a_path_stands_out_three_to_one_along_its_whole_length(graphics, monkeypatch, name, ground):
    for module in ("stage", "lens.lens"):  # no kernel is compiled, which would take longer than all pictures
        monkeypatch.setattr(f"render.stage.{module}.WORTH", WIDE[0] * WIDE[1] + 1)
    changes = {"name": name, "grain": 0.0} | ({"palette": GROUNDS[ground]} if GROUNDS[ground] else {})
    look, relief = Look.model_validate(changes).resolved, bowl(161)
    stage = Stage([Placed(relief)], look, SUN, WIDE, 1)
    way = drape(relief, "block", np.linspace([-0.4, 0.35], [0.05, 0.0], 60), None, 0.0)
    stage.show_paths([[way.until(59.0)]])
    grey = relative(stage.photograph(ABOVE, 1).astype(float))
    on_path = stage._geometry.draw(ABOVE).kind == Kind.PATH
    stage.close()
    stations = (np.linspace(0.12, 0.88, 24) * (len(way.points) - 1)).astype(int)
    ratios = [contrast(grey, on_path, way.points[[k, k + 5]]) for k in stations]
    assert min(ratios) >= 3.0


def contrast(grey: np.ndarray, on_path: np.ndarray, points: np.ndarray) -> float:
    """Returns the contrast of the path where it goes through two points to the pixel beside it on each side."""
    x, y, _ = ABOVE.project(points).T
    column, row = (x / (16 / 9) + 1) * WIDE[0] / 2, (1 - y) * WIDE[1] / 2
    across = np.array([row[0] - row[1], column[1] - column[0]]) / np.hypot(np.diff(row), np.diff(column))
    steps = np.arange(-6, 7)
    rows = np.round(row[0] + steps * across[1] - 0.5).astype(int)
    columns = np.round(column[0] + steps * across[0] - 0.5).astype(int)
    light, own = grey[rows, columns], np.flatnonzero(on_path[rows, columns])
    pairs = [sorted((float(light[own].mean()), float(light[each]))) for each in (own[0] - 1, own[-1] + 1)]
    return min((high + 0.05) / (low + 0.05) for low, high in pairs)


def lined(relief: Relief, count: int) -> np.ndarray:
    """Returns the grey levels (H, W) of a relief from above, drawn in one grey with black contours."""
    look = Look.model_validate({
        "name": "porcelain", "palette": [[0, "#c0c0c0"], [1, "#c0c0c0"]], "ground": "void", "rim": 0.0, "bloom": 0.0,
        "contours": {"count": count, "strength": 1.0, "colour": "#000000", "width": [2.5, 2.5]},
        "grain": 0.0, "bounce": 0.0,
        "sun": {"strength": 0.0}, "sky": {"strength": 1.2}, "exposure": 1.0, "vignette": 0.0,
    }).resolved  # fmt: skip
    stage = Stage([Placed(relief)], look, SUN, WIDE, 1)
    stage.show_paths([[]])
    grey = stage.photograph(DOWN, 1).astype(float).mean(2)
    stage.close()
    return grey


@pytest.mark.slow
@pytest.mark.parametrize("level", [0.3, 1.0])
def test_ground_that_is_level_at_the_height_of_a_contour_is_no_line(graphics, level):
    levels = bowl(121).level
    relief = made(np.maximum(levels, level) if level < 1 else np.minimum(2 * levels, level))
    grey = lined(relief, 10)
    across = np.linspace(-0.45, 0.45, 91)
    flat = np.stack(np.meshgrid(across, across), -1).reshape(-1, 2)
    heights = mesh.height_at(relief, *flat.T)
    x, y, _ = DOWN.project(np.column_stack([flat, heights])).T
    column, row = (x / (16 / 9) + 1) * WIDE[0] / 2 - 0.5, (1 - y) * WIDE[1] / 2 - 0.5
    shown = grey[np.round(row).astype(int), np.round(column).astype(int)]
    is_level = np.abs(heights / relief.exaggeration - level) < 1e-6
    assert is_level.mean() > 0.1
    assert (shown[is_level] > 0.5 * np.median(shown)).mean() > 0.9  # but for the line around it


@pytest.mark.slow
def test_contours_of_a_paraboloid_are_circles_of_known_radii(graphics):
    """Where z = r² · 2 in units of the height, line k of n lies at r = √(k / 2n)."""
    count, relief = 10, bowl(241)
    grey = lined(relief, count)
    for turn in np.radians([20, 100, 200, 305]):
        radii = np.arange(0.1, 0.48, 0.0005)
        flat = np.stack([np.cos(turn) * radii, np.sin(turn) * radii], 1)
        places = np.column_stack([flat, mesh.height_at(relief, *flat.T)])
        x, y, _ = DOWN.project(places).T
        column, row = (x / (16 / 9) + 1) * WIDE[0] / 2 - 0.5, (1 - y) * WIDE[1] / 2 - 0.5
        line_ = np.array([grey[round(r), round(c)] for r, c in zip(row, column, strict=True)])
        for k in range(1, count):
            expected = np.sqrt(k / count / 2)  # level = 2 r², since x runs over ±1 where r runs over ±0.5
            if 0.12 < expected < 0.46:
                near = np.abs(radii - expected) < 0.02
                darkest = radii[near][line_[near] == line_[near].min()].mean()
                assert line_[near].min() < 0.97 * np.median(line_[near])
                assert abs(darkest - expected) < 0.003  # a pixel and a half


def test_small_beads_are_put_where_they_were_asked_for(graphics):
    relief, counted = bowl(), {}
    way = np.linspace([-0.3, 0.2], [0.25, 0.0], 60)
    for beads in (0, 5):
        style = {"start": False, "end": False, "lowest": False, "beads": beads}
        look = Look.model_validate({"name": "ember", "path": style}).resolved
        descent = drape(relief, look.body, way, None, 0.0)
        marked = np.arange(10, 60, 10.0) if beads else None
        stage = Stage([Placed(relief)], look, SUN, SIZE, 2)
        stage.show_paths([[descent.until(59.0, marked)]])
        stage.expose(camera.standing(180, 40, 2.2, np.array([0, 0, 0.05]), 30))
        kind = stage._geometry.draw(camera.standing(180, 40, 2.2, np.array([0, 0, 0.05]), 30)).kind
        counted[beads] = int((kind == int(Kind.PATH)).sum())
        stage.close()
    assert counted[5] > counted[0]
