"""The layers of a film as a work: passes, mattes, words and plates of one size and rate, drawn together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from render.errors import DataError, FramesError
from render.film.compositing.layering import LayerDraft, draw_layers
from render.film.compositing.sequence import ALGORITHM, LayerSequence
from render.film.frames import FrameStore
from render.film.preflight import require_drawing, require_writable
from render.film.prints.exr import openimageio
from render.progress import Reporter
from render.scene.encoders.compositing import LayerPart, PassSequence
from render.scene.key import counted
from render.scene.outputs import FilmFile, files_of, rate_of, size_of
from render.storage.files import content_key
from render.works.drawing_cost import Charge, layers_begun, layers_charge
from render.works.encoding_cost import layer_cost
from render.works.file import require_letters
from render.works.frames_work import FramesWork
from render.works.order import Order
from render.works.paces import Paces, Stopwatch, remember, told_by_layers
from render.works.shard import place_of, require_others, share_of
from render.works.work import Finding, Item, Work, finding_of

ALONE = "layers are drawn by this process alone; --shard shares them among several calls"


@dataclass(frozen=True)
class LayersWork:
    """What the frames of a film are made of, as its outputs of one size and rate ask for it."""

    frames: FramesWork  # whose moments, size and rate they have

    kind = "frames"
    again = "are drawn again"

    @property
    def order(self) -> Order:
        """What is asked for."""
        return self.frames.order

    @property
    def name(self) -> str:
        """The name of the film."""
        return self.frames.name

    @property
    def needs(self) -> Sequence[Work]:
        """The surfaces on them."""
        return self.frames.needs

    @cached_property
    def files(self) -> list[FilmFile]:
        """The outputs that are made of them."""
        film, look = self.order.scene.films[self.name], (self.frames.film.size, self.frames.film.fps)
        return [
            file
            for file in files_of(film)
            if isinstance(file.encoder, LayerPart)
            and (size_of(film, file.encoder), rate_of(film, file.encoder)) == look
        ]

    @cached_property
    def sequences(self) -> list[LayerSequence]:
        """The pictures of each output, in their order."""
        return [self.sequence(file) for file in self.files]

    def sequence(self, file: FilmFile) -> LayerSequence:
        """Returns the pictures of an output."""
        settings = file.encoder
        assert isinstance(settings, LayerPart)
        folder = self.order.output / "films" / file.file_name(self.name, self.order.suffix)
        asked = {"stage": "layer", "algorithm": ALGORITHM, "asked": counted(settings)}
        frames = self.frames.programme.frames
        if settings.is_written:
            keys = [content_key({**asked, "frame": frame.key}) for frame in frames]
        else:
            keys = [content_key({**asked, "pictures": [part.key for part in frame.parts]}) for frame in frames]
        return LayerSequence(
            settings, FrameStore(folder, settings.suffix, self.path / f"{folder.name}.jsonl"), tuple(keys)
        )

    @cached_property
    def key(self) -> str:
        """The hash of everything that they depend on."""
        return content_key({"stage": "layers", "layers": [list(each.keys) for each in self.sequences]})

    @property
    def path(self) -> Path:
        """The folder of their manifests; they themselves lie where their outputs do."""
        return self.frames.path.with_name(f"{self.frames.path.name}.layers")

    @property
    def place(self) -> Path:
        """That folder, or a share of it, as shards draw side by side."""
        return place_of(self.path, self.order.means)

    def lacking(self, *, verify: bool = False) -> dict[int, list[LayerSequence]]:
        """Returns the sequences that lack a frame that is asked for, by its number; verify reads their bytes."""
        found: dict[int, list[LayerSequence]] = {}
        for each in self.sequences:
            missing = set(each.store.missing(each.keys, verify))
            for number in self.frames.wanted:
                if number in missing:
                    found.setdefault(number, []).append(each)
        return found

    def load(self) -> int | None:
        """Returns how many there are, where all are; raises DataError where some are damaged."""
        damaged = self._damaged()
        if damaged:
            raise DataError(f"{damaged} are not as they were written")
        return None if self.lacking() else len(self.frames.keys)

    def _damaged(self) -> str:
        named = [each.store.path(number) for each in self.sequences for number in each.store.damaged(each.keys)]
        told = ", ".join(f"{path.parent.name}/{path.name}" for path in named[:5])
        return f"{len(named)} of {len(self.frames.keys) * len(self.sequences)}: {told}" if named else ""

    def look_ahead(self, say: Callable[[str], None]) -> float:
        """Looks for letters, a library, a window to draw in, and a folder that can be written."""
        require_letters(self.order.scene)
        if any(isinstance(each.settings, PassSequence) for each in self.sequences):
            openimageio()
        require_drawing(say)
        require_writable(self.path)
        require_writable(self.order.output / "films")
        return self.left().megabytes

    def make(self, finished: Sequence[Any], reporter: Reporter) -> int:
        """Draws those that are missing, or its share of them; raises Partial where others are left for other calls."""
        means, total = self.order.means, len(self.frames.keys)
        if means.workers > 1 or means.scheduler:
            reporter.say(f"film {self.name}: {ALONE}")
        share = set(share_of(self.frames.wanted, means))
        lacking = {number: each for number, each in self.lacking(verify=True).items() if number in share}
        shooting = self.frames.shooting(finished, reporter)
        self.path.mkdir(parents=True, exist_ok=True)
        draft = LayerDraft(shooting, self.frames.pool, self.frames.programme, lacking)
        watch = Stopwatch()
        failed = draw_layers(draft, self.name, total)
        first, compiled = layers_begun(self.frames.manner), watch.compiled
        told = told_by_layers(self._charges(lacking), first, draft.taken, compiled)
        remember(self.order.output, told, [first.kernels] if draft.taken else [], compiled)
        if failed:
            raise FramesError(self.name, failed, total)
        if means.shard:
            require_others(self.name, means, len(self.lacking()), "frames in layers")
            return total
        for each in self.sequences:
            each.store.trim(total)
        return total

    def state(self) -> Finding:
        """Returns what they are worth on disk."""
        return finding_of(self, self._damaged, self.lacking)

    def left(self) -> Item:
        """Returns those that are missing."""
        lacking, size, paces = self.lacking(), self.frames.film.size, Paces.of(self.order.output)
        megabytes = sum(layer_cost(each.settings, size).megabytes for found in lacking.values() for each in found)
        seconds = sum(map(paces.charged, self._charges(lacking)))
        seconds += paces.charged(layers_begun(self.frames.manner)) if lacking else 0.0
        return Item(f"film {self.name} in layers", len(lacking), "frames", seconds, megabytes)

    def _charges(self, lacking: dict[int, list[LayerSequence]]) -> list[Charge]:
        """Returns what each of some frames takes, in their order."""
        found, size, shots = list[Charge](), self.frames.film.size, self.frames.manner.shots
        for number, sequences in sorted(lacking.items()):
            manner = shots[self.frames.programme.frames[number].parts[0].slice.shot]
            written = [each.settings.is_written for each in sequences]
            drawn = layers_charge(manner, apart=not all(written), written=any(written))
            saved = sum(layer_cost(each.settings, size).seconds for each in sequences)
            found.append(Charge(drawn.name, drawn.seconds + saved))
        return found

    def claims(self) -> Iterator[Path]:
        """Gives the folder of their manifests."""
        yield self.path

    def told(self, made: int) -> dict[str, Any]:
        """Returns how many were asked for."""
        return {"frames": len(self.frames.wanted)}
