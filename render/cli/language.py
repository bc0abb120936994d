"""The commands about the language of scenes: what a key means, a scene to begin with, old scenes made new."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from render.cli.app import AsJson, app, mistakes
from render.errors import SceneError


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


@app.command()
def init(
    path: Annotated[
        Path | None, typer.Argument(metavar="[PATH]", help="File or folder; else a file of the template's name here.")
    ] = None,
    template: Annotated[str, typer.Option(metavar="NAME", help="Scene that comes with the program.")] = "first-descent",
    listed: Annotated[bool, typer.Option("--list", help="Lists the templates, and writes nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Writes a scene to begin with, with a comment above each line that says what it means; overwrites nothing.

    Example: thalweg init --template optimisers mine.yaml
    """
    with mistakes(as_json):
        from render.scene.language.template import begin, templates

        if listed:
            found = templates()
            print(json.dumps({"templates": found}, ensure_ascii=False) if as_json else _columns(found))
            return
        results = [{"kind": "scene", "name": template, "path": str(each)} for each in begin(template, path or Path())]
        if as_json:
            print(json.dumps({"results": results}, ensure_ascii=False))
            return
        print("\n".join(f"scene {each['name']}: {each['path']}" for each in results))


def _columns(told: dict[str, str]) -> str:
    widest = max(map(len, told))
    return "\n".join(f"{name:<{widest}}  {text}" for name, text in told.items())


@app.command()
def migrate(
    scenes: Annotated[list[Path], typer.Argument(metavar="SCENE", help="Scene files, and files that they include.")],
    dry: Annotated[bool, typer.Option("--dry-run", help="Prints what would change, and writes nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Gives scenes of a former version the keys of today, in place; comments and all else stay as they are.

    Example: thalweg migrate mine.yaml --dry-run
    """
    with mistakes(as_json):
        from render.scene.language.migration import migrated

        found, problems = [], []
        for path in scenes:
            try:
                found.append(migrated(path))
            except SceneError as error:
                problems += error.problems
        if problems:
            raise SceneError(problems)
        for each in found:
            if not dry:
                each.write()
        if as_json:
            told = [{"path": str(each.path), "changes": list(each.changes), "diff": each.diff} for each in found]
            print(json.dumps({"migrated": told, "written": not dry}, ensure_ascii=False))
            return
        for each in found:
            changes = [*each.changes] or [f"{each.path}: is up to date"]
            print("\n".join([*changes, *([each.diff.rstrip("\n")] if dry and each.diff else [])]))
