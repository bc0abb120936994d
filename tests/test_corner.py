"""The cut corner of a block: what lies beyond it is drawn nowhere, and it goes only where it stands in the way."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from render.film.preparing import prepare
from render.film.words.caption import caption
from render.film.words.drawing import Drawing
from render.film.words.remarks import remarks
from render.landscape import ready
from render.scene.language.load import load
from render.scene.look import Look
from render.solid import solid_body
from render.stage import camera
from render.stage.body import corner, mesh
from render.stage.body.cutting import Corner
from render.stage.body.outline import nearest_side, outline_of
from render.stage.body.relief import Relief, Scale
from render.stage.cast import Placed
from render.stage.light.bake import Sun
from render.stage.marks.trail import drape
from render.stage.stage import Stage

EYE = np.array([1.6, -1.6, 1.2])
SIGNS = [(1, 1), (1, -1), (-1, 1), (-1, -1)]


def relief_of(level: np.ndarray, depth: float = 1.0, **more) -> Relief:
    return Relief(level.astype(np.float32), np.ones(level.shape, bool), 0.3, depth, Scale(None, 0.0, 1.0), **more)


def bowl(rows: int = 61, columns: int = 81, **more) -> Relief:
    y, x = np.mgrid[-1 : 1 : rows * 1j, -1 : 1 : columns * 1j]
    return relief_of((x**2 + y**2) / 2, 0.75, **more)


def cut(size: float = 0.2, signs=(1, -1), **more) -> Relief:
    return bowl(corner=Corner.of(signs, size, 0.75), **more)


def flat_area(surface: mesh.Mesh) -> float:
    a, b, c = (surface.points[surface.triangles[:, k], :2].astype(float) for k in range(3))
    area = 0.5 * ((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0])
    assert (area > -1e-9).all()
    return float(area.sum())


@pytest.mark.parametrize("signs", SIGNS)
@pytest.mark.parametrize("size", [0.03, 0.2, 0.3])
def test_a_cut_takes_a_triangle_off_the_terrain_the_outline_and_the_cells(size, signs):
    relief = cut(size, signs)
    assert flat_area(mesh.terrain(relief, "block")) == pytest.approx(0.75 - size**2 / 2, rel=2e-4)
    x, y = mesh.axes(relief)
    within = 0.5 - signs[0] * x[None, :] + 0.375 - signs[1] * y[:, None] - size
    clear = np.abs(within) > 1e-9
    np.testing.assert_array_equal(mesh.inside(relief, "block")[clear], (within > 0)[clear])
    edge = mesh.outline(relief, "block", 720)
    assert relief.corner is not None and relief.corner.inset(*edge.T).min() > -1e-9
    inset, side = nearest_side(*torch.tensor([[signs[0] * 0.5], [signs[1] * 0.375]]), outline_of(relief, "block"))
    assert float(inset[0]) == pytest.approx(-size / np.sqrt(2), abs=1e-5)
    assert [float(each[0]) for each in side] == pytest.approx(list(relief.corner.normal))
    assert len(corner.corners(relief)) == 5 and (relief.corner.inset(*corner.corners(relief).T) > -1e-9).all()


@pytest.mark.parametrize("signs", SIGNS)
def test_the_wall_runs_around_the_cut_without_a_gap_and_looks_outwards(signs):
    relief = cut(0.2, signs)
    surface = mesh.terrain(relief, "block")
    face = mesh.wall(relief, surface, "block", -0.1)
    top = face.points[: len(face.points) // 2, :2].astype(float)
    steps = np.linalg.norm(np.roll(top, -1, axis=0) - top, axis=1)
    assert steps.max() < 2 * max(relief.cells)
    assert steps.sum() == pytest.approx(2 * 1.75 - 2 * 0.2 + 0.2 * np.sqrt(2), rel=1e-3)
    area = 0.5 * (top[:, 0] * np.roll(top[:, 1], -1) - top[:, 1] * np.roll(top[:, 0], -1)).sum()
    assert area == pytest.approx(0.75 - 0.02, rel=1e-3)  # counter-clockwise: its faces look outwards
    known = {point.tobytes() for point in surface.points}
    assert all(point.tobytes() in known for point in face.points[: len(top)])


def test_a_hole_and_a_cut_go_together():
    y, x = np.mgrid[-0.5:0.5:61j, -0.5:0.5:81j]
    inland = (np.hypot(x - 0.1, y + 0.1) - 0.12).astype(np.float32)
    relief = cut(0.2, inland=inland)
    whole = flat_area(mesh.terrain(bowl(inland=inland), "block"))
    assert flat_area(mesh.terrain(relief, "block")) == pytest.approx(whole - 0.02, rel=1e-3)
    face = mesh.wall(relief, mesh.terrain(relief, "block"), "block", -0.1)
    on_cut = np.abs(relief.corner.inset(*face.points[:, :2].astype(float).T)) < 1e-4
    assert on_cut.sum() > 20


def test_an_export_is_closed_around_the_cut_and_has_its_volume():
    relief = cut(0.25)
    made = solid_body.body_of(relief, "block")
    assert sorted(made.outer[:, 0]) == sorted(made.outer[:, 1]) and len(set(made.outer[:, 0])) == len(made.outer)
    face, normals = solid_body.walls(made.terrain, made.outer, -0.1)
    under = solid_body.base(made, -0.1)
    volume = 0.0
    for part in (made.terrain, face, under):
        a, b, c = (part.points[part.triangles[:, k]].astype(float) for k in range(3))
        volume += float((a * np.cross(b, c)).sum()) / 6
    inside = mesh.inside(relief, "block")
    assert volume == pytest.approx((relief.heights[inside].mean() + 0.1) * (0.75 - 0.25**2 / 2), rel=0.02)
    nx, ny = relief.corner.normal
    assert (np.abs(normals @ [nx, ny, 0] - 1) < 1e-3).sum() > 40


def test_a_path_that_runs_into_the_cut_is_not_shown_there():
    places = np.array([[0.0, 0.0], [0.48, -0.48]])
    whole, part = (drape(made, "block", places, None, 0.0) for made in (bowl(), cut(0.2)))
    assert whole.shown.all() and part.shown[0] and not part.shown[-1]
    assert cut(0.2).corner.inset(*part.points[part.shown][:, :2].T).min() > 0


def ridge() -> Relief:
    """A valley behind a ridge at the corner that is nearest to the eye."""
    y, x = np.mgrid[-0.5:0.5:101j, -0.5:0.5:101j]
    return relief_of(0.3 * np.hypot(x, y) + 0.9 * np.exp(-(((x - 0.5) ** 2 + (y + 0.5) ** 2) / 0.015)))


def path_to(x: float, y: float) -> np.ndarray:
    flat = np.linspace([-0.35, 0.35], [x, y], 60)
    return np.column_stack([flat, mesh.height_at(ridge(), *flat.T)])


LOW = np.array([1.6, -1.6, 0.45])


def test_auto_cuts_a_corner_that_hides_the_end_of_the_path_and_then_it_is_seen():
    path = path_to(0.15, -0.15)
    made = corner.opened(ridge(), [path], LOW)
    assert made.corner is not None and made.corner.signs == (1, -1)
    assert not corner._seen(ridge(), path[-1:], LOW)[0] and corner._seen(made, path[-1:], LOW)[0]


@pytest.mark.parametrize("why", ["a bowl", "an eye before a face", "an eye above", "a path in the corner"])
def test_auto_leaves_a_corner_alone_that_hides_nothing_or_is_needed(why):
    relief, paths, eye = {
        "a bowl": (relief_of(0.5 * ridge().level * 0 + 0.3), [path_to(0.1, -0.1)], LOW),
        "an eye before a face": (ridge(), [path_to(0.1, -0.1)], np.array([0.1, -2.2, 0.45])),
        "an eye above": (ridge(), [path_to(0.1, -0.1)], np.array([0.6, -0.6, 5.0])),
        "a path in the corner": (ridge(), [path_to(0.47, -0.47)], LOW),
    }[why]
    assert corner.opened(relief, paths, eye) is relief


def test_auto_cuts_high_ground_in_front_of_everything():
    y, x = np.mgrid[-0.5:0.5:101j, -0.5:0.5:101j]
    plateau = relief_of(0.9 - 0.9 * np.exp(-((x + 0.1) ** 2 + (y - 0.1) ** 2) / 0.03))
    eye = np.array([1.5, -1.5, 3.0])
    assert corner.opened(plateau, [], eye).corner.size == corner.FOREGROUND
    assert corner.opened(replace(plateau, level=plateau.level * np.float32(0.7)), [], eye).corner is None


@pytest.fixture
def scene(tmp_path, monkeypatch):
    """Returns a function that loads a scene of a ridge before a valley, with changes of its look."""
    monkeypatch.chdir(tmp_path)
    axis = np.linspace(-1, 1, 101)
    np.savez(tmp_path / "a.npz", x=axis, y=axis, z=ridge().level)

    def make(walls: str, body: str = "block"):
        (tmp_path / "a.yaml").write_text(
            "thalweg: 1\ntitle: Ridge\nsurfaces: {main: {source: {surface: a.npz}}}\n"
            f"look: {{body: {body}, walls: {{{walls}}}}}\n"
            "shots: [{surface: main, duration: 2s, camera: {kind: orbit, azimuth: 135, elevation: 14, sweep: 20}}]\n"
            "stills: {one: {at: 1s, size: [320, 180]}}\n",
            encoding="utf-8",
        )
        loaded = load(tmp_path / "a.yaml")
        made = prepare(loaded.shots[0], loaded.look, [ready.load(loaded.surfaces["main"])], 16 / 9)
        return loaded, made

    return make


def test_a_take_has_the_cut_and_says_so_and_none_has_it_unasked(scene):
    loaded, made = scene("corner: 0.2")
    assert made.panels[0].relief.corner == Corner.of((1, -1), 0.2, 1.0)
    records = [panel.landscape.record for panel in made.panels]
    assert "near corner cut off by 0.2 of the width" in caption(loaded, made.shot, records, made.drawing)
    assert any("near corner cut off by 0.2" in sentence for sentence in remarks(made))
    _, whole = scene("thickness: 0.1")
    assert whole.panels[0].relief.corner is None and not whole.drawing.corners
    assert not any("corner" in sentence for sentence in remarks(whole))
    _, sheet = scene("corner: 0.2", body="sheet")
    assert sheet.panels[0].relief.corner is None


def test_what_is_cut_off_changes_neither_heights_nor_where_the_camera_looks_from(scene):
    (_, whole), (_, made) = scene("thickness: 0.1"), scene("corner: auto")
    assert made.panels[0].relief.corner is not None
    np.testing.assert_array_equal(whole.panels[0].relief.level, made.panels[0].relief.level)
    for time in (0.0, 1.0, 2.0):
        ways = [view.axes[2] for view in (whole.view(time), made.view(time))]
        np.testing.assert_allclose(ways[0], ways[1], atol=1e-6)


@pytest.mark.parametrize("walls", ["corner: 0.4", "corner: -0.1", "corner: near"])
def test_a_corner_that_cannot_be_is_refused_in_a_sentence(scene, walls):
    with pytest.raises(Exception, match=r"look\.walls\.corner"):
        scene(walls)


def test_a_picture_shows_the_ground_where_the_corner_was(graphics):
    look = Look.model_validate({"name": "ember", "body": "block", "grain": 0.0}).resolved
    above = camera.View(np.array([0, 0, 3.0]), np.zeros(3), 24.0)
    covers = []
    for relief in (bowl(), cut(0.3)):
        stage = Stage([Placed(relief)], look, Sun(120, 40, 2), (240, 240), 2)
        covers.append(stage.expose(above).cover.numpy())
        stage.close()
    gone = covers[0] - covers[1]
    rows, columns = np.nonzero(gone > 0.5)
    assert (rows > 120).all() and (columns > 120).all()  # below and to the right: the corner at +α, −β
    assert gone.sum() / covers[0].sum() == pytest.approx(0.3**2 / 2 / 0.75, rel=0.15)


def test_the_drawing_of_a_look_alone_has_no_corner():
    assert Drawing.asked(Look()).corners == ()
