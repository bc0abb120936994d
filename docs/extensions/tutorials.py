"""Tutorials in the book: they are rehearsed when a build begins, and their pages show what was made.

THALWEG_BOOK=off builds without running anything; pictures are then left out.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from docutils import nodes
from PIL import Image
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from extensions.rehearsal import Rehearsal
from extensions.tutorial import Tutorial

WIDEST = 960  # pixels
QUALITY = 88
MOMENT = re.compile(r"(?P<file>.+?)(?:\s+at\s+(?P<seconds>\d+(?:\.\d+)?)\s?s)?")
VARIABLE = "THALWEG_BOOK"

logger = logging.getLogger(__name__)


def is_off() -> bool:
    """Whether nothing is to be run."""
    return os.environ.get(VARIABLE, "").lower() == "off"


def rehearse(app: Sphinx) -> None:
    """Does all tutorials, and says as a warning where a page shows something else than what came."""
    if is_off():
        return
    for page in sorted((Path(app.srcdir) / app.config.tutorials_in).glob("*.md")):
        rehearsal = Rehearsal(Tutorial.read(page), Path(app.config.tutorials_stage))
        if rehearsal.tutorial.steps and not rehearsal.is_kept:
            logger.info("rehearsing %s", page.stem)
        for fault in rehearsal.perform() if rehearsal.tutorial.steps else ():
            logger.warning("%s", fault.sentence, location=f"{page}:{fault.line}")


class Made(SphinxDirective):
    """A picture that the tutorial of this page has made, or a frame of a film: films/first.mp4 at 2s."""

    required_arguments = 1
    final_argument_whitespace = True
    option_spec = {"alt": str}  # noqa: RUF012  (docutils asks for a plain dict)

    def run(self) -> list[nodes.Node]:
        """Returns the picture, or nothing where tutorials are not run."""
        if is_off():
            return []
        if not self.options.get("alt"):
            raise self.error("made: a picture needs words for those who do not see it; write :alt:")
        asked = MOMENT.fullmatch(self.arguments[0].strip())
        assert asked is not None
        page = Path(self.env.doc2path(self.env.docname))
        stage = Path(self.config.tutorials_stage)
        source = stage / page.stem / asked["file"]
        if not source.is_file():
            raise self.error(f"made: the tutorial has not made {asked['file']}")
        shown = self._shown(source, stage / "pictures", f"{page.stem}-{asked['seconds'] or ''}", asked["seconds"])
        self.env.note_dependency(str(shown))
        return [nodes.image(uri=self._uri(shown), alt=self.options["alt"])]

    def _shown(self, source: Path, folder: Path, prefix: str, seconds: str | None) -> Path:
        """Returns the picture as a page shows it, as wide as is needed and no wider."""
        folder.mkdir(parents=True, exist_ok=True)
        shown = folder / f"{prefix}{source.stem}.jpg"
        if seconds is not None:
            frame = folder / f"{prefix}{source.stem}.png"
            self._take(source, seconds, frame)
            source = frame
        with Image.open(source) as picture:
            size = (min(picture.width, WIDEST), round(picture.height * min(1, WIDEST / picture.width)))
            _opaque(picture).resize(size, Image.Resampling.LANCZOS).save(shown, quality=QUALITY)
        return shown

    def _take(self, film: Path, seconds: str, frame: Path) -> None:
        """Takes a frame out of a film."""
        import imageio_ffmpeg

        frame.unlink(missing_ok=True)
        encoder = imageio_ffmpeg.get_ffmpeg_exe()
        command = [encoder, "-loglevel", "error", "-y", "-ss", seconds, "-i", str(film), "-frames:v", "1", str(frame)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode or not frame.is_file():
            raise self.error(f"made: {film.name} has no frame at {seconds} s {done.stderr.strip()}")

    def _uri(self, path: Path) -> str:
        return Path(os.path.relpath(path, Path(self.env.doc2path(self.env.docname)).parent)).as_posix()


def _opaque(picture: Image.Image) -> Image.Image:
    """Returns a picture in red, green and blue, on white where it is transparent."""
    if picture.mode.startswith("I"):  # 16 bits of grey
        return picture.point(lambda value: value / 256).convert("RGB")
    if "A" not in picture.getbands() and "transparency" not in picture.info:
        return picture.convert("RGB")
    seen = picture.convert("RGBA")
    ground = Image.new("RGBA", seen.size, "white")
    return Image.alpha_composite(ground, seen).convert("RGB")


def setup(app: Sphinx) -> dict[str, bool]:
    """Adds tutorials to Sphinx."""
    app.add_config_value("tutorials_in", "tutorials", "env", str)
    app.add_config_value("tutorials_stage", "", "env", str)
    app.add_directive("made", Made)
    app.connect("builder-inited", rehearse)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
