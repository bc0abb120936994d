"""The essentials of a caption, short enough for two lines on the picture; the record has the whole text.

Said are data, network and optimiser; how many points there are and how they came about; the range; and every departure
from the raw loss that changes what is seen.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from render.film.words.caption import count_paths, mode_words, power, range_words
from render.film.words.drawing import Drawing
from render.film.words.told_series import in_turn, series_briefly
from render.film.words.told_trainings import trainings_briefly
from render.scene import relief as reliefs
from render.scene.shot import PathStyle
from render.scene.words import say

KINDS = ("interpolated", "missing", "diverged", "no_data")  # of points, beside those measured or given
Language = Mapping[str, str]


def essentials(style: PathStyle, records: Sequence[dict[str, Any]], drawn: Drawing, language: Language) -> str:
    """Returns the essentials of the pictures of one shot, from the records of its surfaces, in a language.

    What several surfaces have in common is said once, the rest of each in turn.
    """
    said = (_said(record, language) for record in records)
    columns = itertools.zip_longest(*said, fillvalue="")
    parts = [
        *(" | ".join(dict.fromkeys(filter(None, column))) for column in columns),
        " | ".join(dict.fromkeys(filter(None, (series_briefly(record, language) for record in records)))),
        *_relief(drawn, language),
        _path(style, drawn, sum(map(count_paths, records)), language),
    ]
    return " · ".join(part for part in parts if part)


def _said(record: dict[str, Any], language: Language) -> list[str]:
    """Returns what there is to say of one surface: data, network, optimiser, objective, points, range."""
    if "trainings" in record:
        return trainings_briefly(record, language)
    points = _points(record, language)
    if "source" in record:
        source = record["source"]
        value = say(language, "loss") if source["value"] == "loss" else source["value"]
        return [say(language, "from", value, source["file"]), "", "", "", points, range_words(record)]
    runs = [record["run"], *(path["run"] for path in record["paths"])]
    return [
        " | ".join(dict.fromkeys(run["data"] for run in runs)),
        record["run"]["network"],
        " | ".join(dict.fromkeys(run["training"].split(",")[0] for run in runs)),
        in_turn(map(objective_briefly, record.get("objectives", [record["objective"]]))),
        points,
        range_words(record),
    ]


def objective_briefly(objective: dict[str, Any]) -> str:
    """Returns what makes the loss another than the plain one that a network is evaluated by, or ""."""
    decay = objective.get("weight_decay")
    return ", ".join([*([f"+ ½·{power(decay)}·‖θ‖²"] if decay else []), *mode_words(objective)])


def _points(record: dict[str, Any], language: Language) -> str:
    columns, rows = record["points"]
    counts, whole = record["counts"], "given" if "source" in record else "measured"
    if "planes" in record:
        return say(language, "points", f"{columns:,} × {rows:,}")
    kinds = [say(language, kind.replace("_", " "), f"{counts[kind]:,}") for kind in KINDS if counts.get(kind)]
    some = whole == "measured" or record.get("resampled")
    first = [say(language, "counted", f"{counts['measured']:,}")] if kinds and some else []
    every = [say(language, whole)] if not kinds else first
    if record.get("resampled"):
        was = " × ".join(f"{count:,}" for count in record["resampled"]["from"])
        every = [say(language, "resampled", was)]
    return ", ".join([say(language, "points", f"{columns:,} × {rows:,}"), *every, *kinds])


def _relief(drawn: Drawing, language: Language) -> Iterator[str]:
    say_so = partial(say, language)
    ranked = any(isinstance(step, reliefs.RankStep) for step in drawn.steps)
    yield say_so("ranked" if ranked else "log" if _is_log(drawn) else "linear")
    for step in drawn.steps:
        if isinstance(step, reliefs.ClipStep) and step.clip.percentile < 100:
            yield say_so("clipped", f"{step.clip.percentile:g}")
        elif isinstance(step, reliefs.SmoothStep) and step.smooth.cells:
            yield say_so("smoothed", f"{step.smooth.cells:g}")
    if drawn.corners:
        yield say_so("corner")
    if any(part.is_much for part in drawn.levelled):
        for phrase, shares in (("floor", [p.low for p in drawn.levelled]), ("top", [p.high for p in drawn.levelled])):
            if any(shares):
                yield say_so(phrase, " | ".join(dict.fromkeys(f"{100 * share:.3g} %" for share in shares)))


def _is_log(drawn: Drawing) -> bool:
    return any(isinstance(step, reliefs.LogStep) for step in drawn.steps)


def _path(style: PathStyle, drawn: Drawing, count: int, language: Language) -> str:
    if not style.show or not count:
        return ""
    if drawn.absent:
        return say(language, "beyond")
    own = style.height == "loss" and not drawn.laid
    read = [say(language, "read")] if drawn.read and not drawn.laid else []
    return ", ".join([say(language, "own" if own else "laid"), *read])
