"""Fitting: the best quality whose file is no larger than asked, found by trying.

Settings stand on a ladder, from the best down. What a step saves is judged from the tries so far, in the logarithm of
the size, so that three to five tries are usual and not one for every rung.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from render.errors import SceneError
from render.film.encoders.encoded import EncodedFilm
from render.scene.filesize import told_bytes
from render.storage.files import replacing

HALVING = 6.0  # rungs that halve a file, until two tries say otherwise; of crf it is about 6

Rung = TypeVar("Rung")


def fitted(
    target: Path, most: int, ladder: Sequence[Rung], encode: Callable[[Rung, Path], EncodedFilm]
) -> tuple[EncodedFilm, Rung]:
    """Writes target by the best rung of a ladder whose file has at most so many bytes; returns it and the rung.

    Raises SceneError, with the size of the smallest, where none is small enough.
    """
    with replacing(target) as kept:
        tried: dict[int, int] = {}
        best: tuple[EncodedFilm, Rung] | None = None
        above, below = -1, len(ladder)  # the last rung that was too large, the first that was small enough
        rung = 0
        while below - above > 1 and above < len(ladder) - 1:
            made, tried[rung] = _trial(target, ladder[rung], encode, kept, most)
            if made is None:
                above = rung
            else:
                below, best = rung, (made, ladder[rung])
            rung = _next(tried, most, above, below)
        if best is None:
            smallest = told_bytes(min(tried.values()))
            raise SceneError(
                [
                    f"max_size: {told_bytes(most)} cannot be met by {target.name}; the smallest is {smallest}: take a "
                    "smaller size, fewer frames a second, or a shorter film"
                ]
            )
    return best


def _trial(
    target: Path, rung: Rung, encode: Callable[[Rung, Path], EncodedFilm], kept: Path, most: int
) -> tuple[EncodedFilm | None, int]:
    """Encodes by a rung, beside target; returns the film, or none where it is too large, and its bytes."""
    trial = target.with_name(f".{target.stem}.trial{target.suffix}")  # which a later start sweeps away
    try:
        made = encode(rung, trial)
        size = trial.stat().st_size
        if size > most:
            return None, size
        trial.replace(kept)
        return made, size
    finally:
        trial.unlink(missing_ok=True)


def _next(tried: dict[int, int], most: int, above: int, below: int) -> int:
    """Returns the rung to try next, strictly between those that are known."""
    if len(tried) == 1:
        return max(above + 1, min(below - 1, round(HALVING * math.log2(max(tried[0], 1) / most) + 0.5)))
    first, second = (min(tried), max(tried)) if below not in tried else (max(above, 0), below)
    slope = math.log2(tried[first] / tried[second]) / max(1, second - first)
    steps = math.log2(tried[first] / most) / slope if slope > 0 else 1.0
    return max(above + 1, min(below - 1, first + math.ceil(steps)))
