"""Markup: templates that are filled with text. Whatever is filled in is text, and shown as it stands, unless it was
made here.
"""

from __future__ import annotations

import functools
import html
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

TEMPLATES = Path(__file__).parent / "templates"
PLACE = re.compile(r"\{\{ ([a-z_]+) \}\}")


class Markup(str):
    """What is HTML already."""


def escaped(text: str) -> Markup:
    """Returns text as HTML that shows it; what no page can show is left out."""
    plain = "".join(c for c in text if c.isprintable() or c in "\n\t")
    return text if isinstance(text, Markup) else Markup(html.escape(plain, quote=True))


@functools.cache
def template(name: str) -> str:
    """Returns the text of a template."""
    return (TEMPLATES / name).read_text(encoding="utf-8")


def filled(name: str, parts: Mapping[str, str]) -> Markup:
    """Returns a template with its places filled, in one pass, so that nothing that is filled in is itself a place."""
    return Markup(PLACE.sub(lambda found: escaped(parts[found[1]]), template(name)))


def joined(parts: Any) -> Markup:
    """Returns parts of markup, one after the other."""
    return Markup("\n".join(escaped(part) for part in parts))


def as_script(value: Any) -> str:
    """Returns a value as JSON that may stand in a script, in a page or in a file: it ends no element."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
