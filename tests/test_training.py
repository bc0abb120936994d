"""Training: optimisers against their formulas, batches by the step alone, divergence that keeps its path."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from render.data import Examples
from render.descent import batches, optimisers, training, trajectory
from render.descent.log import TrajectoryLog
from render.descent.parameters import parameters_of
from render.descent.training import Course, _Step, train
from render.errors import DataError, MachineError
from render.progress import Reporter
from render.scene import training as spec
from render.scene.data import Augmentation
from render.scene.language.load import load
from tests.conftest import SCENE
from tests.kept import found_run, kept_run

KINDS = {
    "sgd": spec.Sgd(lr=0.1, momentum=0.5, nesterov=True, weight_decay=0.01),
    "momentum": spec.Momentum(lr=0.1),
    "nesterov": spec.Nesterov(lr=0.1),
    "adam": spec.Adam(lr=0.1),
    "adamw": spec.Adamw(lr=0.1),
    "rmsprop": spec.Rmsprop(lr=0.01),
    "adagrad": spec.Adagrad(lr=0.5),
    "lbfgs": spec.Lbfgs(),
    "muon": spec.Muon(lr=0.2),
    "gd": spec.Gd(lr=0.2),
}


class Bowl(nn.Module):
    """A quadratic loss of a matrix and a vector, with its least value at known places."""

    def __init__(self) -> None:
        super().__init__()
        self.matrix, self.vector = nn.Parameter(torch.zeros(3, 2)), nn.Parameter(torch.zeros(2))

    def loss(self) -> torch.Tensor:
        """Returns it."""
        return ((self.matrix - 1) ** 2).sum() + 3 * ((self.vector + 2) ** 2).sum()


@pytest.mark.parametrize("kind", KINDS)
def test_every_optimiser_comes_down_in_a_bowl(kind):
    torch.manual_seed(0)
    bowl = Bowl()
    made = optimisers.build(KINDS[kind], bowl)

    def closure() -> torch.Tensor:
        made.zero()
        loss = bowl.loss()
        loss.backward()
        return loss

    first = float(bowl.loss().detach())
    for _ in range(200):
        made.step(closure)
    assert float(bowl.loss().detach()) < 0.05 * first


@pytest.mark.parametrize("nesterov", [False, True])
def test_momentum_makes_the_steps_of_its_formula(nesterov):
    bowl = Bowl()
    made = optimisers.build((spec.Nesterov if nesterov else spec.Momentum)(lr=0.01, momentum=0.9), bowl)
    theta, velocity = np.zeros(2), np.zeros(2)
    for _ in range(5):
        gradient = 6 * (theta + 2)
        velocity = 0.9 * velocity + gradient
        theta = theta - 0.01 * (gradient + 0.9 * velocity if nesterov else velocity)
        made.zero()
        bowl.loss().backward()
        made.step(lambda: torch.zeros(()))
    np.testing.assert_allclose(bowl.vector.detach(), theta, rtol=1e-5)


def test_a_rate_is_scaled_from_what_it_was_at_first():
    made = optimisers.build(spec.Muon(lr=0.2), Bowl())
    for factor in (0.5, 0.25):
        made.scale(factor)
    assert [part.param_groups[0]["lr"] for part in made.parts] == pytest.approx([0.05, 0.005])


def test_muon_takes_matrices_and_leaves_the_rest_to_adamw():
    bowl = Bowl()
    matrix, rest = (part.param_groups[0]["params"] for part in optimisers.build(spec.Muon(), bowl).parts)
    assert matrix[0] is bowl.matrix and rest[0] is bowl.vector


def test_a_torch_without_muon_is_a_sentence(monkeypatch):
    monkeypatch.delattr(torch.optim, "Muon", raising=False)
    with pytest.raises(MachineError, match=r"has no Muon; install 2.9 or newer, or choose adamw"):
        optimisers.build(spec.Muon(), Bowl())


@pytest.mark.parametrize("start", [0, 1, 7, 8, 23])
def test_batches_from_a_step_on_are_those_that_would_have_come_then(start):
    def some(first: int, count: int) -> list[list[int]]:
        return [batch.tolist() for batch, _ in zip(batches.order(33, 4, 5, first), range(count), strict=False)]

    assert some(start, 10) == some(0, start + 10)[start:]


def test_an_epoch_holds_every_example_but_a_short_batch_once():
    drawn = [i for batch, _ in zip(batches.order(33, 4, 5), range(8), strict=False) for i in batch.tolist()]
    assert len(set(drawn)) == 32


IMAGES = torch.arange(2 * 3 * 6 * 5, dtype=torch.float32).reshape(2, 3, 6, 5).repeat(50, 1, 1, 1) + 1


def test_a_flip_exchanges_left_and_right_of_half_the_images():
    made = batches.augmented(IMAGES, Augmentation(flip=True), 3)
    flipped = [bool((a == b.flip(2)).all()) for a, b in zip(made, IMAGES, strict=True)]
    assert all(same or (a == b).all() for same, a, b in zip(flipped, made, IMAGES, strict=True))
    assert 30 < sum(flipped) < 70


def test_a_shift_moves_an_image_over_a_border_of_zeros():
    made = batches.augmented(IMAGES, Augmentation(shift=2), 3)
    places = set()
    for image, original in zip(made, IMAGES, strict=True):
        padded = functional.pad(original, (2, 2, 2, 2))
        fits = [(y, x) for y in range(5) for x in range(5) if torch.equal(padded[:, y : y + 6, x : x + 5], image)]
        assert len(fits) == 1
        places.add(fits[0])
    assert len(places) > 15


def test_images_are_changed_by_the_step_alone():
    one, again, other = (batches.augmented(IMAGES, Augmentation(shift=2), batches.step_seed(7, n)) for n in (1, 1, 2))
    assert torch.equal(one, again) and not torch.equal(one, other)
    assert batches.augmented(IMAGES, None, 1) is IMAGES


def course(settings: spec.Training, classes: int = 3, count: int = 60) -> Course:
    rng = np.random.default_rng(0)
    targets = rng.integers(0, 3, count) if classes else rng.normal(size=(count, 1)).astype(np.float32)
    return Course(Examples(rng.normal(size=(count, 4)).astype(np.float32), targets), classes, settings, None, 1)


def trained(settings: spec.Training, folder, classes: int = 3, model: nn.Module | None = None):
    torch.manual_seed(0)
    model = model or nn.Linear(4, classes or 1)
    log = TrajectoryLog(folder, model)
    with Reporter.silent().task("t", settings.steps, "steps") as task:
        divergence = train(model, course(settings, classes), task, log, None, lambda *_: None)
    log.finish()
    return model, log.trajectory(), divergence


def test_gradient_descent_takes_all_examples_and_comes_down_at_every_step(tmp_path):
    _, trajectory, _ = trained(spec.Training(optimiser=spec.Gd(lr=0.1), steps=30), tmp_path)
    assert (np.diff(trajectory.losses[1:]) < 0).all()


def test_examples_that_do_not_fit_at_once_are_added_up(tmp_path, monkeypatch):
    settings = spec.Training(optimiser=spec.Gd(lr=0.1), steps=5)
    whole = trained(settings, tmp_path / "a")[1]
    monkeypatch.setattr("render.descent.training.MOST_AT_ONCE", 16)
    parts = trained(settings, tmp_path / "b")[1]
    np.testing.assert_allclose(parts.parameters[:], whole.parameters[:], atol=1e-6)
    np.testing.assert_allclose(parts.losses, whole.losses, rtol=1e-5)
    np.testing.assert_allclose(parts.accuracies[1:], whole.accuracies[1:], rtol=1e-5)


def test_examples_that_are_added_up_are_changed_each_in_its_own_way(monkeypatch):
    monkeypatch.setattr("render.descent.training.MOST_AT_ONCE", 100)
    seen: list[torch.Tensor] = []
    model = nn.Sequential(nn.Flatten(), nn.Linear(90, 3))
    model.register_forward_pre_hook(lambda _, given: seen.append(given[0].clone()))
    examples = Examples(IMAGES.repeat(2, 1, 1, 1).numpy(), np.arange(200) % 3)
    settings = spec.Training(optimiser=spec.Gd(lr=1e-6), steps=1)
    step = _Step(
        model, Course(examples, 3, settings, Augmentation(shift=2), 1), optimisers.build(settings.optimiser, model)
    )
    step(1, None)
    first, second = seen
    assert not torch.equal(first, second)


def test_the_accuracy_of_a_step_with_a_line_search_is_that_before_it():
    torch.manual_seed(0)
    model, settings = nn.Linear(4, 3), spec.Training(optimiser=spec.Lbfgs(iterations=20), steps=1)
    step = _Step(model, course(settings), optimisers.build(settings.optimiser, model))

    def accuracy() -> float:
        return float((model(step.inputs).argmax(1) == step.targets).float().mean())

    before = accuracy()
    _, told = step(1, None)
    assert float(told) == pytest.approx(before) and accuracy() > before + 0.1


def test_a_clipped_gradient_makes_short_steps(tmp_path):
    settings = spec.Training(optimiser=spec.Sgd(lr=1.0), batch=20, steps=10, clip=1e-3)
    _, trajectory, _ = trained(settings, tmp_path)
    steps = np.linalg.norm(np.diff(trajectory.parameters[:], axis=0), axis=1)
    np.testing.assert_allclose(steps, 1e-3, rtol=2e-2)


def test_values_are_learned_by_squared_error(tmp_path):
    settings = spec.Training(optimiser=spec.Lbfgs(iterations=20), loss="squared-error", steps=10)
    model, trajectory, _ = trained(settings, tmp_path, classes=0)
    data = course(settings, 0).examples
    design = np.column_stack([data.inputs, np.ones(60)])
    best = np.linalg.lstsq(design, data.targets, rcond=None)[0].ravel()
    found = np.concatenate([model.weight.detach().numpy().ravel(), model.bias.detach().numpy()])
    np.testing.assert_allclose(found, best, atol=1e-3)
    assert np.isnan(trajectory.accuracies).all()


def test_squared_error_is_that_to_one_hot_classes():
    outputs, targets = torch.randn(6, 3), torch.tensor([0, 1, 2, 2, 1, 0])
    loss = course(spec.Training(optimiser=spec.Gd(lr=1), loss="squared-error", steps=1)).loss()
    assert float(loss(outputs, targets)) == pytest.approx(float(((outputs - torch.eye(3)[targets]) ** 2).mean()))


@pytest.mark.parametrize(
    ("settings", "classes", "words"),
    [
        (spec.Training(optimiser=spec.Sgd(lr=1), batch=61, steps=1), 3, "training.batch: 61 were asked for"),
        (spec.Training(optimiser=spec.Gd(lr=1), steps=1), 0, "cross-entropy needs classes"),
    ],
)
def test_what_does_not_go_together_is_a_sentence(settings, classes, words):
    with pytest.raises(DataError, match=words):
        course(settings, classes).require_sense()


def test_dropout_is_drawn_by_seed_and_step(tmp_path):
    def model() -> nn.Module:
        torch.manual_seed(0)
        return nn.Sequential(nn.Dropout(0.5), nn.Linear(4, 3))

    settings = spec.Training(optimiser=spec.Sgd(lr=0.5), batch=20, steps=8)
    state = torch.random.get_rng_state()
    first = trained(settings, tmp_path / "a", model=model())[1].parameters[:]
    torch.manual_seed(99)
    again = trained(settings, tmp_path / "b", model=model())[1].parameters[:]
    np.testing.assert_array_equal(first, again)
    torch.random.set_rng_state(state)


DIVERGING = [
    "runs.main.training.steps=200",
    "runs.main.training.optimiser={kind: sgd, lr: 16.0}",
    "runs.main.training.loss=squared-error",
    "runs.main.network={kind: mlp, widths: [12], activation: relu}",
]


def test_a_training_that_diverges_keeps_its_path_and_ends_with_a_sentence(tmp_path, capsys):
    settings = load(SCENE, DIVERGING).runs["main"]
    run = kept_run(settings, 3, tmp_path, Reporter.for_terminal())
    said = capsys.readouterr().err
    assert "run main diverged at step" in said and "what was logged before is kept and drawn" in said
    trajectory = run.trajectory()
    step = run.record["diverged"]["step"]
    assert 3 <= len(trajectory) <= step + 1 < 200 and np.isfinite(trajectory.parameters[:]).all()
    assert f"diverged at step {step}" in run.said["training"]
    np.testing.assert_array_equal(
        np.concatenate([p.detach().numpy().ravel() for p in run.model(run.dataset()).parameters()]),
        trajectory.parameters[-1],
    )
    assert found_run(settings, 3, tmp_path) is not None


def growing(*changes: str):
    """Settings whose parameters grow by 3e13 a step, and overflow in the third, while the loss is still finite."""
    return load(
        SCENE,
        [
            "runs.main.network={kind: mlp, widths: [12], activation: tanh}",
            "runs.main.training.optimiser={kind: sgd, lr: 3.0e+10, weight_decay: 1000}",
            "runs.main.training.steps=3",
            *changes,
        ],
    ).runs["main"]


@pytest.mark.parametrize(("every", "steps"), [(1, [0, 1, 2]), (2, [0, 2])])
def test_parameters_that_overflow_at_the_last_step_leave_the_path_before_it(tmp_path, every, steps):
    run = kept_run(growing(f"runs.main.training.every={every}"), 3, tmp_path)
    assert run.record["diverged"] == {"step": 3, "sign": "parameters that are not finite"}
    assert run.trajectory().steps.tolist() == steps


def test_the_weights_of_a_diverged_run_are_finite_where_a_row_fills_a_chunk(tmp_path, monkeypatch):
    monkeypatch.setattr(trajectory, "STEPS_PER_CHUNK", 1)  # as it is for a network of many parameters
    run = kept_run(growing("runs.main.training.every=1"), 3, tmp_path)
    np.testing.assert_array_equal(parameters_of(run.model(run.dataset())), run.trajectory().parameters[-1])


def test_the_start_alone_is_no_path(tmp_path):
    asked = growing("runs.main.training.every=3", "runs.main.training.steps=4")
    with pytest.raises(DataError, match=r"run main diverged at step 3 \(parameters that are not finite\); lower"):
        kept_run(asked, 3, tmp_path)


def test_a_run_of_a_made_up_convolutional_network_is_the_same_twice(tmp_path):
    changes = ["runs.main.data={kind: npz, path: a.npz}", "runs.main.network={kind: convnet, depth: 2, width: 4}"]
    quick = ["runs.main.training.steps=12", "runs.main.training.batch=16"]
    np.savez(tmp_path / "a.npz", inputs=np.random.default_rng(0).normal(size=(60, 3, 8, 8)), targets=np.arange(60) % 3)
    settings = load(SCENE, [*changes, *quick]).runs["main"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("THALWEG_DATA", str(tmp_path))
        patch.setenv("THALWEG_CACHE", str(tmp_path / "cache"))
        made = [kept_run(settings, 3, tmp_path / name) for name in "ab"]
    for name in (
        "weights.safetensors",
        "run.json",
        "trajectory.zarr/parameters/c/0/0",
        "trajectory.zarr/buffers/c/0/0",
    ):
        assert (made[0].folder / name).read_bytes() == (made[1].folder / name).read_bytes()
    assert made[0].trajectory().buffer_names[0].endswith("running_mean")


def test_a_lone_last_example_goes_with_those_before(monkeypatch):
    monkeypatch.setattr(training, "MOST_AT_ONCE", 4)
    sizes = {count: [len(part) for part in training.split(torch.arange(count))] for count in (4, 5, 6, 9, 12)}
    assert sizes == {4: [4], 5: [5], 6: [4, 2], 9: [4, 5], 12: [4, 4, 4]}


def test_a_batch_of_one_is_a_sentence_where_batch_norm_needs_two():
    flat = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3))
    one = course(spec.Training(optimiser=spec.Sgd(lr=1), batch=1, steps=1))
    before = flat[1].running_mean.clone()
    with pytest.raises(DataError, match=r"training.batch: batch norm needs two examples or more in a step here"):
        one.require_batch_norm(flat)
    one.require_batch_norm(nn.Linear(4, 3))
    assert torch.equal(flat[1].running_mean, before)
