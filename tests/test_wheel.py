"""What is handed out, the wheel and the sdist: complete, equal, and at work away from the checkout."""

from __future__ import annotations

import email
import os
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

import render
from tests.conftest import ROOT

PIP = [sys.executable, "-m", "pip", "-q"]
OF_THE_REPOSITORY = (".github/", ".pre-commit-config.yaml", "output/.gitignore")  # and of no use away from it
IN_THE_WHEEL = {"render/": "render/", "assets/": "render/assets/", "scenes/": "render/scenes/"}
PICTURES = "assets/readme/"  # of the readme alone


def sources() -> list[str]:
    """Returns the names of the project's files, in a checkout and in an unpacked sdist."""
    if not (ROOT / ".git").exists():
        return (ROOT / "thalweg.egg-info" / "SOURCES.txt").read_text(encoding="utf-8").splitlines()
    command = ["git", "ls-files", "-co", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


@dataclass(frozen=True)
class Built:
    """An sdist, and a wheel made of each of the two: of the project's files, and of the sdist."""

    sdist: Path
    wheel: Path
    of_the_sdist: Path


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Built:
    folder = tmp_path_factory.mktemp("built")
    source = folder / "source"
    for name in sources():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes((ROOT / name).read_bytes())
    wheel = wheel_of(source, folder / "wheel")
    code = f"from setuptools import build_meta; build_meta.build_sdist({str(folder)!r})"
    subprocess.run([sys.executable, "-c", code], cwd=source, check=True, capture_output=True)
    (sdist,) = folder.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder / "unpacked", filter="data")
    (unpacked,) = (folder / "unpacked").iterdir()
    return Built(sdist, wheel, wheel_of(unpacked, folder / "again"))


def wheel_of(source: Path, folder: Path) -> Path:
    command = [*PIP, "wheel", "--no-index", "--no-deps", "--no-build-isolation", "-w", str(folder), str(source)]
    subprocess.run(command, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


def contents(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.slow
def test_the_wheel_holds_every_file_of_the_program_its_scenes_and_its_assets(built):
    expected = {
        name.replace(folder, place, 1)
        for folder, place in IN_THE_WHEEL.items()
        for name in sources()
        if name.startswith(folder) and not name.startswith(PICTURES)
    }
    assert {"render/py.typed", "render/scenes/first-descent.yaml", "render/assets/scene.schema.json"} <= expected
    assert {name for name in contents(built.wheel) if ".dist-info/" not in name} == expected


@pytest.mark.slow
def test_the_sdist_holds_the_whole_project_and_makes_the_same_wheel(built):
    with tarfile.open(built.sdist) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    assert {name for name in sources() if not name.startswith(OF_THE_REPOSITORY)} <= held
    assert contents(built.of_the_sdist) == contents(built.wheel)


@pytest.mark.slow
def test_the_wheel_has_the_version_of_the_package(built):
    (metadata,) = (text for name, text in contents(built.wheel).items() if name.endswith(".dist-info/METADATA"))
    assert email.message_from_bytes(metadata)["Version"] == render.__version__


@pytest.mark.slow
def test_the_installed_wheel_draws_a_scene_that_came_with_it_in_another_folder(built, graphics, tmp_path):
    site, elsewhere = tmp_path / "site", tmp_path / "räume für bilder"
    elsewhere.mkdir()
    target = ["--no-index", "--no-deps", "--target", str(site), str(built.of_the_sdist)]
    subprocess.run([*PIP, "install", *target], check=True, capture_output=True)
    environment = {**os.environ, "PYTHONPATH": str(site), "PYTHONSAFEPATH": "1"}

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, *words]
        return subprocess.run(command, cwd=elsewhere, env=environment, capture_output=True, text=True, check=False)

    where = "import render.storage.files as f; print(f.__file__); print(f.asset('looks/ember.yaml'))"
    code, look = run("-c", where).stdout.splitlines()
    assert Path(code).is_relative_to(site) and Path(look).is_relative_to(site)
    assert run(str(site / "bin" / "thalweg"), "--version").stdout == f"thalweg {render.__version__}\n"
    scene = site / "render" / "scenes" / "first-descent.yaml"
    absent = run("-m", "render", "check", "scenes/first-descent.yaml")
    assert absent.returncode == 3 and f"name {scene}, or copy that file here" in absent.stderr
    done = run("-m", "render", "still", str(scene), "--quality", "thumb")
    assert done.returncode == 0, done.stderr
    assert (elsewhere / "output" / "stills" / "first-descent.thumb.png").is_file()
