"""Times in a scene: a number with units, several of them, or a count of frames at the scene's rate."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from render.errors import SceneError
from render.scene.duration import counted, seconds
from render.scene.language.load import load
from render.scene.shot import Shot
from render.scene.spec import Scene, resolved
from tests.test_scene_problems import GOOD


def loaded(folder: Path, text: str) -> Scene:
    path = folder / "a.yaml"
    path.write_text(text, encoding="utf-8")
    return load(path)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("3s", 3),
        ("500ms", 0.5),
        ("1m30s", 90),
        ("1m 30s", 90),
        ("2min", 120),
        ("2m", 120),
        ("1h5m", 3900),
        (" 8 s ", 8),
    ],
)
def test_text_of_units_is_their_sum(text, wanted):
    assert seconds(text) == wanted


@pytest.mark.parametrize("text", ["", "s", "30s1m", "1s1s", "1m30", "-1s", "1e3s", "1m12f", "12.5f", "٣s", "1s\n2s"])
def test_text_that_is_no_duration_is_refused(text):
    with pytest.raises(ValueError, match="is not a duration; write it like 8s"):
        seconds(text)


@given(*[st.integers(0, 999) for _ in range(4)])
def test_hours_minutes_seconds_and_milliseconds_add_up(hours, minutes, whole, thousandths):
    text = f"{hours}h{minutes}m{whole}s{thousandths}ms"
    assert seconds(text) == pytest.approx(hours * 3600 + minutes * 60 + whole + thousandths / 1000, abs=1e-9)


@given(st.integers(0, 10**6), st.fractions(Fraction(1, 1000), 240, max_denominator=1001))
def test_a_count_of_frames_lasts_so_many_frames(count, rate):
    assert counted(f"{count}f", rate) == float(count / rate)
    assert counted(f"{count}s", rate) == f"{count}s"


def test_frames_count_at_the_rate_of_the_films(tmp_path):
    text = GOOD.replace("8s", "240f").replace("6s", "120 f")
    assert loaded(tmp_path, text).duration == 8
    scene = loaded(tmp_path, text.replace("fps: 30", "fps: 24000/1001"))
    assert (scene.duration, scene.stills["one"].at) == (10.01, 5.005)
    assert loaded(tmp_path, text.replace(", fps: 30", "")).duration == 8


def test_frames_are_counted_wherever_a_time_stands(tmp_path):
    shot = "duration: 240f\n    camera: {kind: ride, calm: 30f}\n    path: {hold: 15f}"
    text = GOOD.replace("duration: 8s", shot).replace("30]}", "30], budget: 60f}\nbudget: 900f")
    scene = loaded(tmp_path, text)
    assert (scene.shots[0].camera.calm, scene.shots[0].path.hold) == (1, 0.5)
    assert (scene.surfaces["main"].budget, scene.budget) == (2, 30)


def test_the_keys_of_a_track_are_counted_in_frames_too(tmp_path):
    keys = "{keys: [{t: 0f, v: 33}, {t: 60f, v: 12}]}"
    scene = loaded(tmp_path, GOOD.replace("{name: ember}", f"{{name: ember, sun: {{elevation: {keys}}}}}"))
    assert [key.t for track in scene.tracks for key in track.keys] == [0, 2]
    assert loaded(tmp_path, json.dumps(resolved(scene))) == scene


def test_text_elsewhere_is_left_alone(tmp_path):
    assert loaded(tmp_path, GOOD.replace("title: Bowl", "title: 120f")).title == "120f"


TWO = GOOD.replace("films:", "films:\n  two: {size: [32, 32], fps: 24}").replace("8s", "240f")


def test_frames_of_films_of_different_rates_are_refused_where_they_stand(tmp_path):
    words = r"a\.yaml:17:15: shots\.0\.duration: \"240f\" counts frames, and the scene has no one frame rate; write sec"
    with pytest.raises(SceneError, match=words):
        loaded(tmp_path, TWO)
    with pytest.raises(SceneError, match=words):
        loaded(tmp_path, GOOD[: GOOD.index("films:")].replace("8s", "240f"))


def test_the_rate_of_the_scene_counts_before_those_of_films(tmp_path):
    assert loaded(tmp_path, f"fps: 24\n{TWO}").duration == 10


def test_films_without_a_rate_have_that_of_the_scene(tmp_path):
    text = f"fps: 24000/1001\n{GOOD}".replace("films:", "films:\n  two: {size: [32, 32]}")
    films = loaded(tmp_path, text).films
    assert (films["one"].fps, films["two"].fps) == (30, Fraction(24000, 1001))


def test_a_wrong_rate_is_said_beside_the_time_that_it_was_for(tmp_path):
    with pytest.raises(SceneError, match="is not a frame rate") as caught:
        loaded(tmp_path, f"fps: quick\n{TWO}".replace(", fps: 24", ""))
    assert len(caught.value.problems) == 2


def test_a_scene_in_frames_written_out_loads_as_the_same_scene(tmp_path):
    scene = loaded(tmp_path, f"fps: 24000/1001\n{TWO}")
    assert loaded(tmp_path, json.dumps(resolved(scene))) == scene


def test_a_shot_alone_counts_no_frames():
    with pytest.raises(ValidationError, match="has no one frame rate"):
        Shot.model_validate({"surface": "main", "duration": "12f"})
