"""Insets and counters on shots of lines: what they tell is computed there, and nothing that nobody knows is told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from render.descent.parameters import load_parameters
from render.errors import DataError, SceneError
from render.film.insets.inset_room import boxes_of
from render.film.lines.line_room import room_of
from render.film.lines.line_shooting import LineShooting
from render.film.lines.line_words import line_caption, line_words
from render.film.shooting import Shooting
from render.film.words.figures import format_share
from render.film.words.sheet import Sheet
from render.landscape import measured_line
from render.landscape.visited_line import visited_on
from render.progress import Reporter
from render.scene.insets import CurvesInset, ExampleInset, FirstLayerInset, GradientInset
from render.scene.language.load import load
from render.works.ball_chronicle_work import ball_chronicles_of
from render.works.bench import Bench
from render.works.chronicle_work import chronicles_of
from render.works.file import surfaces_shown
from render.works.order import Order

RUN = (
    "{data: {kind: digits}, network: {kind: mlp, widths: [6]}, "
    "training: {optimiser: {kind: sgd, lr: 0.1}, batch: 32, steps: 12, every: 4}, seed: %d}"
)
LINE = "{run: a, objective: {examples: 64}, along: {kind: between, run: b}, range: [-0.5, 1.5], points: 41}"
HEAD = f"thalweg: 1\ntitle: A line\nruns: {{a: {RUN % 1}, b: {RUN % 2}}}\nlines: {{way: {LINE}}}\n"
BALL = "ball: {starts: [0.2, 0.7], lr: 2, steps: 5}"
KINDS = "insets: [{kind: curves}, {kind: first-layer, units: 4}, {kind: gradient}, {kind: example, example: 3}]"
STILLS = "stills: {a: {at: 2s, size: [960, 540]}, bare: {at: 2s, size: [960, 540], insets: false}}\n"


def written(folder, shot, head=HEAD, rest=STILLS):
    path = folder / "a.yaml"
    path.write_text(f"{head}shots: [{{line: way, duration: 4s, {shot}}}]\n{rest}", encoding="utf-8")
    return load(path)


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """A line with every inset and counter that there is, and a bench that keeps what was made for it."""
    folder = tmp_path_factory.mktemp("told")
    scene = written(folder, f"{BALL}, {KINDS}, counters: [step, loss, accuracy]")
    return Order(scene, "final", folder / "output"), Bench(Reporter.silent())


def shooting_of(told, name="a") -> LineShooting:
    order, bench = told
    shown = {key: bench.obtain(each) for key, each in surfaces_shown(order).items()}
    return Shooting(order.scene, order.scene.stills[name], shown, Reporter.silent()).line(0)


@pytest.mark.parametrize("step", [0, 2, 5])
def test_what_is_told_at_a_ball_is_what_the_network_does_there(told, step):
    order, bench = told
    work = next(each for each in ball_chronicles_of(order) if each.ball == 0)
    found, balls = bench.obtain(work), bench.obtain(work.balls)
    runs = {name: bench.obtain(each) for name, each in work.balls.line.runs.items()}
    ends = [np.asarray(run.trajectory().parameters[-1], np.float64) for run in runs.values()]
    model = runs["a"].model(runs["a"].dataset())
    load_parameters(model, (ends[0] + balls.alpha[0, step] * (ends[1] - ends[0])).astype(np.float32))
    examples = runs["a"].dataset().train.first(64)
    inputs, targets = torch.from_numpy(examples.inputs), torch.from_numpy(examples.targets)
    outputs = model(inputs)
    loss = torch.nn.functional.cross_entropy(outputs, targets)
    grads = torch.autograd.grad(loss, list(model.parameters()))
    assert balls.loss[0, step] == pytest.approx(float(loss.detach()), rel=1e-4)
    assert found.accuracy[step] == pytest.approx(float((outputs.argmax(1) == targets).float().mean()))
    assert found.gradient[step] == pytest.approx([float(each.norm()) for each in grads], rel=1e-3)
    assert found.outputs[step, found.place_of(3)] == pytest.approx(outputs[3].detach().numpy(), abs=1e-4)
    assert found.weights[step] == pytest.approx(next(model.parameters()).detach().numpy()[:4].reshape(4, -1), abs=1e-6)


def test_curves_are_of_the_runs_own_steps_on_the_lines_examples(told):
    order, bench = told
    [work] = chronicles_of(order)
    found, run = bench.obtain(work), bench.obtain(work.run)
    assert found.steps.tolist() == [0, 4, 8, 12]
    examples = run.dataset().train.first(64)
    for place, theta in enumerate(run.trajectory().parameters):
        model = run.model(run.dataset())
        load_parameters(model, np.array(theta))
        outputs = model(torch.from_numpy(examples.inputs))
        loss = torch.nn.functional.cross_entropy(outputs, torch.from_numpy(examples.targets))
        assert found.loss[place] == pytest.approx(float(loss.detach()), rel=1e-4)
    line = bench.obtain(ball_chronicles_of(order)[0].balls.line)
    at_the_end = np.interp(0.0, line.surface.grid.alphas, line.surface.loss)
    assert found.loss[-1] == pytest.approx(float(at_the_end), rel=1e-3)  # where α is 0


def test_the_training_has_no_moment_on_a_line_and_a_ball_has_its_last_whole_step(told):
    shooting = shooting_of(told)
    curves, first_layer, *_ = shooting.over.insets.placed
    assert curves.drawing.moving(2.0).marks == [] and curves.still.marks and curves.flag == ""
    step, _ = shooting.take.step(2.0)
    assert first_layer.drawing._told.places(2.0) == (step,) and 0 < step < 5
    assert first_layer.flag == shooting.take.look.path.colour
    early, late = (shooting.picture(time) for time in (0.0, 4.0))
    box = curves.chart.box
    same = (slice(box.top, box.bottom), slice(box.left, box.right))
    assert (early[same] == late[same]).all() and not (early == late).all()


def test_one_ball_needs_no_flag_and_the_caption_says_which_of_several_is_told_of(told, tmp_path):
    several = shooting_of(told).take
    assert "insets tell of the first ball" in line_caption(several)
    scene = written(tmp_path, f"ball: {{starts: [0.2], lr: 2, steps: 5}}, {KINDS}")
    single = shooting_of((Order(scene, "final", told[0].output), told[1]))
    assert {each.flag for each in single.over.insets.placed} == {""}
    assert "insets tell of" not in line_caption(single.take)


def test_counters_are_those_that_are_asked_for(told):
    shooting = shooting_of(told)
    step, _ = shooting.take.step(2.0)
    counters = line_words(shooting.scene, shooting.output, shooting.take, 2.0).counters
    assert [each.label for each in counters] == [
        "step", "loss, from 0.2", "loss, from 0.7", "accuracy, 0.2", "accuracy, 0.7",
    ]  # fmt: skip
    told_of = [each.accuracy[step] for each in shooting.take.told]
    assert [each.value for each in counters[3:]] == [format_share(float(value)) for value in told_of]
    shot = shooting.take.shot.model_copy(update={"counters": []})
    assert line_words(shooting.scene, shooting.output, replace(shooting.take, shot=shot), 2.0).counters == ()


def test_without_insets_the_chart_has_all_its_room(told):
    bare, full = shooting_of(told, "bare"), shooting_of(told)
    wide = [each.axes.chart.right - each.axes.chart.left for each in (bare, full)]
    assert bare.over is None and wide[0] > 1.2 * wide[1]


def test_a_chronicle_at_a_ball_is_kept_and_one_that_lost_bytes_is_made_again(told):
    order, bench = told
    work = ball_chronicles_of(order)[0]
    held = bench.obtain(work)
    values = work.path / "values.npz"
    values.write_bytes(values.read_bytes()[:-10])
    assert work.state().state == "damaged"
    again = Bench(Reporter.silent()).obtain(work)
    assert (again.gradient == held.gradient).all() and work.state().state == "whole"


def test_a_ball_that_is_lost_is_told_of_in_a_sentence(told):
    order, bench = told
    work = ball_chronicles_of(order)[0].balls
    runs = {name: bench.obtain(each) for name, each in work.line.runs.items()}
    traced = measured_line.traced(work.line.site, runs, order.means)
    with pytest.raises(DataError, match="the ball is lost at its step 1, where nothing is finite; take a smaller lr"):
        visited_on(traced, np.array([0.2, np.nan, np.nan]))


def test_balls_that_take_the_same_steps_are_asked_once(tmp_path):
    path = tmp_path / "a.yaml"
    shots = [f"{{line: way, duration: 2s, {BALL.replace('5}', f'5, pace: {pace}}}')}, insets: [{inset}]}}"
             for pace, inset in (("steps", "{kind: gradient}"), ("log", "{kind: example}"))]  # fmt: skip
    path.write_text(f"{HEAD}shots: [{', '.join(shots)}]\n", encoding="utf-8")
    order = Order(load(path), "final", tmp_path / "output")
    [work] = ball_chronicles_of(order)
    assert work.wish.gradient and work.wish.examples == (0,)
    names = {name for name in surfaces_shown(order) if name.endswith(" at 0")}
    assert len(names) == 2  # one for each pace, of one chronicle


INSETS = {
    "one": [CurvesInset()],
    "four": [CurvesInset(), FirstLayerInset(), GradientInset(), ExampleInset()],
    "placed": [CurvesInset(place="lower-left"), GradientInset(place="upper-centre"), ExampleInset(place="right")],
    "large": [CurvesInset(size=4), ExampleInset(size=3)],
}


@pytest.mark.parametrize("size", [(1920, 1080), (640, 360), (720, 1280), (800, 800), (320, 180)])
@pytest.mark.parametrize("asked", INSETS.values(), ids=INSETS)
def test_the_chart_keeps_off_all_insets_that_stand_and_has_a_room_of_its_own(asked, size):
    sheet = Sheet(*size)
    room = room_of(sheet, [], asked)
    boxes, _ = boxes_of([asked[number] for number in room.kept], size, [])
    assert sorted((*room.kept, *room.lost)) == [*range(len(asked))]
    assert not any(room.box.meets(box) for box in boxes if box)
    assert room.box.right - room.box.left >= 0.36 * sheet.span and room.box.bottom - room.box.top >= 0.4 * sheet.tall
    assert room_of(sheet, [], []).box == (sheet.left, sheet.top, sheet.right, sheet.bottom)


@pytest.mark.parametrize("size", [(960, 540), (540, 960), (600, 600)])
def test_no_number_and_no_curve_of_the_chart_lies_under_an_inset(told, size):
    order, bench = told
    shown = {key: bench.obtain(each) for key, each in surfaces_shown(order).items()}
    still = order.scene.stills["a"].model_copy(update={"size": size})
    shooting = Shooting(order.scene, still, shown, Reporter.silent()).line(0)
    without = LineShooting(shooting.scene, shooting.output, shooting.take)
    without.__dict__.update(over=None, room=shooting.room)
    bare, written = without.bare(2.0), without.picture(2.0)
    assert shooting.over.insets.placed and not shooting.over.left_out
    for each in shooting.over.insets.placed:
        box = each.chart.box
        place = (slice(box.top, box.bottom), slice(box.left, box.right))
        assert (bare[place] == written[place]).all()


VALUES = HEAD.replace("{kind: digits}", "{kind: one-weight}").replace("widths: [6]", "widths: [], bias: false")
VALUES = VALUES.replace("objective: {", "objective: {loss: squared-error, ")


@pytest.mark.parametrize(
    ("shot", "place", "sentence", "head"),
    [
        (f"{BALL}, insets: [{{kind: map}}]", "insets.0.kind", "a map is of a plane, and a line has none", HEAD),
        ("insets: [{kind: example}]", "insets.0.kind", "where the first ball stands, and the shot has", HEAD),
        ("insets: [{kind: gradient}]", "insets.0.kind", "say ball, or leave it out", HEAD),
        (f"{BALL}, insets: [{{kind: example, example: 64}}]", "insets.0.example", "measured on 64 examples", HEAD),
        (f"{BALL}, insets: [{{kind: curves, surface: s}}]", "insets.0.surface", "a line has none, so leave surf", HEAD),
        (f"{BALL}, counters: [epoch]", "counters.0", "epoch is of a training, and on a line there is none", HEAD),
        ("counters: [loss]", "counters.0", "loss is of balls, and the shot has none; say ball, or leave it out", HEAD),
        (f"{BALL}, insets: [{{kind: curves}}]", "insets.0.of", "values in place of classes, so no accuracy", VALUES),
        (f"{BALL}, counters: [accuracy]", "counters.0", "values in place of classes, so no accuracy", VALUES),
    ],
)
def test_what_nobody_knows_of_a_line_is_refused_where_it_stands(tmp_path, shot, place, sentence, head):
    with pytest.raises(SceneError, match=r"a\.yaml:\d+:\d+: shots\.0\.") as told:
        written(tmp_path, shot, head)
    assert any(place in problem and sentence in problem for problem in told.value.problems), told.value


def test_a_counter_of_a_whole_film_counts_where_it_can(tmp_path):
    films = "films: {a: {size: [64, 36], counters: [step, epoch]}}\n"
    with pytest.raises(SceneError, match=r"films\.a\.counters\.1: epoch is of a training"):
        written(tmp_path, BALL, rest=films)
    both = "surfaces: {main: {run: a, points: [9, 9]}}\n"
    path = tmp_path / "a.yaml"
    path.write_text(
        f"{HEAD}{both}shots: [{{line: way, duration: 1s, {BALL}}}, {{surface: main, duration: 1s}}]\n{films}"
    )
    assert load(path).films["a"].counters == ["step", "epoch"]
