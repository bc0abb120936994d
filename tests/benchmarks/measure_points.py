"""Points per second: the plain loop (load_state_dict, model, criterion) against every strategy of the objective.

Two networks: a perceptron on images, and that of the first scene with the scene's own data. Both ways run in turn in
the same process; a rate is the median of several repeats. THALWEG_DATA names the folder with mnist/; without it the
images are made up. Run it as `python tests/benchmarks/measure_points.py [threads]`; on a machine that others use, one
thread is measured more truly, since torch's threads wait for each other.
"""

from __future__ import annotations

import gzip
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from render.descent import data, networks
from render.descent.parameters import layout_of, parameters_of
from render.landscape.objective import STRATEGIES, Objective
from render.scene.load import load

SCENE = Path(__file__).parents[2] / "scenes" / "first-descent.yaml"
REPEATS = 7
PLAIN = 300  # points in one repeat of the plain loop
SECONDS = 0.25  # of one repeat of a strategy


@dataclass(frozen=True)
class Case:
    """A network with the examples that its loss is measured on."""

    name: str
    model: nn.Module
    inputs: torch.Tensor
    targets: torch.Tensor


def images() -> tuple[str, torch.Tensor, torch.Tensor]:
    """Returns 1,024 images (N, 784) with their labels, and where they are from."""
    folder = Path(os.environ.get("THALWEG_DATA", ""), "mnist")
    try:
        pixels = gzip.decompress((folder / "train-images-idx3-ubyte.gz").read_bytes())[16 : 16 + 1024 * 784]
        labels = gzip.decompress((folder / "train-labels-idx1-ubyte.gz").read_bytes())[8 : 8 + 1024]
    except FileNotFoundError:
        generator = torch.Generator().manual_seed(0)
        labels_made_up = torch.arange(1024) % 10
        centres = torch.rand(10, 784, generator=generator)
        return "made-up images", centres[labels_made_up] * torch.rand(1024, 784, generator=generator), labels_made_up
    inputs = np.frombuffer(pixels, np.uint8).reshape(-1, 784).astype(np.float32) / 255
    return "MNIST", torch.from_numpy(inputs), torch.from_numpy(np.frombuffer(labels, np.uint8).astype(np.int64))


def of_images() -> Case:
    """Returns a perceptron on images, trained for 200 steps."""
    torch.manual_seed(0)
    name, inputs, targets = images()
    model = nn.Sequential(nn.Linear(784, 16), nn.Sigmoid(), nn.Linear(16, 16), nn.Sigmoid(), nn.Linear(16, 10))
    return Case(f"784-16-16-10 sigmoid, 1024 {name}", trained(model, inputs, targets), inputs, targets)


def of_scene(path: Path) -> Case:
    """Returns the network of a scene's surface on the examples that its loss is measured on, trained for 200 steps."""
    scene = load(path)
    (surface,) = scene.surfaces.values()
    run = scene.runs[surface.run]
    dataset = data.load(run.data)
    model = networks.build(run.network, dataset, scene.seed)
    examples = dataset.split(surface.objective.split).first(surface.objective.examples)
    inputs, targets = torch.from_numpy(examples.inputs), torch.from_numpy(examples.targets)
    words = networks.describe(run.network, inputs[0].numel(), dataset.classes)
    name = f"{words}, {len(inputs)} {dataset.name} of {path.name}"
    return Case(name, trained(model, inputs, targets), inputs, targets)


def trained(model: nn.Module, inputs: torch.Tensor, targets: torch.Tensor) -> nn.Module:
    """Returns the model after 200 steps, so that losses lie where a scene's do."""
    optimiser = torch.optim.Adam(model.parameters(), 0.01)
    for _ in range(200):
        optimiser.zero_grad()
        functional.cross_entropy(model(inputs), targets).backward()
        optimiser.step()
    return model


def random_plane(model: nn.Module) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Returns θ₀ and two random directions, each parameter's part as long as the parameter."""
    origin, generator = parameters_of(model).astype(np.float64), np.random.default_rng(1)
    u, v = generator.normal(size=(2, len(origin)))
    for part in layout_of(model).slices().values():
        for direction in (u, v):
            direction[part] *= np.linalg.norm(origin[part]) / np.linalg.norm(direction[part])
    return origin, u, v


@torch.no_grad()
def plain_loop(case: Case, thetas: torch.Tensor) -> np.ndarray:
    """Returns the loss at thetas (B, P) the usual way."""
    losses, layout = [], layout_of(case.model)
    for theta in thetas:
        parts = zip(layout.slices().items(), layout.shapes, strict=True)
        case.model.load_state_dict({name: theta[part].reshape(shape) for (name, part), shape in parts})
        losses.append(functional.cross_entropy(case.model(case.inputs), case.targets).item())
    return np.array(losses)


def rate(measure: Callable[[], object], points: int) -> float:
    """Returns points per second of one call."""
    start = time.perf_counter()
    measure()
    return points / (time.perf_counter() - start)


def compare(case: Case) -> None:
    """Prints one table: every way's rate, how many times the plain loop's, and its largest difference from it."""
    origin, u, v = random_plane(case.model)
    coordinates = np.random.default_rng(2).uniform(-1, 1, (2**16, 2))
    few = coordinates[:PLAIN]
    thetas = torch.from_numpy(origin + few[:, :1] * u + few[:, 1:] * v).float()
    expected = plain_loop(case, thetas)
    ways: dict[str, Callable[[], object]] = {"plain loop": lambda: plain_loop(case, thetas)}
    counts, notes = {"plain loop": PLAIN}, {"plain loop": ""}
    for strategy in STRATEGIES:
        objective = Objective(case.model, case.inputs, case.targets, functional.cross_entropy, strategy=strategy)
        start = time.perf_counter()
        evaluator = objective.on(origin, u, v)
        prepared = time.perf_counter() - start
        difference = np.abs(evaluator.measure(few).loss / expected - 1).max()
        counts[strategy] = min(len(coordinates), int(SECONDS * rate(lambda e=evaluator: e.measure(few), PLAIN)) + 1)
        part = coordinates[: counts[strategy]]
        ways[strategy] = lambda e=evaluator, part=part: e.measure(part)
        notes[strategy] = f"{difference:9.1e}   {prepared:6.2f} s"
    rates = [[rate(way, counts[name]) for name, way in ways.items()] for _ in range(REPEATS)]
    medians = dict(zip(ways, np.median(rates, axis=0), strict=True))
    print(f"\n{case.name}, loss {expected.min():.3g} to {expected.max():.3g}, {torch.get_num_threads()} threads")
    print(f"{'':16}{'points/s':>10}{'× plain':>10}{'difference':>12}   prepared in (not in the rate)")
    for name, median in medians.items():
        print(f"{name:16}{median:10,.0f}{median / medians['plain loop']:10.1f}   {notes[name]}")


if __name__ == "__main__":
    torch.set_num_threads(int(sys.argv[1]) if len(sys.argv) > 1 else torch.get_num_threads())
    compare(of_images())
    compare(of_scene(SCENE))
