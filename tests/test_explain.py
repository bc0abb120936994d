"""Explaining keys: every key of a scene is found, by itself or through the names and kinds above it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from render.cli import app
from render.errors import UsageError
from render.scene.language.explanation import explain
from render.scene.language.whereabouts import COUNTED, NAMED, every_key, find
from tests.conftest import ROOT
from tests.test_cli import runner, thalweg


def test_every_key_is_found_with_and_without_names_and_places():
    keys = list(every_key())
    assert len(keys) > 400
    for each in keys:
        short = ".".join(step for step in each.where if step not in (NAMED, COUNTED))
        for path in (".".join(each.where), short):
            assert any((found.where, found.key) == (each.where, each.key) for found in find(path)), path


@pytest.mark.slow
def test_every_key_is_explained_with_meaning_type_default_and_example():
    for path in dict.fromkeys(".".join(each.where) for each in every_key()):
        for each in explain(path):
            assert all((each.meaning, each.type, each.default, each.example)), path
            assert "`" not in each.as_text()


def test_a_key_of_several_kinds_is_explained_for_each():
    orbit, ride = explain("shots.camera.sweep")
    assert (orbit.key, orbit.kind, orbit.default) == ("shots.N.camera.sweep", "orbit", "50")
    assert (ride.kind, ride.bounds) == ("ride", {"minimum": -720, "maximum": 720})
    (alone,) = explain("shots.0.camera.ride.sweep")
    assert alone == ride


def test_a_key_that_holds_kinds_lists_them():
    (camera,) = explain("shots.camera")
    assert list(camera.kinds)[:3] == ["orbit", "fixed", "ride"]
    (kind,) = explain("surfaces.main.plane.kind")
    assert kind.type == "one of pca, random, hessian, gradient, between, three or osculating"


def test_a_key_that_holds_keys_lists_them():
    (ground,) = explain("look.floor")
    assert "contact" in ground.keys
    assert list(explain("")[0].keys)[:3] == ["thalweg", "include", "title"]


def test_what_a_look_says_is_its_default():
    assert explain("look.sky.strength")[0].default.startswith("as the look says; in ember ")
    assert explain("look.sun.elevation")[0].default == "auto"


def test_the_text_is_in_lines_that_fit():
    text = explain("look.palette")[0].as_text()
    assert text.startswith("look.palette\n  [position, sRGB] from deep (0)")
    assert max(map(len, text.splitlines())) <= 100


BAD = [
    ("shots.camrea.sweep", "shots.camrea.sweep: camrea is not a key of shots; did you mean camera?"),
    ("look.sum", "look.sum: sum is not a key of look; did you mean sun?"),
    ("sweep", "sweep: sweep is not a key at the top of a scene; did you mean shots.camera.sweep?"),
    ("surfaces.margn", "surfaces.margn: margn is not a key of surfaces; did you mean margin?"),
    ("title.x", "title.x: title holds no keys; leave x out"),
    ("look.xyzzy", "look.xyzzy: xyzzy is not a key of look; known here: body, walls"),
    ("shots.camera.obrit", "shots.camera.obrit: obrit is not a key of shots.camera; did you mean orbit?"),
]


@pytest.mark.parametrize(("path", "words"), BAD)
def test_a_key_that_there_is_not_is_told_the_nearest(path, words):
    with pytest.raises(UsageError, match=r"is not a key|holds no keys") as caught:
        find(path)
    assert str(caught.value).startswith(words)


def test_the_command_explains_to_people_and_programs():
    assert "Angle of the move" in thalweg("explain", "shots.camera.sweep")
    (found,) = json.loads(thalweg("explain", "look.sun.elevation", "--json"))["explained"]
    assert (found["bounds"], found["type"]) == ({"minimum": 1, "maximum": 89}, "auto or a number from 1 to 89")
    assert "  films" in thalweg("explain")
    wrong = runner.invoke(app, ["explain", "look.sum"])
    assert (wrong.exit_code, wrong.stdout) == (2, "")


def test_explaining_imports_nothing_that_draws_or_learns():
    heavy = ("torch", "numpy", "scipy", "vtk", "vtkmodules", "pyvista", "PIL", "zarr")
    program = (
        "import sys; from render.scene.language.explanation import explain; explain('shots.camera.sweep')\n"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
