"""The layers of a film as a work: passes, mattes, words and plates of one size and rate, drawn together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from render.errors import DataError
from render.film.compositing.layered import LayerCamera
from render.film.compositing.layering import LayerDraft
from render.film.compositing.sequence import ALGORITHM, LayerSequence
from render.film.frames import FrameStore
from render.film.preflight import require_drawing, require_writable
from render.film.prints.exr import openimageio
from render.film.shooting import Shooting
from render.progress import Reporter
from render.scene.encoders.compositing import LayerPart, PassSequence
from render.scene.key import counted
from render.scene.outputs import FilmFile, files_of, rate_of, size_of
from render.storage.files import content_key
from render.works.drawers import DrawingJob, draw
from render.works.drawing_cost import Charge, layers_begun, layers_charge
from render.works.encoding_cost import layer_cost
from render.works.file import require_letters
from render.works.frames_work import FramesWork
from render.works.order import Order
from render.works.paces import Paces, Stopwatch, remember, told_by_layers
from render.works.shard import place_of, require_others, share_of
from render.works.work import Finding, Item, Work, finding_of


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

    def lacking(self, *, verify: bool = False) -> dict[int, tuple[int, ...]]:
        """Returns by the number of each frame that is asked for which sequences lack it, by their places in the list.

        verify reads their bytes.
        """
        missing = [set(each.store.missing(each.keys, verify)) for each in self.sequences]
        found = {
            number: tuple(place for place, numbers in enumerate(missing) if number in numbers)
            for number in self.frames.wanted
        }
        return {number: places for number, places in found.items() if places}

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
        means = self.order.means
        share = set(share_of(self.frames.wanted, means))
        lacking = {number: each for number, each in self.lacking(verify=True).items() if number in share}
        self.path.mkdir(parents=True, exist_ok=True)
        make_ready, watch = partial(layers_ready, lacking=lacking), Stopwatch()
        seconds, what = self._seconds(lacking), f"layers of film {self.name}"
        draft = draw(DrawingJob(self.frames, make_ready, sorted(lacking), seconds, what), finished, reporter)
        if isinstance(draft, LayerDraft):
            self._remember(lacking, draft.taken, watch)
        if means.shard:
            require_others(self.name, means, len(self.lacking()), "frames in layers")
            return len(self.frames.keys)
        self.tidy()
        self.frames.trim_pool(reporter)
        return len(self.frames.keys)

    def tidy(self) -> None:
        """Removes what a kill has left of them, and puts their manifests in order."""
        for each in self.sequences:
            each.store.trim(len(self.frames.keys))
        self.frames.pool.sweep()

    def state(self) -> Finding:
        """Returns what they are worth on disk."""
        return finding_of(self, self._damaged, self.lacking)

    def left(self) -> Item:
        """Returns those that are missing."""
        lacking, size = self.lacking(), self.frames.film.size
        asked = [self.sequences[place].settings for places in lacking.values() for place in places]
        megabytes = sum(layer_cost(each, size).megabytes for each in asked)
        return Item(f"film {self.name} in layers", len(lacking), "frames", self._seconds(lacking), megabytes)

    def _seconds(self, lacking: Mapping[int, tuple[int, ...]]) -> float:
        """Returns about how long one process takes for some of them."""
        paces = Paces.of(self.order.output)
        begun = paces.charged(layers_begun(self.frames.manner)) if lacking else 0.0
        return begun + sum(map(paces.charged, self._charges(lacking)))

    def _remember(self, lacking: Mapping[int, tuple[int, ...]], taken: Sequence[float], watch: Stopwatch) -> None:
        """Keeps what this machine took for them, for the plans of others."""
        first, compiled = layers_begun(self.frames.manner), watch.compiled
        told = told_by_layers(self._charges(lacking), first, taken, compiled)
        remember(self.order.output, told, [first.kernels] if taken else [], compiled)

    def _charges(self, lacking: Mapping[int, tuple[int, ...]]) -> list[Charge]:
        """Returns what each of some frames takes, in their order."""
        found, size, shots = list[Charge](), self.frames.film.size, self.frames.manner.shots
        for number, places in sorted(lacking.items()):
            manner = shots[self.frames.programme.frames[number].parts[0].slice.shot]
            settings = [self.sequences[place].settings for place in places]
            written = [each.is_written for each in settings]
            drawn = layers_charge(manner, apart=not all(written), written=any(written))
            found.append(Charge(drawn.name, drawn.seconds + sum(layer_cost(each, size).seconds for each in settings)))
        return found

    def claims(self) -> Iterator[Path]:
        """Gives the folder of their manifests."""
        yield self.path

    def told(self, made: int) -> dict[str, Any]:
        """Returns how many were asked for."""
        return {"frames": len(self.frames.wanted)}


def layers_ready(frames: FramesWork, shooting: Shooting, lacking: Mapping[int, tuple[int, ...]]) -> LayerDraft:
    """Returns what the layers of frames are drawn by, as they are lacking; the function goes to other processes."""
    sequences = LayersWork(frames).sequences
    wanted = {number: [sequences[place] for place in places] for number, places in lacking.items()}
    return LayerDraft(LayerCamera(shooting), frames.pool, frames.programme, wanted)
