"""Attempts: frames of a film, or layers of them, drawn one after the other; one that fails leaves the others to go on.

What a frame lacks of the machine or of its scene is lacking to all, and raised.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from render.errors import FramesError, ThalwegError
from render.film.pool import Pool
from render.film.programme import Programme
from render.film.shooting import Shooting
from render.interrupts import finishing

TRIES = 2  # to draw a frame

Failed = dict[int, str]  # the numbers of frames, and why each could not be drawn


class Drawable(Protocol):
    """What is to be drawn of the frames of a film, and where to."""

    @property
    def shooting(self) -> Shooting:
        """The scene made ready for them."""

    @property
    def pool(self) -> Pool:
        """Where their pictures without words lie."""

    @property
    def programme(self) -> Programme:
        """What is on each of them."""

    def draw(
        self,
        numbers: Sequence[int],
        advance: Callable[[int], None],
        times_asked: Callable[[], int],
        *,
        all_of_it: bool = False,
        stay: bool = False,
    ) -> Failed:
        """Draws some of them; returns those that failed, and why.

        times_asked: how often this was asked to end. all_of_it: whether these are all that is to be drawn, so that what
        every one of several fails by is a mistake of ours, and raised too. stay: whether the stages of the last shot
        stay, for frames that come later.
        """

    def leave(self) -> None:
        """Gives back all stages."""


def each_in_turn(
    one: Callable[[int], None],
    numbers: Sequence[int],
    advance: Callable[[int], None],
    times_asked: Callable[[], int],
    *,
    all_of_it: bool,
) -> Failed:
    """Has one frame after the other drawn, by rising number; returns those that failed, and why."""
    failed: Failed = {}
    for number in sorted(numbers):
        try:
            one(number)
            advance(1)
        except (ThalwegError, OSError, MemoryError):
            raise
        except Exception as error:  # whatever a driver, a font or a picture of its own makes of one frame
            failed[number] = f"{type(error).__name__}: {error}"
            if all_of_it and len(failed) == len(numbers) > 1:
                raise
        if times_asked():
            break
    return failed


def draw_here(drawing: Drawable, missing: Sequence[int], what: str, total: int) -> None:
    """Draws frames in this process, each twice where it fails; raises FramesError for those that failed twice.

    what: such as "film main". total: how many are asked for, of which the others are there.
    Ctrl-C waits for the picture that is being drawn, and a second one for that alone.
    """
    done = total - len(missing)
    task = drawing.shooting.reporter.task(f"drawing {what}", total=total, unit="frames", done=done)
    with finishing() as times_asked, task as progress:
        failed = drawing.draw(missing, progress.advance, times_asked, all_of_it=True)
        for _ in range(TRIES - 1):
            failed = drawing.draw(list(failed), progress.advance, times_asked) if failed and not times_asked() else {}
    if failed:
        raise FramesError(what, failed, total)
