"""The palette of a look: stops that are written out, or the name of one of ours, of another package's or of a file.

Lightness tells height where colour alone does not: in grey, in print and to colour-blind eyes. So it rises or falls all
the way, unless a palette says that it is diverging, which turns once, or cyclic, which ends as it begins.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, StringConstraints, Tag

from render.scene.body import Colour, Share
from render.scene.colours import colourfile, colourmaps, oklab
from render.scene.colours.colourfile import Stop
from render.scene.language.document import read
from render.scene.language.nearest import guess, nearest
from render.storage.files import asset

FIRST = "ember"
REVERSED = ("_r", "-r")
MOST_NAMED = 3  # turns that are said
JOINED = 0.05  # distance in OKLab of the ends of a cyclic palette


def _named_or_listed(value: Any) -> Any:
    if not isinstance(value, (str, list, tuple)):
        raise ValueError("is neither the name of a palette nor a list of [position, colour] from deep to high")
    if isinstance(value, str) and value.startswith("#"):
        raise ValueError(f'"{value}" is one colour; write two at least, such as [[0, "#000000"], [1, "{value}"]]')
    return value


PaletteKind = Literal["sequential", "diverging", "cyclic"]
Palette = Annotated[
    Annotated[str, StringConstraints(min_length=1, max_length=500), Tag("name")]
    | Annotated[
        list[Annotated[tuple[Share, Colour], Field(strict=False)]], Field(min_length=2, max_length=64), Tag("stops")
    ],
    Discriminator(lambda value: "name" if isinstance(value, str) else "stops"),
    BeforeValidator(_named_or_listed),
]


def stops_of(palette: str | Sequence[Stop]) -> Sequence[Stop]:
    """Returns the stops of a palette from deep to high; raises ValueError for a name that leads to none.

    Raises MachineError where the package that has it is not installed.
    """
    return find(palette) if isinstance(palette, str) else palette


def require_order(palette: str | Sequence[Stop], kind: PaletteKind) -> None:
    """Raises ValueError for positions that do not rise from 0 to 1, and for lightness that is not of its kind."""
    stops = stops_of(palette)
    named = f'"{palette}" ' if isinstance(palette, str) else ""
    fault = _of_positions([position for position, _ in stops]) or FAULTS[kind](stops)
    if fault:
        raise ValueError(f"{named}{fault}")


def _of_positions(positions: Sequence[float]) -> str:
    if positions[0] != 0 or positions[-1] != 1:
        return f"runs from {positions[0]:g} to {positions[-1]:g}; let it run from 0 to 1"
    for low, high in itertools.pairwise(positions):
        if low >= high:
            return f"position {high:g} does not lie above {low:g}, the one before it"
    return ""


def _turns(stops: Sequence[Stop]) -> list[int]:
    return oklab.turns([oklab.oklab(colour)[0] for _, colour in stops])


def _of_sequential(stops: Sequence[Stop]) -> str:
    found = _turns(stops)
    if not found:
        return ""
    said = "or say palette_kind: diverging if both ends are to stand out"
    if len(found) > 1:
        closed = oklab.apart(stops[0][1], stops[-1][1]) <= JOINED
        said = "or say palette_kind: cyclic, since it ends as it begins" if closed else "or take another palette"
    return f"{_course(stops, found)}; put its colours in order of lightness, {said}"


def _of_diverging(stops: Sequence[Stop]) -> str:
    found = _turns(stops)
    if len(found) < 2:
        return ""
    return f"{_course(stops, found)}; a diverging palette turns once, so leave out the colours that turn it back"


def _of_cyclic(stops: Sequence[Stop]) -> str:
    first, last = stops[0][1], stops[-1][1]
    if oklab.apart(first, last) <= JOINED:
        return ""
    return f'begins with "{first}" and ends with "{last}"; a cyclic palette ends as it begins'


FAULTS = {"sequential": _of_sequential, "diverging": _of_diverging, "cyclic": _of_cyclic}


def _course(stops: Sequence[Stop], found: Sequence[int]) -> str:
    """Returns where the lightness of stops turns, in words."""
    lights = [oklab.oklab(colour)[0] for _, colour in stops]
    rises = lights[found[0]] > lights[0]
    begin = f"grows {'lighter' if rises else 'darker'} up to {stops[found[0]][1]} at {stops[found[0]][0]:.3g}"
    if len(found) == 1:
        return f"{begin}, then {'darker' if rises else 'lighter'} again"
    places = [f"{stops[index][0]:.3g}" for index in found[:MOST_NAMED]]
    more = f" and {len(found) - MOST_NAMED} more places" if len(found) > MOST_NAMED else ""
    return f"{begin} and turns {len(found)} times, at {', '.join(places)}{more}"


def find(name: str) -> Sequence[Stop]:
    """Returns the stops of a name: own palette, package:map, a map that one package alone has, or a file."""
    if name.endswith(REVERSED):
        return tuple((1 - position, colour) for position, colour in reversed(_forward(name[:-2])))
    return _forward(name)


def _forward(name: str) -> Sequence[Stop]:
    if colourfile.is_file(name):
        return colourfile.read(name)
    if name in own_names():
        return own(name)
    package, colon, plain = name.partition(":")
    if colon:
        return colourmaps.find(package.strip(), plain.strip())
    having = colourmaps.having(name)
    if len(having) > 1:
        raise ValueError(f'"{name}" is a map of {_and(having)}; say which, such as {having[0]}:{name}')
    return colourmaps.find(having[0], name) if having else _unknown(name)


def _unknown(name: str) -> Sequence[Stop]:
    """Raises ValueError, saying what is near, or what else there is."""
    missing = colourmaps.missing()
    maps = {
        plain: f"{package}:{plain}"
        for package in colourmaps.PACKAGES
        if package not in missing
        for plain in colourmaps.maps_of(package)
    }
    found = guess(name, own_names()) or maps.get(guess(name, maps) or "")
    more = f"; {_and(missing)} may have it, which {colourmaps.BRINGS} brings" if missing else ""
    said = f"did you mean {found}?" if found else nearest(name, own_names())
    raise ValueError(f'"{name}" is not a palette; {said}{more}')


def _and(names: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


@functools.cache
def own_names() -> tuple[str, ...]:
    """Returns the names of the palettes in assets/."""
    return tuple(sorted(path.stem for path in asset(f"palettes/{FIRST}.yaml").parent.glob("*.yaml")))


@functools.cache
def own(name: str) -> tuple[Stop, ...]:
    """Returns the stops of a palette in assets/."""
    data: Any = read(asset(f"palettes/{name}.yaml")).data
    return tuple((float(position), colour) for position, colour in data["stops"])
