"""The scenes that come with the program: where they are, and that who names one that is absent is told so."""

from __future__ import annotations

from pathlib import Path

import pytest

from render.errors import SceneError
from render.scene import shipped
from render.scene.language.load import load
from tests.conftest import ROOT, SCENE


def test_a_checkout_has_its_scenes_beside_the_package():
    assert shipped.folder() == ROOT / "scenes"
    assert shipped.scenes()["first-descent"] == SCENE
    assert set(shipped.scenes().values()) == set((ROOT / "scenes").glob("*.yaml"))


def test_an_installed_package_has_its_scenes_within(tmp_path, monkeypatch):
    monkeypatch.setattr(shipped, "PACKAGE", tmp_path / "render")
    for folder in (tmp_path / "scenes", tmp_path / "render" / "scenes"):  # the first may be of anybody
        folder.mkdir(parents=True)
        (folder / f"of-{folder.parent.name}.yaml").write_text("")
    assert shipped.scenes() == {"of-render": tmp_path / "render" / "scenes" / "of-render.yaml"}


@pytest.mark.parametrize("name", ["first-descent", "first-descent.yaml", "scenes/first-descent.yaml", "first-decent"])
def test_who_names_a_scene_of_the_program_elsewhere_is_told_where_it_lies(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(
        SceneError, match="no such file; the scene first-descent comes with the program: name /"
    ) as told:
        load(Path(name))
    assert str(SCENE) in str(told.value)


def test_in_the_folder_of_scenes_the_short_way_there_is_told(monkeypatch):
    monkeypatch.chdir(ROOT)
    with pytest.raises(SceneError, match=r"did you mean scenes/first-descent\.yaml\?"):
        load(Path("first-descent"))


def test_a_file_of_ones_own_goes_before_a_scene_of_the_program(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("first-descents.yaml").write_bytes(SCENE.read_bytes())
    with pytest.raises(SceneError, match=r"did you mean first-descents\.yaml\?"):
        load(Path("first-descent.yaml"))


def test_a_name_like_no_other_is_absent_and_nothing_else_is_said(tmp_path):
    with pytest.raises(SceneError, match=r"there is no such file$"):
        load(tmp_path / "wholly-different.yaml")
