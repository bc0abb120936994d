"""The public names in the reference: docstrings as they stand in the code, with what they leave to comments.

A docstring here is plain text. The fields of a frozen record tell their shapes and units in comments, which are taken
over; the idea, the formula and the source stand in the docstring of the module, which is put beneath.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
import sys
import textwrap
import typing
from collections.abc import Iterator, Sequence
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

import render

CODE = re.compile(r"(?<![`:])`([^`]+)`(?!`)")
FIELD = re.compile(r"\s+(?P<name>\w+): (?P<type>[^=#]+?)(?: = [^#]+?)?(?:\s*#\s*(?P<comment>.+))?")


def process(app: Sphinx, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """Makes a docstring what Sphinx reads; autodoc calls it for each."""
    text = "\n".join(lines)
    lines[:] = list(_prose(text))
    if what not in ("class", "function"):
        return
    if dataclasses.is_dataclass(thing):
        lines += ["", *_fields(thing)]
    said = app.env.current_document.setdefault("ideas", set())
    if thing.__module__ not in said and (what == "function" or _is_last(thing, text)):
        said.add(thing.__module__)
        lines += ["", *_idea(sys.modules[thing.__module__].__doc__ or "")]


def _is_last(record: type, text: str) -> bool:
    """Whether a text is the last of a class, which has two where its making has a docstring of its own."""
    own, making = (inspect.cleandoc(each or "") for each in (record.__doc__, record.__init__.__doc__))  # type: ignore[misc]
    return dataclasses.is_dataclass(record) or not making or own != text.strip()


def _prose(text: str) -> Iterator[str]:
    """Gives the lines of a plain text, what is indented as it stands."""
    for number, paragraph in enumerate(textwrap.dedent(text).strip().split("\n\n")):
        if number:
            yield ""
        if paragraph.startswith("    "):
            yield from ("::", "", *paragraph.splitlines())
        else:
            yield from (CODE.sub(r"``\1``", line.replace("*", r"\*")) for line in paragraph.splitlines())


def _fields(record: type) -> Iterator[str]:
    """Gives the fields of a record with their types, and the comments that stand beside them."""
    for found in fields(record):
        comment = f": {found['comment']}" if found["comment"] else ""
        yield f"* ``{found['name']}`` (``{found['type'].strip()}``){comment}"


def fields(record: type) -> list[dict[str, str]]:
    """Returns name, type and comment of each field of a record."""
    known = {field.name for field in dataclasses.fields(record)}
    matches = (FIELD.fullmatch(line) for line in inspect.getsource(record).splitlines())
    found = [match.groupdict() for match in matches if match and match["name"] in known]
    return list({each["name"]: each for each in reversed(found)}.values())[::-1]


def _idea(text: str) -> Sequence[str]:
    """Returns the docstring of a module, under a heading."""
    return [".. rubric:: Idea", "", *_prose(text)] if text else []


class Returned(SphinxDirective):
    """The record that a public function returns, wherever in the package it is defined."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Returns the documentation of the record."""
        thing: Any = render
        for name in self.arguments[0].split("."):
            thing = getattr(thing, name)
        record = typing.get_type_hints(thing)["return"]
        text = f".. autoclass:: {record.__module__}.{record.__qualname__}\n   :members:\n"
        return self.parse_text_to_nodes(text)


def setup(app: Sphinx) -> dict[str, bool]:
    """Adds the rewriting to autodoc."""
    app.setup_extension("sphinx.ext.autodoc")
    app.add_directive("returned", Returned)
    app.connect("autodoc-process-docstring", process)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
