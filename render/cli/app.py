"""The Typer object, and how a command ends: results on stdout, the rest on stderr, an exit code for a mistake."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from render import __version__
from render.errors import MachineError, ThalwegError
from render.interrupts import INTERRUPTED, working
from render.storage.files import is_of_the_disk

app = typer.Typer(
    name="thalweg",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _say_version(asked: bool) -> None:
    if asked:
        print(f"thalweg {__version__}")
        raise typer.Exit


@app.callback()
def program(
    version: Annotated[
        bool, typer.Option("--version", help="Says the version and ends.", callback=_say_version, is_eager=True)
    ] = False,
) -> None:
    """Turns a scene file into films and stills of a real, measured loss landscape."""


AsJson = Annotated[bool, typer.Option("--json", help="Prints one JSON object on stdout and no progress.")]
DataFolder = Annotated[Path | None, typer.Option("--data", metavar="DIR", help="Folder of data; else THALWEG_DATA.")]
OutputOption = Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder of all results.")]


@contextlib.contextmanager
def mistakes(as_json: bool = False) -> Iterator[None]:
    """Makes a sentence and an exit code of what a user can set right; anything else keeps its traceback."""
    try:
        with working():
            yield
    except ThalwegError as error:
        _fail(str(error), error.exit_code, as_json)
    except OSError as error:
        if not is_of_the_disk(error):
            raise
        place = f"{error.filename}: " if error.filename else ""
        sentence = f"{place}{error.strerror}; see to the disk, then run the same command again"
        _fail(sentence, MachineError.exit_code, as_json)
    except (KeyboardInterrupt, typer.Abort):  # the second where a question was being asked
        _fail("interrupted; the same command goes on where it was", INTERRUPTED, as_json)


def _fail(message: str, code: int, as_json: bool) -> NoReturn:
    if as_json:
        print(json.dumps({"error": message, "exit_code": code}, ensure_ascii=False))
    print(message, file=sys.stderr)
    raise typer.Exit(code)
