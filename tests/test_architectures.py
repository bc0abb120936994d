"""Networks that a scene can name: as many parameters as their papers say, every strategy equal to the plain loop."""

import numpy as np
import pytest
import torch
from scipy import special
from torch import nn

from render import compiler
from render.data import Dataset, Examples
from render.descent import networks
from render.descent.networks.activations import ACTIVATIONS
from render.descent.parameters import load_parameters, parameters_of
from render.errors import DataError
from render.loss.objective import Objective
from render.loss.ways import race
from render.scene import network as spec
from render.space.grid import Grid

RNG = np.random.default_rng(1)


def dataset(*shape: int, classes: int = 10, count: int = 24) -> Dataset:
    examples = Examples(RNG.normal(size=(count, *shape)).astype(np.float32), np.arange(count) % classes)
    return Dataset("made-up", classes, examples, examples)


def size(settings, *shape: int, classes: int = 10) -> int:
    return parameters_of(networks.build(settings, dataset(*shape, classes=classes, count=2), 0)).size


COUNTS = {
    "the perceptron of MNIST": (spec.Mlp(widths=[16, 16]), (1, 28, 28), 10, 13_002),
    "lenet": (spec.Lenet(), (1, 32, 32), 10, 61_706),
    "resnet-20": (spec.Resnet(depth=20), (3, 32, 32), 10, 269_722),
    "resnet-56": (spec.Resnet(depth=56), (3, 32, 32), 10, 853_018),
    "resnet-110": (spec.Resnet(depth=110), (3, 32, 32), 10, 1_727_962),
    "resnet-18": (spec.Resnet(depth=18), (3, 224, 224), 1000, 11_689_512),
    "resnet-34": (spec.Resnet(depth=34), (3, 224, 224), 1000, 21_797_672),
    "vgg-16 without its dense layers": (spec.Vgg(depth=16, norm="none"), (3, 32, 32), 10, 14_714_688 + 5130),
}


@pytest.mark.parametrize(("settings", "shape", "classes", "count"), COUNTS.values(), ids=COUNTS)
def test_a_network_has_as_many_parameters_as_its_paper_says(settings, shape, classes, count):
    assert size(settings, *shape, classes=classes) == count


def test_leaving_out_shortcuts_changes_the_function_and_no_parameter():
    data = dataset(3, 16, 16)
    with_, without = (networks.build(spec.Resnet(depth=20, shortcut=on), data, 0).eval() for on in (True, False))
    assert {n: p.shape for n, p in with_.named_parameters()} == {n: p.shape for n, p in without.named_parameters()}
    np.testing.assert_array_equal(parameters_of(with_), parameters_of(without))
    inputs = torch.from_numpy(data.train.inputs)
    assert not torch.allclose(with_(inputs), without(inputs))


def test_a_block_whose_convolutions_are_zero_passes_its_input_on():
    model = networks.build(spec.Resnet(depth=20, init={"kind": "zero"}, norm="none"), dataset(3, 8, 8), 0)
    block = model[3]
    inputs = torch.rand(2, 16, 8, 8)
    torch.testing.assert_close(block(inputs), inputs)


def test_a_width_multiplies_channels():
    assert size(spec.Resnet(depth=20, width=0.5), 3, 32, 32) < 0.3 * size(spec.Resnet(depth=20), 3, 32, 32)
    assert networks.describe(spec.Resnet(depth=20, width=0.5), (3, 32, 32), 10) == "resnet-20 × 0.5"


SMALL = {
    "mlp": (spec.Mlp(widths=[6, 5]), (1, 4, 4)),
    "mlp without biases": (spec.Mlp(widths=[6], bias=False, activation="mish"), (9,)),
    "step": (spec.Mlp(widths=[6, 5], activation="step"), (9,)),
    "lenet": (spec.Lenet(), (1, 16, 16)),
    "convnet": (spec.Convnet(depth=2, width=4), (3, 8, 8)),
    "convnet, group norm": (spec.Convnet(depth=2, width=4, norm="group", pooling="mean"), (3, 8, 8)),
    "convnet, strides": (spec.Convnet(depth=2, width=4, norm="none", pooling="stride", activation="silu"), (3, 8, 8)),
    "resnet": (spec.Resnet(depth=20, width=0.25), (3, 8, 8)),
    "resnet without shortcuts": (spec.Resnet(depth=20, width=0.25, shortcut=False), (3, 8, 8)),
    "resnet for large images": (spec.Resnet(depth=18, width=0.125), (3, 32, 32)),
    "vgg": (spec.Vgg(depth=11, width=0.0625), (3, 16, 16)),
    "vit": (spec.VitSettings(patch=4, dim=8, depth=2, heads=2), (3, 8, 8)),
}
FITTING = {  # strategies that make these networks fast, beside the loop
    "mlp": {"dense-eager", "dense-compiled", "folded"},
    "mlp without biases": {"folded"},
    "step": {"folded"},
    "lenet": {"folded", "native"},
    "convnet": {"folded", "native"},
    "convnet, group norm": {"folded"},
    "convnet, strides": {"folded", "native"},
    "resnet": {"folded", "native"},
    "resnet without shortcuts": {"folded", "native"},
    "resnet for large images": {"folded", "native"},
    "vgg": {"folded", "native"},
    "vit": {"folded"},
}
LONG = ("resnet", "resnet without shortcuts", "resnet for large images", "vgg")  # to compile


def objective_of(settings, shape) -> tuple[Objective, np.ndarray]:
    data = dataset(*shape)
    model = networks.build(settings, data, 3)
    with torch.no_grad():  # batch norm of a training
        model.train()(torch.from_numpy(data.train.inputs))
    inputs, targets = map(torch.from_numpy, (data.train.inputs, data.train.targets))
    return Objective(model.eval(), inputs, targets, nn.CrossEntropyLoss()), parameters_of(model).astype(np.float64)


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.slow) if n in LONG else n for n in SMALL])
def test_every_fast_strategy_fits_and_equals_the_plain_loop(name, monkeypatch):
    monkeypatch.setattr(race, "TRIAL", 0.01)
    objective, origin = objective_of(*SMALL[name])
    u, v = RNG.normal(size=(2, origin.size)) * 0.05
    grid = Grid.square(1.0, 5)
    places = np.stack(np.meshgrid(grid.alphas, grid.betas), -1).reshape(-1, 2)
    expected = objective(origin + places @ np.stack([u, v]))
    for strategy in FITTING[name]:
        if strategy in ("native", "dense-compiled") and compiler.strategy() == "eager":
            continue
        evaluator = objective.on(origin, u, v, strategy, grid=grid)
        found = evaluator.measure(places).loss
        np.testing.assert_allclose(found, expected, rtol=1e-5, err_msg=strategy)


@pytest.mark.parametrize("name", SMALL)
def test_a_network_is_differentiated_twice_and_batched_over_its_weights(name):
    objective, theta = objective_of(*SMALL[name])
    loss, point = objective.differentiable(), torch.from_numpy(theta)
    way, step = torch.from_numpy(RNG.normal(size=theta.size)), 1e-8  # so short that hardly a crease lies on it
    gradient = torch.func.grad(loss)
    bend = torch.func.jvp(gradient, (point,), (way,))[1]
    quotient = (gradient(point + step * way) - gradient(point - step * way)) / (2 * step)
    assert float((bend - quotient).norm() / bend.norm()) < 1e-5
    several = torch.stack([point, point + 0.1 * way])
    torch.testing.assert_close(torch.func.vmap(loss)(several), torch.stack([loss(one) for one in several]))


@pytest.mark.parametrize("name", SMALL)
def test_a_network_is_made_by_its_seed_alone(name):
    settings, shape = SMALL[name]
    state = torch.random.get_rng_state()
    one, again, other = (parameters_of(networks.build(settings, dataset(*shape), seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert (one != other).any() and torch.equal(state, torch.random.get_rng_state())


@pytest.mark.parametrize("name", SMALL)
def test_a_network_gives_a_number_for_each_class_and_says_what_it_is(name):
    settings, shape = SMALL[name]
    data = dataset(*shape)
    assert networks.build(settings, data, 0).eval()(torch.from_numpy(data.train.inputs)).shape == (24, 10)
    words = networks.describe(settings, shape, 10)
    assert words.startswith(settings.kind) and len(words) < 70


FORMULAS = {
    "relu": lambda x: np.maximum(x, 0),
    "gelu": lambda x: x * special.ndtr(x),
    "silu": lambda x: x / (1 + np.exp(-x)),
    "mish": lambda x: x * np.tanh(np.log1p(np.exp(x))),
    "tanh": np.tanh,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "step": lambda x: (x > 0) * 1.0,
}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_is_its_formula(name):
    x = np.concatenate([np.linspace(-5, 5, 101), [0.0]])
    found = ACTIVATIONS[name]()(torch.from_numpy(x)).numpy()
    np.testing.assert_allclose(found, FORMULAS[name](x), atol=1e-12)


def test_behind_a_step_only_the_last_layer_learns():
    model = networks.build(spec.Mlp(widths=[5, 5], activation="step"), dataset(4), 0)
    model(torch.rand(3, 4)).sum().backward()
    learns = [layer.weight.grad is not None for layer in model if isinstance(layer, nn.Linear)]
    assert learns == [False, False, True]


def weights_by(kind: str, gain: float = 1.0) -> torch.Tensor:
    settings = spec.Mlp(widths=[400], init={"kind": kind, "gain": gain})
    return networks.build(settings, dataset(300, count=2), 5)[1].weight.detach()


@pytest.mark.parametrize(
    ("kind", "variance"),
    [("kaiming", 2 / 300), ("xavier", 2 / 700), ("normal", 4e-4), ("zero", 0), ("default", 1 / 900)],
)
def test_an_initialisation_has_the_variance_of_its_formula(kind, variance):
    assert float(weights_by(kind).var()) == pytest.approx(variance, rel=0.02)


def test_orthogonal_weights_are_orthogonal_and_a_gain_scales_them():
    weight = weights_by("orthogonal", gain=3.0).double()
    torch.testing.assert_close(weight.T @ weight, 9 * torch.eye(300, dtype=torch.float64), atol=1e-4, rtol=0)


BAD = {
    "flat inputs": (spec.Convnet(), (64,), r"convnet needs images, and made-up has inputs of the shape \(64,\)"),
    "small image": (spec.Convnet(depth=4), (3, 8, 8), "needs images of 16 px or more, these have 8 × 8; lower"),
    "small for large": (spec.Resnet(depth=18), (3, 16, 16), "choose depth 20"),
    "patches": (spec.VitSettings(patch=5), (3, 8, 8), "no whole number of patches of 5"),
    "heads": (spec.VitSettings(patch=4, dim=10, heads=4), (3, 8, 8), "10 is no multiple of 4 heads"),
}


@pytest.mark.parametrize(("settings", "shape", "words"), BAD.values(), ids=BAD)
def test_a_network_that_does_not_fit_its_data_is_a_sentence(settings, shape, words):
    with pytest.raises(DataError, match=words):
        networks.build(settings, dataset(*shape), 0)


def test_parameters_written_back_give_the_same_network():
    settings, shape = SMALL["vit"]
    data = dataset(*shape)
    one, other = (networks.build(settings, data, seed).eval() for seed in (1, 2))
    load_parameters(other, parameters_of(one))
    inputs = torch.from_numpy(data.train.inputs)
    assert torch.equal(one(inputs), other(inputs))
