"""Which frames of a film are asked for: by their numbers, by their shots, or a share of them.

1-100:2,200      every other frame from 1 to 100, and frame 200, as their files are numbered, from 0
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from render.errors import UsageError
from render.film.timeline import Timeline
from render.scene.language.nearest import nearest
from render.scene.shot import Shot, shot_called

RANGE = re.compile(r"(\d{1,9})(?:-(\d{1,9})(?::(\d{1,9}))?)?", re.ASCII)


@dataclass(frozen=True)
class FrameChoice:
    """Frames of every film of a command; all of them where nothing is said."""

    frames: str = ""
    shots: tuple[str, ...] = ()

    @property
    def is_all(self) -> bool:
        """Whether nothing is left out."""
        return not self.frames and not self.shots

    def of(self, timeline: Timeline, shots: Sequence[Shot]) -> list[int]:
        """Returns the numbers of the frames of a film; raises UsageError for what it does not have."""
        wanted = set(range(timeline.frame_count))
        if self.frames:
            wanted &= set(_numbers(self.frames, timeline.frame_count))
        if self.shots:
            wanted &= {frame for shot in self.shots for frame in _of_shot(shot, timeline, shots)}
        if not wanted:
            raise UsageError(f"--frames {self.frames} --shots {','.join(self.shots)}: no frame is in both")
        return sorted(wanted)


ALL = FrameChoice()


def _numbers(text: str, count: int) -> Iterator[int]:
    for part in text.split(","):
        found = RANGE.fullmatch(part.strip())
        if found is None:
            raise UsageError(f"--frames {text}: {part!r} is no range; write it like 1-100:2,200")
        first = int(found[1])
        last, step = int(found[2] or first), int(found[3] or 1)
        if last < first or step < 1:
            raise UsageError(
                f"--frames {text}: {part.strip()} holds no frame; write the lower number first, a step from 1"
            )
        if last >= count:
            raise UsageError(f"--frames {text}: the film has no frame {last}; its frames are 0 to {count - 1}")
        yield from range(first, last + 1, step)


def _of_shot(name: str, timeline: Timeline, shots: Sequence[Shot]) -> Iterator[int]:
    number = shot_called(name, shots)
    if number is None or number not in timeline.shots:
        there = [shots[each].name or str(each + 1) for each in timeline.shots]
        raise UsageError(f"--shots: the film has no shot {name}; {nearest(name, there)}")
    first = timeline.first_frame(number)
    yield from range(first, first + timeline.frames_of(number))
