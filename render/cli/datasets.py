"""The commands on data sets that can be fetched."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from render.cli.app import AsJson, DataFolder, app, mistakes

NameArgument = Annotated[str, typer.Argument(help="Data set, as `thalweg data list` calls it.", show_default=False)]
shelf_app = typer.Typer(help="Lists, fetches and checks data sets.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(shelf_app, name="data")


def use_data_folder(folder: Path | None) -> None:
    """Makes a folder the one that data are looked for in, also by processes that are started."""
    if folder is not None:
        os.environ["THALWEG_DATA"] = str(folder.resolve())


@shelf_app.command("list")
def list_(folder: DataFolder = None, as_json: AsJson = False) -> None:
    """Says which data sets can be fetched, and which are there and how a scene asks for them.

    Example: thalweg data list
    """
    with mistakes(as_json):
        from render.data import shelf

        use_data_folder(folder)
        items = shelf.items()
        if as_json:
            print(json.dumps({"data": [item.record for item in items]}))
            return
        width = max(len(item.name) for item in items)
        for item in items:
            print(f"{item.name:{width}}  {item.state}")


@shelf_app.command()
def fetch(name: NameArgument, folder: DataFolder = None, as_json: AsJson = False) -> None:
    """Fetches a data set; an interrupted one goes on where it was.

    Example: thalweg data fetch imagenette-160 --data ~/data
    """
    with mistakes(as_json):
        from render.data import shelf
        from render.progress import Reporter

        use_data_folder(folder)
        path = shelf.fetch(name, Reporter.for_terminal(quiet=as_json))
        print(json.dumps({"name": name, "folder": str(path)}) if as_json else f"data {name}: {path}")


@shelf_app.command()
def verify(name: NameArgument, folder: DataFolder = None, as_json: AsJson = False) -> None:
    """Checks a data set on disk: hashes of files, or that every image opens.

    Example: thalweg data verify mnist
    """
    with mistakes(as_json):
        from render.data import shelf

        use_data_folder(folder)
        found = shelf.verify(name)
        print(json.dumps({"name": name, "found": found}) if as_json else f"data {name}: {found}")
