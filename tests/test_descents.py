"""Many descents in a shot: what a scene may ask of them, how they are drawn, and what is said of them."""

from __future__ import annotations

import numpy as np
import pytest

from render.errors import SceneError
from render.film.preparing import prepare
from render.film.rolls import BASINS
from render.film.take import Take
from render.film.words.caption import caption
from render.film.words.remarks import remarks
from render.landscape.landscape import Landscape
from render.landscape.rolling import RESTS
from render.sampling.surface import Surface
from render.scene.language.load import load
from render.scene.look import Look
from render.scene.shot import Shot
from render.space.grid import Grid
from render.space.plane import Plane
from render.stage.camera import View
from render.stage.marks.path_line import Pen
from render.stage.marks.strands import SIDES, lines_of

SCENE = """\
thalweg: 1
title: Wells
runs:
  main:
    data: {kind: two-weights}
    network: {kind: mlp, widths: [1], activation: tanh, bias: false}
    training: {optimiser: {kind: sgd, lr: 0.1}, batch: 64, steps: 40}
surfaces:
  main: {run: main, objective: {loss: squared-error}, plane: {kind: random}, points: [40, 40]}
shots:
  - surface: main
    duration: 4s
    path: {show: false}
    descents: {count: 60}
"""
PLANE = Plane(np.zeros(2), *np.eye(2))


def shot(**descents) -> Shot:
    asked = {"count": 60, "steps": 1500, **descents}
    return Shot.model_validate({"surface": "main", "duration": 4.0, "path": {"show": False}, "descents": asked})


def wells() -> Landscape:
    grid = Grid(np.linspace(-2, 2, 81), np.linspace(-1, 1, 41))
    alpha, beta = np.meshgrid(grid.alphas, grid.betas)
    loss = ((alpha**2 - 1) ** 2 + beta**2 + 0.2 * alpha + 1).astype(np.float32)
    surface = Surface(PLANE, grid, loss, loss * np.nan, np.ones(loss.shape, np.uint8))
    record = {"counts": surface.counts, "paths": [], "points": [81, 41], "source": {"value": "loss", "file": "a.npz"}}
    return Landscape(None, "", surface, (), {**record, "alpha": [-2.0, 2.0], "beta": [-1.0, 1.0]})


def taken(asked: Shot) -> Take:
    return prepare(asked, Look.model_validate({"name": "ember"}), [wells()], 16 / 9)


def test_at_the_beginning_all_stand_at_their_starts_and_at_the_end_in_the_inks_of_their_basins():
    take = taken(shot())
    [panel] = take.panels
    rolled = panel.rolls.rolled
    first, last = take.strands(panel, 0.0), take.strands(panel, 4.0)
    np.testing.assert_allclose(first.heads[:, :2] / (1, panel.relief.depth), rolled.places[0] / (4, 2), atol=1e-12)
    np.testing.assert_allclose(last.heads[:, :2] / (1, panel.relief.depth), rolled.places[-1] / (4, 2), atol=1e-12)
    assert set(last.inks[rolled.fate == RESTS]) == {0, 1}
    assert (last.inks[rolled.fate != RESTS] == BASINS).all()


def test_a_strand_keeps_to_its_ink_and_no_tube_joins_two():
    take = taken(shot())
    strands = take.strands(take.panels[0], 3.0)
    pen = Pen(View(np.array([0.0, -2.0, 1.0]), np.zeros(3), 30.0), (7.0, 3.0), (1.0, 3.0))
    parts = [strands.of_ink(ink) for ink in (0, 1)]
    assert sum(len(part.heads) for part in parts) == (strands.inks < 2).sum()
    for part in parts:
        made = lines_of(part, pen)
        edges = np.linalg.norm(np.diff(made.points[made.triangles], axis=1), axis=2)
        assert edges.max() < 0.02  # picture widths; starts lie far apart
        assert len(made.points) == SIDES * len(part.points)


def test_what_is_drawn_grows_with_time_along_the_logarithm_of_steps_or_along_steps():
    for pace in ("log", "steps"):
        take = taken(shot(pace=pace))
        [panel] = take.panels
        steps = [panel.rolls.step(share, 1500) for share in (0.0, 0.5, 1.0)]
        assert steps == pytest.approx([0, 750 if pace == "steps" else np.sqrt(1501) - 1, 1500])
        counts = [len(take.strands(panel, time).points) for time in (0.0, 1.0, 2.0, 4.0)]
        assert counts == sorted(counts) and counts[0] < counts[-1]


def test_the_caption_says_that_they_are_no_trainings_and_where_they_came_to():
    take = taken(shot(momentum=0.5, rate=0.01))
    scene = type("Scene", (), {"look": Look.model_validate({"name": "ember"})})
    said = caption(scene, take.shot, [wells().record], take.drawing)
    assert "60 points rolled down the surface by gradient descent on its own heights, rate 0.01, momentum 0.5" in said
    assert "and are no trainings" in said and "in a basin of loss 0.798" in said and "in a basin of loss 1.2" in said


def test_starts_that_are_left_out_and_descents_that_still_move_are_told():
    take = taken(shot(starts=[[0.5, 0.5], [9.0, 0.0]], steps=3))
    said = " ".join(remarks(take))
    assert "1 of the starts of its descents lie beyond its grid and are left out" in said
    assert "1 of 1 descents still moved after 3 steps" in said


@pytest.mark.parametrize(
    ("written", "place", "said"),
    [
        (
            "{starts: [[0.5, 2.0]]}",
            "14:25",
            r"\[0.5, 2\] lies beyond the surface; start within α -1 to 1 and β -1 to 1",
        ),
        (
            "{steps: 20000, count: 2000}",
            "14:23",
            "2,000 descents of 20,000 steps are too many; take at most 2,000 steps",
        ),
        ("{momentum: 1.0}", "14:26", "less than 1"),
        ("{starts: anywhere}", "14:24", "random"),
        ("{rate: 0}", "14:22", "0 is too small; more than 0"),
    ],
)
def test_what_cannot_be_is_refused_where_it_stands(tmp_path, written, place, said):
    file = tmp_path / "scene.yaml"
    file.write_text(SCENE.replace("{count: 60}", written), encoding="utf-8")
    with pytest.raises(SceneError, match=said) as told:
        load(file)
    assert f"scene.yaml:{place}: shots.0.descents." in str(told.value)


def test_a_shot_without_descents_is_written_out_as_it_was():
    plain = Shot.model_validate({"surface": "main", "duration": 4.0}).model_dump(mode="json")
    assert "descents" not in plain
    asked = shot().model_dump(mode="json")
    assert Shot.model_validate(asked) == shot()
