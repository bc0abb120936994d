"""A scene to begin with: what comes with the program, with what its keys mean, written where nothing is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from render.cli import app
from render.errors import UsageError
from render.scene import shipped
from render.scene.language.load import load
from render.scene.language.template import begin, templates
from tests.test_cli import runner, thalweg


@pytest.mark.parametrize("name", shipped.scenes())
def test_a_template_is_the_scene_with_comments(name, tmp_path):
    (written, *_) = begin(name, tmp_path)
    assert written == tmp_path / f"{name}.yaml"
    assert load(written) == load(shipped.scenes()[name])
    text = written.read_text(encoding="utf-8")
    bare = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    own = [line for line in shipped.scenes()[name].read_text().splitlines() if not line.lstrip().startswith("#")]
    assert bare == own
    assert "# title on the picture\n" in text
    assert "yaml-language-server" not in text
    assert max(map(len, text.splitlines())) <= 120


def test_a_meaning_is_said_once(tmp_path):
    (written,) = begin("shortcuts", tmp_path)
    assert written.read_text(encoding="utf-8").count("# network that is trained") == 1


def test_nothing_is_overwritten(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert thalweg("init") == "scene first-descent: first-descent.yaml\n"
    Path("first-descent.yaml").write_text("mine", encoding="utf-8")
    again = runner.invoke(app, ["init"])
    assert (again.exit_code, again.stdout) == (2, "")
    assert again.stderr == "first-descent.yaml: is there already, and nothing is overwritten; name another file\n"
    assert Path("first-descent.yaml").read_text(encoding="utf-8") == "mine"


def test_a_template_goes_where_it_is_wanted(tmp_path):
    target = tmp_path / "new" / "mine.yaml"
    assert thalweg("init", "--template", "optimisers", target) == f"scene optimisers: {target}\n"
    assert thalweg("check", target) == f"scene Four ways down: {target}\n"


def test_what_a_template_includes_comes_with_it(tmp_path, monkeypatch):
    (tmp_path / "from").mkdir()
    text = shipped.scenes()["first-descent"].read_text(encoding="utf-8").replace("seed: 7", "include: [look.yaml]")
    (tmp_path / "from" / "mine.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "from" / "look.yaml").write_text("look: {bloom: 0.1}\n", encoding="utf-8")
    monkeypatch.setattr(shipped, "folder", lambda: tmp_path / "from")
    (tmp_path / "to").mkdir()
    assert [path.name for path in begin("mine", tmp_path / "to")] == ["mine.yaml", "look.yaml"]
    assert load(tmp_path / "to" / "mine.yaml").look.bloom == 0.1
    (tmp_path / "to" / "mine.yaml").unlink()
    with pytest.raises(UsageError, match=r"look\.yaml: is there already"):
        begin("mine", tmp_path / "to")
    assert not (tmp_path / "to" / "mine.yaml").exists()


def test_the_templates_are_listed_with_what_they_show():
    assert "first-descent       First descent: a small network learns" in thalweg("init", "--list")
    assert json.loads(thalweg("init", "--list", "--json"))["templates"] == templates()


def test_an_unknown_template_is_told_the_nearest(tmp_path):
    with pytest.raises(UsageError, match="--template optimizers: is not a template; did you mean optimisers"):
        begin("optimizers", tmp_path)
