"""The journey: which part of the path a shot walks, and how far along it the head is at a time of the shot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from render.errors import SceneError
from render.film.panel import Walk
from render.film.timeline import head_progress
from render.scene.reach import AtEpoch, AtStep
from render.scene.shot import Shot

LEAD = 0.6  # seconds that the head waits before it sets out from the start of the path


@dataclass(frozen=True)
class Journey:
    """The part of the path that a shot walks."""

    begin: float  # share of the way, 0 to 1, as its pace counts it
    end: float
    duration: float  # seconds
    hold: float  # seconds
    wait: float = 0.0  # seconds, for which there is no terrain yet to walk on

    def at(self, time: float) -> float:
        """Returns how much of the whole way the head has gone at a time of the shot, seconds."""
        lead, left = LEAD if self.begin == 0 else 0.0, self.duration - self.wait
        if time < self.wait or not left > 0:
            return self.begin
        hold = min(self.hold, left / 2) if self.wait else self.hold
        return self.begin + (self.end - self.begin) * head_progress(time - self.wait, left, hold, lead)


def journey_of(shot: Shot, lead: Walk | None, epoch: float | None) -> Journey:
    """Returns the part of the path that a shot walks, whose places by step are those of the first path.

    epoch: the steps of one; None where it is not known. Raises SceneError for an end that lies before the beginning.
    """
    begin, end = (_share(reach, lead, epoch) for reach in shot.span)
    if begin > end:
        sentence = f"path: the head would begin at {begin:.3f} of the way and end at {end:.3f}"
        raise SceneError([f"{sentence}; move from or to"])
    wait = shot.transition.duration if shot.transition.kind == "unfold" else 0.0
    return Journey(begin, end, shot.duration, shot.hold, wait)


def _share(reach: Any, lead: Walk | None, epoch: float | None) -> float:
    """Returns the share of the way at a place of the path."""
    if not isinstance(reach, AtStep | AtEpoch):
        return float(reach)
    if lead is None or not len(lead.path):
        raise SceneError(["path: its step is asked for, and no path lies on this surface; give shares from 0 to 1"])
    if isinstance(reach, AtStep):
        return lead.share_at(float(reach.step))
    if epoch is None:
        raise SceneError(["path: how many steps an epoch has is not on record here; give {step: n} instead"])
    return lead.share_at(reach.epoch * epoch)


def epoch_of(record: dict[str, Any]) -> float | None:
    """Returns the steps of an epoch from the record of a surface, or None."""
    found = record.get("run", {}).get("epoch")
    return None if found is None else float(found)
