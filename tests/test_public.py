"""The public names: found when used, costing nothing before, and the examples of README and book run as they stand."""

import re
import subprocess
import sys

import pytest
from ruamel.yaml import YAML

import render
from render.film.words.caption import PLANES
from render.scene.surface import SurfaceSettings
from tests.conftest import ROOT


@pytest.mark.parametrize("name", render.__all__)
def test_every_public_name_is_found(name):
    assert getattr(render, name).__name__ == name
    assert name in dir(render)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        render.nothing  # noqa: B018


def test_importing_the_package_loads_nothing_heavy():
    code = "import sys, render; print({'torch', 'numpy', 'pyvista'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


README = (ROOT / "README.md").read_text(encoding="utf-8")
PLANES_PAGE = (ROOT / "docs" / "how-to" / "plane.md").read_text(encoding="utf-8")
PYTHON_PAGE = (ROOT / "docs" / "tutorials" / "network-python.md").read_text(encoding="utf-8")


def test_the_example_in_the_readme_runs(tmp_path, monkeypatch):
    (example,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    exec(compile(example.replace("400)", "30)"), "README.md", "exec"), names)
    assert names["surface"].loss.shape == (30, 30)
    assert names["surface"].counts["missing"] == 0


def test_the_second_example_of_the_python_tutorial_measures_what_it_says(tmp_path, monkeypatch):
    _, example = re.findall(r"```\{code-block\} python\n:caption: \S+\n\n(.*?)```", PYTHON_PAGE, re.DOTALL)
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    exec(compile(example.replace("100)", "30)"), "network-python.md", "exec"), names)
    assert names["surface"].loss.shape == (30, 30)
    assert names["surface"].counts["missing"] == 0
    assert names["surface"].record["adaptive"]["reached"]
    assert names["surface"].record["standard_error"]["cells"] == 9
    assert names["profile"].loss.shape == (201,)


def test_the_scene_in_the_readme_is_the_first_scene():
    (scene,) = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    yaml = YAML(typ="safe")
    assert yaml.load(scene) == yaml.load((ROOT / "scenes" / "first-descent.yaml").read_text(encoding="utf-8"))


def test_the_readme_shows_every_scene_that_comes_with_it():
    shown = re.findall(r"^\| `([a-z-]+)` \|", README, re.MULTILINE)
    assert sorted(shown) == sorted(path.stem for path in (ROOT / "scenes").glob("*.yaml"))


def test_the_readme_keeps_to_a_screen_and_a_half():
    assert len(README.splitlines()) < 150


def test_every_file_that_the_readme_names_is_there():
    named = re.findall(r"\]\(([^)#:]+)\)", README)
    assert [name for name in named if not (ROOT / name).exists()] == []
    assert len(named) >= 5


def test_every_choice_in_the_book_is_one_of_a_surface():
    (choices,) = re.findall(r"```yaml\n(plane: .*?)```", PLANES_PAGE, re.DOTALL)
    yaml = YAML(typ="safe")
    first = yaml.load(choices)
    first["budget"] = 1800.0
    planes = [yaml.load(line) for line in re.findall(r"^  # (\{kind: .*?\})", choices, re.MULTILINE)]
    for plane in (first["plane"], *planes):
        made = SurfaceSettings.model_validate({"run": "main", "points": [5, 5], **first, "plane": plane})
        assert made.plane.kind == plane["kind"]
    assert {plane["kind"] for plane in (first["plane"], *planes)} == set(PLANES)
