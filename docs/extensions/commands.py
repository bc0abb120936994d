"""The reference of the command line: every command with its arguments, options and defaults, from the Typer app."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer.main
from sphinx.application import Sphinx

from extensions import pages
from render.cli import app as program

FOLDER = "reference/commands"
EXAMPLE = re.compile(r"Example: (?P<command>.+)", re.DOTALL)
TYPES = {int: "whole number", float: "number", str: "text", Path: "path"}


def write(app: Sphinx) -> None:
    """Writes the pages into the sources of the book."""
    pages.write(Path(app.srcdir) / FOLDER, command_pages())


def command_pages() -> dict[str, str]:
    """Returns the text of every page by its name."""
    found = dict(commands())
    return {"index": _index(found), **{_page(name): _text(name, command) for name, command in found.items()}}


def commands() -> Iterator[tuple[str, Any]]:
    """Gives every command by its words, in the order of their names."""
    yield from sorted(_within(typer.main.get_command(program), ()))


def _within(command: Any, words: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    inner = getattr(command, "commands", None)
    if inner is None:
        yield " ".join(words), command
        return
    for name, each in inner.items():
        yield from _within(each, (*words, name))


def _page(name: str) -> str:
    return name.replace(" ", "-")


def _paragraphs(command: Any) -> list[str]:
    return [" ".join(part.split()) for part in inspect.cleandoc(command.help or "").split("\n\n")]


def _index(found: dict[str, Any]) -> str:
    rows = [
        f"| [`thalweg {name}`](#command-{_page(name)}) | {_paragraphs(command)[0]} |" for name, command in found.items()
    ]
    listed = "\n".join(map(_page, found))
    table = "\n".join(["| command | what it does |", "|---|---|", *rows])
    return (
        "(commands)=\n# Commands\n\n`thalweg --help` lists the commands, `thalweg COMMAND --help` says what is on "
        "these pages. Results go to stdout, all else to stderr; a command that fails says why in a sentence and ends "
        f"with an [exit code](../exit-codes.md).\n\n{table}\n\n```{{toctree}}\n:hidden:\n\n{listed}\n```\n"
    )


def _text(name: str, command: Any) -> str:
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    options = [each for each in command.params if each.param_type_name == "option" and not each.hidden]
    usage = " ".join(["thalweg", name, *(["[OPTIONS]"] if options else []), *map(_usage, arguments)])
    lines = [f"(command-{_page(name)})=", f"# `thalweg {name}`", "", "```text", usage, "```", ""]
    for paragraph in _paragraphs(command):
        example = EXAMPLE.fullmatch(paragraph)
        lines += ["```console", f"$ {example['command']}", "```", ""] if example else [paragraph, ""]
    if arguments:
        lines += ["## Arguments", ""]
        lines += [line for each in arguments for line in _parameter(_name(each), each)]
    lines += ["## Options", ""]
    lines += [line for each in options for line in _parameter(_spelling(each), each)]
    lines += ["`--help`, `-h`", ": Says what is on this page, and ends."]
    return "\n".join(lines) + "\n"


def _name(argument: Any) -> str:
    return (argument.metavar or argument.name.upper()).strip("[]")


def _usage(argument: Any) -> str:
    shown = f"{_name(argument)}{'...' if argument.nargs == -1 else ''}"
    return shown if argument.required else f"[{shown}]"


def _spelling(option: Any) -> str:
    names = " / ".join([*option.opts, *option.secondary_opts])
    return names if option.is_flag else f"{names} {option.metavar or option.name.upper()}"


def _parameter(spelling: str, parameter: Any) -> Iterator[str]:
    notes = [parameter.help.rstrip(".") if parameter.help else "", _type(parameter), _default(parameter)]
    yield f"`{spelling}`"
    yield f": {'. '.join(filter(None, notes))}."
    yield ""


def _type(parameter: Any) -> str:
    if getattr(parameter, "is_flag", False):
        return ""
    kind = parameter.type_descriptor.annotation
    repeated = "; may be given several times" if parameter.multiple or parameter.nargs == -1 else ""
    inner = getattr(kind, "__args__", (kind,))[0]
    low = f" of at least {parameter.min}" if parameter.min is not None else ""
    return f"{TYPES[inner].capitalize()}{low}{repeated}"


def _default(parameter: Any) -> str:
    if parameter.required:
        return "It must be given"
    if getattr(parameter, "is_flag", False) or parameter.default is None or parameter.default == "":
        return ""
    return f"Default: `{parameter.default}`"


def setup(app: Sphinx) -> dict[str, bool]:
    """Has the pages written when a build begins."""
    app.connect("builder-inited", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
