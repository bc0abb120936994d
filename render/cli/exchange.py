"""The commands that bring in what others have made, and hand out what was made here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from render.cli.app import AsJson, app, mistakes
from render.errors import UsageError


@app.command("import", context_settings={"allow_extra_args": True})
def import_(
    context: typer.Context,
    model: Annotated[str, typer.Option(metavar="MODULE:FUNCTION", help="Python function that returns the network.")],
    checkpoints: Annotated[str, typer.Option(metavar="PATTERN", help="Weights files, in the order of their numbers.")],
    data: Annotated[str, typer.Option(metavar="DATA", help="Data as in a scene, a kind, an npz file or a folder.")],
    output: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder of the run.")],
    prefix: Annotated[
        str | None, typer.Option(metavar="NAME", help="Where a file holds the network more than once: which one.")
    ] = None,
    weights: Annotated[
        str | None,
        typer.Option(metavar="KIND", help="model, or ema for an average of its weights beside it."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Makes a run of checkpoints and a network of your own; a scene names it by its folder.

    Example: thalweg import --model mine:network --checkpoints 'run/*.safetensors' --data mnist --out output/runs/mine
    """
    with mistakes(as_json):
        from render.descent import importing
        from render.descent.succession import checkpoints_of
        from render.descent.taking import Wanted
        from render.progress import Reporter

        if context.args:
            raise UsageError(f"{context.args[0]}: the shell has put files in place of a pattern; write it in quotes")
        wanted, settings, paths = Wanted(prefix, weights), importing.settings_of(data), checkpoints_of(checkpoints)
        run = importing.import_run(model, paths, settings, output, Reporter.for_terminal(quiet=as_json), wanted)
        parts = {part: run.record[part] for part in ("train", "test", "taken")}
        result = {"kind": "run", "name": output.name, "path": str(output), "key": run.key, **parts}
        print(json.dumps({"results": [result]}) if as_json else f"run {output.name}: {output}")


@app.command()
def export(
    surface: Annotated[Path, typer.Argument(metavar="SURFACE", help="Folder of a surface, or a file that holds one.")],
    kind: Annotated[str, typer.Option("--to", metavar="FORMAT", help="npz, h5, csv, vtp or vti.")],
    output: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="File; else beside the surface.")] = None,
    along: Annotated[
        Path | None, typer.Option("--path", metavar="FILE", help="File with the path, where the surface is in a file.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Writes a surface for another program: h5 as Li et al.'s code has it, vtp and vti for ParaView.

    A csv has no room for a path, which goes into a second file beside it.

    Example: thalweg export output/surfaces/pca-1a2b3c4d --to h5
    """
    with mistakes(as_json):
        from render.landscape import exporting

        written = exporting.export(surface, kind, output, along)
        results = [{"kind": "export", "name": surface.name, "path": str(path)} for path in written]
        print(
            json.dumps({"results": results}) if as_json else "\n".join(f"export {surface.name}: {p}" for p in written)
        )
