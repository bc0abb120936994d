"""The timeline: which shot a frame belongs to, and how far along its path the descent is by then."""

from __future__ import annotations

import bisect
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple

import numpy as np

from render.film.easing import clamp, smooth
from render.scene.output import Film
from render.scene.shot import Shot
from render.scene.spec import Scene
from render.scene.time.transition import Transition, starts_of
from render.scene.written import tail_of

ROUNDING = 1e-9  # seconds; a frame this close before a cut is after it


LOOKS = (0.0, 0.25, 0.5, 0.75, 1.0)  # of a film's shot, at which the ground behind its words is measured


class Moment(NamedTuple):
    """One picture to be taken."""

    number: int  # of the frame; 0 for a still
    time: float  # seconds from the beginning of the film


class ShotTime(NamedTuple):
    """A time of the film, seen from the shot that is on then."""

    shot: int
    time: float  # seconds from the beginning of the shot


class Slice(NamedTuple):
    """What of a shot is on a frame."""

    shot: int
    time: float  # seconds from the beginning of the shot
    number: int  # of the frame, counted from the first of the shot
    share: float = 1.0  # of the picture; what is left of 1 is another shot's, or the colour of a dip


FADING = 0.3  # of an unfolding, in which the chart of the line becomes the profile of the terrain


@dataclass(frozen=True)
class Timeline:
    """Shots one after the other, sampled at a frame rate. A shot is told by its number in the scene."""

    durations: tuple[float, ...]  # seconds, each above 0
    fps: float | Fraction  # frames per second
    transitions: tuple[Transition, ...] = ()  # with which each begins; cuts where there are none
    chosen: tuple[int, ...] = ()  # numbers of the shots in the scene, where a film does not show all of them
    tail: float = 0.0  # seconds after the last shot, in which its last picture stands

    @cached_property
    def shots(self) -> tuple[int, ...]:
        """The numbers of its shots, in their order."""
        return self.chosen or tuple(range(len(self.durations)))

    @cached_property
    def _starts(self) -> tuple[float, ...]:
        return tuple(starts_of(self.durations, self.transitions))

    def start(self, shot: int) -> float:
        """Returns when a shot begins, seconds."""
        return self._starts[self.shots.index(shot)]

    def duration(self, shot: int) -> float:
        """Returns how long a shot is on, seconds."""
        return self.durations[self.shots.index(shot)]

    @property
    def total(self) -> float:
        """The length of the film in seconds."""
        return self._end + self.tail

    @property
    def _end(self) -> float:
        return self._starts[-1] + self.durations[-1]

    def after(self, time: float) -> float:
        """Returns how long after the last shot a time of the film is, seconds; 0 before its end."""
        return max(0.0, time + ROUNDING - self._end) if self.tail else 0.0

    @property
    def frame_count(self) -> int:
        """The number of frames, at least one."""
        return max(1, round(self.total * float(self.fps)))

    def time(self, frame: int) -> float:
        """Returns the time of a frame in seconds; frame 0 is at 0."""
        return float(frame / self.fps)

    def first_frame(self, shot: int) -> int:
        """Returns the number of the first frame on which a shot is."""
        return max(0, math.ceil((self.start(shot) - ROUNDING) * float(self.fps)))

    def frames_of(self, shot: int) -> int:
        """Returns on how many frames a shot is, at least one."""
        end = (self.start(shot) + self.duration(shot) - ROUNDING) * float(self.fps)
        return max(1, min(math.ceil(end), self.frame_count) - self.first_frame(shot))

    def moment(self, shot: int, number: int) -> Slice:
        """Returns the slice of the frame of a shot that has a number in it."""
        time = self.time(self.first_frame(shot) + number) - self.start(shot)
        return Slice(shot, min(max(time, 0.0), self.duration(shot)), number)

    def looked_at(self, shot: int) -> list[int]:
        """Returns the frames of a shot, counted from its first, at which the ground behind its words is measured.

        Its words are made for its terrain, not for what grows into that.
        """
        last = self.frames_of(shot) - 1
        first = min(last, math.ceil(self.unfolding(shot) * float(self.fps)))
        return list(dict.fromkeys(round(first + share * (last - first)) for share in LOOKS))

    def unfolds_from(self, shot: int) -> int | None:
        """Returns the number of the shot whose line the terrain of another grows out of, or None."""
        place = self.shots.index(shot)
        return self.shots[place - 1] if self._transition(place).kind == "unfold" else None

    def unfolds_into(self, shot: int) -> int | None:
        """Returns the number of the shot whose terrain grows out of the line of another, or None."""
        place = self.shots.index(shot)
        return self.shots[place + 1] if self._transition(place + 1).kind == "unfold" else None

    def unfolding(self, shot: int) -> float:
        """Returns the seconds in which the terrain of a shot grows out of a line when it begins; nought for others."""
        began = self._transition(self.shots.index(shot))
        return began.duration if began.kind == "unfold" else 0.0

    def unfolds(self, slices: Sequence[Slice]) -> bool:
        """Whether the slices of a frame are the chart of a line and the profile of the terrain that grows out of it."""
        shots = [each.shot for each in slices]
        return len(shots) > 1 and any(self.unfolds_from(shot) in shots for shot in shots)

    def locate(self, time: float) -> ShotTime:
        """Returns where a time of the film lies; a cut belongs to the shot that begins, the end to the last one."""
        place = self._place(time)
        return ShotTime(self.shots[place], self._local(place, time))

    def slices(self, time: float) -> tuple[Slice, ...]:
        """Returns what is on the frame at a time of the film, what takes more of it first.

        In a dissolve that are two shots; in a dip, one whose share is less than 1.
        """
        if self.after(time):
            return (self.moment(self.shots[-1], self.frames_of(self.shots[-1]) - 1),)
        place = self._place(time)
        began, comes = self._transition(place), self._transition(place + 1)
        local = self._local(place, time)
        left = self.durations[place] - local
        if began.kind == "dissolve" and local < began.duration:
            share = float(smooth(local / began.duration))
            pair = self._slice(place, time, share), self._slice(place - 1, time, 1 - share)
            seen = pair if share >= 0.5 else (pair[1], pair[0])
            return tuple(each for each in seen if each.share > 0)
        if began.kind == "unfold" and local < FADING * began.duration:
            share = float(smooth(local / (FADING * began.duration)))
            pair = self._slice(place, time, share), self._stood(place - 1, 1 - share)
            return tuple(each for each in (pair if share >= 0.5 else pair[::-1]) if each.share > 0)
        if began.kind == "dip" and local < began.duration / 2:
            return (self._slice(place, time, float(smooth(2 * local / began.duration))),)
        if comes.kind == "dip" and left < comes.duration / 2:
            return (self._slice(place, time, float(smooth(2 * left / comes.duration))),)
        return (self._slice(place, time, 1.0),)

    @property
    def leads(self) -> list[int]:
        """The shot of every frame, the one that takes more of it."""
        return [self.slices(self.time(frame))[0].shot for frame in range(self.frame_count)]

    def dip(self, time: float) -> str:
        """Returns the colour that a picture at a time of the film is dipped in, sRGB."""
        place = self._place(time)
        began = self._transition(place)
        dips = began.kind == "dip" and self._local(place, time) < began.duration / 2
        return (began if dips else self._transition(place + 1)).colour

    def _place(self, time: float) -> int:
        return max(0, bisect.bisect_right(self._starts, time + ROUNDING) - 1)

    def _local(self, place: int, time: float) -> float:
        return min(max(time - self._starts[place], 0.0), self.durations[place])

    def _transition(self, place: int) -> Transition:
        return self.transitions[place] if 0 < place < len(self.transitions) else Transition()

    def _stood(self, place: int, share: float) -> Slice:
        """Returns a shot as it stands at its end."""
        shot = self.shots[place]
        return Slice(shot, self.durations[place], self.frames_of(shot) - 1, share)

    def _slice(self, place: int, time: float, share: float) -> Slice:
        shot = self.shots[place]
        number = max(0, round(time * float(self.fps)) - self.first_frame(shot))
        return Slice(shot, self._local(place, time), number, share)


def timeline_of(
    shots: Sequence[Shot], fps: float | Fraction, chosen: Sequence[int] = (), tail: float = 0.0
) -> Timeline:
    """Returns the timeline of the shots of a scene, or of those that are chosen by their numbers, and a tail."""
    own = [shots[number] for number in chosen] if chosen else shots
    transitions = tuple(shot.transition for shot in own)
    return Timeline(tuple(shot.duration for shot in own), fps, transitions, tuple(chosen), tail)


def film_timeline(scene: Scene, film: Film) -> Timeline:
    """Returns the timeline of a film of a scene: of its own shots, with what follows the last."""
    chosen = scene.shots_of(film) if film.shots else ()
    return timeline_of(scene.shots, film.fps, chosen, tail_of(scene, film))


def head_progress(local_time: float, duration: float, hold: float, lead: float = 0.6) -> float:
    """Returns how much of its way the head has gone, 0 to 1, at a time of a shot; all times in seconds.

    It waits for lead (an eighth of the shot at most), moves gently, and rests from duration − hold on.
    """
    end = duration - hold
    if local_time >= end:
        return 1.0
    start = min(lead, duration / 8, end)
    return float(smooth((local_time - start) / (end - start))) if local_time > start else 0.0


def path_position(pace: str, progress: float, steps: Sequence[int] | np.ndarray, lengths: np.ndarray) -> float:
    """Returns the fractional index into a trajectory (T,) at a progress of 0 to 1; 0 at 0, T − 1 at 1.

    The pace says what grows evenly: steps, log (of 1 + step), or arc, the length (T,) of the drawn path so far.
    """
    last = len(steps) - 1
    share = float(clamp(progress))
    if share in (0.0, 1.0):
        return share * last
    way = PACES[pace](np.asarray(steps, np.float64), np.asarray(lengths, np.float64))
    whole = way[-1] - way[0]
    if not whole > 0:
        return share * last
    return float(np.interp(share, (way - way[0]) / whole, np.arange(last + 1)))


def share_at(pace: str, step: float, steps: Sequence[int] | np.ndarray, lengths: np.ndarray) -> float:
    """Returns the progress, 0 to 1, at which path_position is at a step, or between two that are logged (T,)."""
    logged = np.asarray(steps, np.float64)
    place = float(np.interp(step, logged, np.arange(len(logged))))
    way = PACES[pace](logged, np.asarray(lengths, np.float64))
    whole = way[-1] - way[0]
    if not whole > 0:
        return place / max(1, len(logged) - 1)
    return float((np.interp(place, np.arange(len(way)), way) - way[0]) / whole)


PACES = {
    "steps": lambda steps, lengths: steps,
    "log": lambda steps, lengths: np.log1p(steps),
    "arc": lambda steps, lengths: lengths,
}
