"""The Typer object, and how a command ends: results on stdout, the rest on stderr, an exit code for a mistake."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator
from typing import NoReturn

import typer

from render.errors import ThalwegError

app = typer.Typer(
    name="thalweg",
    help="Turns a scene file into films and stills of a real, measured loss landscape.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@contextlib.contextmanager
def mistakes(as_json: bool = False) -> Iterator[None]:
    """Makes a sentence and an exit code of what a user can set right; anything else keeps its traceback."""
    try:
        yield
    except ThalwegError as error:
        _fail(str(error), error.exit_code, as_json)
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        _fail(f"{place}{error.strerror or error}; see to the disk, then run the same command again", 4, as_json)
    except KeyboardInterrupt:
        _fail("interrupted; the same command goes on where it was", 130, as_json)


def _fail(message: str, code: int, as_json: bool) -> NoReturn:
    if as_json:
        print(json.dumps({"error": message, "exit_code": code}, ensure_ascii=False))
    print(message, file=sys.stderr)
    raise typer.Exit(code)
