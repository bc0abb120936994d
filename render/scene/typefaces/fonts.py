"""Fonts: where the typefaces lie that a scene may name, by a file or by a family that is installed.

A file lies in the working directory or a folder in it, like all that a scene names. A family is looked up with
fontconfig's fc-list, or in the usual folders where that is not installed; another family is never put in its place.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, WithJsonSchema

from render.scene.language.nearest import guess
from render.scene.typefaces.typeface import NoTypefaceError, Typeface, names_in, read_typeface
from render.storage.files import asset, leads_out

ENDINGS = (".ttf", ".otf", ".ttc", ".otc")
TEXT = "fonts/Inter-Regular.otf"
MOST_FONTS = 8
REGULAR = (80, 100)  # weight and width in fontconfig's measure
LIST = "%{file}\t%{index}\t%{family}\t%{fullname}\t%{weight}\t%{slant}\t%{width}\n"
PATIENCE = 60  # seconds for fc-list, which may have a cache to make first
WEIGHTS = {"thin": 0, "light": 50, "medium": 100, "semi": 180, "demi": 180, "bold": 200, "black": 210, "heavy": 210}


class Installed(NamedTuple):
    """A face that is installed, and how far it is from upright and regular."""

    departure: float
    file: str
    face: int  # in a collection
    families: tuple[str, ...]
    fulls: tuple[str, ...]


def _named(name: str) -> str:
    """Returns the name of a font; raises ValueError for a file that is not within the working directory."""
    if not name.isprintable() or not name.strip():
        raise ValueError(f"{name!r} is no name of a font; name a family or a file")
    outside = name.startswith(("/", "~")) or "\\" in name or ".." in name.split("/") or ":" in name.split("/")[0]
    if is_file(name) and (outside or leads_out(Path(name), Path.cwd())):
        raise ValueError(
            f'"{name}" leads out of the working directory; copy the file there, or name the family, if it is installed'
        )
    return name


def is_file(name: str) -> bool:
    """Whether a font is named by its file."""
    return name.lower().endswith(ENDINGS) or "/" in name


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


FontName = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_named)]
Fonts = Annotated[
    list[FontName],
    Field(max_length=MOST_FONTS),
    BeforeValidator(_listed),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "minLength": 1, "maxLength": 200},
                {
                    "type": "array",
                    "items": {"type": "string", "minLength": 1, "maxLength": 200},
                    "maxItems": MOST_FONTS,
                },
            ]
        }
    ),
]


@functools.lru_cache(maxsize=64)
def bundled(name: str = TEXT) -> Typeface:
    """Returns a font of assets/."""
    return read_typeface(asset(name))


def find(name: str) -> Typeface:
    """Returns the typeface of a file or a family; raises LookupError, saying what is near, where there is none."""
    try:
        if is_file(name):
            return _in_file(Path(name))
        face = next((face for face in installed() if _is_called(face, name)), None)
        if face is None:
            raise LookupError(f'no font family "{name}" is installed; {_near(name)}')
        return read_typeface(Path(face.file), face.face)
    except NoTypefaceError as error:
        raise LookupError(f'"{name}" {error}; name another font') from error


def _in_file(file: Path) -> Typeface:
    if not file.is_file():
        raise LookupError(f'there is no file "{file}"; name one from the working directory, or a family')
    return read_typeface(file)


def _is_called(face: Installed, name: str) -> bool:
    return name.casefold() in {each.casefold() for each in (*face.families, *face.fulls)}


def _near(name: str) -> str:
    families = {family for face in installed() for family in face.families}
    found = guess(name, sorted(families))
    if found:
        return f"did you mean {found}?"
    return "name one that is, or a font file in the working directory"


@functools.cache
def installed() -> tuple[Installed, ...]:
    """Returns the faces that are installed, the plainest of each family first."""
    return tuple(sorted(_by_fontconfig() if shutil.which("fc-list") else _in_folders()))


def _by_fontconfig() -> Iterator[Installed]:
    try:
        listed = subprocess.run(["fc-list", "-f", LIST], capture_output=True, timeout=PATIENCE, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return
    for line in listed.decode(errors="replace").splitlines():
        parts = line.split("\t")
        if len(parts) == 7 and parts[0].lower().endswith(ENDINGS):
            file, index, families, fulls, *style = parts
            weight, slant, width = (_first_number(part, usual) for part, usual in zip(style, (80, 0, 100), strict=True))
            departure = abs(weight - REGULAR[0]) + abs(width - REGULAR[1]) + abs(slant)
            number = int(_first_number(index, 0)) & 0xFFFF  # above are the instances of a variable font
            yield Installed(departure, file, number, tuple(families.split(",")), tuple(fulls.split(",")))


def _first_number(text: str, usual: float) -> float:
    """Returns the first number of fontconfig's [80 200] or 80."""
    try:
        low, _, high = text.strip("[]").partition(" ")
        return min(max(usual, float(low)), float(high or low))
    except ValueError:
        return usual


def _in_folders() -> Iterator[Installed]:
    for folder in folders():
        for file in sorted(folder.rglob("*")):
            if file.suffix.lower() in ENDINGS:
                for index, families, fulls, style in names_in(file):
                    yield Installed(_departure(style), str(file), index, tuple(families), tuple(fulls))


def _departure(style: str) -> float:
    """Returns how far a style is from upright and regular, by its name."""
    words = style.lower()
    weight = max((abs(value - REGULAR[0]) for word, value in WEIGHTS.items() if word in words), default=0)
    return weight + 25 * ("condensed" in words) + 100 * ("italic" in words or "oblique" in words)


def folders() -> list[Path]:
    """Returns the folders where this system keeps its fonts."""
    own = Path(os.environ.get("XDG_DATA_HOME") or Path(os.path.expanduser("~"), ".local/share"))  # noqa: PTH111
    usual = {
        "darwin": ["/System/Library/Fonts", "/Library/Fonts", os.path.expanduser("~/Library/Fonts")],  # noqa: PTH111
        "win32": [str(Path(os.environ.get("WINDIR", "C:/Windows"), "Fonts"))],
    }
    names = usual.get(sys.platform, ["/usr/share/fonts", "/usr/local/share/fonts", str(own / "fonts")])
    return [Path(name) for name in names if Path(name).is_dir()]
