"""Tracks: values of a scene that change while the film runs."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from render.errors import SceneError
from render.scene.colours.oklab import apart
from render.scene.language.document import parse
from render.scene.language.load import check
from render.scene.language.place import Source
from render.scene.spec import resolved
from render.scene.time.blend import Blending, Nature
from render.scene.time.ease import CALLS, EASES, easing
from render.scene.time.track import Key, Track
from render.scene.written import is_ink_asked

SCENE = """\
thalweg: 1
title: Time
runs:
  main:
    data: {{kind: digits}}
    network: {{kind: mlp, widths: [4]}}
    training: {{optimiser: {{kind: sgd, lr: 0.1}}, batch: 8, steps: 4}}
surfaces: {{main: {{run: main, plane: {{kind: pca}}, points: [3, 3]}}}}
look: {{name: ember, {look}}}
shots: [{{surface: main, duration: 8s, camera: {{kind: orbit, {camera}}}, path: {{{path}}}}}]
"""
CALLED = ["cubic-bezier(0.4, 0, 0.2, 1)", "steps(4)", "steps(3, jump-none)", "steps(2, jump-both)", "steps(5, start)"]


def scene_of(look: str = "", camera: str = "", path: str = ""):
    return check(parse(SCENE.format(look=look, camera=camera, path=path), Source("scene.yaml")))


def problems(**parts: str) -> str:
    with pytest.raises(SceneError, match=r"scene\.yaml:\d+:\d+: ") as caught:
        scene_of(**parts)
    return str(caught.value)


def track_of(*keys: Key) -> Track:
    return Track(("look",), keys, Nature())


@pytest.mark.parametrize("name", [*EASES, *CALLED])
def test_an_easing_begins_at_nought_and_ends_at_one(name):
    ease = easing(name)
    assert (ease(0.0), ease(1.0)) == (0.0, 1.0)


@pytest.mark.parametrize(
    "name", [name for name in EASES if not any(word in name for word in ("back", "elastic", "bounce", "spring"))]
)
def test_an_easing_that_does_not_swing_never_turns_back(name):
    values = [easing(name)(step / 200) for step in range(201)]
    assert values == sorted(values)


@pytest.mark.parametrize(
    "name", ["sine", "quad", "cubic", "quart", "quint", "expo", "circ", "back", "elastic", "bounce"]
)
@given(t=st.floats(0, 1))
def test_out_is_in_turned_round(name, t):
    assert easing(f"out-{name}")(t) == pytest.approx(1 - easing(f"in-{name}")(1 - t), abs=1e-9)


def test_easings_are_known_by_the_names_of_easings_net_too():
    assert easing("easeInOutCubic") is easing("in-out-cubic")


def test_the_curve_of_css_goes_through_its_known_point():
    assert easing("ease")(0.5) == pytest.approx(0.8024, abs=1e-4)  # the cubic-bezier(0.25, 0.1, 0.25, 1) of browsers
    assert easing("cubic-bezier(0, 0, 1, 1)")(0.3) == pytest.approx(0.3, abs=1e-9)


@pytest.mark.parametrize(
    "text",
    [
        "cubic-bezier(1, 2)",
        "cubic-bezier(2, 0, 1, 1)",
        "steps(0)",
        "steps(2, sideways)",
        "in-cubicc",
        "steps(1, jump-none)",
        "cubic-bezier(0, 99, 1, 1)",
    ],
)
def test_an_easing_that_is_none_is_refused(text):
    with pytest.raises(ValueError, match='"'):
        easing(text)


@pytest.mark.parametrize("call", CALLS)
def test_a_call_without_numbers_is_refused(call):
    with pytest.raises(ValueError, match=r"write it like|too few"):
        easing(f"{call}()")


def test_a_value_stays_before_the_first_key_and_after_the_last():
    track = track_of(Key(1.0, 10.0), Key(2.0, 20.0, "linear"))
    assert [track.at(t) for t in (0.0, 1.0, 1.5, 2.0, 9.0)] == [10.0, 10.0, 15.0, 20.0, 20.0]


def test_the_easing_belongs_to_the_segment_that_ends_at_its_key():
    track = track_of(Key(0.0, 0.0, "hold"), Key(1.0, 1.0, "linear"), Key(2.0, 5.0, "hold"))
    assert (track.at(0.5), track.at(1.9), track.at(2.0)) == (0.5, 1.0, 5.0)


@given(st.floats(-360, 360), st.floats(-360, 360), st.floats(0, 1))
def test_an_angle_goes_the_short_way(one, other, share):
    value = Nature(Blending.TURN).blend(one, other, share)
    assert abs(value - one) <= 180.0 + 1e-9
    if share == 1:
        assert math.isclose(math.cos(math.radians(value)), math.cos(math.radians(other)), abs_tol=1e-9)


def test_a_distance_is_blended_in_its_logarithm():
    assert Nature(Blending.LOG).blend(1.0, 4.0, 0.5) == pytest.approx(2.0)


def test_a_colour_is_blended_in_oklab():
    grey = Nature().blend("#000000", "#ffffff", 0.5)
    assert apart(grey, "#636363") < 0.01  # lightness one half; sRGB's middle would be #808080
    assert Nature().blend("#ff0000", "#0000ff", 1.0) == "#0000ff"


def test_pairs_are_blended_part_by_part_and_switches_change_at_their_key():
    assert Nature().blend((7.0, 3.0), (9.0, 5.0), 0.5) == (8.0, 4.0)
    assert Nature().blend(False, True, 0.99) is False
    assert Nature().blend(False, True, 1.0) is True
    assert Nature().blend(2, 5, 0.5) in (3, 4)


@given(st.sampled_from([name for name in EASES if "hold" not in name]), st.floats(0, 4))
def test_an_easing_that_overshoots_is_held_within_the_bounds_of_its_field(name, time):
    scene = scene_of(look=f"vignette: {{keys: [{{t: 0s, v: 0}}, {{t: 4s, v: 1, ease: {name}}}]}}")
    assert 0.0 <= scene.tracks[0].at(time) <= 1.0


def test_a_scene_holds_the_first_value_and_the_tracks():
    scene = scene_of(
        look="sun: {strength: {keys: [{t: 0s, v: 1}, {t: 2s, v: 3}]}}", camera="sweep: {keys: [{t: 0s, v: 5}]}"
    )
    assert (scene.look.sun.strength, scene.shots[0].camera.sweep) == (1.0, 5.0)
    assert [track.location for track in scene.tracks] == [("look", "sun", "strength"), ("shots", 0, "camera", "sweep")]


def test_a_scene_with_tracks_survives_its_own_record():
    scene = scene_of(
        look="relief: [{exaggeration: {keys: [{t: 0s, v: 0}, {t: 1500ms, v: 0.3, ease: spring}]}}]",
        camera="sweep: {keys: [{t: 0s, v: 5}, {t: 2s, v: 9}]}",
    )
    again = check(parse(json.dumps(resolved(scene)), Source("record.json")))
    assert again == scene
    assert again.tracks == scene.tracks


@pytest.mark.parametrize(
    ("look", "asked"),
    [
        ("rim: 0.5", False),
        ("text: '#ff0000'", True),
        ("text: {keys: [{t: 0s, v: '#b9b3ab'}, {t: 2s, v: '#ff0000'}]}", True),
    ],
)
def test_words_that_change_their_colour_ask_for_it_from_the_beginning(look, asked):
    assert is_ink_asked(scene_of(look=look)) == asked


def test_every_key_is_checked_with_its_own_place():
    told = problems(
        camera="elevation: {keys: [{t: 0s, v: 33}, {t: 4s, v: 120}]}",
        look="rim: {keys: [{t: 0, v: no}, {t: 1, v: -3}]}",
    )
    assert "shots.0.camera.elevation.keys.1.v: 120 is too large; at most 89" in told
    assert 'look.rim.keys.0.v: "no" is not a number' in told
    assert "look.rim.keys.1.v: -3 is too small" in told


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        (
            {"look": "rim: {keys: [{t: 2s, v: 1}, {t: 1s, v: 2}]}"},
            "look.rim.keys.1.t: 1 s is not after the key before it, 2 s",
        ),
        ({"look": "rim: {keys: [{t: 2s, v: 1, ease: sprong}]}"}, "did you mean spring?"),
        ({"look": "rim: {keys: [{t: 2s}]}"}, "look.rim.keys.0.v: is missing"),
        ({"look": "rim: {keys: [{t: 2s, v: 1, w: 2}]}"}, "look.rim.keys.0.w: is not a key here"),
        ({"look": "rim: {keys: []}"}, "has no key"),
        ({"look": "rim: {keys: [3]}"}, "3 is no key"),
        ({"look": "rim: {keys: [{t: soon, v: 1}]}"}, "is not a duration"),
        ({"look": "font: {keys: [{t: 0s, v: []}]}"}, "font does not change in time"),
        ({"look": "words: {keys: [{t: 0s, v: {}}]}"}, "words does not change in time"),
        ({"camera": "ease: {keys: [{t: 0s, v: smooth}]}"}, "ease is chosen once for a shot"),
        ({"camera": "azimuth: {keys: [{t: 0s, v: 1}, {t: 2s, v: auto}]}"}, "auto is chosen once for a shot"),
        ({"look": "exposure: {keys: [{t: 0s, v: 1}, {t: 2s, v: auto}]}"}, "auto is chosen once"),
    ],
)
def test_a_track_that_is_wrong_is_told_in_a_sentence(parts, said):
    assert said in problems(**parts)


def test_a_track_where_nothing_changes_in_time_is_refused():
    text = SCENE.format(look="", camera="", path="").replace("points: [3, 3]", "points: {keys: [{t: 0s, v: [3, 3]}]}")
    with pytest.raises(SceneError, match=r"surfaces\.main\.points: does not change in time"):
        check(parse(text, Source("scene.yaml")))


def test_what_else_is_wrong_is_told_along_with_the_tracks():
    text = SCENE.format(look="rim: {keys: [{t: 2s}]}", camera="", path="").replace("points: [3, 3]", "points: [3]")
    with pytest.raises(SceneError, match="too short") as caught:
        check(parse(text, Source("scene.yaml")))
    assert "look.rim.keys.0.v: is missing" in str(caught.value)
