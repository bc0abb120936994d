"""The storyboard: frames of a film at even times on one sheet, each with its time beneath."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from render.film import contact_sheet
from render.film.timeline import Moment, Timeline

COUNT = 12  # frames of a sheet
MOST = 200


def moments_of(timeline: Timeline, count: int) -> list[Moment]:
    """Returns so many frames of a film at even times, the first and the last among them; fewer where it has fewer."""
    last = timeline.frame_count - 1
    numbers = sorted({round(last * place / max(1, count - 1)) for place in range(count)})
    return [Moment(number, timeline.time(number)) for number in numbers]


def names_of(moments: Sequence[Moment], timeline: Timeline, names: Sequence[str]) -> list[str]:
    """Returns what stands under each frame: its time, its number, and its shot where there are several."""
    told = []
    for moment in moments:
        shot = f" · {names[timeline.locate(moment.time).shot]}" if len(timeline.shots) > 1 else ""
        told.append(f"{moment.time:.2f} s · frame {moment.number}{shot}")
    return told


def sheet_of(pictures: Sequence[np.ndarray], names: Sequence[str]) -> np.ndarray:
    """Returns pictures (H, W, 3 or 4) uint8 with their names on one sheet, (H', W', 3) uint8."""
    height, width = pictures[0].shape[:2]
    return contact_sheet.drawn(contact_sheet.arranged(len(pictures), (width, height)), pictures, names)


def details_of(moments: Sequence[Moment], pictures: Sequence[np.ndarray]) -> dict[str, Any]:
    """Returns what the record of a storyboard says of it."""
    height, width = pictures[0].shape[:2]
    sheet = contact_sheet.arranged(len(pictures), (width, height))
    told = [
        {"frame": moment.number, "at": round(moment.time, 6), "box": sheet.box(index)}
        for index, moment in enumerate(moments)
    ]
    return {"size": list(sheet.size), "frames": told}
