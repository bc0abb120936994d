"""What a caption says of a surface whose points are whole trainings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from render.scene.words import say

NAMES = {
    "lr": "learning rate",
    "lr-1": "learning rate of layer 1",
    "lr-2": "learning rate of layer 2",
    "momentum": "momentum",
    "initial-scale": "initial scale",
    "weight-decay": "weight decay",
}
VALUES = {"speed": "how soon it converges or diverges", "loss": "the last loss"}


def trainings_words(record: Mapping[str, Any]) -> list[str]:
    """Returns the columns of a caption: data, network, training, value, points, plane, range."""
    told = record["trainings"]
    columns, rows = record["points"]
    lost = f", {told['diverged']:,} diverged" if told["diverged"] else ", none diverged"
    stopped = f", stopped after {told['stopped'][1]:,} in the middle" if told["stopped"] else ""
    budget = record.get("budget")
    fitted = (
        "" if not budget else ", fitted to {:g} min, {:,} × {:,} asked for".format(budget["minutes"], *budget["asked"])
    )
    return [
        f"{told['examples']:,} {'example' if told['examples'] == 1 else 'examples'} drawn by lot",
        f"{told['network']} without biases",
        f"{told['steps']:,} full-batch steps{'' if told['precision'] == 'float32' else ' in ' + told['precision']}",
        f"colour: {VALUES[told['value']]}",
        f"{columns:,} × {rows:,} trainings{lost}{stopped}{fitted}",
        "",
        axes_words(record),
    ]


def trainings_briefly(record: Mapping[str, Any], language: Mapping[str, str]) -> list[str]:
    """Returns the same columns, short enough for a picture, in a language."""
    told = record["trainings"]
    columns, rows = record["points"]
    every = say(language, "trainings", f"{columns:,} × {rows:,}", f"{told['steps']:,}")
    return [f"{told['network']}", "", "", "", every, "", axes_words(record)]


def axes_words(record: Mapping[str, Any]) -> str:
    """Returns which hyperparameter each axis has, from where to where."""
    return ", ".join(_axis(name, axis) for name, axis in zip("αβ", record["trainings"]["axes"], strict=True))


def _axis(name: str, axis: Mapping[str, Any]) -> str:
    low, high = axis["range"]
    digits = max(3, *(len(f"{end:.3g}".replace(".", "").lstrip("0")) for end in (low, high)))
    while f"{low:.{digits}g}" == f"{high:.{digits}g}" and digits < 17:
        digits += 1
    return f"{name} {NAMES[axis['of']]} {low:.{digits}g}…{high:.{digits}g}{' log' * (axis['scale'] == 'logarithmic')}"
