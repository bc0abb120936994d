"""The command line: every command is a short recipe; what it does lives in the stages.

Results go to stdout (one JSON object with --json), everything else to stderr.
"""

from __future__ import annotations

import functools
import inspect
import json
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, NoReturn, get_type_hints

import typer

from render.errors import SceneError, ThalwegError, UsageError

app = typer.Typer(
    name="thalweg",
    help="Turns a scene file into films and stills of a real, measured loss landscape.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@dataclass(frozen=True)
class Job:
    """What the options of a command come to."""

    scenes: list[tuple[Path, Any]]
    quality: str
    output: Path
    reporter: Any
    as_json: bool
    means: dict[str, Any] = field(default_factory=dict)  # of measuring, as landscape/survey.py has them

    @staticmethod
    def result(kind: str, name: str, path: Path, key: str, reused: bool) -> dict[str, Any]:
        """Returns what is said of one thing that was made."""
        return {"kind": kind, "name": name, "path": str(path), "key": key, "reused": reused}

    def answer(self, results: list[dict[str, Any]]) -> None:
        """Prints what was made, for a person or for a program."""
        if self.as_json:
            print(json.dumps({"results": results}, ensure_ascii=False))
            return
        for result in results:
            print(_sentence(result))


def _sentence(result: dict[str, Any]) -> str:
    unchanged = " (unchanged)" if result.get("reused") else ""
    return f"{result['kind']} {result['name']}: {result['path']}{unchanged}"


_Scenes = Annotated[list[Path], typer.Argument(metavar="SCENE", help="Scene files.", show_default=False)]
_Quality = Annotated[str, typer.Option(help="thumb, draft, preview or final.")]
_Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Changes one value of the scene, e.g. shots.0.duration=4s."),
]
_Output = Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder of all results.")]
_Json = Annotated[bool, typer.Option("--json", help="Prints one JSON object on stdout and no progress.")]


def _options(
    scenes: _Scenes,
    quality: _Quality = "final",
    settings: _Settings = None,
    output: _Output = Path("output"),
    as_json: _Json = False,
) -> Job:
    """Returns the job that the options of a command come to; every command on scenes has these."""
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
    _refuse_shared_names(loaded)
    return Job(loaded, quality, output, Reporter.for_terminal(quiet=as_json), as_json)


def _sampling_options(
    scenes: _Scenes,
    quality: _Quality = "final",
    settings: _Settings = None,
    output: _Output = Path("output"),
    as_json: _Json = False,
    workers: Annotated[int, typer.Option(metavar="N", help="Processes of this machine that measure.")] = 1,
    scheduler: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Dask scheduler whose workers measure, e.g. tcp://host:8786.")
    ] = None,
    shard: Annotated[
        str | None, typer.Option(metavar="I/N", help="Measures this share of the tiles only; 1/4 to 4/4 make a whole.")
    ] = None,
) -> Job:
    """Returns the job of measuring, which may be shared among several."""
    job = _options(scenes, quality, settings, output, as_json)
    return replace(job, means={"workers": workers, "scheduler": scheduler, "shard": _share(shard)})


def _share(shard: str | None) -> tuple[int, int] | None:
    """Returns the numbers of i/n; raises UsageError where there are none."""
    if shard is None:
        return None
    number, _, count = shard.partition("/")
    if not (number.isdecimal() and count.isdecimal()):
        raise UsageError(f"--shard {shard}: is no share; write i/n, such as 1/4")
    return int(number), int(count)


def _refuse_shared_names(scenes: list[tuple[Path, Any]]) -> None:
    """Raises UsageError where two scenes would write the same file."""
    for family in ("stills", "films"):
        owners: dict[str, Path] = {}
        for path, scene in scenes:
            for name in getattr(scene, family):
                if owners.setdefault(name, path) != path:
                    raise UsageError(f"{owners[name]} and {path} both have {family}.{name}; rename one of them")


Recipe = Callable[[Job], None]


def command(recipe: Recipe, options_of: Callable[..., Job] = _options) -> Recipe:
    """Registers a recipe as a command on scenes, with the options that a function of theirs takes.

    What a user can set right becomes a sentence and an exit code; anything else keeps its traceback.
    """

    def guarded(**options: Any) -> None:
        try:
            recipe(options_of(**options))
        except ThalwegError as error:
            _fail(str(error), error.exit_code, options["as_json"])
        except KeyboardInterrupt:
            _fail("interrupted; the same command goes on where it was", 130, options["as_json"])

    guarded.__signature__ = inspect.signature(options_of, eval_str=True)  # type: ignore[attr-defined]
    guarded.__annotations__ = get_type_hints(options_of, include_extras=True)
    app.command(recipe.__name__, help=recipe.__doc__)(guarded)
    return recipe


def _fail(message: str, code: int, as_json: bool) -> NoReturn:
    if as_json:
        print(json.dumps({"error": message, "exit_code": code}, ensure_ascii=False))
    print(message, file=sys.stderr)
    raise typer.Exit(code)


@command
def render(job: Job) -> None:
    """Makes everything that the scenes ask for: run, surface, stills, films; what is there already is reused.

    Example: thalweg render scenes/first-descent.yaml --quality draft
    """
    from render.film import film, still

    job.answer([*_trained(job), *_sampled(job), *_made(job, still, "stills"), *_made(job, film, "films")])


@command
def still(job: Job) -> None:
    """Makes the stills of the scenes.

    Example: thalweg still scenes/first-descent.yaml --set look.name=nocturne
    """
    from render.film import still

    job.answer(_made(job, still, "stills"))


@command
def film(job: Job) -> None:
    """Makes the films of the scenes.

    Example: thalweg film scenes/first-descent.yaml --quality preview
    """
    from render.film import film

    job.answer(_made(job, film, "films"))


def _made(job: Job, maker: Any, family: str) -> list[dict[str, Any]]:
    results = []
    for _, scene in job.scenes:
        for name in getattr(scene, family):
            made = maker.make(scene, name, job.quality, job.output, job.reporter)
            results.append(job.result(family[:-1], name, made.path, made.key, made.reused))
    return results


@command
def train(job: Job) -> None:
    """Trains the networks of the scenes and logs their steps.

    Example: thalweg train scenes/first-descent.yaml --set seed=11
    """
    job.answer(_trained(job))


def _trained(job: Job) -> list[dict[str, Any]]:
    from render.descent import run as runs

    results = []
    for _, scene in job.scenes:
        for name, asked in scene.runs.items():
            reused = runs.find(asked, scene.seed, job.output) is not None
            run = runs.obtain(name, asked, scene.seed, job.output, job.reporter)
            scores = {split: run.record[split] for split in ("train", "test")}
            results.append({**job.result("run", name, run.folder, run.key, reused), **scores})
    return results


@functools.partial(command, options_of=_sampling_options)
def sample(job: Job) -> None:
    """Measures the surfaces of the scenes, training first where needed.

    With --shard, several calls share the tiles of one surface, which they see in one folder; each says what is left,
    and an adaptive surface takes one round of calls for each level.

    Example: thalweg sample scenes/first-descent.yaml --set 'surfaces.main.points=[400, 400]'
    """
    job.answer(_sampled(job))


def _sampled(job: Job) -> list[dict[str, Any]]:
    from render.landscape import measure
    from render.landscape.survey import Means

    means = Means(**job.means)
    results = []
    for _, scene in job.scenes:
        for name in scene.surfaces:
            reused = measure.is_done(scene, name, job.output)
            made = measure.obtain(scene, name, job.output, job.reporter, means)
            numbers = {key: made.record[key] for key in ("counts", "loss")}
            results.append({**job.result("surface", name, made.folder, made.key, reused), **numbers})
    return results


@command
def check(job: Job) -> None:
    """Reads the scenes and says everything that is wrong with them, without doing anything.

    Example: thalweg check scenes/first-descent.yaml
    """
    job.answer([{"kind": "scene", "name": scene.title, "path": str(path)} for path, scene in job.scenes])


@command
def plan(job: Job) -> None:
    """Says what is missing, about how long it will take on this machine, and how much disk.

    Example: thalweg plan scenes/first-descent.yaml
    """
    from render.film import plan as plans

    made = [plans.make(scene, job.quality, job.output) for _, scene in job.scenes]
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
    from render.scene.schema import scene_schema

    print(json.dumps(scene_schema(), indent=1, ensure_ascii=False))


def main() -> None:
    """Runs the command line; being asked to end is treated like Ctrl-C, so that what is in flight is put away."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    app()


if __name__ == "__main__":
    main()
