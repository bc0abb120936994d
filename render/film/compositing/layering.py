"""Layering: the frames of a film drawn in layers, each kept as soon as it is written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from time import perf_counter

from render.film.attempts import Failed, each_in_turn
from render.film.compositing.layered import LayerCamera
from render.film.compositing.sequence import FrameApart, LayerSequence
from render.film.film import kept_pictures
from render.film.pool import Pool, PoolWriter
from render.film.programme import Programme
from render.film.shooting import Shooting

Lacking = dict[int, list[LayerSequence]]  # by the number of a frame, the sequences that lack it


@dataclass(frozen=True)
class LayerDraft:
    """Frames of a film that are to be drawn in layers, and what for."""

    camera: LayerCamera
    pool: Pool
    programme: Programme
    lacking: Lacking
    taken: list[float] = field(default_factory=list, compare=False)  # seconds of each that was drawn, in order

    @property
    def shooting(self) -> Shooting:
        """The scene made ready for them."""
        return self.camera.shooting

    def draw(
        self,
        numbers: Sequence[int],
        advance: Callable[[int], None],
        times_asked: Callable[[], int],
        *,
        all_of_it: bool = False,
        stay: bool = False,
    ) -> Failed:
        """Draws frames in layers, each kept as soon as it is written; returns those that failed, and why."""
        with PoolWriter(self.pool) as pictures:
            shooting = replace(self.shooting, kept=kept_pictures(self.programme, pictures, numbers))
            camera = replace(self.camera, shooting=shooting)

            def one(number: int) -> None:
                try:
                    begun = perf_counter()
                    draw_frame(self, camera, number, times_asked)
                    self.taken.append(perf_counter() - begun)
                except Exception:  # in which a driver may have lost what its stages hold
                    self.leave()
                    raise

            try:
                return each_in_turn(one, numbers, advance, times_asked, all_of_it=all_of_it)
            finally:
                if not stay:
                    self.leave()

    def leave(self) -> None:
        """Gives back all stages."""
        self.camera.leave()
        self.shooting.leave(())


def draw_frame(draft: LayerDraft, camera: LayerCamera, number: int, times_asked: Callable[[], int]) -> None:
    """Writes a frame of every sequence that lacks it; nothing of a picture in which a second Ctrl-C came."""
    moment, lacking = draft.programme.moment(number), draft.lacking[number]
    drawn = [each for each in lacking if not each.settings.is_written]
    written = [each for each in lacking if each.settings.is_written]
    if drawn:
        place = camera.shooting.slices(moment)[0]
        planes = camera.planes(place)
        _require_whole(times_asked)
        for each in drawn:
            each.write_drawn(number, place, planes, camera)
    if written:
        frame = FrameApart(number, *camera.shooting.unwritten(moment, apart=True))
        _require_whole(times_asked)
        for each in written:
            each.write_written(frame)


def _require_whole(times_asked: Callable[[], int]) -> None:
    if times_asked() > 1:  # while this picture was drawn, which may be half of one
        raise KeyboardInterrupt
