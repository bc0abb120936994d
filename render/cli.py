"""The command line: every command is a short recipe; what it does lives in the stages.

Results go to stdout (one JSON object with --json), everything else to stderr.
"""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from render.errors import SceneError, ThalwegError

app = typer.Typer(
    name="thalweg",
    help="Turns a scene file into films and stills of a real, measured loss landscape.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Scenes = Annotated[list[Path], typer.Argument(metavar="SCENE...", help="Scene files.", show_default=False)]
Quality = Annotated[str, typer.Option(help="thumb, draft, preview or final.")]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Changes one value of the scene, e.g. shots.0.duration=4s."),
]
Output = Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder of all results.")]
Json = Annotated[bool, typer.Option("--json", help="Prints one JSON object on stdout and no progress.")]


@dataclass(frozen=True)
class Job:
    """What the options of a command come to."""

    scenes: list[tuple[Path, Any]]
    quality: str
    output: Path
    reporter: Any
    as_json: bool

    def answer(self, results: list[dict[str, Any]]) -> None:
        """Prints what was made, for a person or for a program."""
        if self.as_json:
            print(json.dumps({"results": results}, ensure_ascii=False))
            return
        for result in results:
            print(_sentence(result))


def _sentence(result: dict[str, Any]) -> str:
    words = {"reused": " (unchanged)"} if result.get("reused") else {}
    return f"{result['kind']} {result['name']}: {result['path']}{words.get('reused', '')}"


def _job(scenes: list[Path], quality: str, settings: list[str] | None, output: Path, as_json: bool) -> Job:
    from render.progress import Reporter
    from render.scene.load import load
    from render.scene.quality import apply_quality

    loaded, problems = [], []
    for path in scenes:
        try:
            loaded.append((path, apply_quality(load(path, settings or []), quality)))
        except SceneError as error:
            problems += error.problems
    if problems:
        raise SceneError(problems)
    return Job(loaded, quality, output, Reporter.for_terminal(quiet=as_json), as_json)


def command(recipe: Callable[..., None]) -> Callable[..., None]:
    """Registers a recipe, and turns what a user can set right into a sentence and an exit code."""

    @functools.wraps(recipe)
    def guarded(**options: Any) -> None:
        try:
            recipe(**options)
        except ThalwegError as error:
            _fail(str(error), error.exit_code, bool(options.get("as_json")))
        except KeyboardInterrupt:
            _fail("interrupted; the same command goes on where it was", 130, bool(options.get("as_json")))

    app.command()(guarded)
    return guarded


def _fail(message: str, code: int, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"error": message, "exit_code": code}, ensure_ascii=False))
    print(message, file=sys.stderr)
    raise typer.Exit(code)


@command
def render(
    scenes: Scenes,
    quality: Quality = "final",
    settings: Settings = None,
    output: Output = Path("output"),
    as_json: Json = False,
) -> None:
    """Makes everything that the scenes ask for: run, surface, stills, films; what is there already is reused.

    Example: thalweg render scenes/first-descent.yaml --quality draft
    """
    from render.film import film, still

    job = _job(scenes, quality, settings, output, as_json)
    job.answer([*_made(job, still, "stills"), *_made(job, film, "films")])


@command
def still(
    scenes: Scenes,
    quality: Quality = "final",
    settings: Settings = None,
    output: Output = Path("output"),
    as_json: Json = False,
) -> None:
    """Makes the stills of the scenes.

    Example: thalweg still scenes/first-descent.yaml --set look.name=nocturne
    """
    from render.film import still

    job = _job(scenes, quality, settings, output, as_json)
    job.answer(_made(job, still, "stills"))


@command
def film(
    scenes: Scenes,
    quality: Quality = "final",
    settings: Settings = None,
    output: Output = Path("output"),
    as_json: Json = False,
) -> None:
    """Makes the films of the scenes.

    Example: thalweg film scenes/first-descent.yaml --quality preview
    """
    from render.film import film

    job = _job(scenes, quality, settings, output, as_json)
    job.answer(_made(job, film, "films"))


def _made(job: Job, maker: Any, family: str) -> list[dict[str, Any]]:
    results = []
    for _, scene in job.scenes:
        for name in getattr(scene, family):
            made = maker.make(scene, name, job.quality, job.output, job.reporter)
            results.append(
                {
                    "kind": family[:-1],
                    "name": name,
                    "path": str(made.path),
                    "key": made.key,
                    "reused": made.reused,
                }
            )
    return results


@command
def train(
    scenes: Scenes,
    quality: Quality = "final",
    settings: Settings = None,
    output: Output = Path("output"),
    as_json: Json = False,
) -> None:
    """Trains the networks of the scenes and logs their steps.

    Example: thalweg train scenes/first-descent.yaml --set seed=11
    """
    from render.descent import run as runs

    job = _job(scenes, quality, settings, output, as_json)
    results = []
    for _, scene in job.scenes:
        for name, asked in scene.runs.items():
            reused = runs.find(asked, scene.seed, job.output) is not None
            run = runs.obtain(name, asked, scene.seed, job.output, job.reporter)
            accuracy = {split: run.record[split] for split in ("train", "test")}
            results.append(
                {"kind": "run", "name": name, "path": str(run.folder), "key": run.key, "reused": reused, **accuracy}
            )
    job.answer(results)


@command
def sample(
    scenes: Scenes,
    quality: Quality = "final",
    settings: Settings = None,
    output: Output = Path("output"),
    as_json: Json = False,
) -> None:
    """Measures the surfaces of the scenes, training first where needed.

    Example: thalweg sample scenes/first-descent.yaml --set 'surfaces.main.points=[400, 400]'
    """
    from render.landscape import measure

    job = _job(scenes, quality, settings, output, as_json)
    results = []
    for _, scene in job.scenes:
        for name in scene.surfaces:
            reused = measure.is_done(scene, name, job.output)
            made = measure.obtain(scene, name, job.output, job.reporter)
            numbers = {key: made.record[key] for key in ("counts", "loss")}
            results.append(
                {
                    "kind": "surface",
                    "name": name,
                    "path": str(made.folder),
                    "key": made.key,
                    "reused": reused,
                    **numbers,
                }
            )
    job.answer(results)


@command
def check(scenes: Scenes, quality: Quality = "final", settings: Settings = None, as_json: Json = False) -> None:
    """Reads the scenes and says everything that is wrong with them, without doing anything.

    Example: thalweg check scenes/*.yaml
    """
    job = _job(scenes, quality, settings, Path("output"), as_json)
    job.answer([{"kind": "scene", "name": scene.title, "path": str(path)} for path, scene in job.scenes])


@command
def plan(
    scenes: Scenes,
    quality: Quality = "final",
    settings: Settings = None,
    output: Output = Path("output"),
    as_json: Json = False,
) -> None:
    """Says what is missing, about how long it will take on this machine, and how much disk.

    Example: thalweg plan scenes/first-descent.yaml
    """
    from render.film import plan as plans

    job = _job(scenes, quality, settings, output, as_json)
    made = [plans.make(scene, job.quality, job.output) for _, scene in job.scenes]
    if as_json:
        print(json.dumps({"scenes": [item.as_dict() for item in made]}, ensure_ascii=False))
        return
    for (path, _), item in zip(job.scenes, made, strict=True):
        print(f"{path}:\n{item.as_text()}")


@command
def schema() -> None:
    """Prints the JSON schema of scene files, for editors that complete and check them.

    Example: thalweg schema > scene.schema.json
    """
    from render.scene.schema import scene_schema

    print(json.dumps(scene_schema(), indent=1, ensure_ascii=False))


def main() -> None:
    """Runs the command line."""
    app()


if __name__ == "__main__":
    main()
