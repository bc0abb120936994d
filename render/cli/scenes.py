"""The commands on scenes: every one is a short recipe; what it does lives in the stages."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

from render.cli import sources
from render.cli.app import app
from render.cli.job import Job, command, require_sheets_apart, sampling_options, sheet_options, still_options
from render.cli.upkeep import made_besides


@command
def render(job: Job) -> None:
    """Makes everything that the scenes ask for: run, surface, stills, films; what is there already is reused.

    Example: thalweg render scenes/first-descent.yaml --quality draft
    """
    from render.film import film, still

    sources.examine(job)
    job = job.on_the_finest()
    _look_ahead(job, "stills", "films")
    job.answer([*_trained(job), *_sampled(job), *_made(job, still, "stills"), *_made(job, film, "films")])


@functools.partial(command, further=still_options)
def still(job: Job) -> None:
    """Makes the stills of the scenes, as large and as deep as a printer asks.

    Example: thalweg still scenes/first-descent.yaml --print A1 --dpi 300 --bleed 3mm
    """
    from render.film import still
    from render.film.prints.passing import Passing
    from render.film.prints.press import Press

    sources.examine(job)
    job = job.on_the_finest()
    press = Press(job.asked)
    passing = Passing(press)
    if job.asked.is_plain:
        _look_ahead(job, "stills")
    for _, scene in job.scenes:
        if not job.asked.is_plain:
            press.look_ahead(scene, job.quality, job.output)
        if job.passes:
            passing.look_ahead(scene, job.quality, job.output)
    made = _made(job, still if job.asked.is_plain else press, "stills")
    job.answer([*made, *(_made(job, passing, "stills", "passes") if job.passes else [])])


@command
def film(job: Job) -> None:
    """Makes the films of the scenes.

    Example: thalweg film scenes/first-descent.yaml --quality preview
    """
    from render.film import film

    sources.examine(job)
    job = job.on_the_finest()
    _look_ahead(job, "films")
    job.answer(_made(job, film, "films"))


@functools.partial(command, further=sheet_options, first=require_sheets_apart)
def looks(job: Job) -> None:
    """Draws the first still of the scenes, or the middle of their films, in every look on one sheet.

    Each picture is what the scene draws with look.name set to the name beneath; surfaces are measured once.

    Example: thalweg looks scenes/first-descent.yaml --quality draft --as deuteranopia
    """
    from render.film import every_look

    sources.examine(job)
    if job.means["models"]:
        _sampled(job)
    results = []
    for path, _ in job.scenes:
        document = job.documents[path]
        made = every_look.make(document, path.stem, job.wish, job.quality, job.output, job.reporter, job.metadata)
        results.append(job.result("sheet", path.stem, made.path, made.key, made.reused))
    job.answer(results)


def _look_ahead(job: Job, *families: str) -> None:
    """Looks first for what would end the command after all else is done, since a training may take hours."""
    from render.film import preflight

    for _, scene in job.scenes:
        waiting = preflight.tasks(scene, families, job.quality, job.output, job.metadata)
        preflight.require(waiting, job.output, job.reporter)


def _made(job: Job, maker: Any, family: str, kind: str = "") -> list[dict[str, Any]]:
    if job.means["models"]:  # networks of one's own are there to be measured
        _sampled(job)
    results = []
    for _, scene in job.scenes:
        for name in getattr(scene, family):
            made = maker.make(scene, name, job.quality, job.output, job.reporter, job.metadata)
            results.append(job.result(kind or family[:-1], name, made.path, made.key, made.reused))
    return results


@command
def train(job: Job) -> None:
    """Trains the networks of the scenes and logs their steps.

    Example: thalweg train scenes/first-descent.yaml --set seed=11
    """
    job.answer(_trained(job.on_the_finest()))


def _trained(job: Job) -> list[dict[str, Any]]:
    from render.descent import runs

    results = []
    for _, scene in job.scenes:
        for name, asked in scene.runs.items():
            reused = runs.find(asked, scene.seed, job.output) is not None
            run = runs.obtain(name, asked, scene.seed, job.output, job.reporter)
            scores = {split: run.record[split] for split in ("train", "test")}
            results.append({**job.result("run", name, run.folder, run.key, reused), **scores})
    return results


@functools.partial(command, further=sampling_options)
def sample(job: Job) -> None:
    """Measures the surfaces of the scenes, training first where needed.

    With --shard, several calls share the tiles of one surface, which they see in one folder; each says what is left,
    and an adaptive surface takes one round of calls for each level.

    Example: thalweg sample scenes/first-descent.yaml --set 'surfaces.main.points=[400, 400]'
    """
    sources.examine(job)
    job = job.on_the_finest()
    job.answer(_sampled(job))


def _sampled(job: Job) -> list[dict[str, Any]]:
    from render.landscape import terrain
    from render.sampling.survey import Means

    means = Means(**job.means)
    results = []
    for _, scene in job.scenes:
        for name in scene.surfaces:
            reused = terrain.is_done(scene, name, job.output)
            made = terrain.obtain(scene, name, job.output, job.reporter, means)
            numbers = {key: made.record[key] for key in ("counts", "loss")}
            ready = name not in scene.measured
            place = Path(scene.surfaces[name].source.surface) if ready else made.folder
            result = job.result("surface", name, place, made.key, reused)
            results.append({**result, **numbers, **({"ready": True} if ready else {})})
    return results


@command
def check(job: Job) -> None:
    """Reads the scenes and the files that they name, and says everything that is wrong; nothing is made.

    Example: thalweg check scenes/first-descent.yaml
    """
    held = sources.examine(job)
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
    from render.upkeep import plan as plans

    sources.examine(job)
    asked, job = dict(job.scenes), job.on_the_finest()
    made = []
    for path, scene in job.scenes:
        besides = plans.anew(made_besides(job, path, (asked[path], scene)))
        made.append(plans.make(scene, job.quality, job.output, job.metadata).and_also(besides))
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
