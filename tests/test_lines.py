"""Shots of lines: what a scene may ask of them, what is refused where it stands, and what is drawn and said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from render.errors import SceneError
from render.film.lines.line_axes import draw_slopes
from render.film.lines.line_shooting import LineShooting
from render.film.lines.line_take import LineTake, prepare_line, scale_of
from render.film.lines.line_words import line_caption, line_words
from render.film.lines.rolling_balls import RADIUS, middle_of
from render.film.shooting import FLAT, Shooting
from render.film.words.ground import contrast
from render.film.words.ink import LUMINANCE, light_of
from render.landscape.balls import Balls
from render.landscape.landscape import Landscape
from render.progress import Reporter
from render.sampling.surface import Surface
from render.scene.language.document import parse
from render.scene.language.load import load
from render.scene.language.place import Source
from render.scene.look import Look
from render.scene.quality import apply_quality
from render.scene.spec import Scene, resolved
from render.space.grid import Grid
from render.space.line import Line
from render.stage.colour import linear_of

SCENE = """\
thalweg: 1
title: A line
runs:
  main:
    data: {kind: one-weight}
    network: {kind: mlp, widths: [], bias: false}
    training: {optimiser: {kind: sgd, lr: 0.1}, batch: 64, steps: 40, loss: squared-error}
lines:
  it: {run: main, objective: {loss: squared-error}, along: {kind: weight}, range: [-2, 2], points: 401}
shots:
  - line: it
    duration: 8s
    ball: {starts: [-1.5, 1], lr: 0.2, steps: 10}
    tangent: true
stills:
  it: {at: 2s, size: [640, 360]}
"""

BAD = [  # what the scene says, what it is changed to, where the problem stands, what is said
    ("line: it", "line: is", "11:11", 'shots.0.line: there is no line "is"; known here: it'),
    (
        "line: it",
        "surface: it",
        "13:11",
        "shots.0.ball: belongs to a line; say line in place of surface, or leave it out",
    ),
    (
        "  - line: it\n    duration",
        "  - duration",
        "11:5",
        "is missing; add it (name of the surface under surfaces), or",
    ),
    ("run: main, obj", "run: mein, obj", "9:13", 'lines.it.run: there is no run "mein"; did you mean main?'),
    ("range: [-2, 2]", "range: [2, -2]", "9:83", "[2, -2] does not rise; write the lower bound first"),
    ("starts: [-1.5, 1]", "starts: [-1.5, 3]", "13:27", "shots.0.ball.starts.1: 3 lies beyond the line, -2 to 2"),
    ("tangent: true", "accuracy: true", "14:15", "one-weight has values and no classes, so there is no accuracy"),
    ("    ball: {starts: [-1.5, 1], lr: 0.2, steps: 10}\n", "", "13:14", "tangent: is drawn at balls; say ball"),
    ("tangent: true", "camera: {kind: fixed}", "14:13", "camera: belongs to a surface; a line has none; leave it out"),
    ("tangent: true", "surface: it", "11:11", "line: stands in place of surface; keep one of the two"),
    (
        "along: {kind: weight}",
        "along: {kind: between, run: main}",
        "9:81",
        '"main" is the line\'s own run; name another',
    ),
    (
        "loss: squared-error}, along",
        "loss: squared-error, dropout: fixed}, along",
        "13:11",
        "needs the slope of the loss",
    ),
    (
        "stills:",
        "credits: [Made by us]\nfilms: {it: {size: [64, 36]}}\nstills:",
        "15:10",
        'credits cannot follow the chart of a line, with which film "it" ends in shot 1; leave them out',
    ),
    (
        "stills:",
        "films: {it: {size: [64, 36], closing: 2s}}\nstills:",
        "15:39",
        "a film that ends with the chart of a line has no closing card",
    ),
    (
        "stills:",
        "look: {background: transparent}\nstills:",
        "11:11",
        "a line is drawn on a ground; give look.background",
    ),
]


def scene(text: str = SCENE) -> Scene:
    return Scene.model_validate(parse(text, Source("a scene")).data)


def parabola(lowest: float = 0.5) -> Landscape:
    grid = Grid.line(np.linspace(-2, 2, 401))
    loss = ((grid.alphas - lowest) ** 2 + 0.1).astype(np.float32)
    status = np.ones(loss.shape, np.uint8)
    surface = Surface(Line.through(np.zeros(1), np.ones(1)), grid, loss, np.full(401, 0.75, np.float32), status)
    run = {"data": "one-weight", "network": "mlp 1-1 without biases", "training": "sgd lr 0.1, batch 64, 40 steps"}
    record = {
        "run": run,
        "line": {"kind": "weight", "length": 1.0, "words": "the network's only weight"},
        "objective": {"loss": "squared error", "examples": 64, "split": "train", "mode": "eval"},
        "points": [401],
        "counts": surface.counts,
        "alpha": [-2.0, 2.0],
    }
    return Landscape(Path("it"), "key", surface, (), record)


def balls(lowest: float = 0.5) -> Balls:
    left = np.array([-1.5, 1.0])[:, None] - lowest
    left = left * 0.6 ** np.arange(11)
    return Balls(left + lowest, left**2 + 0.1, 2 * left, 1.0)


def taken(asked: Scene) -> LineTake:
    [shot] = asked.shots
    return prepare_line(shot, asked.look, {shot.line_name: parabola(), shot.balls_name: balls()})


def shooting(look: str = "ember", size: tuple[int, int] = (640, 360), text: str = SCENE) -> LineShooting:
    asked = scene(text.replace("stills:", f"look: {{name: {look}}}\nstills:").replace("[640, 360]", str(list(size))))
    return LineShooting(asked, asked.stills["it"], taken(asked))


@pytest.mark.parametrize(("written", "instead", "place", "said"), BAD, ids=[said for *_, said in BAD])
def test_what_cannot_be_is_refused_where_it_stands(tmp_path, written, instead, place, said):
    assert SCENE.count(written) == 1
    file = tmp_path / "scene.yaml"
    file.write_text(SCENE.replace(written, instead), encoding="utf-8")
    with pytest.raises(SceneError, match=r"scene\.yaml") as told:
        load(file)
    assert any(f"scene.yaml:{place}" in problem and said in problem for problem in told.value.problems), told.value


def test_a_scene_with_a_line_is_written_out_and_read_again():
    asked = scene()
    assert Scene.model_validate(resolved(asked)) == asked
    assert apply_quality(asked, "draft").lines["it"].points == 200


def test_a_shot_of_a_surface_is_written_out_as_if_there_were_no_lines():
    plain = scene(
        SCENE.replace("lines:", "surfaces:")
        .replace("along: {kind: weight}, range: [-2, 2], points: 401", "points: [9, 9]")
        .replace("line: it", "surface: it")
        .replace("    ball: {starts: [-1.5, 1], lr: 0.2, steps: 10}\n    tangent: true\n", "")
    )
    [shot] = plain.shots
    assert not {"line", "ball", "tangent", "accuracy", "descents"} & set(shot.model_dump(mode="json"))


def test_balls_stand_at_their_steps_and_never_go_back():
    take = taken(scene())
    np.testing.assert_allclose(take.places(0.0), [-1.5, 1.0])
    np.testing.assert_allclose(take.places(8.0), balls().alpha[:, -1])
    assert take.waits and take.step(0.6 + 1e-6) == (0, 0.0)
    ways = np.array([take.places(time) for time in np.linspace(0, 8, 200)])
    assert (np.diff(ways[:, 0]) >= 0).all() and (np.diff(ways[:, 1]) <= 0).all()
    steps = [take.step(time)[0] for time in np.linspace(0, 8, 200)]
    assert steps == sorted(steps) and set(steps) == set(range(11))


@pytest.mark.parametrize("look", ["ember", "porcelain"])
def test_a_ball_lies_on_the_curve_in_its_own_colour(look):
    drawn = shooting(look)
    chart, take = drawn.axes.chart, drawn.take
    light = drawn.bare(2.0).astype(float)
    colours = [take.look.path.colour, *take.look.path.others]
    for ball, place in enumerate(take.places(2.0)):
        x, y = middle_of(take, chart, float(place))
        radius = RADIUS * take.look.path.width[0] * chart.unit
        foot = float(chart.row(take.loss_at(np.array([place])))[0])
        assert np.hypot(x - chart.column(np.array(place)), y - foot) == pytest.approx(radius, abs=1e-6)
        seen = light[round(y - 0.5), round(x - 0.5)]
        if look == "porcelain":  # flat: the very colour that was asked for
            asked = [int(colours[ball][k : k + 2], 16) for k in (1, 3, 5)]
            assert abs(seen - asked).max() <= 2
        else:
            hue = linear_of(colours[ball])
            assert seen.argmax() == hue.argmax() or seen.min() > 200


def test_the_axes_have_the_true_numbers_at_their_places():
    chart = shooting().axes.chart
    assert chart.alpha_ticks() == [-2, -1, 0, 1, 2]
    assert chart.loss_ticks() == [0, 2, 4, 6]
    np.testing.assert_allclose(chart.alpha(chart.column(np.array([-2.0, 0.3]))), [-2.0, 0.3])
    rows = chart.row(np.array(chart.loss_ticks()))
    assert (np.diff(rows) < 0).all() and np.ptp(np.diff(rows)) < 1e-6  # even on a linear scale, upwards
    assert chart.level(chart.row(np.array([0.1, 6.35]))) == pytest.approx([0, 1], abs=1e-6)


def test_a_logarithmic_relief_makes_a_logarithmic_axis_and_a_clip_cuts_the_top():
    loss = np.array([0.01, 0.1, 1.0, 100.0])
    logs = scale_of(loss, Look.model_validate({"relief": [{"log": {"floor": 0.1}}]}))
    assert (logs.floor, logs.level(loss).tolist()) == (0.1, pytest.approx([0, 0, 1 / 3, 1]))
    cut = scale_of(np.linspace(0, 1, 101), Look.model_validate({"relief": [{"clip": {"percentile": 90}}]}))
    assert (cut.floor, cut.high) == (None, pytest.approx(0.9))
    assert scale_of(loss, Look.model_validate({})).floor is None


def test_the_ground_is_drawn_under_the_curve_and_nothing_over_it():
    drawn = shooting("porcelain")
    chart, pixels = drawn.axes.chart, drawn.bare(0.0).astype(int)
    column = round(float(chart.column(np.array(-0.2))))
    row = float(chart.row(drawn.take.loss_at(np.array([-0.2])))[0])
    ground = [int(drawn.take.look.background.colour[k : k + 2], 16) for k in (1, 3, 5)]
    assert abs(pixels[round(row) - 12, column] - ground).max() <= 2
    assert abs(pixels[round(row) + 8, column] - ground).max() > 20


@pytest.mark.parametrize("size", [(160, 90), (1280, 720), (360, 640), (64, 64)])
def test_pictures_of_every_size_have_a_chart_within_them(size):
    drawn = shooting(size=size)
    chart = drawn.axes.chart
    assert 0 < chart.left < chart.right < size[0] and 0 < chart.top < chart.bottom < size[1]
    assert drawn.picture(3.0).shape == (size[1], size[0], 3)


def test_a_picture_is_the_same_whenever_it_is_drawn_and_another_at_another_time():
    drawn = shooting()
    assert (drawn.picture(2.0, 7) == drawn.picture(2.0, 7)).all()
    assert not (drawn.picture(2.0, 7) == drawn.picture(2.4, 7)).all()


@pytest.mark.parametrize("look", ["porcelain", "ember"])
def test_without_a_caption_the_numbers_are_read_on_the_same_ground_in_the_same_ink(look):
    bare = SCENE.replace("size: [640, 360]", "size: [640, 360], caption: false, title: false")
    full, plain = (contrast_of(shooting(look, text=text)) for text in (SCENE, bare))
    assert full >= 4.5 and plain >= 4.5


def contrast_of(drawn: LineShooting) -> float:
    """Returns the contrast of words to the background of a look."""
    ink, ground = (
        float(light_of(colour) @ LUMINANCE) for colour in (drawn.dress.ink, drawn.take.look.background.colour)
    )
    return contrast(ink, ground)


def test_a_print_has_more_levels_than_8_bits_hold_and_the_same_light():
    drawn = shooting()
    codes, fine = drawn.bare(2.0).astype(float), drawn.bare(2.0, depth=16).astype(float)
    assert (fine % 257 != 0).any() and abs(fine / 257 - codes).max() <= 1.01


def test_what_is_said_of_a_line_is_what_was_measured_and_how_balls_go():
    drawn = shooting()
    said = line_caption(drawn.take)
    assert "401 points, all measured · line: the network's only weight · α −2…2 · linear height" in said
    assert "2 balls go by gradient descent held on the line, lr 0.2, 10 steps" in said
    words = line_words(drawn.scene, drawn.output, drawn.take, 2.0)
    step, _ = drawn.take.step(2.0)
    assert [counter.label for counter in words.counters] == ["step", "loss, from −1.5", "loss, from 1"]
    assert words.counters[0].value.strip() == str(step)
    assert words.counters[1].value == f"{balls().loss[0, step]:.3g}"


def test_what_lies_beyond_or_is_lost_is_told():
    take = taken(scene())
    far = Balls(take.balls.alpha * 2, take.balls.loss, take.balls.slope, 1.0)
    lost = Balls(np.where(np.arange(11) > 3, np.nan, take.balls.alpha), take.balls.loss, take.balls.slope, 1.0)
    for moved, said in (
        (far, "1 of 2 balls go beyond its range"),
        (lost, "a ball is lost where the loss is not finite"),
    ):
        asked = LineTake(take.shot, take.look, take.landscape, moved, take.scale)
        assert any(said in sentence for sentence in asked.remarks())
        LineShooting(scene(), scene().stills["it"], asked).picture(5.0)


def test_a_line_is_no_terrain():
    asked = scene()
    [shot] = asked.shots
    shots = Shooting(
        asked, asked.stills["it"], {shot.line_name: parabola(), shot.balls_name: balls()}, Reporter.silent()
    )
    with pytest.raises(SceneError, match=FLAT):
        shots.take(0)
    assert list(shots.shown(0).records) == ["line it"]


def test_accuracy_stands_on_an_axis_of_its_own():
    digits = SCENE.replace("{kind: one-weight}", "{kind: digits}").replace("loss: squared-error}\nlines", "}\nlines")
    text = digits.replace("tangent: true", "accuracy: true")
    drawn, plain = shooting(text=text), shooting(text=digits)
    assert drawn.axes.chart.right < plain.axes.chart.right
    rows = drawn.axes.chart.share_row(np.array([0.0, 1.0]))
    assert rows == pytest.approx(drawn.axes.chart.row(np.array([0.1, 6.35])), abs=1e-3)
    row, column = round(float(drawn.axes.chart.share_row(np.array(0.75)))), round(drawn.axes.chart.left) + 150
    assert not (drawn.picture(0.0)[row - 2 : row + 2, column] == plain.picture(0.0)[row - 2 : row + 2, column]).all()


@pytest.mark.parametrize(("places", "written"), [((-0.03, 0.03), False), ((-1.5, 1.0), True)])
def test_a_slope_is_not_written_where_it_would_be_read_as_another_balls(places, written):
    """The words of two balls that meet would stand each beside the other one."""
    drawn = shooting()
    still = np.repeat(np.array(places)[:, None], 11, axis=1)
    met = Balls(still, still**2, 2 * still, 1.0)
    take = LineTake(drawn.take.shot, drawn.take.look, drawn.take.landscape, met, drawn.take.scale)
    pixels = np.zeros((drawn.output.size[1], drawn.output.size[0], 3), np.uint8)
    draw_slopes(pixels, take, drawn.axes, drawn.dress, 2.0)
    assert pixels.any() == written


def test_a_slope_is_told_by_the_axes_on_which_it_is_drawn(monkeypatch):
    drawn, said = shooting(), []
    monkeypatch.setattr("render.film.lines.line_axes._write", lambda _, text, *__: said.append(text))
    for length in (1.0, 24.0):
        of_two = Balls(balls().alpha, balls().loss, balls().slope / length, length)
        take = LineTake(drawn.take.shot, drawn.take.look, drawn.take.landscape, of_two, drawn.take.scale)
        draw_slopes(np.zeros((360, 640, 3), np.uint8), take, drawn.axes, drawn.dress, 0.0)
        assert ("per unit of α, which is 24 of the weights" in line_caption(take)) == (length > 1)
        alone = Balls(*(values[:1] for values in (of_two.alpha, of_two.loss, of_two.slope)), length)
        take = LineTake(drawn.take.shot, drawn.take.look, drawn.take.landscape, alone, drawn.take.scale)
        assert line_words(drawn.scene, drawn.output, take, 0.0).counters[2].value == "−4.00"
    assert said == ["slope −4", "slope 1"] * 2


@pytest.mark.parametrize(("place", "makes_room"), [("upper-left", True), ("centre", False)])
def test_a_title_comes_and_goes_on_a_chart_that_leaves_room_for_it_above(place, makes_room):
    title = f"titles: [{{text: Down, place: {place}, at: 1s, duration: 4s, size: 2}}]"
    plain, made = shooting(), shooting(text=SCENE.replace("tangent: true", title))
    assert made.over is not None and not made.over.left_out
    [box] = [each.box for each in made.over.titles]
    assert (made.axes.chart.top > max(box.bottom, plain.axes.chart.top)) == makes_room
    part = slice(box.top, box.bottom), slice(box.left, box.right)
    gone, there = (made.writing(time)(made.bare(2.0))[part].astype(int) for time in (0.5, 2.0))
    assert np.abs(there - gone).max() > 100
