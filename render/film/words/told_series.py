"""What a caption says of a series: of which kind it is, how many surfaces it has, and what stands between them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from render.scene.words import say

FEW = 4  # stops that are all named


def series_words(record: Mapping[str, Any]) -> str:
    """Returns the whole of what there is to say of the series that a record is of, or ""."""
    told = record.get("series")
    if not told:
        return ""
    kind, stops = told["kind"], told["stops"]
    if kind == "blend":
        return ", ".join([f"blend of {len(stops)} local planes by Gaussian weights", *_apart(told)])
    morph = "between them every height is interpolated"
    if kind == "zoom":
        at = ", ".join(f"{value:.8g}" for value in told["at"])
        return f"zoom into ({at}), {len(stops)} windows measured anew, colours dealt out anew in each picture"
    if kind == "ride-along":
        return f"ride-along, {len(stops)} planes, {morph}"
    listed = listed_stops(stops)
    return f"{f'surfaces {listed}' if kind == 'surfaces' else listed}, {morph}"


def _apart(told: Mapping[str, Any]) -> list[str]:
    """Returns how far the terrain is from the path's own loss."""
    apart = told.get("apart")
    if not apart:
        return []
    return [
        f"{apart['median']:.3g} from the path's own loss in the middle of its points, {apart['largest']:.3g} at most"
    ]


def series_briefly(record: Mapping[str, Any], language: Mapping[str, str]) -> str:
    """Returns what the caption on a picture says of a series, in a language, or ""."""
    told = record.get("series")
    if not told:
        return ""
    kind, stops = told["kind"], told["stops"]
    if kind in ("ride-along", "blend", "zoom"):
        return say(language, kind, f"{len(stops)}")
    return say(language, "series", listed_stops(stops))


def listed_stops(stops: list[str]) -> str:
    """Returns the names of stops: all of a few, of many the first, the last and their number; a key is said once."""
    values = [stop.rpartition("=") for stop in stops]
    keys = {key for key, sign, _ in values if sign}
    said = [value for _, _, value in values] if len(keys) == 1 else stops
    shown = ", ".join(said) if len(said) <= FEW else f"{said[0]} … {said[-1]} ({len(said)})"
    return f"{keys.pop()} {shown}" if len(keys) == 1 else shown


def in_turn(words: Iterable[str]) -> str:
    """Returns what is said of several surfaces, each once: all of a few, of many the first and the last."""
    said = list(dict.fromkeys(filter(None, words)))
    return " | ".join(said if len(said) <= FEW else [said[0], "…", said[-1]])
