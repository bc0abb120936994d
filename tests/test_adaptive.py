"""Adaptive measuring: formulas whose true error is known, whatever the levels did not look at."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from render.sampling import adaptive
from render.sampling.adaptive import FEWEST_CHECKS, Outcome, adapt
from render.sampling.fill import Level
from render.sampling.lattice import lattices
from render.sampling.sampling import sample
from render.sampling.scaling import Scaling, apart
from render.sampling.status import Status
from render.sampling.surface import Surface
from render.scene.look import Look
from render.space.grid import Grid
from render.stage import camera
from render.stage.body import relief
from render.stage.cast import Placed
from render.stage.light.bake import Sun
from render.stage.stage import Stage
from tests.formulas import FORMULAS, LINE, PLANE, Formula, exact, square


def adaptive_surface(kind: str, grid: Grid, tolerance: float = 0.002, **options) -> tuple[Surface, Formula]:
    formula = Formula(kind)
    section = LINE if grid.is_line else PLANE
    made = sample(formula, section, grid, mode="adaptive", tolerance=tolerance, progress=False, **options)
    return made, formula


def true_errors(made: Surface, kind: str, scaling: Scaling) -> np.ndarray:
    """Returns the error of every cell that is finite both in the surface and in truth."""
    truth = exact(kind, made.grid)
    heights = scaling.up(truth)
    both = np.isfinite(made.loss) & np.isfinite(truth)
    return apart(scaling.up(made.loss), heights, scaling.span(heights))[both]


SMOOTH = [("linear", kind) for kind in ("bowl", "hills", "valley", "flat", "nought")] + [
    ("log", kind) for kind in ("hills", "valley", "flat")
]
ROUGH = ["kink", "cliff", "step", "growth"]
HOLED = ["half a plane of NaN", "a disc of infinity", "scattered NaN", "NaN"]


@pytest.mark.parametrize(("scale", "kind"), SMOOTH)
def test_the_true_error_of_a_smooth_loss_is_within_the_tolerance(kind, scale):
    scaling = Scaling(scale, 0.01 if scale == "log" else 0.0)
    made, formula = adaptive_surface(kind, square(200), scale=scale, floor=scaling.floor)
    found = made.record["adaptive"]
    assert found["reached"] and found["error"] <= 0.002
    if kind not in ("flat", "nought"):  # whose range is rounding
        assert true_errors(made, kind, scaling).max() < 0.002
    assert formula.count < 0.3 * 200 * 200


@pytest.mark.parametrize("clip", [None, 90.0])
@pytest.mark.parametrize("kind", ROUGH)
def test_the_true_error_of_a_rough_loss_is_near_the_tolerance(kind, clip):
    made, formula = adaptive_surface(kind, square(200), clip=clip)
    errors = true_errors(made, kind, Scaling(clip=clip))
    assert made.record["adaptive"]["reached"]
    assert errors.max() < 10 * 0.002
    assert (errors > 0.002).mean() < 0.01  # of 500 cells one would have failed, 99 times in 100
    assert formula.count < 0.6 * 200 * 200


def test_noise_is_measured_everywhere_and_once():
    made, formula = adaptive_surface("noise", square(150))
    assert made.counts["measured"] > 0.99 * 150 * 150
    assert formula.count < 1.1 * 150 * 150


@pytest.mark.parametrize("kind", FORMULAS)
def test_every_measured_cell_is_exactly_what_was_measured_and_every_cell_has_a_status(kind):
    made, _ = adaptive_surface(kind, square(90, 70))
    truth = exact(kind, made.grid)
    measured = made.status == Status.MEASURED
    np.testing.assert_array_equal(made.loss[measured], truth[measured])
    assert made.counts["missing"] == 0
    assert (np.isfinite(made.loss) == (made.status != Status.DIVERGED)).all()
    inside = np.isfinite(made.accuracy)
    assert (made.accuracy[inside] >= 0).all() and (made.accuracy[inside] <= 1).all()
    assert (inside == np.isfinite(made.loss)).all()


@pytest.mark.parametrize("kind", HOLED)
@pytest.mark.parametrize("scale", ["linear", "log"])
def test_beside_cells_that_diverged_nothing_is_wild(kind, scale):
    scaling = Scaling(scale, 0.01 if scale == "log" else 0.0)
    made, _ = adaptive_surface(kind, square(150), scale=scale, floor=scaling.floor)
    truth = exact(kind, made.grid)
    errors = true_errors(made, kind, scaling)
    assert not errors.size or errors.max() < 3 * 0.002
    wrong = np.isfinite(made.loss) != np.isfinite(truth)
    assert wrong.mean() < (0.01 if kind == "scattered NaN" else 0.0005)
    assert made.counts["diverged"] > 0


@pytest.mark.parametrize("kind", ["half a plane of NaN", "a disc of infinity"])
def test_the_edge_of_what_diverged_is_measured(kind):
    made, _ = adaptive_surface(kind, square(150))
    truth = np.isfinite(exact(kind, made.grid))
    edge = np.zeros_like(truth)
    for axis in (0, 1):
        change = np.diff(truth.astype(int), axis=axis) != 0
        first, second = [slice(None)] * 2, [slice(None)] * 2
        first[axis], second[axis] = slice(None, -1), slice(1, None)
        edge[tuple(first)] |= change
        edge[tuple(second)] |= change
    assert np.isin(made.status[edge & truth], [Status.MEASURED]).all()
    inner = np.isinf(made.loss) if "inf" in kind else made.status == Status.DIVERGED
    assert (inner[edge & ~truth]).all()


def test_where_everything_diverged_no_cell_has_a_height():
    made, formula = adaptive_surface("NaN", square(150))
    assert made.counts["diverged"] == 150 * 150 and np.isnan(made.loss).all() and np.isnan(made.accuracy).all()
    assert formula.count < 2000


@pytest.mark.parametrize("kind", ["hills", "half a plane of NaN", "NaN"])
@pytest.mark.parametrize(
    "grid",
    [square(2), square(5, 3), square(3, 400), square(24), square(400, 2), *map(Grid.line, ([0, 1], np.arange(700.0)))],
    ids=lambda grid: "x".join(map(str, grid.shape)),
)
def test_a_grid_of_any_shape_is_measured(grid, kind):
    made, formula = adaptive_surface(kind, grid)
    assert made.loss.shape == grid.shape and made.counts["missing"] == 0
    if max(grid.shape) <= 24:
        np.testing.assert_array_equal(made.loss, exact(kind, grid))
        assert formula.count == made.loss.size


def test_axes_need_not_be_even():
    axis = np.sinh(np.linspace(-2, 2, 200)) / np.sinh(2)
    made, formula = adaptive_surface("hills", Grid(axis, axis[::-1] * -1))
    assert true_errors(made, "hills", Scaling()).max() < 0.003
    assert formula.count < 4000


def test_a_loss_without_accuracy_has_none_anywhere():
    made = sample(Formula("hills", classes=False), PLANE, square(100), mode="adaptive", progress=False)
    assert np.isnan(made.accuracy).all() and np.isfinite(made.loss).all()


def test_a_finer_tolerance_measures_more_and_errs_less():
    counts, errors = zip(
        *((f.count, true_errors(s, "hills", Scaling()).max()) for s, f in (
            adaptive_surface("hills", square(300), tolerance) for tolerance in (0.01, 1e-4, 1e-6)
        )),
        strict=True,
    )  # fmt: skip
    assert counts[0] < counts[1] < counts[2] and errors[0] > errors[1] > errors[2]


class Watched:
    """Measures a formula for adapt, and remembers what it was asked."""

    def __init__(self, kind: str, grid: Grid, most: int = 10**9):
        self.kind, self.grid, self.most = kind, grid, most
        self.wanted: list[tuple[int, np.ndarray]] = []
        self.draws: list[np.ndarray] = []
        self.nodes: set[tuple[int, int]] = set()

    def level(self, number: int, lattice, wanted: np.ndarray) -> Level:
        self.wanted.append((number, wanted.copy()))
        truth = lattice.of(exact(self.kind, self.grid).reshape(self.grid.cells))
        rows, columns = np.nonzero(wanted)
        self.nodes |= set(zip(lattice.rows[rows].tolist(), lattice.columns[columns].tolist(), strict=True))
        loss = np.where(wanted, truth, np.float32("nan"))
        return Level(lattice, loss, np.full_like(loss, np.nan), wanted)

    def held_out(self, number: int, cells: np.ndarray) -> np.ndarray:
        self.draws.append(cells)
        return exact(self.kind, self.grid).reshape(self.grid.cells)[tuple(cells.T)]

    def affords(self, points: int) -> bool:
        return len(self.nodes) + points <= self.most


def watched(kind: str, n: int, most: int = 10**9) -> tuple[Outcome, Watched]:
    prober = Watched(kind, square(n), most)
    return adapt(prober.grid, Scaling(), 0.002, prober), prober


def measured_cells(outcome: Outcome) -> set[tuple[int, int]]:
    return set(zip(*(part.tolist() for part in np.nonzero(outcome.status == Status.MEASURED)), strict=True))


def test_held_out_cells_are_drawn_anew_and_never_put_in_the_surface():
    outcome, prober = watched("kink", 300)
    assert len(prober.draws) > 1 and not np.array_equal(prober.draws[0], prober.draws[1])
    assert measured_cells(outcome) == prober.nodes
    for cells in prober.draws[-1:]:
        assert len(np.unique(cells, axis=0)) == len(cells) == outcome.held_out
        assert not {tuple(cell) for cell in cells.tolist()} & prober.nodes


def test_one_in_a_hundred_is_held_out_but_500_at_least_and_10_000_at_most(monkeypatch):
    outcome, _ = watched("hills", 300)
    assert outcome.held_out == FEWEST_CHECKS
    monkeypatch.setattr(adaptive, "WHOLE_LEVELS", 6)
    outcome, prober = watched("hills", 1000)
    assert outcome.held_out == len(prober.nodes) // 100 > FEWEST_CHECKS
    monkeypatch.setattr(adaptive, "CHECKED_SHARE", 0.1)
    assert watched("hills", 1000)[0].held_out == adaptive.MOST_CHECKS


def test_the_error_is_the_largest_at_held_out_cells():
    outcome, prober = watched("kink", 300)
    truth, cells = exact("kink", prober.grid).astype(np.float64), tuple(prober.draws[-1].T)
    reckoned = np.abs(outcome.loss[cells] - truth[cells]).max() / np.ptp(truth)
    assert outcome.error == pytest.approx(reckoned, rel=0.01)


def test_levels_go_from_coarse_to_fine_and_fewer_of_their_nodes_are_wanted():
    _, prober = watched("kink", 300)
    numbers = [number for number, _ in prober.wanted]
    first = numbers[: 1 + next(k for k, step in enumerate(np.diff([*numbers, -1])) if step < 0)]
    assert first == list(range(len(first))) and len(first) > 3
    shares = [wanted.mean() for _, wanted in prober.wanted[: len(first)]]
    assert shares[2:] == sorted(shares[2:], reverse=True)


def test_the_same_measurements_lead_the_same_way():
    (one, first), (two, second) = watched("kink", 200), watched("kink", 200)
    np.testing.assert_array_equal(one.loss, two.loss)
    assert len(first.wanted) == len(second.wanted)
    for (_, ours), (_, theirs) in zip(first.wanted, second.wanted, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_what_cannot_be_afforded_is_not_measured_and_the_error_is_told():
    outcome, prober = watched("kink", 300, most=2500)
    assert len(prober.nodes) <= 2500 and outcome.error > 0.002
    assert (outcome.status != Status.MISSING).all() and np.isfinite(outcome.loss).all()


def test_no_cell_is_measured_on_two_levels():
    _, prober = watched("step", 200)
    levels, latest = lattices((200, 200)), dict(prober.wanted)
    seen = np.zeros((200, 200), int)
    for number, wanted in latest.items():
        rows, columns = np.nonzero(wanted)
        seen[levels[number].rows[rows], levels[number].columns[columns]] += 1
    assert seen.max() == 1


def rounds_of(kinds: list[str]) -> Iterator[tuple[str, int]]:
    for kind in kinds:
        made, _ = adaptive_surface(kind, square(64))
        yield kind, made.record["adaptive"]["rounds"]


def test_there_is_an_end_to_every_surface():
    assert max(rounds for _, rounds in rounds_of(list(FORMULAS))) < 40


def photograph(loss: np.ndarray, **changes) -> np.ndarray:
    look = Look(name="ember", **changes)
    stage = Stage([Placed(relief.make(loss, look.steps, 1.0))], look.resolved, Sun(-95, 27, 2.4), (640, 360), 2)
    stage.show_paths([[]])
    picture = stage.photograph(camera.standing(200, 42, 1.35, np.array([0, 0, 0.06]), 30), 1)
    stage.close()
    return picture.astype(int)


@pytest.mark.slow
@pytest.mark.parametrize("changes", [{}, {"contours": {"strength": 0}}], ids=["contours", "no contours"])
@pytest.mark.parametrize("kind", ["hills", "valley"])
def test_the_picture_of_a_filled_surface_is_that_of_the_measured_one(graphics, kind, changes):
    floor = Look(name="ember").steps[0].log.floor
    made, formula = adaptive_surface(kind, square(400), 0.001, scale="log", floor=floor)
    difference = np.abs(photograph(made.loss, **changes) - photograph(exact(kind, made.grid), **changes)).max(axis=2)
    assert formula.count < 0.02 * made.loss.size
    assert (difference <= 2).mean() > 0.999
