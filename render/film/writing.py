"""Writing: what is written on the pictures of a shooting, moment by moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING

import numpy as np

from render.film.furniture.furnish import Furnishing, furnish
from render.film.mixing import mixed
from render.film.overlaid import ending_of
from render.film.prints.patches import Draw
from render.film.take import Take
from render.film.timeline import Moment, Slice
from render.film.worded import Grounds, Worded, set_at
from render.film.words.ending import Ending
from render.film.words.lettering import Lettering, lettering_of, plots_of, sheet_for
from render.film.words.overlay import draw_words, left_out, page_of
from render.film.words.wording import caption_of, words_of
from render.scene.output import Film, Still
from render.scene.spec import Scene
from render.scene.time.course import ShotCourse

if TYPE_CHECKING:
    from render.film.shooting import Shooting


@dataclass(frozen=True)
class Writing:
    """The words of a shooting; letterings are those of its shots that were needed so far."""

    shooting: Shooting
    letterings: dict[int, Worded]

    @property
    def _scene(self) -> Scene:
        return self.shooting.scene

    @property
    def _output(self) -> Film | Still:
        return self.shooting.output

    @cached_property
    def _grounds(self) -> Grounds:
        return Grounds(self.shooting.bare)

    def on(self, slices: Sequence[Slice], moment: Moment, under: np.ndarray | None = None) -> Draw:
        """Returns what writes the words of a moment on a picture.

        under: the picture that lines are drawn for, where they are drawn on another.
        """
        if self.shooting.timeline.unfolds(slices):
            return self._handing_over(slices, moment, under)
        return self._writing_of(slices[0], moment, under)

    def _handing_over(self, slices: Sequence[Slice], moment: Moment, under: np.ndarray | None) -> Draw:
        """Returns what writes the words of a line, which go, and then those of its terrain, which come.

        The title stays where it stands, if it does so on both.
        """
        old, new = sorted(slices, key=lambda each: self.shooting.timeline.shots.index(each.shot))
        left, come = (float(np.clip(part, 0, 1)) for part in (1 - 2 * new.share, 2 * new.share - 1))
        worded = self._worded(new)
        take, dress = worded.take, worded.lettering.dress
        words, sheet = words_of(self._scene, self._output, take, new.time), sheet_for(self._output, take)
        stays = page_of(words, sheet).is_headed_as(self.shooting.line(old.shot, old.time).page)
        titled = partial(draw_words, words=words, dress=dress, sheet=sheet, bare=True)
        drawn = [(self._writing_of(each, moment, under), part) for each, part in ((old, left), (new, come)) if part]

        def write(pixels: np.ndarray) -> np.ndarray:
            layers = [(titled(pixels) if stays else pixels, 1 - left - come)]
            layers += [(draw(pixels), part) for draw, part in drawn]
            return mixed(layers, "#000000", self._scene.seed + moment.number)

        return write

    def _writing_of(self, lead: Slice, moment: Moment, under: np.ndarray | None) -> Draw:
        """Returns what writes the words of a slice of a moment."""
        if self._scene.shots[lead.shot].line:
            return self.shooting.line(lead.shot, lead.time).writing(lead.time)
        worded = self._worded(lead)
        return self.writing(worded.take, lead.time, worded.lettering, moment.time, under)

    def _worded(self, lead: Slice) -> Worded:
        """Returns a shot with its words as they are set at a moment, for which some of its pictures are looked at."""
        course = ShotCourse(self._scene, lead.shot)
        state = course.lettered(lead.time)
        held = self.letterings.get(lead.shot)
        if held is None or held.state != state:
            take = self.shooting.take(lead.shot)
            take = set_at(take, course, lead.time) if state else take
            self.tell_what_is_left_out(take)
            seen = self._grounds.under(take.look.text, changes=bool(state))
            seen_by = seen, lambda levels: self.shooting.stages_of(lead.shot)[0].shown(levels)
            made = lettering_of(self._scene, self._output, take, self._looked_at(lead), seen_by)
            held = self.letterings[lead.shot] = Worded(state, take, made)
            self.tell(made.over.left_out if made.over else (), "; a smaller size or another place gives it some")
        return held

    def _looked_at(self, lead: Slice) -> list[Slice]:
        """Returns the moments of a shot at which the ground behind its words is measured."""
        if not isinstance(self._output, Film):
            return [lead._replace(share=1.0)]
        timeline = self.shooting.timeline
        return [timeline.moment(lead.shot, number) for number in timeline.looked_at(lead.shot)]

    def tell_what_is_left_out(self, take: Take) -> None:
        """Says which words a small picture has no room for, since it is not to look as if there were none."""
        names = left_out(words_of(self._scene, self._output, take, 0.0), sheet_for(self._output, take))
        self.tell(names, "; the record beside the file tells the caption")

    def tell(self, names: Sequence[str], remedy: str) -> None:
        """Says what a picture has no room for."""
        width, height = self._output.size
        if names:
            listed = " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)
            self.shooting.reporter.say(f"{width}×{height} pixels have no room for {listed}{remedy}")

    def writing(
        self, take: Take, time: float, made: Lettering, clock: float = 0.0, under: np.ndarray | None = None
    ) -> Draw:
        """Returns what writes the words of a time of a shot, seconds, on a picture (H, W, 3) uint8.

        clock: the time of the film, which goes on after its last shot where it has credits or a closing card. under:
        the picture that lines are drawn for, where they are drawn on another.
        """
        words, sheet = words_of(self._scene, self._output, take, time), sheet_for(self._output, take)
        furnishing = made.furnishing
        if furnishing and under is not None:
            furnishing = replace(furnishing, ground=draw_words(under, words, made.dress, sheet))

        def write(pixels: np.ndarray) -> np.ndarray:
            written = draw_words(pixels, words, made.dress, sheet)
            if furnishing:
                written = self._furnished(written, take, time, furnishing)
            if made.over:
                made.over.draw(written, time)
            after = self.shooting.timeline.after(clock)
            return self._ending(made).draw(pixels, written, after) if after > 0 else written

        return write

    def _furnished(self, written: np.ndarray, take: Take, time: float, made: Furnishing) -> np.ndarray:
        """Returns a picture with its furniture, which comes when the terrain is there; may draw on what it is given."""
        share = take.unfolding.furnished(time) if take.unfolding else 1.0
        if share <= 0:
            return written
        furnished = written if share >= 1 else written.copy()
        furnish(furnished, plots_of(self._output, take, time), made)
        return mixed([(furnished, share), (written, 1 - share)], "#000000", 0)

    def _ending(self, made: Lettering) -> Ending:
        """Returns what is written after the last shot."""
        assert isinstance(self._output, Film)
        takes = self.shooting.takes()
        captions = [caption_of(self._scene, take) for take in takes]
        return ending_of(self._scene, self._output, sheet_for(self._output, takes[-1]), made.dress, captions)
