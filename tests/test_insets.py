"""Insets and counters: what runs tell is true, what is drawn is what they tell, and what nobody knows is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from render.descent.parameters import layout_of, load_parameters
from render.errors import SceneError
from render.film.insets.answer import image_of, softmax
from render.film.insets.first_layer import cells, pictures_of
from render.film.insets.gradient_bars import MOST, short_names, together
from render.film.insets.inset_chart import InsetChart, Style, enlarged, rectangle
from render.film.insets.inset_room import boxes_of, room_beside
from render.film.insets.run_curves import pieces_of, thinned
from render.film.programme import Programme
from render.film.shooting import Shooting
from render.film.sound.probing import probed
from render.film.timeline import Moment
from render.film.words.figures import format_share
from render.film.words.ink import TEXT
from render.film.words.layout import Box
from render.film.words.wording import words_of
from render.landscape import chronicle
from render.progress import Reporter
from render.scene.insets import CurvesInset, ExampleInset, FirstLayerInset, GradientInset, MapInset
from render.scene.language.load import load
from render.scene.written import wishes
from render.stage.framing import frame_of
from render.works.bench import Bench
from render.works.chronicle_work import chronicles_of
from render.works.file import surfaces_shown
from render.works.of_scene import films_of
from render.works.order import Order
from tests.test_titles import FILM, HEAD

KINDS = "[{kind: curves}, {kind: first-layer}, {kind: gradient}, {kind: example, example: 3}, {kind: map}]"
COUNTED = "counters: [step, loss, accuracy, epoch, learning-rate]"
STILLS = "stills: {a: {at: 1.5s, size: [640, 360]}, b: {at: 1.5s, size: [360, 640], insets: false}}\n"


def scene_of(folder, shot, rest=FILM):
    path = folder / "a.yaml"
    path.write_text(f"{HEAD}shots: [{{surface: main, duration: 2s, {shot}}}]\n{rest}", encoding="utf-8")
    return load(path)


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """A scene with every inset and counter, and what its run tells."""
    folder = tmp_path_factory.mktemp("told")
    scene = scene_of(folder, f"insets: {KINDS}, {COUNTED}", STILLS + FILM)
    order = Order(scene, "final", folder / "output")
    bench = Bench(Reporter.silent())
    (work,) = chronicles_of(order)
    return order, bench, bench.obtain(work), bench.obtain(work.run), work


def model_at(run, place):
    model = run.model(run.dataset())
    load_parameters(model, np.array(run.trajectory().parameters[place]))
    examples = run.dataset().train.first(64)
    return model, torch.from_numpy(examples.inputs), torch.from_numpy(examples.targets)


@pytest.mark.parametrize("place", [0, 4, 9])
def test_a_chronicle_tells_what_the_network_does_at_each_logged_step(told, place):
    _, _, found, run, _ = told
    model, inputs, targets = model_at(run, place)
    outputs = model(inputs)
    loss = torch.nn.functional.cross_entropy(outputs, targets)
    grads = torch.autograd.grad(loss, list(model.parameters()))
    assert found.accuracy[place] == pytest.approx(float((outputs.argmax(1) == targets).float().mean()))
    assert found.gradient[place] == pytest.approx([float(each.norm()) for each in grads], rel=1e-4)
    assert found.outputs[place, found.place_of(3)] == pytest.approx(outputs[3].detach().numpy(), abs=1e-5)
    assert (found.weights[place] == next(model.parameters()).detach().numpy()).all()
    assert found.names == layout_of(model).names and (found.inputs[0] == inputs[3].numpy()).all()


def test_epochs_and_learning_rates_are_those_of_the_training(told):
    _, _, found, run, _ = told
    assert found.epoch(9) == pytest.approx(9 * 8 / len(run.dataset().train))
    assert [found.learning_rate(place) for place in (0, 9)] == [0.1, 0.1]


def test_a_chronicle_is_kept_and_one_that_lost_bytes_is_made_again(told, tmp_path):
    _, _, found, _, work = told
    assert (Bench(Reporter.silent()).find(work).gradient == found.gradient).all()
    values = work.path / "values.npz"
    held = values.read_bytes()
    values.write_bytes(held[:-10])
    assert work.state().state == "damaged" and Bench(Reporter.silent()).find(work) is None
    again = Bench(Reporter.silent()).obtain(work)
    assert (again.gradient == found.gradient).all() and work.state().state == "whole"


def test_another_question_has_another_key(told):
    order, _, _, run, work = told
    settings = order.scene.measured["main"].objective
    keys = {
        chronicle.key_of(run.key, settings, 0, work.wish),
        chronicle.key_of(run.key, settings, 0, type(work.wish)(accuracy=True)),
        chronicle.key_of("other", settings, 0, work.wish),
    }
    assert len(keys) == 3


def shooting_of(told, name):
    order, bench, *_ = told
    shown = {key: bench.obtain(each) for key, each in surfaces_shown(order).items()}
    return Shooting(order.scene, order.scene.stills[name], shown, Reporter.silent())


def test_counters_tell_the_values_of_the_logged_step_that_the_head_is_at(told):
    shooting, (_, _, found, _, _) = shooting_of(told, "b"), told
    counters = words_of(shooting.scene, shooting.output, shooting.take(0), 2.0).counters
    assert [counter.label for counter in counters] == ["step", "loss", "accuracy", "epoch", "learning rate"]
    assert counters[0].value.strip() == "9" and counters[2].value == format_share(float(found.accuracy[9]))
    assert counters[4].value == "0.100"


@pytest.mark.slow
def test_insets_are_drawn_only_where_they_stand_and_off_all_words(told, graphics):
    shooting = shooting_of(told, "a")
    ((_, with_insets),) = shooting.pictures([Moment(0, 1.5)])
    bare = shooting.output.model_copy(update={"insets": False, "size": (640, 360)})
    assert with_insets.shape == (360, 640, 3)
    other = Shooting(shooting.scene, bare, shooting.landscapes, Reporter.silent())
    assert not other.take(0).shot.insets and shooting.take(0).shot.insets
    ((_, without),) = other.pictures([Moment(0, 1.5)])
    assert (with_insets != without).any()


@pytest.mark.parametrize(
    ("shot", "sentence"),
    [
        ("insets: [{kind: curve}]", r"a.yaml:\d+:\d+: .*kind"),
        ("insets: [{kind: map, show: 3s}]", "show: 3 s is not before the end of the shot, 2 s"),
        ("insets: [{kind: map, show: 1s, hide: 0.5s}]", "hide: 0.5 s is not after show, 1 s"),
        ("insets: [{kind: map, surface: other}]", 'the shot does not show a surface "other"; it shows main'),
        ("insets: [{kind: example, example: 64}]", "the loss is measured on 64 examples, counted from 0"),
        (
            "insets: [{kind: map, place: left, size: 4}, {kind: map, place: left, size: 4}]",
            "are .* of the height of a picture of 320×180",
        ),
        ("counters: [step, steps]", '"steps" is not known'),
        ("counters: [loss, loss]", "loss is named twice"),
    ],
)
def test_what_cannot_be_told_is_refused_where_it_stands(tmp_path, shot, sentence):
    with pytest.raises(SceneError, match=sentence):
        scene_of(tmp_path, shot)


def test_a_ready_surface_has_a_map_and_nothing_that_a_run_tells(tmp_path):
    head = "thalweg: 1\ntitle: T\nsurfaces: {main: {source: {surface: a.npz}}}\n"
    shot = "shots: [{surface: main, duration: 2s, insets: [{kind: map}, {kind: curves}], counters: [epoch]}]\n"
    (tmp_path / "a.yaml").write_text(head + shot + FILM, encoding="utf-8")
    with pytest.raises(SceneError) as error:
        load(tmp_path / "a.yaml")
    said = "\n".join(error.value.problems)
    assert "insets.1.kind: curves tells of a run" in said and "counters.0: epoch tells of a run" in said
    assert len(error.value.problems) == 2


def test_only_what_is_asked_for_is_computed(tmp_path):
    assert wishes(scene_of(tmp_path, "insets: [{kind: map}, {kind: curves, of: [loss]}]")) == {}
    (wish,) = wishes(scene_of(tmp_path, "insets: [{kind: curves}]")).values()
    assert wish.accuracy and not (wish.gradient or wish.units or wish.examples)


ALL = [CurvesInset(), FirstLayerInset(), GradientInset(), ExampleInset(), MapInset()]


@pytest.mark.parametrize("aspect", [16 / 9, 9 / 16, 1.0, 21 / 9])
@pytest.mark.parametrize("count", [1, 2, 5])
def test_the_object_has_its_room_beside_the_insets(aspect, count):
    frame = room_beside(ALL[:count], frame_of(aspect))
    size = round(1000 * aspect), 1000
    wide, high = frame.fill * size[0], frame.height * size[1]
    middle = (1 + frame.aside) * size[0] / 2, (1 - frame.raised) * size[1] / 2
    room = Box(*map(round, (middle[0] - wide / 2, middle[1] - high / 2, middle[0] + wide / 2, middle[1] + high / 2)))
    boxes = boxes_of(ALL[:count], size, [Box(0, 870, size[0], 1000)])[0]
    assert not any(box and box.meets(room) for box in boxes)
    assert wide > 0.25 * size[0] and high > 0.2 * size[1]


def test_without_insets_the_room_is_what_it_was():
    assert room_beside([], frame_of(1.5)) == frame_of(1.5)


@pytest.mark.parametrize("wide", [60, 120, 400])
def test_words_at_both_sides_of_a_heading_keep_apart(wide):
    chart = InsetChart(Box(10, 0, 10 + wide, 100), Style(TEXT, "#ffffff", "#ff0000", max(6.0, wide / 18)))
    left, right = chart.head("gradient by layer", "clipped at ±1.44")
    assert left.ink.columns.max() < right.ink.columns.min()
    assert left.ink.columns.min() >= 9 and right.ink.columns.max() <= 10 + wide


def test_a_rectangle_covers_its_own_area():
    made = rectangle((1.25, 2.5, 7.75, 4.0))
    assert made.coverage.sum() == pytest.approx(6.5 * 1.5) and made.coverage.max() <= 1


def test_an_enlarged_picture_has_sharp_cells_and_keeps_its_light():
    codes = np.zeros((2, 2, 3), np.uint8)
    codes[0, 0] = codes[1, 1] = 255
    large = enlarged(codes, (7, 6))
    assert set(np.unique(large[:3, :3])) == {255} and set(np.unique(large[:3, 4:])) == {0}
    assert (large[:, 3] == 188).all()  # half of the light of white


def test_thinning_keeps_the_ends_and_all_peaks_of_a_curve():
    points = np.stack([np.linspace(0, 50, 2000), np.random.default_rng(1).normal(size=2000)], 1)
    kept = thinned(points)
    assert len(kept) < 210 and (kept[0] == points[0]).all() and (kept[-1] == points[-1]).all()
    assert kept[:, 1].max() == points[:, 1].max() and kept[:, 1].min() == points[:, 1].min()


def test_a_curve_is_parted_where_its_value_is_unknown():
    points = np.array([[0, 1], [1, 2], [2, np.nan], [3, 1], [4, 1], [5, np.nan], [6, 1]], float)
    assert [len(piece) for piece in pieces_of(points)] == [2, 2]


def test_lengths_beyond_those_with_a_bar_are_one_length():
    values = np.ones((2, MOST + 8))
    merged = together(values)
    assert merged.shape == (2, MOST) and merged[0, -1] == pytest.approx(3.0)


def test_parameter_tensors_have_short_names():
    assert short_names(("0.weight", "0.bias", "2.weight")) == ("W₁", "b₁", "W₂")
    assert short_names(("0.weight[0]", "0.weight[1]")) == ("W₁[0]", "W₁[1]")


def test_first_layers_are_pictures_of_what_they_look_at():
    assert pictures_of(np.zeros((3, 5, 64))).shape == (3, 5, 8, 8)
    assert pictures_of(np.zeros((3, 5, 2))).shape == (3, 5, 1, 2)
    assert pictures_of(np.zeros((3, 5, 3, 4, 4))).shape == (3, 5, 4, 4, 3)
    room = Box(0, 0, 300, 200)
    boxes = cells(room, 24, 1.0, 12.0)
    assert len(boxes) == 24 and max(box.right for box in boxes) <= 300 and max(box.bottom for box in boxes) <= 200
    assert not any(one.meets(other) for n, one in enumerate(boxes) for other in boxes[:n])


def test_examples_and_answers():
    assert image_of(np.arange(64.0)).shape == (8, 8, 3)
    assert image_of(np.arange(75.0).reshape(3, 5, 5)).shape == (5, 5, 3)
    shares = softmax(np.array([[0.0, math.log(3.0)]]))
    assert shares[0] == pytest.approx([0.25, 0.75])


@pytest.mark.slow
def test_a_film_with_titles_credits_a_card_insets_and_a_sound_is_as_long_as_all_of_them(tmp_path, graphics):
    shot = f"chapter: One, insets: {KINDS}, {COUNTED}"
    film = "films: {a: {size: [320, 180], fps: 4, closing: 1s, sonify: loss}}\ncredits: {lines: [a, b], duration: 2s}\n"
    scene = scene_of(tmp_path, shot, film + "titles: [{text: b, at: 1s, place: lower-left}]\n")
    (work,) = films_of(Order(scene, "final", tmp_path / "output"))
    made = Bench(Reporter.silent()).obtain(work)
    assert made.record["frames"] == 5 * 4 and made.record["seconds"] == 5.0
    heard = probed(made.path)
    assert heard.rate == 48_000 and heard.seconds == pytest.approx(5.0, abs=0.05)
    assert abs(made.record["sound"]["lufs"] - made.record["sound"]["asked"]) <= made.record["sound"]["tolerance"]
    assert set(made.record["files"]) == {"a.wav"}
    keys = work.frames.programme.keys_of_pictures()
    assert len(keys) == 2 * 4  # the last picture stands to the end


def test_a_change_of_words_in_time_changes_frames_and_no_picture(tmp_path):
    def keys(shot, rest=FILM):
        scene = scene_of(tmp_path, shot, rest)
        programme = Programme(scene, scene.films["a"], {"main": "m", "main main": "c"})
        return [frame.key for frame in programme.frames], programme.keys_of_pictures()

    plain, titled = keys("counters: [step]"), keys("counters: [step], titles: [{text: a}]")
    assert plain[1] == titled[1] and plain[0][0] != titled[0][0]
    assert keys("counters: [loss]")[1] == plain[1] and keys("counters: [loss]")[0] != plain[0]
    inset, later = keys("insets: [{kind: gradient}]"), keys("insets: [{kind: gradient, show: 1s}]")
    assert inset[1] == later[1] and inset[0] != later[0]
    assert inset[1] != plain[1]  # the camera leaves it room
    off = keys("insets: [{kind: gradient}]", "films: {a: {size: [320, 180], insets: false}}\n")
    assert off[1] == keys("counters: null")[1]
