"""The doctor: whether this machine has what a film needs, and what to install where it does not."""

from __future__ import annotations

import importlib.metadata
import json
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from render import __version__, compiler
from render.errors import MachineError
from render.film.ffmpeg import ffmpeg
from render.film.lacking import require_encoder
from render.scene import shipped
from render.stage.window.gl import require_gl
from render.storage import kernels
from render.storage.files import cache_folder

OLDEST = (3, 11)
ROOM = 2.0  # GB; a film of 240 frames in full HD takes 0.7
PATIENCE = 120  # seconds for one frame, kernels compiled included
PINS = Path(__file__).resolve().parent.parent.parent / "constraints.txt"


@dataclass(frozen=True)
class Check:
    """What was found of one thing that a film needs."""

    name: str
    said: str
    remedy: str = ""  # what to do; empty where all is well
    needed: bool = True  # whether nothing can be made without it

    @property
    def state(self) -> str:
        """In a word: ok, note (it works without), or fails."""
        return "ok" if not self.remedy else "fails" if self.needed else "note"

    def __str__(self) -> str:
        return f"{self.state:5} {self.name}: {self.said}{f'; {self.remedy}' if self.remedy else ''}"

    def as_dict(self) -> dict[str, str | bool]:
        """Returns it for JSON."""
        return {**asdict(self), "state": self.state}


def examine(output: Path) -> Iterator[Check]:
    """Gives what is found, one thing after the other; drawing a frame takes some seconds."""
    for name, check in _CHECKS.items():
        try:
            yield check(name)
        except MachineError as error:
            yield Check(name, error.said, error.remedy or "see the README for what a machine needs")
    yield _disk("disk for results", output, "choose another folder with --out", needed=True)
    yield _disk("disk for the cache", cache_folder(), "name another folder with THALWEG_CACHE", needed=False)


def _program(name: str) -> Check:
    return Check(name, f"{__version__} in {shipped.PACKAGE}")


def _scenes(name: str) -> Check:
    """Says where the scenes lie that come with the program."""
    found, folder = len(shipped.scenes()), shipped.folder()
    return Check(name, f"{found} in {folder}", "" if found else "install the package again", needed=False)


def _python(name: str) -> Check:
    version = platform.python_version()
    remedy = "" if sys.version_info[:2] >= OLDEST else f"install Python {'.'.join(map(str, OLDEST))} or newer"
    return Check(name, f"{version} on {platform.system()} {platform.machine()}", remedy)


def _versions(name: str) -> Check:
    """Compares what is installed with the versions that the tests ran with."""
    if not PINS.is_file():
        return Check(name, "not compared, since constraints.txt lies in the project's own folder only")
    pins = dict(re.findall(r"^([A-Za-z0-9_.-]+)==(\S+)", PINS.read_text(encoding="utf-8"), re.MULTILINE))
    others = []
    for package, pinned in pins.items():
        try:
            found = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue  # of the tests or of another system
        if found.partition("+")[0] != pinned.partition("+")[0]:
            others.append(f"{package} {found} in place of {pinned}")
    if others:
        return Check(name, ", ".join(others), "pip install -c constraints.txt -e .", needed=False)
    return Check(name, "as in constraints.txt")


def _torch(name: str) -> Check:
    try:
        import torch
    except (ImportError, OSError) as error:
        raise MachineError(f"cannot be imported ({error})", "pip install -c constraints.txt -e .") from error
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else "no GPU"
    return Check(name, f"{torch.__version__}, {device}, {torch.get_num_threads()} threads")


def _frame(name: str) -> Check:
    """Draws one frame in a process of its own, which a broken driver would end."""
    noticed = require_gl()
    packages = "install a driver, e.g. `apt install libegl1 libgl1-mesa-dri`"
    command = [sys.executable, "-m", "render.stage.window.trial"]
    try:
        drawn = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        return Check(name, f"no frame was drawn in {PATIENCE} s", packages)
    if drawn.returncode != 0:
        lines = drawn.stderr.strip().splitlines()
        why = lines[-1] if lines else f"the process was ended by signal {-drawn.returncode}"
        return Check(name, f"no frame could be drawn ({why})", packages)
    found = json.loads(drawn.stdout.strip().splitlines()[-1])
    said = f"{found['window']}, {found['renderer']}, OpenGL {found['version']}, pictures up to {found['widest']:,} px"
    if not found["contrast"]:
        return Check(name, said, f"its frame is of one grey; {packages}")
    return Check(name, said, noticed and f"{noticed}; unset it", needed=False)


def _encoder(name: str) -> Check:
    require_encoder()
    version = subprocess.run([ffmpeg(), "-version"], capture_output=True, text=True, check=False).stdout
    first = version.partition("\n")[0].partition(" Copyright")[0]
    return Check(name, f"{first}, with libx264")


def _compiler(name: str) -> Check:
    found = compiler.version()
    if found is None:
        return Check(name, "none was found, so all is slower", "`apt install g++` brings one", needed=False)
    if not compiler.works():
        return Check(name, f"{found} compiles nothing", "`apt install g++` brings another", needed=False)
    lacking = compiler.lacks()
    if lacking is not None:
        return Check(name, f"{found}, but {lacking[0]}, so pictures are slower", lacking[1], needed=False)
    return Check(name, found)


def _kernels(name: str) -> Check:
    found = kernels.census()
    if found is None:
        return Check(name, f"none is kept in {cache_folder()} so far")
    folder, count, size = found
    return Check(name, f"{count:,} in {size / 1e6:,.1f} MB are kept in {folder}")


def _disk(name: str, folder: Path, remedy: str, *, needed: bool) -> Check:
    """Looks whether a folder, or the nearest one above it, can be written, and how much room is left there."""
    place = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=place) as file:
            file.write(b"x")
    except OSError as error:
        return Check(name, f"{place} cannot be written ({error.strerror})", remedy, needed)
    room = shutil.disk_usage(place).free / 1e9
    return Check(name, f"{room:,.1f} GB free in {place}", remedy if room < ROOM else "", needed=False)


_CHECKS: dict[str, Callable[[str], Check]] = {
    "Thalweg": _program,
    "scenes": _scenes,
    "Python": _python,
    "versions": _versions,
    "torch": _torch,
    "graphics": _frame,
    "encoder": _encoder,
    "C++ compiler": _compiler,
    "compiled kernels": _kernels,
}
