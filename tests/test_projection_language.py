"""What scenes say of domes and pictures all around: what is read and refused, and that flat cameras are as before."""

from __future__ import annotations

import pytest

from render.errors import SceneError
from render.scene.key import counted
from render.scene.spec import Scene, resolved
from tests.test_camera_language import scene_of

DOME = "{kind: dolly, target: end, projection: dome, coverage: 200, tilt: 30}"
AROUND = "{kind: walk, projection: equirectangular}"
STILL = "stills: {a: {at: 1s, size: [%s]}}\n"


@pytest.mark.parametrize("camera", [DOME, AROUND, "{kind: fixed, projection: flat}"])
def test_a_projection_comes_back_from_its_record_as_it_was(tmp_path, camera):
    scene = scene_of(tmp_path, camera)
    assert Scene.model_validate(resolved(scene)) == scene


def test_a_flat_camera_has_the_key_that_it_had_before_there_were_others(tmp_path):
    plain, said = (scene_of(tmp_path, camera) for camera in ("{kind: orbit}", "{kind: orbit, projection: flat}"))
    assert counted(plain.shots[0]) == counted(said.shots[0])
    assert not {"projection", "coverage", "tilt"} & set(counted(plain.shots[0])["camera"])


def test_coverage_and_tilt_change_in_time(tmp_path):
    tracked = DOME.replace("tilt: 30", "tilt: {keys: [{t: 0s, v: 0}, {t: 4s, v: 40}]}")
    scene = scene_of(tmp_path, tracked)
    assert scene.shots[0].camera.tilt == 0 and len(scene.tracks) == 1
    assert Scene.model_validate(resolved(scene)).tracks == scene.tracks


REFUSED = [
    ("{kind: orbit, tilt: 10}", "", r"scene.yaml:12:\d+: shots.0.camera.tilt: belongs to a dome"),
    (
        "{kind: orbit, projection: equirectangular, coverage: 200}",
        "",
        r"scene.yaml:12:\d+: shots.0.camera.coverage: belongs to a dome",
    ),
    (DOME.replace("tilt: 30", "lens: 35mm"), "", r"scene.yaml:12:\d+: .*lens: belongs to a flat picture"),
    (DOME.replace("tilt: 30", "aperture: 1"), "", r"scene.yaml:12:\d+: .*aperture: belongs to a flat picture"),
    (DOME.replace("tilt: 30", "shift: [0, 1]"), "", r"scene.yaml:12:\d+: .*shift: belongs to a flat picture"),
    (DOME.replace("coverage: 200", "coverage: 400"), "", r"scene.yaml:12:\d+: .*coverage.*360"),
    (DOME, STILL % "90, 80", r"scene.yaml:13:\d+: stills.a.size: 90 × 80 is not square.*80 × 80"),
    (AROUND, STILL % "90, 90", r"scene.yaml:13:\d+: stills.a.size: 90 × 90 is not twice as wide as high.*180 × 90"),
    (AROUND, "films: {a: {size: [90, 90]}}\n", r"scene.yaml:13:\d+: films.a.size: 90 × 90 is not twice as wide"),
    (DOME, "look: {body: points}\n", r"scene.yaml:12:\d+: .*projection: points of light are drawn on flat pictures"),
]


@pytest.mark.parametrize(("camera", "more", "sentence"), REFUSED)
def test_what_a_projection_cannot_do_is_refused_where_it_stands(tmp_path, camera, more, sentence):
    with pytest.raises(SceneError, match=sentence):
        scene_of(tmp_path, camera, more=more)


def test_surfaces_side_by_side_are_refused_on_a_dome(tmp_path):
    with pytest.raises(SceneError, match=r"scene.yaml:12:\d+: .*beside: shows one surface"):
        scene_of(tmp_path, DOME, "{}, beside: [other]")


def test_a_still_of_another_shot_may_have_any_shape(tmp_path):
    shot = "  - {surface: main, duration: 2s, camera: {kind: orbit}}\n"
    assert scene_of(tmp_path, DOME, more=shot + "stills: {a: {at: 9s, size: [90, 80]}}\n").stills
    with pytest.raises(SceneError, match=r"stills.a.size: 90 × 80 is not square"):
        scene_of(tmp_path, DOME, more=shot + STILL % "90, 80")


def test_a_film_of_other_shots_may_have_any_shape(tmp_path):
    more = "  - {surface: main, duration: 2s, name: flat, camera: {kind: orbit}}\n"
    more += "films: {a: {size: [90, 80], shots: %s}}\n"
    assert scene_of(tmp_path, DOME, more=more % "[flat]").films
    with pytest.raises(SceneError, match=r"films.a.size: 90 × 80 is not square"):
        scene_of(tmp_path, DOME, more=more % "['1']")
