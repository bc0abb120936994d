"""The probe: a machine that cannot draw is told which packages it lacks, and nothing crashes."""

import os
import subprocess
import sys

import pytest

from render.errors import MachineError
from render.stage.window import gl

CHOICE = "VTK_DEFAULT_OPENGL_WINDOW"
EGL, OSMESA, X = "vtkEGLRenderWindow", "vtkOSOpenGLRenderWindow", "vtkXOpenGLRenderWindow"


@pytest.fixture
def headless(monkeypatch):
    for name in gl._steering(os.environ):
        monkeypatch.delenv(name)
    monkeypatch.setenv(CHOICE, "")  # so that what is chosen is taken back after the test
    monkeypatch.delenv(CHOICE)
    monkeypatch.setattr(sys, "platform", "linux")
    gl.probe.cache_clear()
    yield
    gl.probe.cache_clear()


def test_a_machine_without_a_library_is_told_the_packages(headless, monkeypatch):
    monkeypatch.setattr(gl, "_library", lambda *names: None)
    with pytest.raises(MachineError, match="apt install libegl1 libgl1-mesa-dri"):
        gl.require_gl()


def test_without_egl_the_software_library_is_chosen(headless, monkeypatch):
    monkeypatch.setattr(gl, "_egl_works", lambda: False)
    monkeypatch.setattr(gl, "_library", lambda *names: object() if "OSMesa" in names[0] else None)
    gl.require_gl()
    assert os.environ["VTK_DEFAULT_OPENGL_WINDOW"] == "vtkOSOpenGLRenderWindow"


def opening(monkeypatch, answers):
    """Makes windows open as a table says, by what is asked for ("" is VTK's own choice); returns what was tried."""
    tried = []

    def opens(steering):
        tried.append(dict(steering).get(CHOICE, ""))
        return answers.get(tried[-1])

    monkeypatch.setattr(gl, "_tried", opens)
    monkeypatch.setattr(gl, "_library", lambda *names: object())
    monkeypatch.setattr(gl, "_egl_works", lambda: True)
    return tried


def test_with_a_display_that_answers_vtk_chooses_for_itself(headless, monkeypatch):
    monkeypatch.setenv("DISPLAY", ":0")
    assert opening(monkeypatch, {"": X}) == []
    assert gl.require_gl() == ""
    assert CHOICE not in os.environ


def test_a_display_that_does_not_answer_is_done_without(headless, monkeypatch):
    monkeypatch.setenv("DISPLAY", ":0")
    tried = opening(monkeypatch, {"": None, EGL: EGL})
    assert gl.require_gl() == ""
    assert (tried, os.environ[CHOICE]) == (["", EGL], EGL)


def test_without_anything_that_steers_no_process_is_started(headless, monkeypatch):
    tried = opening(monkeypatch, {})
    assert gl.require_gl() == ""
    assert (tried, os.environ[CHOICE]) == ([], EGL)


@pytest.mark.parametrize("asked", [X, OSMESA, "nonsense"])
def test_a_window_that_cannot_be_opened_is_named_and_replaced(headless, monkeypatch, asked):
    monkeypatch.setenv(CHOICE, asked)
    tried = opening(monkeypatch, {asked: None, EGL: EGL})
    assert gl.require_gl() == f"{CHOICE}={asked} names a window that cannot be opened here; {EGL} is used in its place"
    assert (tried, os.environ[CHOICE]) == ([asked], EGL)


def test_a_window_that_is_asked_for_and_opens_is_kept(headless, monkeypatch):
    monkeypatch.setenv(CHOICE, OSMESA)
    opening(monkeypatch, {OSMESA: OSMESA})
    assert gl.require_gl() == ""
    assert os.environ[CHOICE] == OSMESA


def test_variables_with_which_no_window_opens_are_named(headless, monkeypatch):
    monkeypatch.setenv("GALLIUM_DRIVER", "bogus")
    opening(monkeypatch, {})
    with pytest.raises(MachineError, match="opened with GALLIUM_DRIVER=bogus; unset it, or `apt install"):
        gl.require_gl()


def test_a_display_without_a_library_does_not_help(headless, monkeypatch):
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(gl, "_library", lambda *names: None)
    with pytest.raises(MachineError, match="libegl1"):
        gl.require_gl()


REALLY = """
import os
from render.errors import MachineError
from render.stage.window.gl import require_gl
try:
    said = require_gl()
except MachineError as error:
    print("refused", error)
else:
    from render.stage.window.window import opened
    print("drew", opened(), said)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "environment",
    [
        {CHOICE: X},
        {CHOICE: "nonsense"},
        {CHOICE: "vtkWin32OpenGLRenderWindow"},
        {"DISPLAY": ":77"},
        {"DISPLAY": ":77", CHOICE: X},
        {"GALLIUM_DRIVER": "nonsense"},
        {"LIBGL_DRIVERS_PATH": "/nowhere"},
        {"MESA_GL_VERSION_OVERRIDE": "1.1"},
    ],
    ids=lambda environment: " ".join(f"{name}={value}" for name, value in environment.items()),
)
def test_whatever_steers_the_driver_a_window_is_drawn_in_or_refused_and_nothing_crashes(graphics, environment):
    plain = {name: value for name, value in os.environ.items() if name not in gl._steering(os.environ)}
    command = [sys.executable, "-c", REALLY]
    done = subprocess.run(command, env={**plain, **environment}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    word, *rest = done.stdout.split(maxsplit=2)
    assert word in ("drew", "refused")
    named = [name for name in environment if name in done.stdout]
    assert named or (word == "drew" and rest[0] != X)


def test_the_probe_does_not_import_vtk():
    code = "import sys; from render.stage.window import gl; gl.probe(); print('vtkmodules' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
