"""A job: the scenes that a command works on, and what its options come to."""

from __future__ import annotations

import functools
import inspect
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from render.cli.answers import answer_of
from render.cli.app import AsJson, DataFolder, OutputOption, app, mistakes
from render.cli.datasets import use_data_folder
from render.errors import SceneError, UsageError


@dataclass(frozen=True)
class Job:
    """What the options of a command come to."""

    scenes: list[tuple[Path, Any]]
    quality: str
    output: Path
    reporter: Any
    as_json: bool
    metadata: bool = True  # in the files themselves
    variants: list[Any] = field(default_factory=list)  # what each scene is of its file, where its values stand
    means: dict[str, Any] = field(default_factory=dict)  # of measuring, as sampling/survey.py has them
    whole: list[Any] = field(default_factory=list)  # the scenes without the limits of the quality
    wish: Any = None  # what a sheet of looks is to show, as film/every_look.py has it
    asked: Any = None  # of prints, as scene/printing.py has it
    choice: Any = None  # of the frames of films, as film/choice.py has it
    again: Any = None  # reads the scenes anew, with the same options; returns a job
    passes: bool = False  # whether what stills are made of is wanted too
    resolved: bool = False  # whether every value is to be told, with where it comes from

    @property
    def files(self) -> list[Path]:
        """The files of the scenes, and those that they include."""
        sources = (place.source for variant in self.variants for place in variant.document.keys.values() if place.line)
        return [*dict.fromkeys([*(path for path, _ in self.scenes), *map(Path, sources)])]

    def orders(self) -> list[Any]:
        """Returns what is asked for of each scene, as its file says."""
        from render.film.choice import ALL
        from render.sampling.survey import Means
        from render.works.order import Order

        means, choice = Means(**self.means), self.choice or ALL
        common = (self.quality, self.output, self.metadata, means)
        return [
            Order(scene, *common, variant.called(path.stem), choice)
            for (path, scene), variant in zip(self.scenes, self.variants, strict=True)
        ]

    def finest_orders(self, bench: Any = None) -> list[Any]:
        """Returns orders of surfaces on disk where these are finer than asked for; a bench keeps what it reads."""
        from render.works.finest import finest

        orders: list[Any] = []
        said: dict[str, None] = {}
        for order, whole in zip(self.orders(), self.whole, strict=True):
            finer, names = finest(whole, order, bench.find if bench else None)
            orders.append(finer)
            for name in names:
                points = " × ".join(f"{count:,}" for count in finer.scene.measured[name].points)
                said[f"surface {name}: the finer one that is measured already is drawn, {points} points"] = None
        for sentence in said:  # once for all variants of a scene
            self.reporter.say(sentence)
        return orders

    def make(self, works: Sequence[Any], bench: Any = None) -> None:
        """Makes works, after a look at what would end them when all else is done, and answers what became of each.

        bench: one that keeps what they need from one call to the next.
        """
        from render.works.bench import Bench

        kept = [need for work in works for need in work.needs] if bench else []
        bench = bench or Bench(self.reporter)
        if self.means.get("models"):  # one that makes another network is told first, whatever is there already
            for surface in (each for work in works for each in (work, *work.needs) if each.kind == "surface"):
                bench.find(surface)
        bench.look_ahead(works, self.output)
        results = []
        for number, work in enumerate(works, 1):
            made = bench.obtain(work)
            result = {"kind": work.kind, "name": work.name, "path": str(work.path), "key": work.key}
            results.append({**result, "reused": bench.was_there(work), **work.told(made)})
            bench.let_go([*works[number:], *kept])
        self.answer(results)

    def answer(self, results: list[dict[str, Any]]) -> None:
        """Prints what was made, for a person or for a program."""
        if self.as_json:
            print(json.dumps({"results": results}, ensure_ascii=False))
            return
        for result in results:
            print(answer_of(result))


_Scenes = Annotated[list[Path], typer.Argument(metavar="SCENE", help="Scene files.", show_default=False)]
QualityOption = Annotated[str, typer.Option(help="thumb, draft, preview or final.")]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Changes one value of the scene, e.g. shots.0.duration=4s."),
]
ParamValues = Annotated[
    list[str] | None,
    typer.Option("--param", metavar="NAME=VALUE", help="Gives one of the scene's params another value, e.g. width=8."),
]
Models = Annotated[
    list[str] | None,
    typer.Option(
        "--model", metavar="[RUN=]MODULE:FUNCTION", help="Python function that returns the network of an imported run."
    ),
]
BareOption = Annotated[
    bool, typer.Option("--no-metadata", help="Writes no title and no caption into the pictures' own files.")
]


def options_of_scenes(
    scenes: _Scenes,
    quality: QualityOption = "final",
    settings: Settings = None,
    output: OutputOption = Path("output"),
    as_json: AsJson = False,
    data: DataFolder = None,
    model: Models = None,
    bare: BareOption = False,
    params: ParamValues = None,
) -> Job:
    """Returns the job that the options of a command come to; every command on scenes has these."""
    from render.progress import Reporter
    from render.scene.language.variant import load_variants
    from render.scene.look import old_keys
    from render.scene.quality import apply_quality

    loaded, variants, problems = [], [], []
    for path in scenes:
        try:
            found = load_variants(path, settings or [], params or [])
            loaded += [(path, apply_quality(variant.scene, quality)) for variant in found]
            variants += found
        except SceneError as error:
            problems += error.problems
    if problems:
        raise SceneError(problems)
    _refuse_shared_names(loaded)
    use_data_folder(data)
    reporter = Reporter.for_terminal(quiet=as_json)
    said = [
        f"{path}: {sentence}"
        for (path, _), variant in zip(loaded, variants, strict=True)
        for sentence in old_keys(variant.document.data.get("look"))
    ]
    for sentence in dict.fromkeys(said):
        reporter.say(f"{sentence}; `thalweg migrate` renames them")
    means = {"models": _models(model or [])}
    whole = [variant.scene for variant in variants]
    return Job(loaded, quality, output, reporter, as_json, not bare, variants, means, whole)


def _models(named: list[str]) -> dict[str, str]:
    """Returns the functions that make networks of one's own, by the run that each is for; "" is for all."""
    pairs = (text.rpartition("=") for text in named)
    return {run: function for run, _, function in pairs}


def check_options(
    job: Job,
    resolved: Annotated[bool, typer.Option("--resolved", help="Tells every value, and where it comes from.")] = False,
) -> Job:
    """Returns the job of checking, which may tell every value."""
    return replace(job, resolved=resolved)


def sampling_options(
    job: Job,
    workers: Annotated[int, typer.Option(metavar="N", help="Processes of this machine that measure.")] = 1,
    scheduler: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Dask scheduler whose workers measure, e.g. tcp://host:8786.")
    ] = None,
    shard: Annotated[
        str | None, typer.Option(metavar="I/N", help="Measures this share of the tiles only; 1/4 to 4/4 make a whole.")
    ] = None,
) -> Job:
    """Returns the job of measuring, which may be shared among several."""
    means = {**job.means, "workers": workers, "scheduler": scheduler, "shard": _share(shard)}
    return replace(job, means=means)


def sheet_options(
    job: Job,
    look: Annotated[
        list[str] | None, typer.Option("--look", metavar="NAME", help="Shows this look, and others so named; else all.")
    ] = None,
    eyes: Annotated[
        str, typer.Option("--as", metavar="EYES", help="Shows it as deuteranopia, protanopia, tritanopia or grey.")
    ] = "",
) -> Job:
    """Returns the job of drawing sheets of looks, with what they are to show."""
    from render.film.every_look import wish

    return replace(job, wish=wish(look or [], eyes))


def require_sheets_apart(paths: Sequence[Path]) -> None:
    """Raises UsageError where two scenes would have one sheet of looks."""
    owners: dict[str, Path] = {}
    for path in paths:
        if owners.setdefault(path.stem, path) != path:
            raise UsageError(
                f"{owners[path.stem]} and {path} would have one sheet; draw one after the other, or rename"
            )


def still_options(
    job: Job,
    size: Annotated[
        str | None,
        typer.Option(
            "--print", metavar="SIZE", help="Makes prints: A0 to A6, A1-portrait, 16x20in, 60x40cm, 16384x16384px."
        ),
    ] = None,
    dpi: Annotated[float | None, typer.Option(metavar="N", help="Pixels to the inch of a print; else 300.")] = None,
    bleed: Annotated[
        str | None, typer.Option(metavar="LENGTH", help="Picture beyond every edge of a print, e.g. 3mm.")
    ] = None,
    depth: Annotated[int | None, typer.Option(metavar="BITS", help="Of a channel: 16, or 8; of exr 16 or 32.")] = None,
    form: Annotated[str | None, typer.Option("--format", metavar="NAME", help="png, tiff or exr (linear).")] = None,
    passes: Annotated[
        bool, typer.Option("--passes", help="Writes depth, normals, albedo, lights and mattes beside, as one EXR.")
    ] = False,
) -> Job:
    """Returns the job of stills, which may be prints."""
    from render.scene.printing import PrintRequest

    return replace(job, asked=PrintRequest(size, dpi, bleed, depth, form), passes=passes)


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


CommandRecipe = Callable[[Job], Sequence[Any] | None]  # returns the works that are to be made, if any


def command(
    recipe: CommandRecipe,
    further: Callable[..., Job] | None = None,
    first: Callable[[Sequence[Path]], None] = lambda paths: None,
    quality: str = "final",
) -> CommandRecipe:
    """Registers a recipe as a command on scenes.

    further: a function of the job and of options of the command's own, which it puts into the job. first: looks at the
    scenes' paths before anything is read. quality: where none is asked for.
    """
    common = dict(inspect.signature(options_of_scenes, eval_str=True).parameters)
    common["quality"] = common["quality"].replace(default=quality)
    own = list(inspect.signature(further, eval_str=True).parameters.values())[1:] if further else []
    parameters = [*common.values(), *own]

    def guarded(**options: Any) -> None:
        with mistakes(options["as_json"]):
            first(options["scenes"])
            read = functools.partial(options_of_scenes, **{name: options[name] for name in common})
            job = replace(read(), again=read)
            job = further(job, **{each.name: options[each.name] for each in own}) if further else job
            works = recipe(job)
            if works is not None:
                job.make(works)

    guarded.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    guarded.__annotations__ = {each.name: each.annotation for each in parameters}
    app.command(recipe.__name__, help=recipe.__doc__)(guarded)
    return recipe
