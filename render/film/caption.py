"""The caption: one line, written from the record, with every departure of the picture from the raw loss."""

from __future__ import annotations

from typing import Any

from render.scene import look as looks
from render.scene.shot import PathStyle, Shot
from render.scene.spec import Scene


def caption(scene: Scene, shot: Shot, record: dict[str, Any]) -> str:
    """Returns the caption of the pictures of one shot of a scene, from the record of its surface."""
    run = scene.runs[scene.surfaces[shot.surface].run]
    parts = [
        run.data.kind,
        record["run"]["network"],
        _training(run.training),
        _objective(record["objective"]),
        _points(record),
        _plane(record),
        _range(record),
        *_relief(scene.look.relief),
        _path(shot.path),
    ]
    return " · ".join(part for part in parts if part)


def _training(training: Any) -> str:
    optimiser = training.optimiser
    words = [f"{optimiser.kind} lr {optimiser.lr:g}"]
    for name, label in (("momentum", "momentum"), ("weight_decay", "decay")):
        value = getattr(optimiser, name, 0)
        if value:
            words.append(f"{label} {value:g}")
    return f"{' '.join(words)}, batch {training.batch}, {training.steps:,} steps"


def _objective(objective: dict[str, Any]) -> str:
    return f"{objective['loss']} on {objective['examples']:,} {objective['split']} examples, {objective['mode']} mode"


def _points(record: dict[str, Any]) -> str:
    columns, rows = record["points"]
    counts = record["counts"]
    text = f"{columns:,} × {rows:,} points"
    kinds = [f"{count:,} {kind}" for kind, count in counts.items() if count and kind != "measured"]
    return f"{text}, all measured" if not kinds else f"{text}, {counts['measured']:,} measured, {', '.join(kinds)}"


def _plane(record: dict[str, Any]) -> str:
    shares = record["plane"]["variance_share"]
    if not shares:
        return f"{record['plane']['kind']} plane"
    walk = record["plane"]["random_walk_share"]
    return (
        f"PCA plane, {100 * shares[0]:.1f} % + {100 * shares[1]:.1f} % of the path's variance"
        f" (a random walk: {100 * walk[0]:.1f} % + {100 * walk[1]:.1f} %)"
    )


def _range(record: dict[str, Any]) -> str:
    (a, b), (c, d) = record["alpha"], record["beta"]
    return f"α {_signed(a)}…{_signed(b)}, β {_signed(c)}…{_signed(d)}"


def _signed(value: float) -> str:
    return f"{value:.3g}".replace("-", "−")


def _path(style: PathStyle) -> str:
    if not style.show:
        return ""
    return "path laid on the surface" if style.height == "surface" else "path at its own loss"


def _relief(steps: Any) -> list[str]:
    words = []
    for step in steps:
        if isinstance(step, looks.LogStep):
            words.append(f"log height, floor {step.log.floor:g}".replace("e-0", "e−"))
        elif isinstance(step, looks.ClipStep):
            words.append(f"clipped at {step.clip.percentile:g} %")
        elif isinstance(step, looks.SmoothStep):
            words.append(f"smoothed over {step.smooth.cells:g} cells")
    return words or ["linear height"]
