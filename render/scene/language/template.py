"""A scene to begin with: one that comes with the program, with what each of its keys means above the line."""

from __future__ import annotations

import textwrap
from pathlib import Path

from render.errors import UsageError
from render.scene import shipped
from render.scene.language.document import Document, read
from render.scene.language.include import KEY
from render.scene.language.nearest import nearest
from render.scene.language.whereabouts import find
from render.scene.part import Location
from render.storage.files import disk_errors

USUAL = "first-descent"
WIDTH = 100  # letters of a line
HEAD = "# `thalweg explain KEY` says more of a key; `thalweg schema` prints what editors complete and check by.\n"


def templates() -> dict[str, str]:
    """Returns what each scene that comes with the program says of itself, by name."""
    return {name: _first_words(path.read_text(encoding="utf-8")) for name, path in shipped.scenes().items()}


def begin(name: str, target: Path) -> list[Path]:
    """Writes a template, and what it includes, beside one another; returns the files.

    target: a file, or a folder that is there, in which it is called by the template. Raises UsageError where one is
    there already, and nothing is written then.
    """
    known = shipped.scenes()
    if name not in known:
        raise UsageError(f"--template {name}: is not a template; {nearest(name, known)}")
    target = target / f"{name}.yaml" if target.is_dir() else target
    document = read(known[name])
    texts = {target: commented(known[name].read_text(encoding="utf-8"), document)}
    for included in document.data.get(KEY, []):
        texts[target.parent / included] = (known[name].parent / included).read_text(encoding="utf-8")
    for path in texts:
        if path.exists() or path.is_symlink():
            raise UsageError(f"{path}: is there already, and nothing is overwritten; name another file")
    for path, text in texts.items():
        with disk_errors(path, "another PATH"):
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
    return list(texts)


def commented(text: str, document: Document) -> str:
    """Returns the text of a scene with the meaning of the first key of each line above it."""
    lines = text.splitlines()
    first: dict[int, Location] = {}
    for location, place in sorted(document.keys.items(), key=lambda item: (item[1].line, item[1].column, len(item[0]))):
        if location and isinstance(location[-1], str):
            first.setdefault(place.line, location)
    written: list[str] = []
    told: set[tuple[str, ...]] = set()  # a meaning is said once
    for number, line in enumerate(lines, 1):
        if "yaml-language-server:" in line:
            continue
        location = first.get(number, ())
        starts = bool(location) and line.strip().startswith(str(location[-1]))
        indent = line[: len(line) - len(line.lstrip())]
        comment = _comment(location, indent) if starts else []
        written += comment if tuple(comment) not in told else []
        written.append(line)
        told.add(tuple(comment))
    return HEAD + "\n".join(written) + "\n"


def _comment(location: Location, indent: str) -> list[str]:
    """Returns what a key means as lines of a comment; none for names, and for what says no more than its name."""
    found = [each for each in find(".".join(map(str, location))) if each.key == location[-1] and each.info]
    meaning = found[0].info.description if found and found[0].info else None
    if not meaning:
        return []
    return textwrap.wrap(meaning, WIDTH, initial_indent=f"{indent}# ", subsequent_indent=f"{indent}# ")


def _first_words(text: str) -> str:
    """Returns the first sentence of a scene's comment."""
    said = [line.lstrip("# ") for line in text.splitlines() if line.startswith("#") and "yaml-language" not in line]
    return said[0] if said else ""
