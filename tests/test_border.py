"""Surfaces of trainings and zooms into them: what a scene may ask, what is kept, and what is shown between windows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from render.cli import app
from render.errors import SceneError
from render.film.words.caption import caption
from render.film.zooming import magnified, window_at, zoomed
from render.progress import Reporter
from render.scene.hyperparameters import HyperparameterSurface
from render.scene.language.load import load
from render.scene.quality import apply_quality
from render.scene.relief import EDGE, trained_steps
from render.scene.series import Zoom
from render.scene.windows import windows_of
from render.stage.body.ranks import ranks_of
from render.stage.body.relief import make
from render.works.bench import Bench
from render.works.order import Order
from render.works.series_work import SeriesWork
from render.works.trained_surface_work import TrainedSurfaceWork

SCENE = """\
thalweg: 1
title: Edge
seed: 3
surfaces:
  border:
    of: hyperparameters
    alpha: {of: lr-1, range: [0.01, 100]}
    beta: {of: lr-2, range: [0.01, 100]}
    network: {inputs: 4, width: 4}
    training: {steps: 40}
    points: [72, 70]
series:
  dive: {kind: zoom, surface: border, at: [2, 0.5], stops: 3}
shots:
  - {surface: dive, duration: 4s, camera: {kind: map}, path: {show: false}}
stills:
  border: {at: 2s, size: [160, 90]}
"""
BOTH = "range: [0.01, 100]}\n    beta: {of: lr-2, range: [0.01, 100]}"
WRONG = [  # what stands in the scene, what stands there instead, and what is said
    ("lr-2,", "lr-3,", "8:16: surfaces.border.beta.of: \"lr-3\" is not known; did you mean lr-1"),
    ("lr-2,", "lr-1,", "8:16: surfaces.border.beta.of: lr-1 is set along alpha already"),
    ("lr-1, range: [0.01", "lr-1, range: [0.0", "7:30: surfaces.border.alpha.range: 0 has no logarithm"),
    ("lr-1, range: [0.01", "lr-1, range: [-1.0", "7:30: surfaces.border.alpha.range: -1 is negative"),
    ("lr-1, range: [0.01, 100]", "lr-1, range: [5, 1]", "7:30: surfaces.border.alpha.range: [5, 1] does not rise"),
    ("lr-2,", "momentum,", "8:33: surfaces.border.beta.range: momentum 100 grows by itself"),
    ("lr-1, range: [0.01, 100]", "lr-1, range: [1, 1.000001]", "surfaces.border.precision: float32 does not tell"),
    ("at: [2, 0.5]", "at: [2, 500]", "series.dive.at.1: 500 lies beyond β of surface \"border\", 0.01 to 100"),
    ("stops: 3", "stops: 40", "series.dive.stops: float32 does not tell the points of window"),
    ("surface: border, at", "surface: broder, at", "there is no surface \"broder\"; did you mean border"),
    ("lr-2,", "weight-decay,", "is missing; add it (no axis has lr-2)"),
    (BOTH, BOTH.replace("[0.01, 100]", "[0.01, 0.02]"), "7:30: surfaces.border.alpha.range: every one of 576 trainings "
     "over this range converges"),
    (BOTH, BOTH.replace("[0.01, 100]", "[900, 999]"), "7:30: surfaces.border.alpha.range: every one of 576 trainings "
     "over this range diverges"),
]  # fmt: skip


def written(folder: Path, text: str = SCENE) -> Path:
    file = folder / "edge.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def work_at(folder: Path, name: str = "border") -> TrainedSurfaceWork:
    scene = load(written(folder))
    return TrainedSurfaceWork(Order(scene, "final", folder / "output"), name)


@pytest.mark.parametrize(("before", "after", "said"), WRONG)
def test_what_is_wrong_is_one_sentence_at_its_place(tmp_path, before, after, said):
    text = SCENE.replace(before, after, 1)
    if "trainings over" in said:
        text = text.replace("series:\n  dive: {kind: zoom, surface: border, at: [2, 0.5], stops: 3}\n", "")
        text = text.replace("surface: dive", "surface: border")
    assert text != SCENE
    told = CliRunner().invoke(app, ["check", str(written(tmp_path, text))])
    assert told.exit_code == 3
    assert said in told.output and len(told.output.strip().splitlines()) == 1


def test_a_surface_that_was_cut_off_goes_on_with_the_same_bytes(tmp_path):
    work, bench = work_at(tmp_path), Bench(Reporter.for_terminal(quiet=True))
    whole = bench.obtain(work).surface
    chunks = sorted((work.path / "surface.zarr" / "status" / "c").rglob("[0-9]*"))
    files = [chunk for chunk in chunks if chunk.is_file()]
    assert len(files) == 4
    files[1].unlink()
    (work.path / "surface.json").unlink()
    (work.path / "surface.zarr" / "outcome.json").unlink()
    assert work.left().amount == 8 * 64
    again = Bench(Reporter.for_terminal(quiet=True)).obtain(work_at(tmp_path)).surface
    assert again.loss.tobytes() == whole.loss.tobytes() and again.accuracy.tobytes() == whole.accuracy.tobytes()
    assert work.state().state == "whole" and work.left().amount == 0


def test_the_record_tells_when_trainings_were_stopped(tmp_path):
    made = Bench(Reporter.for_terminal(quiet=True)).obtain(work_at(tmp_path))
    told, surface = made.record["trainings"], made.surface
    assert told["diverged"] == int((surface.loss > EDGE).sum())
    took = np.rint(surface.accuracy[surface.accuracy < 1] * 40)
    assert told["stopped"] == [int(took.min()), int(np.median(took)), int(took.max())] and took.min() >= 1
    scene = load(written(tmp_path))
    said = caption(scene, scene.shots[0], [made.record])
    assert "4-4-1 tanh" in said and "learning rate of layer 2 0.01…100 log" in said


@given(
    st.floats(-3, 0), st.floats(0.5, 4), st.floats(0.05, 0.95), st.floats(0.05, 0.95), st.floats(1.1, 4),
    st.integers(2, 8),
)  # fmt: skip
def test_the_point_of_a_zoom_stays_where_it_is_in_every_window(low, span, across, up, factor, stops):
    ends = [10.0**low, 10.0 ** (low + span)]
    first = HyperparameterSurface.model_validate(
        {"of": "hyperparameters", "alpha": {"of": "lr-1", "range": ends}, "beta": {"of": "lr-2", "range": ends},
         "points": [5, 5]}
    )  # fmt: skip
    at = [10.0 ** (low + share * span) for share in (across, up)]
    zoom = Zoom.model_validate({"surface": "border", "at": at, "factor": factor, "stops": stops})
    windows = list(windows_of(first, zoom))
    assert windows[0].alpha == first.alpha and len(windows) == stops
    for number, window in enumerate(windows):
        for axis, share, value in zip(window.axes, (across, up), at, strict=True):
            begin, end = axis.places
            assert end - begin == pytest.approx(span * factor**-number, rel=1e-6)
            assert (np.log10(value) - begin) / (end - begin) == pytest.approx(share, abs=1e-6)


def test_between_windows_the_finer_one_is_shown_where_it_reaches(tmp_path):
    work = SeriesWork(Order(load(written(tmp_path)), "final", tmp_path / "output"), "dive")
    series = Bench(Reporter.for_terminal(quiet=True)).obtain(work)
    reliefs = [make(each.surface.loss, trained_steps(EDGE), 1.0) for each in series.landscapes]
    level, finite = zoomed(series, reliefs, 2.0)
    np.testing.assert_allclose(level, reliefs[2].level, atol=1e-3)
    assert finite.all()
    for index in (0.0, 0.4, 1.5):
        level, _ = zoomed(series, reliefs, index)
        grid, inner = window_at(series, index), series.landscapes[int(index) + 1].surface
        share = [(axis[-1] - axis[0]) for axis in (grid.alphas, inner.grid.alphas)]
        assert share[0] / share[1] == pytest.approx(2 ** (int(index) + 1 - index), rel=1e-6)
        assert np.isfinite(level).all() and level.min() >= 0 and level.max() <= 1
    diverged = float((series.landscapes[1].surface.loss > EDGE).mean())
    level, _ = zoomed(series, reliefs, 1.0)
    assert float((level >= 0.5).mean()) == pytest.approx(diverged, abs=0.03)


@given(st.lists(st.floats(0, 2), min_size=1, max_size=60))
def test_ranks_keep_the_order_and_the_edge_in_the_middle(values):
    found = np.sort(np.array(values))
    ranks = ranks_of(found, 1.0)
    made = ranks.rank(found)
    assert (np.diff(made) >= 0).all() and (made >= 0).all() and (made <= 1).all()
    assert (made[found < 1] <= 0.5).all() and (made[found >= 1] >= 0.5).all()


def test_a_lower_quality_has_fewer_points_and_windows(tmp_path):
    scene = apply_quality(load(written(tmp_path)), "thumb")
    assert max(scene.trained["border"].points) == 24 and scene.series["dive"].stops == 3


def test_another_label_keeps_the_key_and_another_seed_does_not(tmp_path):
    file = written(tmp_path)
    keys = [
        TrainedSurfaceWork(Order(load(file, changes), "final", tmp_path), "border").key
        for changes in ([], ["surfaces.border.label=Edge"], ["seed=4"], ["surfaces.border.training.steps=41"])
    ]
    assert keys[0] == keys[1] and len(set(keys)) == 3


@pytest.mark.parametrize(("times", "said"), [(1.0, "×1.0"), (3.14159, "×3.1"), (37.4, "×37"), (4096.0, "×4,100")])
def test_a_magnification_is_told_in_two_figures(times, said):
    assert magnified(times) == said


def test_a_zoom_needs_a_surface_of_trainings(tmp_path):
    text = SCENE.replace("surface: border", "surface: file").replace(
        "surfaces:\n", "surfaces:\n  file: {source: {surface: a.npz}}\n"
    )
    with pytest.raises(SceneError, match="is not of hyperparameters"):
        load(written(tmp_path, text))
