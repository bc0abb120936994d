"""Surfaces that are ready in a file: drawn and captioned without any training."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from render import exchange
from render.errors import DataError, SceneError
from render.exchange.given import Given
from render.film.words.caption import caption
from render.landscape import ready
from render.scene.existing import ReadySurface
from render.scene.language.load import load
from tests.kept import surface_asked

SCENE = """
thalweg: 1
title: Given
surfaces:
  main: {{source: {{surface: {file}}}}}
look: {{relief: [{{exaggeration: 0.3}}]}}
shots:
  - {{surface: main, duration: 2s}}
stills:
  given: {{at: 1s, size: [160, 90]}}
"""
AXIS = np.linspace(-1, 1, 40)


def bowl(path, **more) -> None:
    values = (AXIS**2 + 2 * AXIS[:, None] ** 2).astype(np.float32)
    values[0, 0] = np.nan
    exchange.write(Given(AXIS, AXIS, values, "loss", more), path, path.suffix[1:])


@pytest.fixture
def home(tmp_path, monkeypatch):
    """The working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", ["a.npz", "a.h5", "a.csv", "a.vtp", "a.vti"])
def test_a_file_of_any_format_becomes_a_landscape(home, name):
    bowl(home / name)
    made = ready.load(ReadySurface(source={"surface": name}))
    assert made.surface.counts["no_data"] == 1 and made.surface.counts["diverged"] == 0
    assert made.record["source"]["value"] == "loss"
    assert made.surface.height_at(np.array([[0.5, 0.5]]))[0] == pytest.approx(0.75, abs=2e-3)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["a.h5"])
def test_a_scene_of_a_file_is_rendered_without_training(graphics, home, name):
    bowl(home / name)
    (home / "scene.yaml").write_text(SCENE.format(file=name))
    done = subprocess.run(
        [sys.executable, "-m", "render", "render", "scene.yaml", "--json"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert (home / "output" / "stills" / "given.png").is_file() and not (home / "output" / "runs").exists()
    record = json.loads((home / "output" / "stills" / "given.png.json").read_text())
    assert record["caption"].startswith(f"loss from {name} · 40 × 40 points, 1,599 given, 1 no data · ")
    assert "path" not in record["caption"]


def test_a_path_that_a_file_has_is_drawn(home):
    bowl(home / "a.npz", path_alpha=np.array([0.5, 0.1, 0.0]), path_beta=np.array([0.5, 0.0, 0.0]))
    made = ready.load(ReadySurface(source={"surface": "a.npz"}))
    (path,) = made.paths
    np.testing.assert_allclose(path.true_loss, [0.75, 0.01, 0], atol=2e-3)
    (home / "scene.yaml").write_text(SCENE.format(file="a.npz"))
    scene = load(home / "scene.yaml")
    assert caption(scene, scene.shots[0], [made.record]).startswith("loss from a.npz")


def test_the_key_follows_the_bytes_of_the_file(home):
    (home / "scene.yaml").write_text(SCENE.format(file="a.npz"))
    scene = load(home / "scene.yaml")
    bowl(home / "a.npz")
    first = surface_asked(scene, Path()).key
    bowl(home / "a.npz", path_alpha=np.zeros(2), path_beta=np.ones(2))
    assert surface_asked(scene, Path()).key != first


@pytest.mark.parametrize("file", ["../a.npz", "/etc/a.npz", "~/a.npz", "a/../../b.npz"])
def test_a_file_outside_of_the_working_directory_is_refused_where_it_stands(home, file):
    (home / "scene.yaml").write_text(SCENE.format(file=file))
    with pytest.raises(SceneError, match=r"scene.yaml:5:28: .*leads out of the working directory"):
        load(home / "scene.yaml")


def test_a_link_that_leads_out_is_refused(home, tmp_path_factory):
    away = tmp_path_factory.mktemp("away") / "a.npz"
    bowl(away)
    (home / "a.npz").symlink_to(away)
    with pytest.raises(DataError, match="a link that leads out of the working directory"):
        ready.load(ReadySurface(source={"surface": "a.npz"}))


def test_a_file_that_is_absent_is_named(home):
    with pytest.raises(DataError, match=r"a\.npz: there is no such file"):
        ready.key_of(ReadySurface(source={"surface": "a.npz"}))


def test_minus_infinity_has_not_diverged_but_is_a_hole_that_is_said(home):
    with np.errstate(divide="ignore"):
        values = np.log10(np.round(np.abs(AXIS), 1) + np.round(np.abs(AXIS[:, None]), 1))
    values[0, 0], values[0, 1] = np.inf, np.nan
    assert np.isneginf(values).sum() > 1
    np.savez(home / "a.npz", x=AXIS, y=AXIS, z=values)
    made = ready.load(ReadySurface(source={"surface": "a.npz"}))
    below = int(np.isneginf(values).sum())
    assert made.surface.counts["diverged"] == 1 and made.surface.counts["no_data"] == below + 1
    assert f"{below} values of −infinity are drawn as holes" in made.record["source"]["notes"]
    assert not np.isneginf(made.surface.loss).any()


def test_what_a_resampled_file_holds_itself_without_a_value_is_counted_apart(home):
    alphas = AXIS**3
    values = (alphas**2 + AXIS[:, None] ** 2).astype(np.float32)
    values[5, 5], values[30, 30] = np.nan, np.inf
    np.savez(home / "a.npz", x=alphas, y=AXIS, z=values)
    made = ready.load(ReadySurface(source={"surface": "a.npz"}))
    (home / "scene.yaml").write_text(SCENE.format(file="a.npz"))
    scene = load(home / "scene.yaml")
    counts = made.surface.counts
    assert counts["diverged"] > 1
    said = f"{counts['diverged']} diverged (1 of those given), {counts['no_data']} no data (1 of those given)"
    assert said in caption(scene, scene.shots[0], [made.record])


def test_minus_infinity_along_a_path_has_not_diverged_but_is_unknown(home):
    way = {"path_alpha": np.array([0.5, 0.1, 0.0]), "path_beta": np.array([0.5, 0.0, 0.0])}
    bowl(home / "a.npz", **way, path_loss=np.array([0.7, -np.inf, np.inf]))
    made = ready.load(ReadySurface(source={"surface": "a.npz"}))
    np.testing.assert_array_equal(made.paths[0].true_loss, np.array([0.7, np.nan, np.inf], np.float32))
    assert "−infinity is taken as unknown at 1 of the 3 points of its path" in made.record["source"]["notes"]
