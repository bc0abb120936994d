"""What people expect of a project: one version everywhere, the same checks everywhere, faults told with the machine."""

from __future__ import annotations

import importlib.metadata
import json
import re
import subprocess
import sys
import tomllib

import pytest
from ruamel.yaml import YAML
from typer.testing import CliRunner

import render
from render.cli import app
from tests.conftest import ROOT

yaml = YAML(typ="safe")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("[!c]*.yml"))  # without config.yml
away_from_a_checkout = pytest.mark.skipif(not (ROOT / ".github").is_dir(), reason="an sdist has no .github")


def test_the_version_is_written_once_and_said_everywhere():
    assert re.fullmatch(r"\d+\.\d+\.\d+\S*", render.__version__)
    assert "version" not in PROJECT and "version" in PROJECT["dynamic"]
    assert importlib.metadata.version("thalweg") == render.__version__, "pip install -e . again"
    assert yaml.load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))["version"] == render.__version__
    assert f"## {render.__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_program_says_its_version():
    done = CliRunner().invoke(app, ["--version"])
    assert done.exit_code == 0 and done.stdout == f"thalweg {render.__version__}\n"


@pytest.mark.slow
def test_the_doctor_prints_json_and_nothing_else(graphics, tmp_path):
    command = [sys.executable, "-m", "render", "doctor", "--json", "--out", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    checks = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
    assert not done.stderr
    assert checks["Thalweg"]["said"].startswith(f"{render.__version__} in ")
    assert checks["scenes"]["said"].endswith(f" in {ROOT / 'scenes'}")


@away_from_a_checkout
def test_the_workflow_runs_the_whole_check_on_every_python_that_is_claimed():
    job = yaml.load((ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))["jobs"]["check"]
    assert ".ci/run" in [step.get("run") for step in job["steps"]]
    checked = job["strategy"]["matrix"]["python"]
    claimed = [match[1] for text in PROJECT["classifiers"] if (match := re.fullmatch(r".*Python :: (3\.\d+)", text))]
    assert set(claimed) <= set(checked) and PROJECT["requires-python"] == f">={checked[0]}"


@away_from_a_checkout
def test_every_tool_of_a_commit_is_one_of_the_whole_check():
    (local,) = yaml.load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    tools = {" ".join(word for word in hook["entry"].split() if word[0] != "-") for hook in local["hooks"]}
    lines = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    said = {line.removesuffix(" .").removesuffix(" --check") for line in lines if line.startswith(("ruff", "mypy"))}
    assert tools == said == {"ruff check", "ruff format", "mypy"}


@away_from_a_checkout
def test_every_issue_form_asks_for_what_the_doctor_says():
    assert len(FORMS) == 2
    for form in FORMS:
        asked = {part["id"]: part for part in yaml.load(form.read_text(encoding="utf-8"))["body"]}
        assert "`thalweg doctor --json`" in asked["machine"]["attributes"]["description"], form.name
        assert asked["machine"]["attributes"]["render"] == "json", form.name
