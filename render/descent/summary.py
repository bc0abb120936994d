"""Data and training in a few words, as captions have them."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel

SIDES = {"momentum": "momentum", "weight_decay": "decay"}


def data_words(data: BaseModel) -> str:
    """Returns the data set of a scene in words, with what makes it another than the one that is known by its name."""
    settings = data.model_dump()
    return ", ".join([settings["kind"], *_departures(settings)])


def _departures(settings: dict) -> Iterator[str]:
    if settings.get("edition") == "mini":
        yield "a selection"
    if settings.get("size"):
        yield f"{settings['size']} px"
    if settings.get("per_class"):
        yield f"{settings['per_class']:,} of each class"
    if settings.get("label_noise"):
        yield f"{100 * settings['label_noise']:g} % of the labels drawn at random"
    augment = settings.get("augment") or {}
    changes = [name for name in ("flip", "shift") if augment.get(name)]
    if changes:
        yield f"trained with {' and '.join(changes)}"


def checkpoint_words(count: int, average: str = "") -> str:
    """Returns what an imported run was made of in words: 6 checkpoints of EMA weights."""
    noun = "checkpoint" if count == 1 else "checkpoints"
    return f"{count:,} {noun} of {average} weights" if average else f"{count:,} {noun}"


def training_words(training: BaseModel) -> str:
    """Returns a training in words: sgd lr 0.1 momentum 0.9, batch 64, 400 steps."""
    settings = training.model_dump()
    return ", ".join(_training(settings))


def _training(settings: dict) -> Iterator[str]:
    optimiser = settings["optimiser"]
    words = [f"{optimiser['kind']} lr {optimiser['lr']:g}"]
    words += [f"{label} {optimiser[name]:g}" for name, label in SIDES.items() if optimiser.get(name)]
    yield " ".join([*words, *(["nesterov"] if optimiser.get("nesterov") is True else [])])
    schedule = settings.get("schedule") or {"kind": "constant"}
    if schedule["kind"] != "constant":
        yield f"{schedule['kind']} schedule"
    if settings.get("loss", "cross-entropy") != "cross-entropy":
        yield f"on {settings['loss'].replace('-', ' ')}"
    if settings.get("label_smoothing"):
        yield f"label smoothing {settings['label_smoothing']:g}"
    yield f"batch {settings['batch']}" if settings.get("batch") else "all examples a step"
    yield f"{settings['steps']:,} steps"
