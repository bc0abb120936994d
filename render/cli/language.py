"""The commands about the language of scenes: what a key means, a scene to begin with, old scenes made new."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from render.cli.app import AsJson, app, mistakes


@app.command()
def explain(
    key: Annotated[
        str, typer.Argument(metavar="[KEY]", help="Keys joined by points; the keys of a scene when absent.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Says what a key of a scene means: its type, bounds, default, and an example.

    Names of runs and surfaces, and places in lists, may be left out. Where a key may hold several kinds of part, they
    are listed; a kind stands among the keys, as in shots.camera.orbit.

    Example: thalweg explain shots.camera.sweep
    """
    with mistakes(as_json):
        from render.scene.language.explanation import explain as explained

        found = explained(key)
        if as_json:
            print(json.dumps({"explained": [asdict(each) for each in found]}, ensure_ascii=False))
            return
        print("\n\n".join(each.as_text() for each in found))
