"""What is drawable: whether the words that a scene puts on its pictures can be drawn, and what to do where they cannot.

Asked when a scene is read, so that a letter that no font has is not found out after hours of measuring. Words that are
not drawn are not asked about.
"""

from __future__ import annotations

import importlib
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from render.scene.existing import ReadySurface
from render.scene.output import Film, Still
from render.scene.part import Fault, Location
from render.scene.spec import Scene
from render.scene.titles import Credits, credits_of
from render.scene.typefaces import fonts
from render.scene.typefaces.letters import is_emoji, needs_shaping, one_line, script_of, undrawable
from render.scene.typefaces.typeface import Typeface
from render.scene.written import timed_titles

MOST_NAMED = 3  # letters; the rest are counted
CJK, CORE = "fonts-noto-cjk", "fonts-noto-core"
EMOJI, MATHEMATICS = ("Noto Color Emoji", "fonts-noto-color-emoji"), ("DejaVu Sans", "fonts-dejavu-core")
FAMILIES = {  # by the first word of a letter's name: a family that has it, and the package of Debian that brings it
    **dict.fromkeys(
        ["CJK", "HIRAGANA", "KATAKANA", "IDEOGRAPHIC", "FULLWIDTH", "HALFWIDTH"], ("Noto Sans CJK JP", CJK)
    ),
    "BOPOMOFO": ("Noto Sans CJK TC", CJK),
    "HANGUL": ("Noto Sans CJK KR", CJK),
    **{
        script.upper(): (f"Noto Sans {script}", CORE)
        for script in (
            *(
                "Arabic",
                "Hebrew",
                "Syriac",
                "Thaana",
                "Devanagari",
                "Bengali",
                "Gurmukhi",
                "Gujarati",
                "Oriya",
                "Tamil",
            ),
            *("Telugu", "Kannada", "Malayalam", "Sinhala", "Thai", "Lao", "Tibetan", "Myanmar", "Georgian", "Armenian"),
            *("Ethiopic", "Cherokee", "Khmer", "Mongolian", "Runic"),
        )
    },
}


def faults(scene: Scene) -> Iterator[Fault]:
    """Gives the fonts of a scene that are not there, and the words that its pictures cannot be drawn with."""
    chain, lost = [], False
    for place, name in enumerate(scene.look.font):
        try:
            chain.append(fonts.find(name))
        except LookupError as error:
            lost = True
            yield ("look", "font", place), name, str(error.args[0])
    if not lost:  # else the words would be blamed for what the font was named for
        yield from _undrawable(scene, chain)


def _undrawable(scene: Scene, chain: Sequence[Typeface]) -> Iterator[Fault]:
    for location, text, hidden_by in _words(scene):
        if not chain and text.isascii() and text.isprintable():
            continue  # as nearly all are, and no file is read
        said = sentence(text, [*chain, fonts.bundled()])
        if said:
            about = "its name is drawn in the caption, and " if location[-1] == "surface" else ""
            yield location, text, f"{about}{said}, or {hidden_by}"


def _words(scene: Scene) -> Iterator[tuple[Location, str, str]]:
    """Gives the words of a scene that are drawn, with where they stand, and what would hide them."""
    outputs: list[Still | Film] = [*scene.stills.values(), *scene.films.values()]
    if any(output.title for output in outputs):
        yield ("title",), scene.title, "hide the title with title: false"
    yield from _labels(scene, outputs)
    yield from _in_time(scene, outputs)
    if any(output.caption for output in outputs):
        shown = {name for shot in scene.shots for name in shot.surfaces}
        shown |= {name for one in shown & scene.series.keys() for name in getattr(scene.series[one], "surfaces", ())}
        for name, surface in scene.surfaces.items():
            if isinstance(surface, ReadySurface) and name in shown:
                file = PurePosixPath(surface.source.surface).name
                yield ("surfaces", name, "source", "surface"), file, "rename the file, or hide it with caption: false"


def _in_time(scene: Scene, outputs: Sequence[Still | Film]) -> Iterator[tuple[Location, str, str]]:
    """Gives the lines of titles that come and go and of credits, where any picture has them."""
    if any(output.titles for output in outputs):
        for timed in timed_titles(scene):
            own = () if timed.location[-1] == "chapter" else ("text",)
            for line in timed.title.text.splitlines():
                yield (*timed.location, *own), line, "hide it with titles: false"
    found = credits_of(scene.credits) if scene.films else None
    for number, line in enumerate(found.lines if found else ()):
        yield (
            ("credits", *(("lines",) if isinstance(scene.credits, Credits) else ()), number),
            line,
            "write it otherwise",
        )


def _labels(scene: Scene, outputs: Sequence[Still | Film]) -> Iterator[tuple[Location, str, str]]:
    """Gives what surfaces and runs are called, and the words of another language, where any picture has them."""
    if not outputs:
        return
    for family, members in (("surfaces", scene.surfaces), ("series", scene.series), ("runs", scene.runs)):
        for name, member in members.items():
            if member.label:
                yield (family, name, "label"), member.label, "write another label"
    for phrase, said in scene.words.language.items():
        yield ("words", "language", phrase), said, "say it otherwise"
    for family, makers in (("stills", scene.stills), ("films", scene.films)):
        for name, output in makers.items():
            for phrase, said in output.words.language.items():
                yield (family, name, "words", "language", phrase), said, "say it otherwise"


def sentence(text: str, chain: Sequence[Typeface]) -> str:
    """Returns why a chain of typefaces cannot draw a text, and what to do, or "" where it can."""
    lacking = undrawable(text, chain)
    if lacking:
        controls = [letter for _, letter in lacking if unicodedata.category(letter) in ("Cc", "Cf", "Cn", "Cs")]
        remedy = "remove it" if controls else _remedy(text, [letter for _, letter in lacking])
        return f"no font here has a letter for {_named(lacking)}; {remedy}"
    shaped = needs_shaping(text)
    if shaped and not _can_shape():
        return (
            f"the letters of {_script(shaped)} take their form and order from each other, for which the library "
            "fribidi is missing here; `apt install libfribidi0` brings it"
        )
    return ""


def _can_shape() -> bool:
    """Whether letters that join, and those from right to left, can be laid out; asks the library that draws them."""
    return bool(importlib.import_module("PIL.features").check("raqm"))


def _script(letter: str) -> str:
    return script_of([letter])[0].capitalize()


def _named(lacking: Sequence[tuple[int, str]]) -> str:
    """Returns letters with their code points and their places in a text."""
    said = [f"{_shown(letter)} (U+{ord(letter):04X}, character {place})" for place, letter in lacking[:MOST_NAMED]]
    more = len(lacking) - MOST_NAMED
    return ", ".join(said) + (f" and {more} more" if more > 0 else "")


def _shown(letter: str) -> str:
    return f'"{letter}"' if letter.isprintable() and unicodedata.category(letter)[0] not in "CM" else "a sign"


def _remedy(text: str, lacking: Sequence[str]) -> str:
    """Returns which families have letters, and how to get those that are not installed."""
    wanted = dict.fromkeys(_family(letter, text) for letter in lacking)
    known = [found for found in wanted if found is not None]
    if len(known) < len(wanted):
        return "set look.font to a font that has it"
    named = known[0][0] if len(known) == 1 else f"[{', '.join(family for family, _ in known)}]"
    packages = sorted({package for family, package in known if not _is_installed(family)})
    brought = f", which `apt install {' '.join(packages)}` brings" if packages else ""
    return f"set look.font: {named}{brought}"


def _family(letter: str, text: str) -> tuple[str, str] | None:
    """Returns a family that has a letter, and the package that brings it, where one is known."""
    if is_emoji(letter) or f"{letter}\ufe0f" in one_line(text):
        return EMOJI
    return FAMILIES.get(script_of([letter])[0]) or (MATHEMATICS if unicodedata.category(letter)[0] == "S" else None)


def _is_installed(family: str) -> bool:
    try:
        return bool(fonts.find(family))
    except LookupError:
        return False
