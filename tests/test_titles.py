"""Titles, credits and closing cards: when they are there, what is refused, and that no words ever meet others."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from render.errors import SceneError
from render.film.canvas import SHRINKING, Canvas
from render.film.words.ending import Ending
from render.film.words.layout import Box
from render.film.words.overlay import Counter, Words, page_of, sheet_of
from render.film.words.titling import titled
from render.scene.language.load import load
from render.scene.titles import Credits, TimedTitle, Title
from render.scene.written import told, wishes
from render.stage.lens.tiles import CanvasBox

HEAD = (
    "thalweg: 1\ntitle: T\n"
    "runs: {main: {data: {kind: digits}, network: {kind: mlp, widths: [8]}, "
    "training: {optimiser: {kind: sgd, lr: 0.1}, batch: 8, steps: 9}}}\n"
    "surfaces: {main: {run: main, objective: {examples: 64, split: train}, plane: {kind: pca}, "
    "points: [8, 8], margin: 0.5}}\n"
)
FILM = "films: {a: {size: [320, 180]}}\n"
PLACES = ["lower-left", "lower-centre", "lower-right", "left", "centre", "right", "upper-left", "upper-centre"]
WORDS = Words("Title", "digits · mlp 64-8-10 · 8 × 8 points", (Counter("step", "12"), Counter("loss", "0.5")))


def scene_of(tmp_path, rest):
    path = tmp_path / "a.yaml"
    path.write_text(HEAD + rest, encoding="utf-8")
    return load(path)


def title(**settings):
    return Title.model_validate({"text": "Now", **settings})


def test_a_title_comes_stays_and_goes():
    timed = title(at=1, duration=3, **{"in": 0.5, "out": 1})
    times = [0.9, 1.0, 1.25, 1.5, 3.0, 3.5, 4.0, 4.1]
    assert [round(timed.presence(time, 8.0), 3) for time in times] == [0, 0, 0.5, 1, 1, 0.5, 0, 0]


@given(st.floats(0, 10))
def test_a_title_without_a_duration_stays_to_the_end(time):
    assert (title(at=2, out=0).presence(time, 8.0) > 0) == (2 < time <= 8.0)


@pytest.mark.parametrize(
    ("titles", "sentence"),
    [
        ("[{text: a, at: 8s}]", r"a.yaml:\d+:\d+: titles.0.at: 8 s is not before the end of the shots, 8 s"),
        ("[{text: a, at: 7s, duration: 2s}]", "titles.0.duration: the title would end at 9 s"),
        ("[{text: a, duration: 1s, in: 0.8s}]", "fading in and out takes 1.3 s and the title is there for 1 s"),
        ("[{text: a}, {text: b, at: 2s}]", r"centre is taken from 2 s to 8 s by titles.0; give one"),
        ("[{text: a, place: middle}]", '"middle" is not known'),
        ('[{text: "a\\u4e2d"}]', r"titles.0.text: no font here has a letter for"),
    ],
)
def test_a_title_that_cannot_be_shown_is_refused_where_it_stands(tmp_path, titles, sentence):
    with pytest.raises(SceneError, match=sentence):
        scene_of(tmp_path, f"shots: [{{surface: main, duration: 8s}}]\ntitles: {titles}\n{FILM}")


def test_titles_of_scene_and_shot_at_one_place_and_time_are_refused(tmp_path):
    shots = "shots: [{surface: main, duration: 2s}, {surface: main, duration: 2s, titles: [{text: b, at: 1s}]}]\n"
    with pytest.raises(SceneError, match=r"centre is taken from 3 s to 3\.5 s by titles\.0"):
        scene_of(tmp_path, f"{shots}titles: [{{text: a, at: 2.5s, duration: 1s}}]\n{FILM}")


def test_a_scene_without_any_of_this_tells_its_key_nothing(tmp_path):
    scene = scene_of(tmp_path, f"shots: [{{surface: main, duration: 2s}}]\n{FILM}")
    assert told(scene, scene.films["a"]) == {} and wishes(scene) == {}


def test_too_many_standing_credits_are_refused(tmp_path):
    lines = ", ".join(["a"] * 17)
    with pytest.raises(SceneError, match="17 lines do not stand on one picture"):
        scene_of(tmp_path, f"shots: [{{surface: main, duration: 2s}}]\ncredits: [{lines}]\n{FILM}")
    rolling = f"credits: {{lines: [{lines}], manner: rolling}}\n"
    assert scene_of(tmp_path, f"shots: [{{surface: main, duration: 2s}}]\n{rolling}{FILM}").credits.seconds > 10


@pytest.mark.parametrize("size", [(1920, 1080), (1080, 1920), (480, 270)])
def test_titles_stand_off_all_other_words_and_off_each_other(size):
    sheet = sheet_of(size, film=True)
    taken = page_of(WORDS, sheet).boxes
    titles = [
        TimedTitle(("titles", n), title(text="A longer title of some words", place=place), 0.0, 8.0)
        for n, place in enumerate(PLACES)
    ]
    placed, lost = titled(titles, sheet, taken)
    assert len(placed) >= 5 and len(placed) + len(lost) == len(titles)
    boxes = [*taken, *(each.box for each in placed)]
    assert not any(one.meets(other) for one, other in itertools.combinations(boxes, 2))
    for each in placed:
        assert each.letters.columns.min() >= 0.04 * size[0] and each.letters.columns.max() <= 0.96 * size[0]


def test_a_title_of_lines_keeps_them():
    sheet = sheet_of((1920, 1080))
    (one,), _ = titled([TimedTitle((), title(text="a"), 0.0, 8.0)], sheet, [])
    (two,), _ = titled([TimedTitle((), title(text="a\nb"), 0.0, 8.0)], sheet, [])
    assert two.box.bottom - two.box.top > 1.5 * (one.box.bottom - one.box.top)


@given(
    st.lists(st.tuples(st.sampled_from(["auto", *PLACES]), st.floats(20, 400), st.floats(20, 400)), max_size=7),
    st.sampled_from([(1920, 1080), (1080, 1920), (1000, 1000)]),
    st.lists(st.tuples(st.integers(0, 900), st.integers(0, 900), st.integers(1, 300), st.integers(1, 200)), max_size=3),
)
def test_insets_never_meet_each_other_or_words_and_keep_to_the_margins(asked, size, words):
    canvas = Canvas(*size)
    taken = [CanvasBox(left, top, left + wide, top + high) for left, top, wide, high in words]
    found, share = canvas.insets(asked, taken)
    assert len(found) == len(asked) and share in (*SHRINKING, 0.0)
    boxes = [Box(box.left, box.top, box.right, box.bottom) for box in [*taken, *(each for each in found if each)]]
    for number, box in enumerate(boxes[len(taken) :], len(taken)):
        assert not any(box.meets(other) for other in boxes[:number])
        assert box.left >= canvas.safe.left and box.bottom <= canvas.safe.bottom


def ending(**changes):
    settings = {"credits": Credits(lines=["one", "two"]), "closing": 2.0, "captions": ("a · b · c",), "fps": 30.0}
    return Ending(sheet_of((640, 360), film=True), "#ffffff", True, title="T", **{**settings, **changes})


def test_the_ending_dims_the_picture_shows_credits_and_then_the_card():
    bare = np.full((360, 640, 3), 120, np.uint8)
    written = bare.copy()
    written[20:40, 20:200] = 255
    shown = {after: ending().draw(bare, written, after) for after in (0.0, 1.5, 4.9)}
    assert (shown[0.0] == written).all()
    assert (shown[1.5][20:40, 20:200] < 60).all()  # words of the shot are gone
    middle, left = shown[1.5][:, 250:390], shown[4.9][:, :250]
    assert middle.max() > 240 and shown[1.5][:, :200].max() < 60
    assert left.max() > 240


def test_rolling_credits_move_by_whole_pixels_from_below_to_above():
    made = ending(credits=Credits(lines=["one"] * 30, manner="rolling", duration=10))
    bare = np.full((360, 640, 3), 20, np.uint8)
    frames = [made.draw(bare, bare, 4 + number / 30) for number in range(3)]
    step = next(k for k in range(1, 12) if (frames[0][k + 40 : 320] == frames[1][40 : 320 - k]).all())
    assert (frames[1][step + 40 : 320] == frames[2][40 : 320 - step]).all()
