"""Light commands: help and check answer at once, since they load no library that they do not need."""

import subprocess
import sys

import pytest

from tests.conftest import ROOT, SCENE

HEAVY = ["numpy", "pyvista", "scipy", "sklearn", "torch", "vtkmodules", "zarr"]
REPORT = f"""
import atexit, runpy, sys
atexit.register(lambda: print("loaded", *sorted(set({HEAVY}) & set(sys.modules)), file=sys.stderr))
runpy.run_module("render", run_name="__main__")
"""
COMMANDS = {"--help": "Usage: ", "check --help": "Example: thalweg check", f"check {SCENE}": "scene First descent: "}


def run(*words: str, script: str = REPORT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", script, *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("words", "answer"), COMMANDS.items(), ids=["help", "help of check", "check"])
def test_a_light_command_answers_without_a_heavy_library(words: str, answer: str):
    done = run(*words.split(maxsplit=1))
    assert done.returncode == 0, done.stderr
    assert answer in done.stdout
    assert done.stderr.splitlines() == ["loaded"]


def test_a_heavy_library_would_be_seen():
    done = run("--help", script="import numpy\n" + REPORT)
    assert done.stderr.splitlines() == ["loaded numpy"]
