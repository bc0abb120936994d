"""Points per second: the plain loop (load_state_dict, model, criterion) against every strategy of the objective.

Both ways run in turn in the same process; a rate is the median of several repeats. THALWEG_DATA names the folder with
mnist/; without it the images are made up. Run it as `python tests/benchmarks/measure_points.py [threads]`; on a
machine that others use, one thread is measured more truly, since torch's threads wait for each other.
"""

from __future__ import annotations

import gzip
import itertools
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn

from render.descent.parameters import layout_of, parameters_of
from render.landscape.objective import STRATEGIES, Objective

REPEATS = 7
PLAIN = 300  # points in one repeat of the plain loop
SECONDS = 0.25  # of one repeat of a strategy


@dataclass(frozen=True)
class Case:
    """A network with the examples that its loss is measured on."""

    name: str
    model: nn.Sequential
    inputs: torch.Tensor
    targets: torch.Tensor
    criterion: nn.Module


def mnist() -> tuple[str, torch.Tensor, torch.Tensor]:
    """Returns 1,024 images (N, 784) with their labels, and where they are from."""
    folder = Path(os.environ.get("THALWEG_DATA", ""), "mnist")
    try:
        images = gzip.decompress((folder / "train-images-idx3-ubyte.gz").read_bytes())[16 : 16 + 1024 * 784]
        labels = gzip.decompress((folder / "train-labels-idx1-ubyte.gz").read_bytes())[8 : 8 + 1024]
    except FileNotFoundError:
        generator = torch.Generator().manual_seed(0)
        labels_made_up = torch.arange(1024) % 10
        centres = torch.rand(10, 784, generator=generator)
        return "made-up images", centres[labels_made_up] * torch.rand(1024, 784, generator=generator), labels_made_up
    pixels = np.frombuffer(images, np.uint8).reshape(-1, 784).astype(np.float32) / 255
    return "MNIST", torch.from_numpy(pixels), torch.from_numpy(np.frombuffer(labels, np.uint8).astype(np.int64))


def digits() -> tuple[str, torch.Tensor, torch.Tensor]:
    """Returns the first 1,024 digits of scikit-learn (N, 64) with their labels."""
    pixels, labels = load_digits(return_X_y=True)
    return "digits", torch.from_numpy(pixels[:1024] / 16).float(), torch.from_numpy(labels[:1024]).long()


def case(data: tuple[str, torch.Tensor, torch.Tensor], widths: tuple[int, ...], activation: type[nn.Module]) -> Case:
    """Returns a network that was trained for 200 steps."""
    torch.manual_seed(0)
    name, inputs, targets = data
    sizes = (inputs.shape[1], *widths, 10)
    layers = [layer for pair in itertools.pairwise(sizes) for layer in (nn.Linear(*pair), activation())][:-1]
    model, criterion = nn.Sequential(*layers), nn.CrossEntropyLoss()
    optimiser = torch.optim.Adam(model.parameters(), 0.01)
    for _ in range(200):
        optimiser.zero_grad()
        criterion(model(inputs), targets).backward()
        optimiser.step()
    text = f"{'-'.join(map(str, sizes))} {activation.__name__.lower()}, {len(inputs)} {name}"
    return Case(text, model, inputs, targets, criterion)


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
        losses.append(case.criterion(case.model(case.inputs), case.targets).item())
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
        objective = Objective(case.model, case.inputs, case.targets, case.criterion, strategy=strategy)
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
    compare(case(mnist(), (16, 16), nn.Sigmoid))
    compare(case(digits(), (32, 32), nn.Tanh))
