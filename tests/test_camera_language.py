"""What scenes say of cameras and of the part of a path: what is read, and what is refused where it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from render.errors import SceneError
from render.scene.language.load import load
from render.scene.shot import taken_up
from render.scene.spec import Scene, resolved

SCENE = """\
thalweg: 1
title: Bowl
runs:
  main:
    data: {kind: digits}
    network: {kind: mlp, widths: [8]}
    training: {optimiser: {kind: sgd, lr: 0.1}, batch: 64, steps: 600}
surfaces:
  main: {run: main, points: [40, 30], range: {alpha: [-1, 1], beta: [-2, 2]}}
  other: {run: main, points: [40, 30]}
shots:
  - {surface: main, duration: 8s, camera: CAMERA, path: PATH}
"""


def written(folder: Path, camera: str = "{kind: orbit}", path: str = "{}", more: str = "") -> Path:
    file = folder / "scene.yaml"
    file.write_text(SCENE.replace("CAMERA", camera).replace("PATH", path) + more)
    return file


def scene_of(folder: Path, camera: str = "{kind: orbit}", path: str = "{}", more: str = "") -> Scene:
    return load(written(folder, camera, path, more))


CAMERAS = [
    "{kind: orbit, target: end, distance: 0.6, shift: [0.1, 0], roll: 5, shake: 0.5, blur: 0.5}",
    "{kind: fixed, target: [0.5, -1.5], lens: 65mm, focus: [0, 0], aperture: 1}",
    "{kind: keyframes, keys: [{t: 0s, azimuth: 20}, {t: 2500ms, azimuth: 80, distance: auto, target: head}]}",
    "{kind: keyframes, keys: [{t: 0s, position: [0, 0, 1]}, {t: 8s, position: [1, 1, 0.4], angle: 40}]}",
    "{kind: dolly, from: auto, to: 0.4, target: lowest, focus: 0.4}",
    "{kind: crane, from: 8, to: 50}",
    "{kind: follow, ahead: 0.2}",
    "{kind: flyover, reverse: true}",
    "{kind: map, target: head, distance: 3}",
    "{kind: walk, height: 0.05, focus: head}",
    "{kind: ride, target: end}",
]


@pytest.mark.parametrize("camera", CAMERAS)
def test_every_kind_is_read_and_comes_back_from_its_record_as_it_was(tmp_path, camera):
    scene = scene_of(tmp_path, camera)
    assert Scene.model_validate(resolved(scene)) == scene


PATHS = [
    "{from: 0.8, to: 1}",
    "{from: 1}",
    "{to: 0.3, hold: 500ms}",
    "{from: {step: 100}, to: {epoch: 2.5}}",
]


@pytest.mark.parametrize("path", PATHS)
def test_every_place_of_a_path_is_read_and_comes_back_from_its_record_as_it_was(tmp_path, path):
    scene = scene_of(tmp_path, path=path)
    assert Scene.model_validate(resolved(scene)) == scene


KEYS = "{kind: keyframes, keys: [{t: 0s, azimuth: 3}, {t: %s, %s}]}"
BAD = [  # a camera, a path, where the problem stands, what is said
    (
        "{kind: orbit, lens: 65mm, angle: 30}",
        "{}",
        "12:63",
        "65 mm is a view angle of its own; leave out angle or lens",
    ),
    ("{kind: orbit, lens: 65cm}", "{}", "12:63", '"65cm" is not a focal length; write it like 65mm'),
    ("{kind: orbit, lens: 5mm}", "{}", "12:63", "is too small; at least 11"),
    (
        "{kind: orbit, target: ending}",
        "{}",
        "12:65",
        '"ending" is not known; known here: auto, start, end, head, lowest',
    ),
    ("{kind: orbit, target: 3}", "{}", "12:65", "3 is not a pair; write [a, b]"),
    ("{kind: orbit, target: [0.5]}", "{}", "12:65", "is too short"),
    ("{kind: orbit, target: [0.5, 3]}", "{}", "12:65", "β = 3 lies beyond the surface, whose β goes from -2 to 2"),
    ("{kind: fixed, focus: [5, 0]}", "{}", "12:64", "α = 5 lies beyond the surface, whose α goes from -1 to 1"),
    ("{kind: orbit, focus: -1}", "{}", "12:64", "-1 is too small; more than 0"),
    ("{kind: orbit, blur: 2}", "{}", "12:63", "2 is too large; at most 1"),
    ("{kind: turntable, turns: 0}", "{}", "12:68", "0 is not known"),
    (KEYS % ("0s", "azimuth: 4"), "{}", "12:93", "0 s is not after the key before it, 0 s; put keys in order of time"),
    (KEYS % ("9s", "azimuth: 4"), "{}", "12:93", "9 s is after the end of the shot, 8 s"),
    (
        KEYS % ("2s", "position: [0, 0, 1]"),
        "{}",
        "12:85",
        "say where it is in one way: all keys by position, or all by",
    ),
    ("{kind: keyframes, keys: [{t: 0s}]}", "{}", "12:67", "has too few entries; at least 2"),
    ("{kind: orbit}", "{from: 0.8, to: 0.2}", "12:71", "0.8 is after to, 0.2; a path is walked forwards"),
    ("{kind: orbit}", "{from: 1.5}", "12:71", "1.5 is too large; at most 1"),
    ("{kind: orbit}", "{from: {step: 700}}", "12:78", "700 is after the last step of the training, 600"),
    ("{kind: orbit}", "{continue: true}", "12:75", 'no shot before this one shows surface "main"; leave out continue'),
    (
        "{kind: orbit}",
        "{from: 0.5, continue: true}",
        "12:86",
        "from says already where the head begins; leave out from",
    ),
    (
        "{kind: turntable}",
        "{from: 0, to: 1}",
        "12:75",
        "the path would jump at the seam of a turntable; give from and to",
    ),
    ("{kind: turntable}", "{to: 0.5}", "12:73", "the path would jump at the seam of a turntable; give from and to"),
]


@pytest.mark.parametrize(("camera", "path", "place", "said"), BAD)
def test_what_cannot_be_is_refused_in_one_sentence_where_it_stands(tmp_path, camera, path, place, said):
    with pytest.raises(SceneError) as error:
        scene_of(tmp_path, camera, path)
    (problem,) = error.value.problems
    assert f"scene.yaml:{place}: " in problem and said in problem and error.value.exit_code == 3


SECOND = "  - {surface: %s, duration: 4s, path: %s}\n"


def test_a_shot_goes_on_from_where_the_last_shot_of_its_surface_has_left_the_path(tmp_path):
    more = SECOND % ("other", "{to: 0.9}") + SECOND % ("main", "{to: 0.7, continue: true}")
    scene = scene_of(tmp_path, path="{to: 0.4}", more=more + SECOND % ("main", "{continue: true}"))
    spans = [taken_up(scene.shots, index).span for index in range(4)]
    assert spans == [(0.0, 0.4), (0.0, 0.9), (0.4, 0.7), (0.7, 1.0)]
    assert taken_up(scene.shots, 0) is scene.shots[0]


def test_a_shot_that_goes_on_by_another_pace_or_ends_before_it_begins_is_refused(tmp_path):
    with pytest.raises(SceneError, match=r"the shot before it goes by arc, this one by steps; give both one pace"):
        scene_of(tmp_path, path="{to: 0.4}", more=SECOND % ("main", "{pace: steps, continue: true}"))
    with pytest.raises(SceneError, match=r"0.2 is before 0.4, where the last shot has left the path"):
        scene_of(tmp_path, path="{to: 0.4}", more=SECOND % ("main", "{to: 0.2, continue: true}"))


def test_a_head_rests_at_the_end_of_the_path_alone_unless_it_is_told_to(tmp_path):
    holds = [scene_of(tmp_path, path=path).shots[0].hold for path in ("{}", "{to: 0.5}", "{to: 0.5, hold: 2s}")]
    assert holds == [1.5, 0.0, 2.0]
