"""The book: built without a warning, its tutorials do what they say, and what it says of keys and files holds."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import typer.main
import zarr
from PIL import Image
from ruamel.yaml import YAML
from typer.testing import CliRunner

import render
from render.cli import app
from render.errors import ThalwegError
from render.film.vision import EYES
from render.scene.language.schema import models_schema
from render.scene.quality import qualities
from render.scene.spec import Scene
from tests.conftest import ROOT, SCENE

DOCS = ROOT / "docs"
sys.path.insert(0, str(DOCS))

from extensions.commands import command_pages, commands  # noqa: E402
from extensions.exits import codes  # noqa: E402
from extensions.parts import families  # noqa: E402
from extensions.rehearsal import Rehearsal  # noqa: E402
from extensions.scene import scene_pages  # noqa: E402
from extensions.tutorial import Command, Tutorial, Written  # noqa: E402

from render.scene.language.example import example, is_taken  # noqa: E402
from render.scene.language.flow import flow  # noqa: E402

FORMATS = (DOCS / "reference" / "formats.md").read_text(encoding="utf-8")
WRONG = """# Wrong

```{code-block} console
$ echo one; echo two
one
three
$ false
```
"""


def sphinx(source: Path, target: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Builds a book; warnings are errors."""
    command = [
        sys.executable,
        "-m",
        "sphinx",
        "-W",
        "-q",
        "-d",
        str(target / "read"),
        str(source),
        str(target / "html"),
    ]
    environment = {**os.environ, **variables}
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


@pytest.fixture(scope="session")
def book(graphics, tmp_path_factory) -> Path:
    """The folder of the built book."""
    target = tmp_path_factory.mktemp("book")
    done = sphinx(DOCS, target)
    assert done.returncode == 0, done.stderr
    return target / "html"


@pytest.fixture
def small_book(tmp_path):
    """Gives what writes a book of one tutorial, and returns its folder."""

    def write(text: str) -> Path:
        (tmp_path / "tutorials").mkdir()
        (tmp_path / "tutorials" / "page.md").write_text(text, encoding="utf-8")
        (tmp_path / "index.md").write_text("# Book\n\n```{toctree}\ntutorials/page\n```\n", encoding="utf-8")
        (tmp_path / "conf.py").write_text(
            f"import sys\nsys.path[:0] = [{str(DOCS)!r}, {str(ROOT)!r}]\n"
            f"extensions = ['myst_parser', 'extensions.tutorials']\n"
            f"tutorials_stage = {str(tmp_path / 'stage')!r}\nexclude_patterns = ['stage', 'built']\n",
            encoding="utf-8",
        )
        return tmp_path

    return write


@pytest.mark.slow
def test_the_book_is_built_without_a_warning(book):
    assert (book / "index.html").is_file()
    assert (book / "reference" / "scene" / "index.html").is_file()


@pytest.mark.slow
def test_every_public_name_and_method_is_documented(book):
    text = (book / "reference" / "python.html").read_text(encoding="utf-8")
    for name in render.__all__:
        thing = getattr(render, name)
        inner = [key for key in vars(thing) if not key.startswith("_")] if isinstance(thing, type) else []
        known = getattr(thing, "__dataclass_fields__", {})
        methods = [key for key in inner if key not in known]
        assert [
            each for each in (name, *(f"{name}.{key}" for key in methods)) if f'id="render.{each}"' not in text
        ] == []
        assert [key for key in known if f">{key}</span></code>" not in text] == []


def test_every_key_of_the_schema_is_explained_in_the_reference():
    text = "\n".join(scene_pages().values())
    schema = models_schema()
    lost = [
        f"{part}.{key}"
        for part, model in {Scene.__name__: schema, **schema["$defs"]}.items()
        for key, node in model.get("properties", {}).items()
        if f"`{key}`\n\n{said(node)}.\n\n:type: " not in text
    ]
    assert lost == []


def said(node: dict) -> str:
    """Returns what the reference says of a key."""
    meaning = node.get("description", "says which kind it is")
    return meaning[0].upper() + meaning[1:]


def test_every_example_in_the_reference_is_taken_as_it_stands():
    schema = models_schema()
    definitions = {**schema["$defs"], Scene.__name__: schema}
    yaml = YAML(typ="safe", pure=True)
    wrong = []
    for model in families():
        for key, node in definitions[model.__name__].get("properties", {}).items():
            written = yaml.load(flow({key: example(model, key, node, definitions)}))
            if list(written) != [key] or not is_taken(model, key, written[key]):
                wrong.append(f"{model.__name__}.{key}: {written}")
    assert wrong == []


def test_every_kind_stands_in_the_reference_with_its_keys():
    text = "\n".join(scene_pages().values())
    kinds = [(family, kind) for family in families().values() if len(family.kinds) > 1 for kind in family.kinds]
    assert len(kinds) > 40
    assert [kind for _, kind in kinds if f" `{kind}`\n" not in text] == []


def test_every_command_and_option_is_in_the_reference():
    pages, runner = command_pages(), CliRunner()
    assert {name.split()[0] for name, _ in commands()} == set(typer.main.get_command(app).commands)
    for name, _ in commands():
        text = pages[name.replace(" ", "-")]
        shown = runner.invoke(app, [*name.split(), "--help"], env={"COLUMNS": "200"}).output
        options = set(re.findall(r"^ +(--[a-z0-9-]+)", shown, re.MULTILINE))
        assert [option for option in options if f"`{option}" not in text] == []
        assert f"thalweg {name}" in pages["index"]


def test_a_page_of_a_command_has_meanings_types_and_defaults():
    text = command_pages()["still"]
    assert "`--quality QUALITY`\n: thumb, draft, preview or final. Text. Default: `final`." in text
    assert "`SCENE`\n: Scene files. Path; may be given several times. It must be given." in text


@pytest.mark.parametrize(
    ("command", "option", "choices"),
    [("render", "--quality", qualities), ("looks", "--as", lambda: EYES), ("export", "--to", lambda: _forms())],
)
def test_the_help_of_an_option_names_every_choice(command, option, choices):
    parameters = typer.main.get_command(app).commands[command].params
    (text,) = [each.help for each in parameters if option in each.opts]
    assert [choice for choice in choices() if not re.search(rf"\b{re.escape(choice)}\b", text)] == []


def _forms() -> list[str]:
    from render.cli.solids import forms
    from render.exchange import WRITERS

    return [*forms(), *WRITERS]


def test_every_exit_code_has_a_meaning():
    errors = [ThalwegError, *ThalwegError.__subclasses__()]
    assert {error.exit_code for error in errors} <= set(codes())
    assert {0, 1, 2, 130} <= set(codes())


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_relative_links_lead_to_files(name):
    page = ROOT / name
    if not page.is_file():
        pytest.skip(f"there is no {name}")
    links = re.findall(r"\]\(([^)\s]+)\)", re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL))
    local = [link.partition("#")[0] for link in links if not re.match(r"[a-z]+:|#", link)]
    assert [link for link in local if not (ROOT / link).exists()] == []


# The harness of tutorials


def test_a_tutorial_is_read_as_files_and_commands(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "# Page\n\n```{code-block} yaml\n:caption: a/b.yaml\n\nkey: 1\n```\n\n"
        "```{code-block} console\n:class: not-run\n$ pip install x\n```\n\n"
        "- In a list:\n\n  ```{code-block} console\n  $ echo \\\n  >   one\n  one\n  $ true\n  ```\n\n"
        "```yaml\nshown: only\n```\n\n"
        "```{code-block} console\n:class: fails\n$ false\n```\n",
        encoding="utf-8",
    )
    written, first, second, third = Tutorial.read(page).steps
    assert written == Written(3, "a/b.yaml", "key: 1\n")
    assert isinstance(first, Command) and (first.line, first.text) == (17, "echo one")
    assert [(line.number, line.text) for line in first.shown] == [(19, "one")]
    assert isinstance(second, Command) and (second.text, second.shown) == ("true", ())
    assert isinstance(third, Command) and third.fails


def rehearse(tmp_path: Path, text: str) -> list:
    """Returns the faults of a tutorial with these blocks."""
    page = tmp_path / "page.md"
    page.write_text(text, encoding="utf-8")
    return Rehearsal(Tutorial.read(page), tmp_path / "stage").perform()


def console(*lines: str, kind: str = "") -> str:
    return "\n".join(["```{code-block} console", *([f":class: {kind}"] if kind else []), *lines, "```", ""])


def test_lines_that_were_said_in_this_order_are_no_fault(tmp_path):
    assert rehearse(tmp_path, console("$ printf 'a 1\\nb\\nc\\nd 2 e\\n'", "a ...", "...", "d ... e")) == []


@pytest.mark.parametrize(("shown", "line"), [(("b", "a"), 4), (("a", "b", "b"), 5), (("a ...",), 3), (("a", "c"), 4)])
def test_a_line_that_was_not_said_there_is_a_fault_at_its_line(tmp_path, shown, line):
    (fault,) = rehearse(tmp_path, console("$ printf 'a\\nb\\n'", *shown))
    assert fault.line == line
    assert "does not say" in fault.sentence and "\n    a\n    b" in fault.sentence


def test_a_command_that_fails_is_a_fault_with_what_it_said(tmp_path):
    (fault,) = rehearse(tmp_path, "Words.\n\n" + console("$ echo lost >&2; exit 3", "$ echo never"))
    assert (fault.line, fault.sentence) == (
        4,
        "`echo lost >&2; exit 3` has failed with exit code 3; it said:\n    lost",
    )


def test_a_command_that_is_to_fail_and_does_not_is_a_fault(tmp_path):
    (fault,) = rehearse(tmp_path, console("$ true", kind="fails"))
    assert "is to fail" in fault.sentence
    assert rehearse(tmp_path, console("$ false", kind="fails")) == []


def test_a_file_outside_the_folder_of_a_tutorial_is_a_fault(tmp_path):
    (fault,) = rehearse(tmp_path, "```{code-block} yaml\n:caption: ../x.yaml\n\na: 1\n```\n")
    assert "leads out" in fault.sentence
    assert not (tmp_path / "stage" / "x.yaml").exists()


def test_thalweg_and_python_of_a_tutorial_are_those_of_this_checkout(tmp_path):
    where = "$ python -c 'import render, sys; print(render.__file__, sys.executable)'"
    lines = (where, f"{ROOT / 'render' / '__init__.py'} {sys.executable}", "$ thalweg --help", "Usage: thalweg ...")
    assert rehearse(tmp_path, console(*lines)) == []


def test_a_rehearsal_is_kept_until_its_steps_change(tmp_path):
    stamp = tmp_path / "stage" / "page" / "stamp"
    assert rehearse(tmp_path, console("$ date +%s%N > stamp")) == []
    first = stamp.read_text(encoding="utf-8")
    assert rehearse(tmp_path, "More words.\n\n" + console("$ date +%s%N > stamp")) == []
    assert stamp.read_text(encoding="utf-8") == first
    assert rehearse(tmp_path, console("$ date +%s%N > stamp; echo done", "done")) == []
    assert stamp.read_text(encoding="utf-8") != first


def test_a_rehearsal_with_a_fault_is_done_again(tmp_path):
    for _ in range(2):
        assert len(rehearse(tmp_path, console("$ false"))) == 1


def test_a_build_names_page_and_line_of_what_is_wrong(small_book, tmp_path):
    done = sphinx(small_book(WRONG), tmp_path / "built")
    assert done.returncode == 1
    page = tmp_path / "tutorials" / "page.md"
    assert f'{page}:6: WARNING: `echo one; echo two` does not say "three" here' in done.stderr
    assert f"{page}:7: WARNING: `false` has failed with exit code 1" in done.stderr


def test_a_book_is_built_without_running_anything_where_that_is_asked(small_book, tmp_path):
    done = sphinx(
        small_book(f"{WRONG}\n```{{made}} none.png\n:alt: Nothing\n```\n"), tmp_path / "built", THALWEG_BOOK="off"
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert not (tmp_path / "stage").exists()


PICTURE = """# Picture

```{code-block} python
:caption: draw.py

from PIL import Image
Image.new("RGBA", (1600, 400), (255, 0, 0, 0)).save("wide.png")
```

```{code-block} console
$ python draw.py
```

```{made} wide.png
:alt: Nothing but white
```
"""


def test_a_picture_that_was_made_is_shown_as_wide_as_a_page(small_book, tmp_path):
    done = sphinx(small_book(PICTURE), tmp_path / "built")
    assert done.returncode == 0, done.stderr
    (shown,) = (tmp_path / "built" / "html" / "_images").iterdir()
    with Image.open(shown) as picture:
        assert (picture.format, picture.size, picture.getpixel((5, 5))) == ("JPEG", (960, 240), (255, 255, 255))
    page = (tmp_path / "built" / "html" / "tutorials" / "page.html").read_text(encoding="utf-8")
    assert 'alt="Nothing but white"' in page


def test_a_picture_that_was_not_made_is_a_fault_of_the_page(small_book, tmp_path):
    done = sphinx(small_book(PICTURE.replace("{made} wide", "{made} other")), tmp_path / "built")
    assert done.returncode == 1
    assert "page.md:14: ERROR: made: the tutorial has not made other.png" in done.stderr


# What the book says of files


@pytest.fixture(scope="session")
def made(graphics, tmp_path_factory) -> Path:
    """A folder with the results of the first scene as a thumbnail."""
    folder = tmp_path_factory.mktemp("formats")
    command = [sys.executable, "-m", "render", "render", str(SCENE), "--quality", "thumb", "--out", "output"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Object at outcome.json")
def test_another_program_reads_what_the_page_on_formats_says(made, monkeypatch):
    monkeypatch.chdir(made)
    names: dict = {}
    exec(compile("".join(re.findall(r"```python\n(.*?)```", FORMATS, re.DOTALL)), "formats.md", "exec"), names)
    assert names["thetas"].shape == (61, 3010)
    assert names["loss"].shape == (24, 24) and (names["status"] == 1).all()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Object at outcome.json")
def test_the_page_on_formats_names_all_that_is_in_the_files(made):
    output, found = made / "output", set()
    for pattern in ("runs/*/run", "surfaces/*/surface", "surfaces/*/*/outcome", "stills/*.png", "films/*.mp4"):
        (record,) = output.glob(f"{pattern}.json")
        found |= set(json.loads(record.read_text(encoding="utf-8")))
    for pattern in ("runs/*/trajectory.zarr", "surfaces/*/surface.zarr"):
        (store,) = output.glob(pattern)
        found |= set(zarr.open_group(store, mode="r").array_keys())
    (path,) = output.glob("surfaces/*/path.npz")
    with np.load(path) as arrays:
        found |= set(arrays.files)
    lines = (output / "frames" / "first-descent.thumb" / "manifest.jsonl").read_text(encoding="utf-8").splitlines()
    found |= set(json.loads(lines[0]))
    assert len(found) > 50
    assert sorted(name for name in found if f"`{name}`" not in FORMATS) == []


def test_the_page_on_formats_has_the_status_codes_of_the_program():
    from render.sampling.status import Status

    assert [status for status in Status if f"| {status.value} | `{status.name.lower()}` |" not in FORMATS] == []
