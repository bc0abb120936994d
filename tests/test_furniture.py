"""Furniture: true ticks and lengths, labels that cover nothing, and colours that are the palette's."""

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from render.film.furniture import labels, legend, rule, scalebar
from render.film.furniture.labels import Seen, leader, placed
from render.film.furniture.plot import Plot
from render.film.furniture.points import named_points, opacity, turning_point
from render.film.furniture.strokes import stroke
from render.film.preparing import prepare
from render.film.ticks import MOST_TICKS, between_lines, ticks
from render.film.timeline import Slice
from render.film.words.ground import Dress
from render.film.words.layout import Box
from render.film.words.lettering import lettering_of, plots_of
from render.film.words.overlay import sheet_of
from render.landscape import ready
from render.scene.language.load import load
from render.stage.body.relief import Scale

SHEET = sheet_of((960, 540))


@pytest.fixture
def take(tmp_path, monkeypatch, crater):
    """A shot of a made-up surface with a path that bends, 2 s long."""
    t = np.linspace(0, 1, 21)
    alpha, beta = -0.8 + 1.4 * t, 0.75 - 1.5 * np.sqrt(t)
    np.savez(tmp_path / "a.npz", x=np.linspace(-1, 1, 120), y=np.linspace(-1, 1, 90), z=crater)
    rows = [f"{a},{b},{2 - 1.9 * s}" for a, b, s in zip(alpha, beta, t, strict=True)]
    (tmp_path / "p.csv").write_text("\n".join(["alpha,beta,loss", *rows]), encoding="utf-8")
    (tmp_path / "a.yaml").write_text(
        "thalweg: 1\ntitle: Crater\nsurfaces: {main: {source: {surface: a.npz, path: p.csv}}}\n"
        "shots: [{surface: main, duration: 2s}]\nstills: {one: {at: 2s, size: [960, 540]}}\n",
        encoding="utf-8",
    )
    monkeypatch.chdir(tmp_path)
    scene = load(tmp_path / "a.yaml")
    made = prepare(scene.shots[0], scene.look, [ready.load(scene.surfaces["main"])], 16 / 9)
    return SimpleNamespace(scene=scene, take=made, plot=plots_of(scene.stills["one"], made, 2.0)[0])


def seen(plot, grey=20, taken=()):
    return Seen.of(plot, np.full((540, 960, 3), grey, np.uint8), taken, "#c0c0c0")


@given(st.floats(-9, 4), st.floats(0.02, 12))
def test_ticks_of_a_logarithm_are_few_and_within_it(low, span):
    found = ticks(Scale(1e-9, low, low + span))
    assert len(found) <= MOST_TICKS + 1 and found == sorted(found)
    assert all(math.exp(low) * 0.999999 <= loss <= math.exp(low + span) * 1.000001 for loss in found)


@given(st.floats(-100, 100), st.floats(1e-3, 1e4))
def test_ticks_of_a_linear_scale_are_even_few_and_within_it(low, span):
    found = ticks(Scale(None, low, low + span))
    assert 2 <= len(found) <= MOST_TICKS + 1
    assert np.ptp(np.diff(found)) <= 1e-6 * span if len(found) > 2 else True
    assert low - 1e-6 * span <= found[0] and found[-1] <= low + span * 1.000001


def test_known_ticks():
    assert ticks(Scale(None, 0.0, 10.0)) == [0, 2, 4, 6, 8, 10]
    assert ticks(Scale(1e-4, math.log(0.02), math.log(5.0))) == [0.03, 0.1, 0.3, 1.0, 3.0]


@given(st.integers(1, 200), st.floats(-9, 0), st.floats(0.1, 9))
def test_as_many_lines_as_there_are_make_the_whole_height(count, low, span):
    factor = between_lines(Scale(1e-9, low, low + span), count)
    assert math.exp(low) * factor**count == pytest.approx(math.exp(low + span), rel=1e-9)
    assert low + count * between_lines(Scale(None, low, low + span), count) == pytest.approx(low + span)


def test_a_rule_has_every_tick_at_the_drawn_height_of_its_loss(take):
    plot, relief = take.plot, take.plot.panel.relief
    foot = rule.foot_of(plot)
    for mark in rule.marks_of(plot, foot):
        loss = float(mark.words.replace(",", ""))
        assert mark.place[2] == pytest.approx(relief.exaggeration * relief.scale.level(np.array([loss]))[0], rel=1e-6)
    assert np.abs(foot)[0] > 0.5 and np.abs(foot)[1] > 0.5 * relief.depth  # beside the edge, not in the body
    rows = plot.at(rule.staff_of(plot, foot))[:, 1]
    assert rows[1] < rows[0]  # high is above


def test_ticks_keep_off_each_other():
    kept = rule.thinned(np.array([100.0, 99.0, 80.0, 79.5, 60.0]), 10.0)
    assert kept == [0, 2, 4]


def test_a_scale_bar_is_as_long_as_it_says(take):
    plot = take.plot
    assert scalebar.unit_length(plot) is None  # a file does not tell what a unit of α is in weights
    landscape = replace(plot.panel.landscape, record={**plot.panel.landscape.record, "plane": {"lengths": [3.0, 5.0]}})
    plot = replace(plot, panel=replace(plot.panel, landscape=landscape))
    whole = scalebar.unit_length(plot)
    assert whole == pytest.approx(2.0 * 3.0)  # α from −1 to 1, along a direction of length 3
    length = scalebar.round_length(whole)
    ends = scalebar.bar_of(plot, whole, length)
    assert length == 1.0 and np.linalg.norm(ends[1] - ends[0]) == pytest.approx(length / whole)
    assert ends[0, 1] == ends[1, 1] and abs(ends[0, 1]) > plot.panel.relief.depth / 2


@given(st.floats(1e-6, 1e6))
def test_a_round_length_takes_a_third_at_most_and_a_tenth_at_least(whole):
    share = scalebar.round_length(whole) / whole
    assert scalebar.SHARE / 2.6 <= share <= scalebar.SHARE * (1 + 1e-6)


def test_points_are_named_with_their_own_step_and_loss(take):
    start, turn, end = named_points(take.take, take.plot.panel, ["start", "turn", "end"], ["main"], {"point": "Punkt"})
    assert start.words == "Punkt 1 · value 2.00" and end.words == "Punkt 21 · value 0.100"
    assert (start.reached, end.reached) == (pytest.approx(-0.4), pytest.approx(1.6, abs=0.01))  # it rests 0.4 s
    assert 0 < turn.reached < end.reached and opacity(end, 0.0) == 0 and opacity(start, 0.0) == 1
    walk = take.plot.panel.walks[0]
    assert turn.words.startswith(f"Punkt {turning_point(walk) + 1} ")


def test_the_turning_point_of_a_corner_is_the_corner():
    points = np.array([[0, 0, 0], [1, 0, 0], [2, 0, 0], [2, 1, 0], [2, 2.5, 0]], float)
    walk = SimpleNamespace(descent=SimpleNamespace(points=points), corners=np.arange(5))
    assert turning_point(walk) == 2


def test_labels_cover_neither_path_nor_words_nor_each_other_and_stay_on_the_picture(take):
    points = named_points(take.take, take.plot.panel, ["start", "turn", "end"], ["main"], {})
    words = (Box(48, 440, 900, 520),)
    found = placed(points, [seen(take.plot, taken=words)], SHEET, 12.0)
    assert len(found) == 3
    boxes = [label.box(take.plot.at(label.named.point[None])[0], SHEET) for label in found]
    for number, box in enumerate(boxes):
        assert box.left >= 0 and box.right <= 960 and box.top >= 0 and box.bottom <= 540
        assert not any(box.meets(other) for other in (*boxes[:number], *words))
        assert not any(labels._touches(line, box) for line in take.plot.paths())


def test_a_leader_ends_beside_its_words_and_begins_beside_its_point(take):
    (named,) = named_points(take.take, take.plot.panel, ["end"], ["main"], {})
    (label,) = placed([named], [seen(take.plot)], SHEET, 12.0)
    anchor = take.plot.at(named.point[None])[0]
    start, end = leader(label, anchor, SHEET)
    box = label.box(anchor, SHEET)
    assert np.hypot(*(start - anchor)) == pytest.approx(labels.GAP * 12.0, abs=0.01)
    assert not labels._touches(np.array([end]), box)
    gap = np.maximum(0, np.maximum([box.left, box.top] - end, end - [box.right, box.bottom]))
    assert np.hypot(*gap) < 8


def test_a_label_for_which_there_is_no_place_is_not_drawn(take):
    points = named_points(take.take, take.plot.panel, ["start"], ["main"], {})
    assert placed(points, [seen(take.plot, taken=(Box(0, 0, 960, 540),))], SHEET, 12.0) == []


def test_a_label_is_shaded_where_its_ground_is_as_bright_as_its_words(take):
    points = named_points(take.take, take.plot.panel, ["end"], ["main"], {})
    assert not placed(points, [seen(take.plot, 20)], SHEET, 12.0)[0].shaded
    assert placed(points, [seen(take.plot, 180)], SHEET, 12.0)[0].shaded


def test_what_terrain_hides_is_not_seen():
    """A wall between the camera and a point."""
    plot = object.__new__(Plot)
    relief = SimpleNamespace(
        level=np.zeros((3, 3)),
        heights=np.array([[0, 0, 0], [0.3] * 3, [0, 0, 0]], np.float32),
        depth=1.0,
        inland=None,
        corner=None,
    )
    look = SimpleNamespace(body="block")
    for name, value in {
        "take": SimpleNamespace(look=look),
        "panel": SimpleNamespace(relief=relief),
        "view": SimpleNamespace(position=np.array([0.0, -2.0, 0.4])),
    }.items():
        object.__setattr__(plot, name, value)
    assert not plot.sees(np.array([0.0, 0.4, 0.06]))
    assert plot.sees(np.array([0.0, -0.4, 0.06]))


def test_a_legend_has_the_colours_that_are_shown():
    def shown(levels):
        return np.stack([np.rint(255 * levels)] * 3, axis=1).astype(np.uint8)

    pixels = np.zeros((40, 10, 3), np.uint8)
    legend.paint_bar(pixels, shown, 2, 5, 3, 20)
    assert (pixels[5:25, 2] == shown((19.5 - np.arange(20)) / 20)).all() and not pixels[:5].any()
    assert pixels[5, 2, 0] > pixels[24, 2, 0]  # high above low


def test_a_stroke_covers_its_length_times_its_width():
    for width in (0.6, 1.0, 3.0):
        line = stroke(np.array([[10.0, 10.0], [60.0, 40.0], [90.0, 40.0]]), width)
        assert line.coverage.sum() == pytest.approx((np.hypot(50, 30) + 30) * width, rel=0.06)
        assert line.coverage.max() <= 1 and len({*zip(line.rows, line.columns, strict=True)}) == len(line.rows)


def test_furniture_is_switched_with_the_caption_unless_it_says_so(take):
    def made(**changes):
        output = take.scene.stills["one"].model_copy(update=changes)
        picture = np.full((540, 960, 3), 20, np.uint8)
        plain = lambda levels: np.zeros((len(levels), 3), np.uint8)  # noqa: E731
        return lettering_of(take.scene, output, take.take, [Slice(0, 2.0, 0)], (lambda time: picture, plain))

    assert made().furnishing is not None and made().dress == Dress(take.take.look.text)
    assert made(caption=False).furnishing is None
    assert made(caption=False, furniture=True).furnishing is not None
    assert made(furniture=False).furnishing is None
