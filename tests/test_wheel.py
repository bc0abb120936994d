"""The built wheel: complete without the checkout, its assets found, a scene rendered from there."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, SCENE


@pytest.mark.slow
def test_a_scene_renders_from_the_installed_wheel_outside_the_checkout(graphics, tmp_path):
    source, site, elsewhere = tmp_path / "source", tmp_path / "site", tmp_path / "räume für bilder"
    elsewhere.mkdir()
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in filter(lambda name: (ROOT / name).is_file(), listed.stdout.splitlines()):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes((ROOT / name).read_bytes())
    pip = [sys.executable, "-m", "pip", "-q"]
    wheel = [*pip, "wheel", "--no-deps", "--no-build-isolation", "-w", str(tmp_path), str(source)]
    subprocess.run(wheel, check=True, capture_output=True)
    (built,) = tmp_path.glob("*.whl")
    subprocess.run([*pip, "install", "--no-deps", "--target", str(site), str(built)], check=True, capture_output=True)
    (elsewhere / "scene.yaml").write_bytes(SCENE.read_bytes())
    environment = {**os.environ, "PYTHONPATH": str(site), "PYTHONSAFEPATH": "1"}
    where = (
        "import render, sys; from render.storage.files import asset; print(render.__file__, asset('looks/ember.yaml'))"
    )
    found = subprocess.run(
        [sys.executable, "-c", where], cwd=elsewhere, env=environment, capture_output=True, text=True, check=True
    )
    assert all(Path(path).is_relative_to(site) for path in found.stdout.split())
    command = [sys.executable, "-m", "render", "still", "scene.yaml", "--quality", "thumb"]
    done = subprocess.run(command, cwd=elsewhere, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (elsewhere / "output" / "stills" / "first-descent.thumb.png").is_file()
