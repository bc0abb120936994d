"""The probe: a machine that cannot draw is told which packages it lacks, and nothing crashes."""

import os
import subprocess
import sys

import pytest

from render.errors import MachineError
from render.stage import gl


@pytest.fixture
def headless(monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("VTK_DEFAULT_OPENGL_WINDOW", raising=False)
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


def test_with_a_display_vtk_chooses_for_itself(headless, monkeypatch):
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(gl, "_library", lambda *names: object())
    gl.require_gl()
    assert "VTK_DEFAULT_OPENGL_WINDOW" not in os.environ


def test_a_display_without_a_library_does_not_help(headless, monkeypatch):
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(gl, "_library", lambda *names: None)
    with pytest.raises(MachineError, match="libegl1"):
        gl.require_gl()


def test_the_probe_does_not_import_vtk():
    code = "import sys; from render.stage import gl; gl.probe(); print('vtkmodules' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
