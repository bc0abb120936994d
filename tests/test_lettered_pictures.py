"""Pictures with words of other scripts, from the command to the file, and windows that cannot be opened on the way."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from render.cli import app
from render.stage.window import gl
from tests.conftest import ROOT
from tests.fonts import write_font

runner = CliRunner()
SCENE = """\
thalweg: 1
title: 山川
surfaces: {main: {source: {surface: a.npz}}}
look: {font: mountains.otf}
shots: [{surface: main, duration: 2s}]
stills:
  titled: {at: 1s, size: [160, 90]}
  bare: {at: 1s, size: [160, 90], title: false}
"""


@pytest.fixture
def home(tmp_path, monkeypatch, crater):
    """A working directory with a scene of a ready surface, whose title is in a font beside it."""
    np.savez(tmp_path / "a.npz", x=np.linspace(-1, 1, 120), y=np.linspace(-1, 1, 90), z=crater)
    write_font(tmp_path / "mountains.otf", {"山": "H", "川": "I"})
    (tmp_path / "a.yaml").write_text(SCENE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_title_is_drawn_in_the_font_that_the_scene_names_and_the_record_tells_which(graphics, home):
    done = runner.invoke(app, ["still", "a.yaml"])
    assert done.exit_code == 0, done.stderr
    titled, bare = (np.asarray(Image.open(f"output/stills/{name}.png")).astype(int) for name in ("titled", "bare"))
    changed = np.argwhere((titled != bare).any(axis=2))
    assert len(changed) > 20 and changed[:, 0].min() > 50 and changed[:, 1].max() < 50
    text = (home / "output" / "stills" / "titled.png.json").read_text(encoding="utf-8")
    (font,) = json.loads(text)["fonts"]
    assert font["file"] == "mountains.otf" and str(home) not in text
    assert "have no room" not in done.stderr


@pytest.mark.slow
def test_another_font_of_the_same_name_draws_the_picture_anew(graphics, home):
    def reused():
        done = runner.invoke(app, ["still", "a.yaml", "--json"])
        return {item["name"]: item["reused"] for item in json.loads(done.stdout)["results"]}

    assert reused() == {"titled": False, "bare": False}
    assert reused() == {"titled": True, "bare": True}
    write_font(home / "mountains.otf", {"山": "O", "川": "I"})
    assert not reused()["titled"]


@pytest.mark.slow
@pytest.mark.parametrize("window", ["vtkXOpenGLRenderWindow", "nonsense"])
def test_a_still_is_drawn_though_the_environment_names_a_window_that_crashes(graphics, home, window):
    plain = {name: value for name, value in os.environ.items() if name not in gl._steering(os.environ)}
    environment = {**plain, "VTK_DEFAULT_OPENGL_WINDOW": window, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "render", "still", "a.yaml"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert f"VTK_DEFAULT_OPENGL_WINDOW={window} names a window that cannot be opened here" in done.stderr
    assert (home / "output" / "stills" / "titled.png").is_file()
