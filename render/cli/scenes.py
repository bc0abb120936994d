"""The commands on scenes: every one is a short recipe; what it does lives in the stages."""

from __future__ import annotations

import functools
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from render.cli import examination
from render.cli.app import app
from render.cli.filming import drawing_options
from render.cli.job import (
    Job,
    check_options,
    command,
    require_sheets_apart,
    sampling_options,
    sheet_options,
    still_options,
)


@functools.partial(command, further=drawing_options)
def render(job: Job) -> list[Any]:
    """Makes everything that the scenes ask for: run, surface, stills, films; what is there already is reused.

    Of a scene with a matrix it makes every variant, and one sheet of all.

    Example: thalweg render scenes/first-descent.yaml --quality draft
    """
    examination.examine(job)
    from render.works.line_work import line_works
    from render.works.of_scene import films_of, runs_of, stills_of, surfaces_of
    from render.works.wedge_work import wedge_works

    orders, families = job.finest_orders(), (runs_of, surfaces_of, line_works, stills_of, films_of)
    works: list[Any] = [work for family in families for order in orders for work in family(order)]
    return [*works, *wedge_works([path for path, _ in job.scenes], job.variants, orders)]


@functools.partial(command, further=still_options)
def still(job: Job) -> list[Any]:
    """Makes the stills of the scenes, as large and as deep as a printer asks.

    Example: thalweg still scenes/first-descent.yaml --print A1 --dpi 300 --bleed 3mm
    """
    examination.examine(job)
    from render.works.print_work import passes_work, possible, print_work
    from render.works.still_work import StillWork

    stills = [(order, name) for order in job.finest_orders() for name in order.scene.stills]
    say, asked = job.reporter.say, job.asked
    plain = [StillWork(*each) for each in stills] if asked.is_plain else []
    prints = [] if asked.is_plain else possible([print_work(*each, asked) for each in stills], say)
    passes = possible([passes_work(*each, asked) for each in stills], say) if job.passes else []
    return [*plain, *prints, *passes]


@functools.partial(command, further=drawing_options)
def film(job: Job) -> list[Any]:
    """Makes the films of the scenes; with --frames or --shots these frames alone, and no film.

    Example: thalweg film scenes/first-descent.yaml --quality preview --workers 2
    """
    examination.examine(job)
    from render.works.of_scene import films_of

    return [work for order in job.finest_orders() for work in films_of(order)]


@functools.partial(command, further=sheet_options, first=require_sheets_apart)
def looks(job: Job) -> list[Any]:
    """Draws the first still of the scenes, or the middle of their films, in every look on one sheet.

    Each picture is what the scene draws with look.name set to the name beneath; surfaces are measured once.

    Example: thalweg looks scenes/first-descent.yaml --quality draft --as deuteranopia
    """
    examination.examine(job)
    from render.works.sheet_work import SheetWork

    pairs = zip(job.orders(), job.variants, strict=True)
    return [SheetWork(order, variant.document, job.wish) for order, variant in pairs]


@command
def train(job: Job) -> list[Any]:
    """Trains the networks of the scenes and logs their steps.

    Example: thalweg train scenes/first-descent.yaml --set seed=11
    """
    from render.works.of_scene import runs_of

    return [work for order in job.finest_orders() for work in runs_of(order)]


@functools.partial(command, further=sampling_options)
def sample(job: Job) -> list[Any]:
    """Measures the surfaces, series and lines of the scenes, training first where needed.

    With --shard, several calls share the tiles of one surface, which they see in one folder; each says what is left,
    and an adaptive surface takes one round of calls for each level.

    Example: thalweg sample scenes/first-descent.yaml --set 'surfaces.main.points=[400, 400]'
    """
    examination.examine(job)
    from render.works.line_work import line_works
    from render.works.of_scene import surfaces_of

    return [work for order in job.finest_orders() for work in (*surfaces_of(order), *line_works(order))]


@functools.partial(command, further=check_options)
def check(job: Job) -> None:
    """Reads the scenes and the files that they name, and says everything that is wrong; nothing is made.

    With --resolved, every value follows with the place that says it: file, line and column, an option of the command
    line, the look, the quality, or the default.

    Example: thalweg check scenes/first-descent.yaml
    """
    held = examination.examine(job)
    pairs = zip(job.scenes, job.variants, strict=True)
    results = [_checked(job, path, scene, variant) for (path, scene), variant in pairs]
    if job.resolved:
        _tell_values(job, results)
        return
    job.answer([*results, *held])


def _tell_values(job: Job, results: list[dict[str, Any]]) -> None:
    """Prints the results of a check, each with every value of its scene."""
    from render.scene.language.origin import said_values

    for (path, scene), variant, result in zip(job.scenes, job.variants, results, strict=True):
        values = said_values(scene, variant.scene, variant.document, str(path), job.quality)
        if job.as_json:
            result["values"] = [asdict(each) for each in values]
            continue
        job.answer([result])
        print("\n".join(f"  {each}".rstrip() for each in values))
    if job.as_json:
        job.answer(results)


def _checked(job: Job, path: Path, scene: Any, variant: Any) -> dict[str, Any]:
    """Returns what is said of a scene that is right, with remarks where surfaces of its shots are ready in files."""
    told = {"variant": dict(variant.values)} if variant.values else {}
    name = f"{scene.title} ({variant.label})" if variant.values else scene.title
    result = {"kind": "scene", "name": name, "path": str(path), **told}
    if scene.surfaces.keys() == scene.measured.keys():  # and nothing heavy has to be imported
        return result
    from render.film.words.remarks import remarks_on_ready

    said = remarks_on_ready(scene)
    for sentence in said:
        job.reporter.say(f"{path}: {sentence}")
    return {**result, "remarks": said}


@command
def plan(job: Job) -> None:
    """Says what is missing, about how long it will take on this machine, and how much disk.

    Example: thalweg plan scenes/first-descent.yaml
    """
    examination.examine(job)
    from render.upkeep.audit import besides
    from render.upkeep.plan import plan_of

    pairs = zip(job.orders(), job.finest_orders(), strict=True)
    made = [plan_of(drawn, besides(asked, drawn)) for asked, drawn in pairs]
    if job.as_json:
        print(json.dumps({"scenes": [item.as_dict() for item in made]}, ensure_ascii=False))
        return
    for (path, _), item in zip(job.scenes, made, strict=True):
        print(f"{path}:\n{item.as_text()}")


@app.command()
def schema() -> None:
    """Prints the JSON schema of scene files, for editors that complete and check them.

    Example: thalweg schema > scene.schema.json
    """
    from render.scene.language.schema import scene_schema

    print(json.dumps(scene_schema(), indent=1, ensure_ascii=False))
