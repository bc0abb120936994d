"""The caption: one line, written from the record, with every departure of the picture from the raw loss."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from render.film.words.drawing import Drawing, corner_words, levelled_words
from render.film.words.rolled import rolled_words
from render.film.words.said import told_words
from render.film.words.told_series import in_turn, series_words
from render.film.words.told_trainings import trainings_words
from render.scene import relief as reliefs
from render.scene.look import Look
from render.scene.shot import PathStyle, Shot
from render.scene.spec import Scene
from render.stage.marks.hachures import CALM, STEEP
from render.stage.shading.baked_field import CONTOUR_BLUR

PLAIN = 9  # digits of a place on an axis that are written without a power of ten


def caption(scene: Scene, shot: Shot, records: Sequence[dict[str, Any]], drawing: Drawing | None = None) -> str:
    """Returns the caption of the pictures of one shot of a scene, from the records of its surfaces.

    What several surfaces have in common is said once, the rest of each in turn. drawing: how they are drawn, where that
    is known already.
    """
    drawn = drawing or Drawing.asked(scene.look)
    columns = itertools.zip_longest(*map(_said, records), fillvalue="")
    alike = "one scale of height" if len(records) > 1 else ""
    parts = [
        *(" | ".join(dict.fromkeys(filter(None, column))) for column in columns),
        " | ".join(dict.fromkeys(filter(None, map(series_words, records)))),
        *_relief(drawn),
        f"{corner_words(drawn.corners)} of the width" if drawn.corners else "",
        levelled_words(drawn.levelled, drawn.steps),
        f"refined ×{drawn.refined} for drawing" if drawn.refined > 1 else "",
        alike,
        _contours(scene.look, drawn.refined),
        _hachures(scene.look),
        _curve(shot.path, drawn),
        _path(shot.path, drawn, sum(map(count_paths, records))),
        *told_words(scene.look.path, shot.path, drawn),
        *rolled_words(drawn.rolled),
        drawn.line,
    ]
    return " · ".join(part for part in parts if part)


def count_paths(record: dict[str, Any]) -> int:
    """Returns how many paths lie on a surface."""
    return ("run" in record or "path" in record) + len(record["paths"])


def _said(record: dict[str, Any]) -> list[str]:
    """Returns what there is to say of one surface: data, network, training, objective, points, plane, range."""
    if "trainings" in record:
        return trainings_words(record)
    if "source" in record:
        return [_source(record["source"]), "", "", "", _given_points(record), "", range_words(record)]
    runs = [record["run"], *(path["run"] for path in record["paths"])]
    return [
        " | ".join(dict.fromkeys(run["data"] for run in runs)),
        record["run"]["network"],
        " | ".join(dict.fromkeys(run["training"] for run in runs)),
        in_turn(map(objective_words, record.get("objectives", [record["objective"]]))),
        _points(record),
        _plane(record),
        range_words(record),
    ]


def _source(source: dict[str, Any]) -> str:
    return ", ".join([f"{source['value']} from {source['file']}", *source.get("notes", ())])


def _given_points(record: dict[str, Any]) -> str:
    """Returns the points of a surface in a file, of which nobody here knows how they came about."""
    counts, resampled = record["counts"], record.get("resampled")
    given = resampled.get("lost", {}) if resampled else {}  # of the file, where the counts are of what is drawn
    own = {kind: f" ({count:,} of those given)" for kind, count in given.items()}
    kinds = [kind for kind in ("diverged", "no_data") if counts.get(kind)]
    lost = [f"{counts[kind]:,} {kind.replace('_', ' ')}{own.get(kind, '')}" for kind in kinds]
    if resampled:
        words = [f"resampled from {_by(resampled['from'])} given at uneven steps", *_coarser(resampled)]
    else:
        words = [f"{counts['measured']:,} given" if lost else "all given"]
    return ", ".join([f"{_by(record['points'])} points", *words, *lost])


def _coarser(resampled: dict[str, Any]) -> Iterator[str]:
    pairs = zip(resampled["steps"], resampled["finest"], strict=True)
    if any(step > 1.01 * finest for step, finest in pairs):
        yield "coarser than the finest of them"


def _by(points: Sequence[int]) -> str:
    return " × ".join(f"{count:,}" for count in points)


def objective_words(objective: dict[str, Any]) -> str:
    """Returns which loss is measured, on what, in which mode."""
    decay = objective.get("weight_decay")
    loss = f"{objective['loss']} plus ½·{power(decay)}·‖θ‖²" if decay else objective["loss"]
    examples = "example" if objective["examples"] == 1 else "examples"
    words = [f"{loss} on {objective['examples']:,} {objective['split']} {examples}", f"{objective['mode']} mode"]
    return ", ".join([*words, *mode_words(objective)])


def mode_words(objective: dict[str, Any]) -> Iterator[str]:
    """Gives what the network's layers and its arithmetic do otherwise than in plain evaluation."""
    batch = objective.get("bn_batch")
    if objective.get("bn") == "batch":
        yield f"batch norm by batch statistics of {f'{batch:,}' if batch else 'all examples'}"
    if objective.get("bn") == "recalibrated":
        batches = f" in batches of {batch:,}" if batch else ""
        yield f"batch norm re-estimated on {objective['calibration']:,} examples{batches}"
    if "epoch" in objective:
        yield EPOCHS[objective["epoch"]["of"]].format(f"{objective['epoch']['number']:,}")
    if objective.get("dropout") == "fixed":
        yield "dropout with one fixed mask"
    if objective.get("precision", "float32") != "float32":
        yield f"in {objective['precision']}"
    if "draws" in objective:
        yield f"with one random draw of many, which differ by {objective['draws']:.2g}"
    if "wavers" in objective:
        yield f"repeatable to {objective['wavers']:.2g} only"


def _points(record: dict[str, Any]) -> str:
    columns, rows = record["points"]
    counts = record["counts"]
    if "planes" in record:
        joined = f"joined of {record['planes']['counts']['measured']:,} measured on {record['planes']['number']}"
        lost = [f"{counts['diverged']:,} diverged"] if counts["diverged"] else []
        return ", ".join([f"{columns:,} × {rows:,} points", f"{joined} planes", *lost])
    kinds = [f"{count:,} {kind}" for kind, count in counts.items() if count and kind != "measured"]
    measured = [f"{counts['measured']:,} measured", *kinds] if kinds else ["all measured"]
    return ", ".join([f"{columns:,} × {rows:,} points", *measured, *_adaptive(record), *_budget(record)])


def _adaptive(record: dict[str, Any]) -> Iterator[str]:
    found = record.get("adaptive")
    if found and record["counts"]["interpolated"]:
        asked = "" if found["reached"] else f" ({_percent(found['tolerance'])} was asked for)"
        yield f"error {_percent(found['error'])} of the range at {found['held_out']:,} held-out cells{asked}"


def _budget(record: dict[str, Any]) -> Iterator[str]:
    budget = record.get("budget")
    if budget:
        columns, rows = budget["asked"]
        yield f"fitted to {budget['minutes']:g} min, {columns:,} × {rows:,} asked for"


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"


def _plane(record: dict[str, Any]) -> str:
    return PLANES[record["plane"]["kind"]](record)


def _pca_plane(record: dict[str, Any]) -> str:
    shares, walk = record["plane"]["variance_share"], record["plane"]["random_walk_share"]
    joined = record["settings"]["plane"].get("of") == "all" and record["paths"]
    origin = record["settings"]["plane"]["origin"]
    through = ORIGINS[origin] if isinstance(origin, str) else " through a moment of the path"
    whose = "all paths'" if joined else "the path's"
    return (
        f"PCA plane{through},"
        f" {100 * shares[0]:.1f} % + {100 * shares[1]:.1f} % of {whose} variance"
        f" (a random walk: {100 * walk[0]:.1f} % + {100 * walk[1]:.1f} %)"
    )


def _random_plane(record: dict[str, Any]) -> str:
    settings = record["settings"]["plane"]
    norm = {"none": "Gaussian", "filter": "filter-normalised", "layer": "layer-normalised", "model": "model-normalised"}
    still = " without biases and norms" if settings["ignore"] == "biasbn" else ""
    square = ", at right angles" if settings["orthogonal"] else ""
    return f"random plane, {norm[settings['norm']]}{still}{square}"


def _hessian_plane(record: dict[str, Any]) -> str:
    first, second = map(_signed, record["plane"]["eigenvalues"])
    return f"plane of largest curvature, eigenvalues {first} and {second}"


EPOCHS = {  # what an epoch lends to a loss
    "statistics": "batch norm as at the end of epoch {}",
    "order": "the first examples of epoch {}",
    "augmentation": "images changed as in epoch {}",
}
ORIGINS = {"last": "", "mean": " through the path's mean", "first": " through the path's start"}
PLANES: dict[str, Callable[[dict[str, Any]], str]] = {
    "pca": _pca_plane,
    "random": _random_plane,
    "hessian": _hessian_plane,
    "gradient": lambda _: "plane of the gradient and a random direction",
    "between": lambda _: "plane through the ends of two runs and a random direction",
    "three": lambda _: "plane through the ends of three runs",
    "osculating": lambda _: "plane of the path's velocity and acceleration",
}


def range_words(record: dict[str, Any]) -> str:
    """Returns the ends of both axes, in units of their directions."""
    (a, b), (c, d) = record["alpha"], record["beta"]
    return f"α {ends_words(a, b)}, β {ends_words(c, d)}"


def ends_words(low: float, high: float) -> str:
    """Returns the ends of an axis in three figures, or as many as show three of what lies between them."""
    return "…".join(_figures(value, abs(high - low)) for value in (low, high))


def _figures(value: float, span: float) -> str:
    more = max(0, _exponent(value) - _exponent(span)) if value and span else 0
    rounded = float(f"{value:.{3 + more}g}")
    return f"{rounded:.{max(PLAIN, 3 + more)}g}".replace("-", "−")


def _exponent(value: float) -> int:
    return math.floor(math.log10(abs(value)))


def _signed(value: float) -> str:
    return f"{value:.3g}".replace("-", "−")


def _path(style: PathStyle, drawn: Drawing, count: int) -> str:
    if not style.show or not count:
        return ""
    words = ("paths", "their", "them", "they leave") if count > 1 else ("path", "its", "it", "it leaves")
    paths, own, hidden, leave = words
    if drawn.absent:
        return f"{paths} beyond the terrain, not drawn"
    on_surface = f"{paths} laid on the surface"
    if style.height == "surface":
        height = on_surface
    elif drawn.laid:
        height = f"{on_surface} where {own} own loss is not given"
    else:
        height = f"{paths} at {own} own loss, faint where the surface hides {hidden}"
    left = f", which {leave}" if drawn.leaves else ""
    read = f", {own} loss read there" if drawn.read and not drawn.laid else ""
    return f"{height}{left}{read}"


def _curve(style: PathStyle, drawn: Drawing) -> str:
    return f"curve through {drawn.curved:,} logged points" if style.show and drawn.curved else ""


def _contours(look: Look, refined: int) -> str:
    if not look.contours.count or not look.contours.strength:
        return ""
    return f"contours smoothed over {CONTOUR_BLUR / refined:.3g} cells"


def _hachures(look: Look) -> str:
    style = look.hachures
    if not style.count or not style.strength:
        return ""
    most, over = _percent(style.strength), CALM / style.count
    return f"hachures cover {most} at {STEEP:g}°, on slopes smoothed over {over:.2g} of the width"


def _relief(drawn: Drawing) -> list[str]:
    why = f", {drawn.reason}" if drawn.reason else ""
    words = [] if any(isinstance(step, reliefs.LogStep) for step in drawn.steps) else [f"linear height{why}"]
    for step in drawn.steps:
        if isinstance(step, reliefs.LogStep):
            words.append(f"log height, floor {power(step.log.floor)}{why}")
        elif isinstance(step, reliefs.ClipStep):
            words.append(f"clipped at {step.clip.percentile:g} %")
        elif isinstance(step, reliefs.SmoothStep):
            words.append(f"smoothed over {step.smooth.cells:g} cells")
        elif isinstance(step, reliefs.RankStep):
            words[0] = "height by rank" + ("" if step.rank.edge is None else " on each side of the edge")
        elif isinstance(step, reliefs.ExaggerationStep):
            words.append(f"{step.exaggeration:g} of the width high")
    return words


def power(value: float) -> str:
    """Returns a small number as it is written in a scene: 0.0001, 1e−10."""
    return f"{value:g}" if value >= 1e-4 else _signed(value).replace("e−0", "e−")
