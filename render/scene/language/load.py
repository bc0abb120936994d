"""Loading: from a scene file and the settings of the command line to a checked scene, or to all of its problems."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pydantic import ValidationError

from render.errors import SceneError
from render.scene import shipped
from render.scene.dangling import dangling
from render.scene.existing import ImportedRunSettings, ReadySurface
from render.scene.language.anatomy import follow
from render.scene.language.document import Document, read
from render.scene.language.include import including
from render.scene.language.nearest import guess
from render.scene.language.place import Place
from render.scene.language.problem import SceneProblem, problems_of, show
from render.scene.language.setting import change, read_param, read_setting
from render.scene.language.substitution import APART, substituted
from render.scene.part import Location
from render.scene.spec import VERSION, Scene
from render.scene.typefaces import drawable
from render.scene.varied import Varied
from render.storage.files import leads_out


def load(path: Path, settings: Sequence[str] = ()) -> Scene:
    """Returns the scene of a file; raises SceneError with all problems, each with its file, line and column."""
    return load_placed(path, settings)[0]


def load_placed(path: Path, settings: Sequence[str] = ()) -> tuple[Scene, Document]:
    """Returns the scene of a file, and the document that says where its values stand; raises what load does."""
    return complete(opened(path, settings))


def opened(path: Path, settings: Sequence[str] = (), params: Sequence[str] = ()) -> Document:
    """Returns the document of a file with what it includes and all settings, its references still as they are written.

    Raises SceneError with all problems of these.
    """
    if not path.exists():
        raise SceneError([Place(str(path)).says(f"there is no such file{_meant(path)}")])
    document = read(path)
    _check_is_mapping(document)
    document = _changed(including(document, path.parent), settings, params)
    _check_version(document)
    return document


def complete(document: Document) -> tuple[Scene, Document]:
    """Returns the scene of a document, and the document with values in place of references; raises what load does."""
    check_params(document)
    document = substituted(document)
    scene = check(document)
    _check_links(scene, document)
    _check_words(scene, document)
    return scene, document


def check(document: Document) -> Scene:
    """Returns the scene of plain data; raises SceneError with all problems, each with its place."""
    try:
        return Scene.model_validate(document.data)
    except ValidationError as error:
        names = [
            SceneProblem(follow(Scene, location)[0], sentence) for location, _, sentence in dangling(document.data)
        ]
        raise _placed([*problems_of(error, Scene), *names], document) from error


def _placed(problems: Sequence[SceneProblem], document: Document) -> SceneError:
    """Returns the error of problems, each once and at its place."""
    placed = [
        (
            document.place(problem.location, of_key=problem.of_key),
            str(_referring(_uncommented(problem, document), document)),
        )
        for problem in dict.fromkeys(problems)
    ]
    return SceneError([place.says(text) for place, text in sorted(placed)])


def _referring(problem: SceneProblem, document: Document) -> SceneProblem:
    """Returns the problem of a value that stands in the place of a reference, with that reference."""
    named = document.references.get(problem.location)
    return replace(problem, sentence=f"{problem.sentence} (from {named})") if named else problem


def _uncommented(problem: SceneProblem, document: Document) -> SceneProblem:
    """Returns the problem of a value that is absent, with the comment that stands in its place."""
    comment = document.comments.get(problem.location)
    if comment is None or not problem.sentence.startswith(show(None)):
        return problem
    remedy = "put the value in quotes if it begins with #, or write it before the #"
    return replace(problem, sentence=f"# begins a comment, so nothing is read of {show(comment)}; {remedy}")


def _changed(document: Document, settings: Sequence[str], params: Sequence[str]) -> Document:
    """Returns the document with all settings; raises SceneError with the problems of all that cannot be set."""
    problems: list[str] = []
    for text, is_param in [*((text, False) for text in settings), *((text, True) for text in params)]:
        try:
            document = change(document, read_param(text, document.data) if is_param else read_setting(text))
        except SceneError as error:
            problems += error.problems
    if problems:
        raise SceneError(problems)
    return document


def _check_is_mapping(document: Document) -> None:
    if isinstance(document.data, dict):
        return
    what = "is empty" if document.data is None else f"{show(document.data)} is not a mapping"
    raise SceneError([document.place(()).says(f"{what}; a scene begins with thalweg: {VERSION}")])


def _check_version(document: Document) -> None:
    """Refuses another version alone, since nothing could be said about its keys."""
    version = document.data.get("thalweg", VERSION)
    if type(version) is not int or version != VERSION:
        place = document.place(("thalweg",))
        raise SceneError([place.says(f"thalweg: {show(version)} is not a version that can be read; write {VERSION}")])


def check_params(document: Document) -> None:
    """Refuses wrong params and a wrong matrix, alone, since what they stand for would be wrong once more."""
    try:
        Varied.model_validate({key: document.data[key] for key in APART if key in document.data})
    except ValidationError as error:
        raise _placed(problems_of(error, Varied), document) from error


def _check_links(scene: Scene, document: Document) -> None:
    """Refuses a file or folder that a link takes out of the working directory, where a stranger's scene has no say."""
    paths: dict[Location, str] = {}
    for name, surface in scene.surfaces.items():
        if isinstance(surface, ReadySurface):
            paths["surfaces", name, "source", "surface"] = surface.source.surface
            if surface.source.path is not None:
                paths["surfaces", name, "source", "path"] = surface.source.path
    for name, run in scene.runs.items():
        if isinstance(run, ImportedRunSettings):
            paths["runs", name, "folder"] = run.folder
    paths |= {("films", name, "sound"): film.sound for name, film in scene.films.items() if film.sound}
    found = [
        document.place(location).says(f"{location[-1]}: {show(path)} is a link that leads out of the working directory")
        for location, path in paths.items()
        if leads_out(Path(path), Path.cwd())
    ]
    if found:
        raise SceneError([f"{problem}; copy what it leads to, or start where that lies" for problem in found])


def _check_words(scene: Scene, document: Document) -> None:
    """Refuses fonts that are not there, and words on pictures that no font has the letters for."""
    found = [
        (document.place(location), str(SceneProblem(location, sentence)))
        for location, _, sentence in drawable.faults(scene)
    ]
    if found:
        raise SceneError([place.says(text) for place, text in sorted(found)])


def _meant(path: Path) -> str:
    """Returns what was probably meant by an absent file: one beside it, or a scene that comes with the program."""
    if found := guess(path.name, [other.name for other in path.parent.glob("*.yaml")]):
        return f"; did you mean {path.with_name(found)}?"
    scenes = shipped.scenes()
    if not (name := guess(path.stem, scenes)):
        return ""
    if scenes[name].is_relative_to(Path.cwd()):
        return f"; did you mean {scenes[name].relative_to(Path.cwd())}?"
    return f"; the scene {name} comes with the program: name {scenes[name]}, or copy that file here"
