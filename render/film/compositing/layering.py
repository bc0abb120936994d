"""Layering: the frames of a film drawn in layers, each kept as soon as it is written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from time import perf_counter

from render.errors import ThalwegError
from render.film.compositing.layered import LayerCamera
from render.film.compositing.sequence import FrameApart, LayerSequence
from render.film.film import TRIES, Failed, KeptPictures
from render.film.pool import Pool, PoolWriter
from render.film.programme import Programme
from render.film.shooting import Shooting
from render.interrupts import finishing

Lacking = dict[int, list[LayerSequence]]  # by the number of a frame, the sequences that lack it


@dataclass(frozen=True)
class LayerDraft:
    """Frames of a film that are to be drawn in layers, and what for."""

    shooting: Shooting
    pool: Pool
    programme: Programme
    lacking: Lacking
    taken: list[float] = field(default_factory=list, compare=False)  # seconds of each that was drawn, in order


def draw_layers(draft: LayerDraft, name: str, total: int) -> Failed:
    """Draws frames of a film in layers, each twice where it fails; returns those that failed, and why.

    Ctrl-C waits for the frame that is being drawn.
    """
    done = total - len(draft.lacking)
    task = draft.shooting.reporter.task(f"drawing layers of film {name}", total=total, unit="frames", done=done)
    with finishing() as times_asked, task as progress:
        failed = _drawn(draft, sorted(draft.lacking), progress.advance, times_asked)
        for _ in range(TRIES - 1):
            failed = _drawn(draft, sorted(failed), progress.advance, times_asked) if failed else {}
    return failed


def _drawn(
    draft: LayerDraft, numbers: Sequence[int], advance: Callable[[int], None], times_asked: Callable[[], int]
) -> Failed:
    failed: Failed = {}
    with PoolWriter(draft.pool) as pictures:
        keys = {part.key for number in numbers for part in draft.programme.frames[number].parts}
        kept = KeptPictures(draft.programme, pictures, draft.pool.find(keys))
        shooting = replace(draft.shooting, kept=kept)
        camera = LayerCamera(shooting)
        try:
            for number in numbers:
                try:
                    begun = perf_counter()
                    draw_frame(draft, camera, number)
                    draft.taken.append(perf_counter() - begun)
                    advance(1)
                except (ThalwegError, OSError, MemoryError):
                    raise
                except Exception as error:  # whatever a driver or a font makes of one frame
                    failed[number] = f"{type(error).__name__}: {error}"
                if times_asked():
                    return failed
        finally:
            camera.leave()
            shooting.leave(())
    return failed


def draw_frame(draft: LayerDraft, camera: LayerCamera, number: int) -> None:
    """Writes a frame of every sequence that lacks it."""
    moment, lacking = draft.programme.moment(number), draft.lacking[number]
    drawn = [each for each in lacking if not each.settings.is_written]
    written = [each for each in lacking if each.settings.is_written]
    if drawn:
        place = camera.shooting.slices(moment)[0]
        planes = camera.planes(place)
        for each in drawn:
            each.write_drawn(number, place, planes, camera)
    if written:
        frame = FrameApart(number, *camera.shooting.unwritten(moment, apart=True))
        for each in written:
            each.write_written(frame)
