"""The caption: one line, written from the record, with every departure of the picture from the raw loss."""

from __future__ import annotations

from typing import Any

from render.scene import look as looks
from render.scene.shot import PathStyle, Shot
from render.scene.spec import Scene
from render.stage.field import CONTOUR_BLUR


def caption(scene: Scene, shot: Shot, record: dict[str, Any], leaves: bool = False) -> str:
    """Returns the caption of the pictures of one shot of a scene, from the record of its surface.

    leaves says that the path goes beyond the terrain that is drawn.
    """
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
        _contours(scene.look),
        _path(shot.path, leaves),
    ]
    return " · ".join(part for part in parts if part)


def _training(training: Any) -> str:
    optimiser = training.optimiser
    words = [f"{optimiser.kind} lr {optimiser.lr:g}"]
    for name, label in (("momentum", "momentum"), ("weight_decay", "decay")):
        value = getattr(optimiser, name, 0)
        if value:
            words.append(f"{label} {value:g}")
    if getattr(optimiser, "nesterov", False):
        words.append("nesterov")
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
        return _random_plane(record["settings"]["plane"])
    walk = record["plane"]["random_walk_share"]
    return (
        f"PCA plane, {100 * shares[0]:.1f} % + {100 * shares[1]:.1f} % of the path's variance"
        f" (a random walk: {100 * walk[0]:.1f} % + {100 * walk[1]:.1f} %)"
    )


def _random_plane(settings: dict[str, Any]) -> str:
    norm = {"none": "Gaussian", "filter": "filter-normalised", "layer": "layer-normalised", "model": "model-normalised"}
    still = " without biases and norms" if settings["ignore"] == "biasbn" else ""
    return f"random plane, {norm[settings['norm']]}{still}"


def _range(record: dict[str, Any]) -> str:
    (a, b), (c, d) = record["alpha"], record["beta"]
    return f"α {_signed(a)}…{_signed(b)}, β {_signed(c)}…{_signed(d)}"


def _signed(value: float) -> str:
    return f"{value:.3g}".replace("-", "−")


def _path(style: PathStyle, leaves: bool) -> str:
    if not style.show:
        return ""
    height = (
        "path laid on the surface"
        if style.height == "surface"
        else "path at its own loss, faint where the surface hides it"
    )
    return f"{height}, which it leaves" if leaves else height


def _contours(look: looks.Look) -> str:
    if not look.contours.count or not look.contours.strength:
        return ""
    return f"contours smoothed over {CONTOUR_BLUR:g} cells"


def _relief(steps: Any) -> list[str]:
    words = [] if any(isinstance(step, looks.LogStep) for step in steps) else ["linear height"]
    for step in steps:
        if isinstance(step, looks.LogStep):
            words.append(f"log height, floor {_power(step.log.floor)}")
        elif isinstance(step, looks.ClipStep):
            words.append(f"clipped at {step.clip.percentile:g} %")
        elif isinstance(step, looks.SmoothStep):
            words.append(f"smoothed over {step.smooth.cells:g} cells")
        elif isinstance(step, looks.ExaggerationStep):
            words.append(f"{step.exaggeration:g} of the width high")
    return words


def _power(value: float) -> str:
    return f"{value:g}" if value >= 1e-4 else _signed(value).replace("e−0", "e−")
