"""The commands on scenes: every one is a short recipe; what it does lives in the stages."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

from render.cli import examination
from render.cli.app import app
from render.cli.job import Job, command, require_sheets_apart, sampling_options, sheet_options, still_options


@command
def render(job: Job) -> list[Any]:
    """Makes everything that the scenes ask for: run, surface, stills, films; what is there already is reused.

    Example: thalweg render scenes/first-descent.yaml --quality draft
    """
    examination.examine(job)
    from render.works.of_scene import films_of, runs_of, stills_of, surfaces_of

    orders, families = job.finest_orders(), (runs_of, surfaces_of, stills_of, films_of)
    return [work for family in families for order in orders for work in family(order)]


@functools.partial(command, further=still_options)
def still(job: Job) -> list[Any]:
    """Makes the stills of the scenes, as large and as deep as a printer asks.

    Example: thalweg still scenes/first-descent.yaml --print A1 --dpi 300 --bleed 3mm
    """
    examination.examine(job)
    from render.works.print_work import passes_work, print_work
    from render.works.still_work import StillWork

    stills = [(order, name) for order in job.finest_orders() for name in order.scene.stills]
    works: list[Any] = [StillWork(*each) if job.asked.is_plain else print_work(*each, job.asked) for each in stills]
    return [*works, *(passes_work(*each, job.asked) for each in stills if job.passes)]


@command
def film(job: Job) -> list[Any]:
    """Makes the films of the scenes.

    Example: thalweg film scenes/first-descent.yaml --quality preview
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

    documents = [job.documents[path] for path, _ in job.scenes]
    return [SheetWork(order, document, job.wish) for order, document in zip(job.orders(), documents, strict=True)]


@command
def train(job: Job) -> list[Any]:
    """Trains the networks of the scenes and logs their steps.

    Example: thalweg train scenes/first-descent.yaml --set seed=11
    """
    from render.works.of_scene import runs_of

    return [work for order in job.finest_orders() for work in runs_of(order)]


@functools.partial(command, further=sampling_options)
def sample(job: Job) -> list[Any]:
    """Measures the surfaces of the scenes and those of their series, training first where needed.

    With --shard, several calls share the tiles of one surface, which they see in one folder; each says what is left,
    and an adaptive surface takes one round of calls for each level.

    Example: thalweg sample scenes/first-descent.yaml --set 'surfaces.main.points=[400, 400]'
    """
    examination.examine(job)
    from render.works.of_scene import surfaces_of

    return [work for order in job.finest_orders() for work in surfaces_of(order)]


@command
def check(job: Job) -> None:
    """Reads the scenes and the files that they name, and says everything that is wrong; nothing is made.

    Example: thalweg check scenes/first-descent.yaml
    """
    held = examination.examine(job)
    job.answer([*(_checked(job, path, scene) for path, scene in job.scenes), *held])


def _checked(job: Job, path: Path, scene: Any) -> dict[str, Any]:
    """Returns what is said of a scene that is right, with remarks where surfaces of its shots are ready in files."""
    result = {"kind": "scene", "name": scene.title, "path": str(path)}
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
