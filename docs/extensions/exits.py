"""A table of exit codes, from the errors themselves."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

import render.errors
from render.errors import ThalwegError
from render.interrupts import INTERRUPTED

DONE = 0
FIXED = {
    DONE: "Everything that was asked for is there.",
    INTERRUPTED: "Interrupted, by Ctrl-C or by being asked to end; the same command goes on where it was.",
}


def codes() -> dict[int, list[str]]:
    """Returns what each exit code means, in sentences."""
    found = {code: [sentence] for code, sentence in FIXED.items()}
    for error in _errors():
        found.setdefault(error.exit_code, []).append(inspect.cleandoc(error.__doc__ or ""))
    return dict(sorted(found.items()))


def _errors() -> Iterator[type[ThalwegError]]:
    for error in vars(render.errors).values():
        if isinstance(error, type) and issubclass(error, ThalwegError):
            yield error


class ExitCodes(SphinxDirective):
    """The table of exit codes."""

    def run(self) -> list[nodes.Node]:
        """Returns the table."""
        rows = [f"| {code} | {' '.join(sentences)} |" for code, sentences in codes().items()]
        lines = ["| code | what has happened |", "|---|---|", *rows]
        return self.parse_text_to_nodes("\n".join(StringList(lines, source="exit codes")))


def setup(app: Sphinx) -> dict[str, bool]:
    """Adds the table to Sphinx."""
    app.add_directive("exit-codes", ExitCodes)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
