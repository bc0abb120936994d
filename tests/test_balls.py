"""Lines and the balls on them: what is measured is the formula, and every step is the network's own lr · slope."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from render import data
from render.errors import DataError
from render.landscape import balls
from render.landscape.balls import Balls
from render.landscape.landscape import Landscape
from render.landscape.letting_go import let_go
from render.landscape.measured_line import Traced
from render.progress import Reporter
from render.scene.ball import Ball
from render.scene.spec import Scene
from render.space.grid import Grid
from render.space.line import Line
from render.works.bench import Bench
from render.works.line_work import BallsWork, LineWork, line_works
from render.works.order import Order

ONE = {"kind": "one-weight", "slope": 1.4, "noise": 0.3}
TWO = {
    "data": {"kind": "two-weights"},
    "network": {"kind": "mlp", "widths": [1], "activation": "tanh", "bias": False},
}
BALL = {"starts": [-1.0, 3.0], "lr": 0.5, "steps": 8}


def scene(line: dict, *, ball: dict | None = None, run: dict | None = None, **further) -> Scene:
    training = {"optimiser": {"kind": "sgd", "lr": 0.2}, "batch": 64, "steps": 6, "loss": "squared-error"}
    own = {"data": ONE, "network": {"kind": "mlp", "widths": [], "bias": False}, "training": training, **(run or {})}
    shot = {"line": "it", "duration": 4.0, **({"ball": ball} if ball else {})}
    asked = {"run": "main", "objective": {"loss": "squared-error"}, "points": 33, **line}
    return Scene.model_validate(
        {"thalweg": 1, "title": "A line", "runs": {"main": own}, "lines": {"it": asked}, "shots": [shot], **further}
    )


def made(asked: Scene, output: Path) -> tuple[Landscape, Balls | None]:
    bench, found = Bench(Reporter.silent()), line_works(Order(asked, "final", output))
    results = [bench.obtain(work) for work in found]
    return results[0], results[1] if len(results) > 1 else None


def parabola(weights: np.ndarray) -> np.ndarray:
    examples = data.load(scene({"along": {"kind": "weight"}}).runs["main"].data).train
    x, y = (part.astype(np.float64).ravel() for part in (examples.inputs, examples.targets))
    return np.mean((np.asarray(weights)[..., None] * x - y) ** 2, axis=-1)


def test_the_loss_along_the_only_weight_is_its_parabola_over_the_weight_itself(tmp_path):
    found, _ = made(scene({"along": {"kind": "weight"}, "range": [-1, 4]}), tmp_path)
    np.testing.assert_allclose(found.surface.grid.alphas, np.linspace(-1, 4, 33))
    np.testing.assert_allclose(found.surface.loss, parabola(found.surface.grid.alphas), rtol=1e-5)
    assert found.record["line"] == {"kind": "weight", "length": 1.0, "words": "the network's only weight"}
    assert found.record["counts"]["measured"] == 33


@pytest.mark.parametrize("momentum", [0.0, 0.7])
def test_a_ball_on_the_parabola_goes_by_the_closed_form_of_gradient_descent(tmp_path, momentum):
    _, found = made(scene({"along": {"kind": "weight"}}, ball={**BALL, "momentum": momentum}), tmp_path)
    bend = parabola([1.0]) - 2 * parabola([0.0]) + parabola([-1.0])
    lowest = (parabola([-1.0]) - parabola([1.0]))[0] / (2 * bend[0])
    rate = 0.5 * bend[0]
    step = np.array([[momentum, -rate], [momentum, 1 - rate]])  # of speed and of what is left to the lowest place
    for k in range(9):
        left = (np.linalg.matrix_power(step, k) @ np.array([[0, 0], [-1.0 - lowest, 3.0 - lowest]]))[1]
        np.testing.assert_allclose(found.alpha[:, k], lowest + left, atol=1e-6)
    np.testing.assert_allclose(found.slope, bend[0] * (found.alpha - lowest), atol=1e-6)
    np.testing.assert_allclose(found.loss, parabola(found.alpha), rtol=1e-5)


def test_every_step_is_the_learning_rate_times_the_slope_in_units_of_the_weights(tmp_path):
    asked = scene({"along": {"kind": "random", "seed": 3}, "range": [-1, 1]}, run=TWO, ball={**BALL, "starts": [0.5]})
    _, found = made(asked, tmp_path)
    moved = np.diff(found.alpha[0]) * found.length
    np.testing.assert_allclose(moved, -0.5 * found.slope[0, :-1], rtol=1e-9)
    shift = 1e-4
    line, _ = made(
        scene({"along": {"kind": "random", "seed": 3}, "range": [0.5 - shift, 0.5 + shift], "points": 3}, run=TWO),
        tmp_path,
    )
    quotient = (line.surface.loss[2] - line.surface.loss[0]) / (2 * shift)
    assert found.rise[0, 0] == pytest.approx(quotient, rel=2e-2)


def test_the_line_between_two_runs_begins_at_the_one_and_ends_at_the_other(tmp_path):
    plain = scene({"along": {"kind": "weight"}}, run=TWO).model_dump(mode="json")
    plain["runs"]["b"] = {**plain["runs"]["main"], "seed": 5}
    plain["lines"]["it"] |= {"along": {"kind": "between", "run": "b"}, "range": [0, 1], "points": 3}
    asked = Scene.model_validate(plain)
    found, _ = made(asked, tmp_path)
    ends = [Bench(Reporter.silent()).obtain(run) for run in LineWork(Order(asked, "final", tmp_path), "it").needs]
    for place, run in zip((0, -1), ends, strict=True):
        assert found.surface.loss[place] == pytest.approx(run.record["train"]["loss"], rel=1e-4)


def test_the_gradient_is_the_direction_in_which_the_loss_rises(tmp_path):
    found, gone = made(
        scene(
            {"along": {"kind": "gradient"}, "range": [-0.01, 0.01], "points": 5}, run=TWO, ball={**BALL, "starts": [0]}
        ),
        tmp_path,
    )
    assert (np.diff(found.surface.loss) > 0).all()
    assert found.record["line"]["length"] == pytest.approx(1.0)
    assert gone.slope[0, 0] > 0 and gone.alpha[0, 1] < 0


@pytest.mark.parametrize(
    ("along", "said"),
    [
        ({"kind": "weight", "layer": 2}, "layer 2 is beyond the 1 of this network, counted from 0"),
        ({"kind": "weight", "of": "bias", "index": [0]}, "layer 0 of this network has no bias; choose another"),
        ({"kind": "weight", "index": [0, 1]}, r"index \[0, 1\] lies beyond the weight of layer 0, 1 × 1"),
    ],
)
def test_a_weight_that_the_network_has_not_is_told(tmp_path, along, said):
    with pytest.raises(DataError, match=said):
        made(scene({"along": along}), tmp_path)


def test_balls_are_those_of_their_line_and_rule_whatever_is_drawn_of_it():
    def key(**changes) -> str:
        line = {"along": {"kind": "weight"}, **changes.pop("line", {})}
        [_, work] = line_works(Order(scene(line, ball={**BALL, **changes}), "final", Path("out")))
        return work.key

    assert key() == key(line={"points": 400, "range": [-2, 9]}) == key(pace="log")
    assert len({key(), key(lr=0.1), key(steps=9), key(starts=[0.0]), key(momentum=0.5)}) == 5


def test_what_is_on_disk_is_found_again_and_damage_is_noticed(tmp_path):
    asked = scene({"along": {"kind": "weight"}}, ball=BALL)
    made(asked, tmp_path)
    line, gone = line_works(Order(asked, "final", tmp_path))
    assert isinstance(line, LineWork) and isinstance(gone, BallsWork)
    assert line.state().state == gone.state().state == "whole"
    assert line.load().surface.loss.shape == (33,) and gone.load().steps == 8
    (gone.path / "balls.npz").write_bytes(b"torn")
    assert gone.state().state == "damaged"
    (line.path / "line.json").unlink()
    assert line.state().state == "not finished"
    again, balls_again = made(asked, tmp_path)
    assert again.record["counts"]["measured"] == 33 and balls_again.alpha.shape == (2, 9)


def test_a_ball_that_comes_to_where_nothing_is_finite_is_lost_from_there_on():
    line = Line.through(np.zeros(1), np.ones(1))
    traced = Traced(None, line, Grid.line([0.0, 1.0]), "", None, None)
    found = let_go(traced, Ball(starts=[1.0], lr=1.0, steps=3), lambda theta: (float(theta[0]), np.inf))
    assert found.alpha[0, 0] == 1.0 and np.isnan(found.alpha[0, 1:]).all()
    assert balls.Balls(found.alpha, found.loss, found.slope, 2.0).rise[0, 0] == np.inf
