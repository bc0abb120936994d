"""The numbers of contours: each tells the loss of its very line, in few figures, where it can be read."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from render.film.furniture import numbers as contour_numbers
from render.film.furniture.furnish import NUMBER, furnish, furnishing
from render.film.furniture.heights import OFF, index_lines, telling
from render.film.furniture.legend import LevelColours
from render.film.furniture.numbers import Glance, chosen, presence
from render.film.furniture.room import angles_of, distance_to, pixels_of, rooms_of
from render.film.furniture.turned import turned_ink
from render.film.preparing import prepare
from render.film.words import ink
from render.film.words.ground import Dress, contrast
from render.film.words.ink import LUMINANCE, TEXT, light_of
from render.film.words.layout import Box
from render.film.words.lettering import plots_of
from render.film.words.overlay import sheet_of
from render.landscape import ready
from render.scene.language.load import load
from render.stage.body.relief import Scale

SHEET = sheet_of((960, 540))
SIZE = 12.0
GREY = np.full((540, 960, 3), 40, np.uint8)
RELIEFS = {"linear": "[{exaggeration: 0.3}]", "log": "[{log: {floor: 0.01}}, {exaggeration: 0.3}]"}


def paraboloid(alpha, beta):
    return 0.02 + 0.5 * alpha**2 + 0.8 * beta**2


@pytest.fixture
def taken(tmp_path, monkeypatch):
    """Returns a function that makes a shot of a paraboloid with a path, its scene and its plots at times."""
    monkeypatch.chdir(tmp_path)
    axis = np.linspace(-1, 1, 161)
    np.savez(tmp_path / "a.npz", x=axis, y=axis, z=paraboloid(axis, axis[:, None]))
    way = np.stack([np.linspace(-0.7, 0.02, 15), np.linspace(0.6, 0.01, 15)], axis=1)
    rows = [f"{a},{b},{paraboloid(a, b)}" for a, b in way]
    (tmp_path / "p.csv").write_text("\n".join(["alpha,beta,loss", *rows]), encoding="utf-8")

    def make(relief: str = "log", look: str = "", camera: str = "{kind: orbit, sweep: 50}"):
        (tmp_path / "a.yaml").write_text(
            "thalweg: 1\ntitle: Bowl\nsurfaces: {main: {source: {surface: a.npz, path: p.csv}}}\n"
            f"look: {{relief: {RELIEFS[relief]}, contours: {{numbers: true, count: 30}}{look}}}\n"
            f"shots: [{{surface: main, duration: 4s, camera: {camera}}}]\n"
            "stills: {one: {at: 2s, size: [960, 540]}}\n",
            encoding="utf-8",
        )
        scene = load(tmp_path / "a.yaml")
        made = prepare(scene.shots[0], scene.look, [ready.load(scene.surfaces["main"])], 16 / 9)
        return scene, made, lambda time: plots_of(scene.stills["one"], made, time)

    return make


def glances(plots, boxes=(), times=(0.0, 1.0, 2.0, 3.0, 4.0)) -> list[Glance]:
    return [Glance.of(plots(time), GREY, (boxes, [()]), SHEET) for time in times]


@given(st.floats(-9, 3), st.floats(0.05, 12), st.booleans(), st.floats(0, 1))
def test_the_loss_of_a_level_is_the_one_that_has_that_level(low, span, is_log, level):
    scale = Scale(1e-9 if is_log else None, low, low + span)
    assert float(scale.level(scale.loss(np.array(level)))) == pytest.approx(level, abs=1e-9)


@given(st.floats(-9, 3), st.floats(0.05, 12), st.booleans(), st.integers(6, 80))
def test_a_number_has_the_fewest_figures_that_tell_its_line_from_the_next(low, span, is_log, count):
    scale = Scale(1e-9 if is_log else None, low, low + span)
    losses = [float(scale.loss(np.array(k / count))) for k in range(1, count)]
    said = [telling(scale, loss, count) for loss in losses]
    assert len(set(said)) == len(said)
    for loss, words in zip(losses, said, strict=True):
        assert abs(float(scale.place(np.array(value_of(words))) - scale.place(np.array(loss)))) * count <= OFF + 1e-6


def test_known_numbers():
    scale = Scale(1e-9, np.log(0.001), np.log(10.0))  # four decades
    assert [telling(scale, 10.0**-k, 40) for k in range(3)] == ["1", "0.1", "0.01"]
    assert telling(scale, 0.12589, 40) == "0.126" and telling(scale, 0.12589, 10) == "0.13"
    assert telling(Scale(None, 0.0, 1.0), 0.25, 20) == "0.25"
    assert telling(Scale(None, 1000.0, 1000.1), 1000.05, 10) == "1,000.05"


def value_of(words: str) -> float:
    raised = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹−", "-0123456789-")
    return float(words.replace(",", "").translate(raised).replace("×10", "e"))


@pytest.mark.parametrize("relief", RELIEFS)
def test_on_a_paraboloid_a_number_is_the_formula_at_its_place(taken, relief):
    _, made, plots = taken(relief)
    found = chosen(0, glances(plots), SHEET, SIZE, "#c0c0c0")
    assert len(found) >= 3
    scale, count = made.panels[0].relief.scale, made.look.contours.count
    for number in found:
        alpha, beta = 2 * number.points[:, 0], 2 * number.points[:, 1]
        own = scale.place(paraboloid(alpha, beta))
        assert np.abs(own - scale.place(np.array(number.loss))).max() * count < 0.1
        assert np.abs(own - scale.place(np.array(value_of(number.words)))).max() * count < 0.2


def test_lines_are_every_fifth_contour_as_it_is_drawn(taken):
    _, made, _ = taken("linear")
    relief = made.panels[0].relief
    counts = [np.median(line.points[:, 2]) / relief.exaggeration * 30 for line in index_lines(relief, made.look)]
    assert {round(count) for count in counts} == {5, 10, 15, 20, 25}
    assert np.abs(np.array(counts) - np.round(counts)).max() < 0.05
    bare = made.look.model_copy(update={"body": "points"})
    assert list(index_lines(relief, bare)) == []


def test_numbers_are_upright_in_the_open_and_off_path_words_and_each_other(taken):
    _, _, plots = taken()
    boxes = [Box(0, 430, 960, 540), Box(400, 100, 560, 240)]
    moments = glances(plots, boxes)
    found = chosen(0, moments, SHEET, SIZE, "#c0c0c0")
    assert len(found) >= 3
    middle = moments[2]
    plot = middle.plots[0]
    rooms = [rooms_of(pixels_of(plot, number.points[None]), SIZE)[0] for number in found]
    for index, (number, room) in enumerate(zip(found, rooms, strict=True)):
        pixels = pixels_of(plot, number.points[None])
        assert abs(float(angles_of(pixels)[0])) < np.pi / 2
        assert plot.sees(number.points[1])
        assert min(distance_to(box, room).min() for box in boxes) > 0
        away = np.linalg.norm(room[:, None] - np.concatenate(plot.paths())[None], axis=2)
        assert away.min() > contour_numbers.CLEAR * SIZE * 0.9
        for other in rooms[:index]:
            assert np.linalg.norm(room[:, None] - other[None], axis=2).min() > SIZE / 2


def test_without_room_there_is_no_number(taken):
    _, _, plots = taken()
    assert chosen(0, glances(plots, [Box(0, 0, 960, 540)]), SHEET, SIZE, "#c0c0c0") == []


@pytest.mark.slow
@pytest.mark.parametrize("camera", ["{kind: orbit, sweep: 50}", "{kind: orbit, sweep: 180}", "{kind: ride}"])
def test_a_number_comes_and_goes_slowly_and_is_never_upside_down(taken, camera):
    _, _, plots = taken(camera=camera)
    found = chosen(0, glances(plots), SHEET, SIZE, "#c0c0c0")
    for number in found:
        times = np.arange(0, 4, 1 / 30)
        shares = np.array([presence(number, plots(time), 0, []) for time in times])
        assert np.abs(np.diff(shares)).max() < 0.35 and shares.max() == 1
        angles = [float(angles_of(pixels_of(plots(time)[0], number.points[None]))[0]) for time in times]
        assert all(abs(angle) < np.radians(80) for angle, share in zip(angles, shares, strict=True) if share > 0)


def test_what_covers_a_number_hides_it(taken):
    _, _, plots = taken()
    number = chosen(0, glances(plots), SHEET, SIZE, "#c0c0c0")[0]
    column, row = pixels_of(plots(2.0)[0], number.points[None])[0, 1].astype(int)
    assert presence(number, plots(2.0), 0, []) == 1
    assert presence(number, plots(2.0), 0, [Box(column - 3, row - 3, column + 3, row + 3)]) == 0
    beneath = replace(number, points=number.points - [0, 0, 0.1])
    assert presence(beneath, plots(2.0), 0, []) == 0


@pytest.mark.parametrize("grey", [10, 60, 118, 128, 200, 250])
def test_a_number_is_read_on_any_ground(taken, grey):
    _, _, plots = taken()
    picture = np.full_like(GREY, grey)
    moments = [replace(glance, picture=picture) for glance in glances(plots)]
    for number in chosen(0, moments, SHEET, SIZE, "#808080"):
        ground = float(number.ground.mean(0) @ LUMINANCE)
        assert ground == pytest.approx(float(ink.luminance(picture[:1, :1])[0, 0]), rel=1e-3)
        assert contrast(float(light_of(number.ink) @ LUMINANCE), ground) >= 4.5


def test_a_picture_has_a_number_along_its_line_and_nothing_else_changes(taken):
    _, _, plots = taken()
    moments = [(plots(time), GREY) for time in (0.0, 2.0, 4.0)]
    asked = plots(0.0)[0].take.look.furniture.model_copy(update={"labels": []})
    colours: tuple[LevelColours, dict] = (lambda levels: np.zeros((len(levels), 3), np.uint8), {})
    made = furnishing(asked, moments, [["main"]], (SHEET, Dress("#c0c0c0"), []), colours)
    assert len(made.numbers[0]) >= 3
    pixels = GREY.copy()
    furnish(pixels, plots(2.0), made)
    changed = np.argwhere((pixels != GREY).any(axis=2))[:, ::-1]
    away = np.full(len(changed), np.inf)
    for number in made.numbers[0]:
        room = rooms_of(pixels_of(plots(2.0)[0], number.points[None]), NUMBER * SHEET.size)[0]
        near = np.linalg.norm(changed[:, None] - room[None], axis=2).min(1)
        assert (near < 3).sum() > 20
        away = np.minimum(away, near)
    assert away.max() < SIZE


@pytest.mark.parametrize("angle", [0.0, 0.4, -1.0, np.pi / 2])
def test_turned_words_keep_their_ink_their_middle_and_turn_by_their_angle(angle):
    level, turned = (turned_ink("0.0412", TEXT, 14.0, np.array([200.3, 90.6]), each) for each in (0.0, angle))
    assert turned.coverage.sum() == pytest.approx(ink.line_ink("0.0412", TEXT, 14.0).coverage.sum(), rel=0.03)
    places = [np.stack([each.columns, -each.rows]) + np.array([[0.5], [-0.5]]) for each in (level, turned)]
    centres = [
        np.average(place, axis=1, weights=each.coverage) for place, each in zip(places, (level, turned), strict=True)
    ]
    around = np.array([200.3, -90.6])
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    np.testing.assert_allclose(turn @ (centres[0] - around), centres[1] - around, atol=0.1)
    spread = np.cov(places[1], aweights=turned.coverage)
    leading = np.linalg.eigh(spread)[1][:, 1]
    assert abs(leading @ [np.cos(angle), np.sin(angle)]) > 0.999
