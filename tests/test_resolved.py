"""check --resolved: every value of a scene, each with the place that says it."""

from __future__ import annotations

from pathlib import Path

import pytest

from render.cli.app import app
from render.scene.language.origin import SaidValue, said_values
from render.scene.language.variant import load_variants
from render.scene.quality import apply_quality
from render.scene.spec import resolved
from tests.test_cli import SCENES, results, runner, thalweg
from tests.test_scene_problems import GOOD

INCLUDED = "look:\n  plinth: 0.2\n  sun: {elevation: 33}\n"
SCENE = "include: [look.yaml]\nfps: 24\nparams: {width: {type: int, value: 8}}\n" + GOOD.replace(
    "widths: [8]", 'widths: ["${params.width}"]'
).replace("look: {name: ember}", 'look:\n  name: porcelain\n  background: "#101010"').replace(", fps: 30", "")


@pytest.fixture
def path(tmp_path) -> Path:
    (tmp_path / "look.yaml").write_text(INCLUDED, encoding="utf-8")
    (tmp_path / "a.yaml").write_text(SCENE, encoding="utf-8")
    return tmp_path / "a.yaml"


def told(path: Path, quality: str = "final", settings=(), params=()) -> dict[str, SaidValue]:
    (only,) = load_variants(path, settings, params)
    found = said_values(apply_quality(only.scene, quality), only.scene, only.document, str(path), quality)
    return {each.key: each for each in found}


def test_every_value_has_a_place(path):
    found = told(path, settings=["look.bloom=0.5"], params=["width=3"], quality="draft")
    folder = path.parent
    expected = {
        "title": ("Bowl", "file", f"{path}:5:8"),
        "runs.main.network.widths": ([3], "file", f"{path}:10:34"),
        "params.width.value": (3, "param", "--param width=3"),
        "look.bloom": (0.5, "set", "--set look.bloom=0.5"),
        "look.sun.elevation": (33, "include", f"{folder}/look.yaml:3:20"),
        "look.walls.thickness": (0.2, "include", f"{folder}/look.yaml:2:11"),
        "look.background.colour": ("#101010", "file", f"{path}:19:15"),
        "look.background.lift": (0, "default", ""),
        "shots.0.duration": (8, "file", f"{path}:22:15"),
        "shots.0.camera.sweep": (50, "default", ""),
        "stills.one.size": ([320, 180], "file", f"{path}:24:23"),
        "films.one.fps": (12, "quality", "quality draft"),
    }
    assert {key: (found[key].value, found[key].origin, found[key].place) for key in expected} == expected
    assert found["runs.main.network.widths"].reference == "${params.width}"
    assert (found["look.sky.strength"].origin, Path(found["look.sky.strength"].place).name[:14]) == (
        "look",
        "porcelain.yaml",
    )


def test_a_rate_of_the_scene_is_where_that_of_its_films_comes_from(path):
    assert told(path)["films.one.fps"].place == f"{path}:2:6"


def test_a_palette_of_ones_own_is_not_of_the_kind_of_the_look(path):
    assert told(path, settings=["look.palette=glacier"])["look.palette_kind"].origin == "default"


@pytest.mark.parametrize("scene", SCENES, ids=lambda path: path.stem)
def test_no_value_is_left_out(scene):
    found = told(scene)
    for key, each in found.items():
        here = resolved(load_variants(scene)[0].scene)
        for step in key.split("."):
            here = here[int(step)] if isinstance(here, list) else here[step]
        assert here == each.value
        assert (each.place == "") == (each.origin == "default")
    assert len(found) > 100


def test_the_command_tells_people_and_programs(path):
    text = thalweg("check", path, "--resolved", "--param", "width=3")
    assert text.startswith("scene Bowl: ")
    assert f"{path}:10:34, ${{params.width}}" in text
    (scene,) = results("check", path, "--resolved")
    assert {"key": "seed", "value": 7, "origin": "file", "place": f"{path}:6:7", "reference": ""} in scene["values"]
    assert "values" not in results("check", path)[0]


def test_a_wrong_scene_is_refused_as_ever(path):
    done = runner.invoke(app, ["check", str(path), "--resolved", "--set", "sede=1"])
    assert (done.exit_code, done.stdout) == (3, "")
