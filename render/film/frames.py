"""The frames of a film on disk: NNNNNN.png, and a manifest that says what each was made from.

The manifest is a file of JSON lines that only grows while frames are drawn: the last line of an index holds, and a
line that was torn by a kill is passed over, so whatever has a line is whole.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from render.film.framefile import png_of
from render.film.saving import Saving
from render.storage.files import disk_errors, replacing, sweep


@dataclass(frozen=True)
class Entry:
    """What the manifest says of one frame."""

    index: int
    key: str  # of what the frame was made from
    size: int  # bytes of the PNG
    crc: int  # CRC-32 of the PNG


@dataclass(frozen=True)
class FrameStore:
    """A folder of numbered frames; it is made when the first frame is written."""

    folder: Path
    ending: str = "png"
    ledger: Path | None = None  # the manifest, where it does not lie in the folder itself

    def paths(self, count: int) -> list[Path]:
        """Returns where the first count frames lie."""
        return [self.path(index) for index in range(count)]

    def missing(self, keys: Sequence[str], verify: bool = False) -> list[int]:
        """Returns the frames that are absent, cut short or made from something else than their key.

        With verify the bytes are read and checked too, about a second per gigabyte.
        """
        entries = self._entries()
        return [index for index, key in enumerate(keys) if not self._holds(entries.get(index), key, verify)]

    def damaged(self, keys: Sequence[str]) -> list[int]:
        """Returns the frames that were drawn for their key and whose bytes are lost or others by now."""
        entries = self._entries()
        drawn = [index for index, key in enumerate(keys) if index in entries and entries[index].key == key]
        return [index for index in drawn if not self._holds(entries[index], keys[index], verify=True)]

    def write(self, index: int, pixels: np.ndarray, key: str) -> None:
        """Saves a frame (H, W, 3) uint8, or (H, W, 4) with straight alpha, then its line in the manifest."""
        content = png_of(pixels)
        with replacing(self.path(index)) as temporary:
            temporary.write_bytes(content)
        self.enter(index, key, content)

    def enter(self, index: int, key: str, content: bytes) -> None:
        """Adds the line of a frame that lies in the folder with a content."""
        line = json.dumps(asdict(Entry(index, key, len(content), zlib.crc32(content))))
        with disk_errors(self._manifest), self._manifest.open("ab") as manifest:
            manifest.write(f"\n{line}\n".encode())  # one call, and a fresh line even after a torn one

    def trim(self, count: int) -> None:
        """Removes frames beyond count and what a kill left half written, and shortens the manifest."""
        kept = {path.name for path in self.paths(count)}
        for path in self.folder.glob(f"*.{self.ending}"):
            if path.name not in kept:
                path.unlink(missing_ok=True)
        sweep(self.folder)
        if self.ledger:
            sweep(self.ledger.parent, (self.ledger.stem,))
        lines = [json.dumps(asdict(entry)) for index, entry in sorted(self._entries().items()) if index < count]
        with replacing(self._manifest) as temporary:
            temporary.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")

    @property
    def _manifest(self) -> Path:
        return self.ledger or self.folder / "manifest.jsonl"

    def path(self, index: int) -> Path:
        """Returns where a frame lies."""
        return self.folder / f"{index:06d}.{self.ending}"

    def _entries(self) -> dict[int, Entry]:
        """Returns the last readable entry of every frame."""
        try:
            lines = self._manifest.read_bytes().splitlines()
        except FileNotFoundError:
            return {}
        read = (_entry(line) for line in lines)
        return {entry.index: entry for entry in read if entry is not None}

    def _holds(self, entry: Entry | None, key: str, verify: bool) -> bool:
        """Says whether a frame is on disk as its entry says, and was made from key."""
        if entry is None or entry.key != key:
            return False
        path = self.path(entry.index)
        if not path.is_file() or path.stat().st_size != entry.size:
            return False
        return not verify or zlib.crc32(path.read_bytes()) == entry.crc


def _entry(line: bytes) -> Entry | None:
    """Returns a line of the manifest, or None if it cannot be read."""
    try:
        return Entry(**json.loads(line))
    except (ValueError, TypeError):
        return None


class FrameWriter(Saving):
    """Saves frames in the background while the next ones are drawn."""

    def __init__(self, store: FrameStore):
        super().__init__()
        self.store = store

    def write(self, index: int, pixels: np.ndarray, key: str, after: Sequence[Future[object]] = ()) -> None:
        """Hands over a frame, (H, W, 3) or (H, W, 4), which is saved after its pictures.

        So a frame is there only where its pictures were kept too. Waits while two others are still being saved.
        """
        self.hand_over(lambda: self.store.write(index, pixels, key), after)
