"""The public names: found when used, costing nothing before, and the README's example runs as it stands."""

import re
import subprocess
import sys

import pytest

import render
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


def test_the_example_in_the_readme_runs(tmp_path, monkeypatch):
    (example,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    exec(compile(example.replace("400)", "30)"), "README.md", "exec"), names)
    assert names["surface"].loss.shape == (30, 30)
    assert names["surface"].counts["measured"] == 900


def test_the_scene_in_the_readme_is_the_first_scene():
    from ruamel.yaml import YAML

    (scene,) = re.findall(r"```yaml\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    yaml = YAML(typ="safe")
    assert yaml.load(scene) == yaml.load((ROOT / "scenes" / "first-descent.yaml").read_text(encoding="utf-8"))
