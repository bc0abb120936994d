"""The commands that look after what is there: the files of scenes, an output folder, the machine."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Annotated, Any

import typer

from render.cli.app import AsJson, OutputOption, app, mistakes
from render.cli.job import Job, command
from render.errors import DataError, MachineError, UsageError


@command
def verify(job: Job) -> None:
    """Reads everything of the scenes that is on disk, to the last byte, and names what is damaged; mends nothing.

    Example: thalweg verify scenes/first-descent.yaml
    """
    from render.upkeep.audit import audit, besides

    found = []
    for asked, drawn in zip(job.orders(), job.finest_orders(), strict=True):
        for finding in chain(audit(drawn), besides(asked, drawn)):
            found.append(finding)
            if not job.as_json:
                print(finding, flush=True)
    damaged = [finding for finding in found if finding.state == "damaged"]
    if job.as_json:
        print(json.dumps({"found": [finding.as_dict() for finding in found], "damaged": len(damaged)}))
        raise typer.Exit(DataError.exit_code if damaged else 0)
    if damaged:
        raise DataError(f"{len(damaged)} of {len(found)} are damaged; `thalweg render` makes them anew")


@app.command()
def clean(
    scenes: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[SCENE]", help="Scenes whose results stay; else all in this folder and those in it."),
    ] = None,
    keep: Annotated[int, typer.Option(min=0, metavar="N", help="Newest unused things of each kind that stay.")] = 0,
    yes: Annotated[bool, typer.Option("--yes", help="Removes without asking.")] = False,
    output: OutputOption = Path("output"),
    as_json: AsJson = False,
) -> None:
    """Shows what no scene asks for, at any quality, and removes it when you agree.

    Example: thalweg clean --keep 2
    """
    with mistakes(as_json):
        from render.scene.language.variant import load_variants
        from render.upkeep.clean import remove, waste

        paths = scenes or _scenes_here()
        if not paths:
            raise UsageError("no scene was found in this folder, so all would be removed; name the scenes to keep for")
        variants = [(path.stem, variant) for path in paths for variant in load_variants(path)]
        stems = [variant.called(stem) for stem, variant in variants]
        varied = [stem for stem, variant in variants if variant.suffix]
        found = waste([variant.scene for _, variant in variants], output, keep, stems, varied)
        if not as_json:
            _show(found, len(paths))
        agreed = bool(found) and (yes or (not as_json and sys.stdin.isatty() and typer.confirm("remove them?")))
        busy = remove(found) if agreed else []
        if as_json:
            print(json.dumps({"waste": [item.as_dict() for item in found], "removed": agreed}))
        elif busy:
            raise MachineError(f"{len(busy)} are in use and were left: {busy[0].paths[0]}")
        elif found:
            print("removed" if agreed else "nothing was removed; add --yes to remove them")


def _scenes_here() -> list[Path]:
    """Returns the scenes in the working directory and the folders in it."""
    found = sorted([*Path().glob("*.yaml"), *Path().glob("*/*.yaml")])
    return [path for path in found if path.is_file() and _says_scene(path)]


def _says_scene(path: Path) -> bool:
    with path.open("rb") as file:
        return any(line.startswith(b"thalweg:") for line in file.read(10_000).splitlines())


def _show(found: Sequence[Any], scenes: int) -> None:
    if not found:
        print(f"{scenes} scenes ask for all there is")
        return
    for item in found:
        print(item)
    total = sum(item.size for item in found)
    print(f"{len(found)} that none of {scenes} scenes asks for, {total / 1e6:,.1f} MB")


@app.command()
def doctor(output: OutputOption = Path("output"), as_json: AsJson = False) -> None:
    """Looks whether this machine has what a film needs, draws one frame, and says what to install.

    Example: thalweg doctor
    """
    with mistakes(as_json):
        from render.upkeep.doctor import examine

        checks = []
        for check in examine(output):
            checks.append(check)
            if not as_json:
                print(check, flush=True)
        failed = [check.name for check in checks if check.state == "fails"]
        if as_json:
            print(json.dumps({"checks": [check.as_dict() for check in checks], "failed": failed}))
            raise typer.Exit(MachineError.exit_code if failed else 0)
        if failed:
            raise MachineError(f"this machine cannot make films yet: {', '.join(failed)}")
