"""The commands that bring in what others have made, and hand out what was made here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from render.cli import solids
from render.cli.app import AsJson, DataFolder, app, mistakes
from render.cli.job import BareOption, Models, ParamValues, QualityOption, Settings, options_of_scenes
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
        from render.descent.weights.succession import checkpoints_of
        from render.descent.weights.taking import Wanted
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
    given: Annotated[
        list[Path],
        typer.Argument(
            metavar="SCENE|SURFACE", help="Scene files; or the folder of a surface, or a file that holds one."
        ),
    ],
    kind: Annotated[
        str,
        typer.Option(
            "--to", metavar="FORMAT", help="Of a scene glb, usd, stl or obj; of a surface npz, h5, csv, vtp, vti."
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="PATH", help="Of a scene the folder of all results; of a surface the file, else beside it."
        ),
    ] = None,
    along: Annotated[
        Path | None, typer.Option("--path", metavar="FILE", help="File with the path, where the surface is in a file.")
    ] = None,
    width: Annotated[
        str | None,
        typer.Option(metavar="LENGTH", help="Of a scene's body along α: 120mm for stl where nothing is said, else 1m."),
    ] = None,
    mesh: Annotated[
        int | None,
        typer.Option(
            metavar="CELLS", help="Of a scene's mesh along its longer axis, at most: 500 for stl and obj, else 1000."
        ),
    ] = None,
    shot: Annotated[int, typer.Option(metavar="N", help="Of a scene which shot, counted from 1.")] = 1,
    quality: QualityOption = "final",
    settings: Settings = None,
    as_json: AsJson = False,
    data: DataFolder = None,
    model: Models = None,
    bare: BareOption = False,
    params: ParamValues = None,
) -> None:
    """Writes the stage of a scene, or a surface, for another program.

    Of a scene goes its first shot: terrain with its colours as a picture, cut walls and base, path, the camera with
    its move over the frames of the film, and the lights (glb and usd); one closed body in millimetres (stl). A surface
    is written with its path, h5 as Li et al.'s code has it, vtp and vti for ParaView; a csv has no room for a path,
    which goes into a second file beside it.

    Example: thalweg export scenes/first-descent.yaml --to glb

    Example: thalweg export output/surfaces/pca-1a2b3c4d --to h5
    """
    with mistakes(as_json):
        if kind in solids.forms():
            if along is not None:
                raise UsageError(f"--path {along}: is for surfaces; a scene has its own paths, so leave it out")
            solids.require_scenes(given, kind)
            folder = output or Path("output")
            job = options_of_scenes(given, quality, settings, folder, as_json, data, model, bare, params)
            solids.export_scenes(job, kind, width, mesh, shot)
            return
        from render.exchange import exporting

        solids.require_known(kind)
        more = {
            "width": width,
            "mesh": mesh,
            "set": settings,
            "param": params,
            "model": model,
            "data": data,
            "no_metadata": bare,
        }
        more |= {"shot": shot != 1, "quality": quality != "final"}
        surface = solids.require_surface(given, kind, **more)
        written = exporting.export(surface, kind, output, along)
        results = [{"kind": "export", "name": surface.name, "path": str(path)} for path in written]
        print(
            json.dumps({"results": results}) if as_json else "\n".join(f"export {surface.name}: {p}" for p in written)
        )
