"""The JSON schema: the copy in assets/ is that of the models, and every field explains itself."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from render.scene.language.schema import models_schema, scene_schema
from render.storage.files import asset

ROOT = Path(__file__).resolve().parent.parent


def test_the_schema_in_assets_is_that_of_the_models():
    kept = json.loads(asset("scene.schema.json").read_text(encoding="utf-8"))
    assert kept == scene_schema(), "python -m render.scene.language.schema > assets/scene.schema.json"


def test_the_command_writes_the_copy_in_assets():
    ran = subprocess.run(
        [sys.executable, "-m", "render.scene.language.schema"], cwd=ROOT, capture_output=True, check=True
    )
    assert ran.stdout == asset("scene.schema.json").read_bytes()


def test_every_key_of_a_scene_explains_itself():
    schema = scene_schema()
    parts = {"Scene": schema, **schema["$defs"]}
    silent = [
        f"{part}.{key}"
        for part, model in parts.items()
        for key, field in model.get("properties", {}).items()
        if key != "kind" and "description" not in field
    ]
    assert silent == []


def test_a_scene_may_leave_out_any_part_of_a_look():
    definitions = scene_schema()["$defs"]
    assert all("required" not in definitions[part] for part in ("Look", "SunSettings", "Sky", "Contours", "PathLight"))
    assert definitions["Shot"]["required"] == ["duration"]
    assert definitions["Shot"]["anyOf"] == [{"required": ["surface"]}, {"required": ["line"]}]


def test_a_duration_is_a_number_or_text_with_a_unit():
    forms = models_schema()["$defs"]["Shot"]["properties"]["duration"]["anyOf"]
    assert {form["type"] for form in forms} == {"number", "string"}


def test_the_description_of_a_key_names_every_kind_that_it_may_hold():
    keys = [(key, node) for model in models_schema()["$defs"].values() for key, node in model["properties"].items()]
    told = [(key, node) for key, node in keys if "discriminator" in node]
    assert len(told) >= 6
    for key, node in told:
        words = node["description"].replace(",", " ").split()
        assert [kind for kind in node["discriminator"]["mapping"] if kind not in words] == [], key


def allowed(node: dict, value: object, definitions: dict) -> bool:
    """Whether a node of the schema takes a value, as far as types, texts and bounds go."""
    if "$ref" in node:
        node = definitions[node["$ref"].rpartition("/")[2]]
    for union, right in (("anyOf", lambda count: count > 0), ("oneOf", lambda count: count == 1)):
        if union in node:
            return right(sum(allowed(member, value, definitions) for member in node[union]))
    if "enum" in node or "const" in node:
        return value in node.get("enum", [node.get("const")])
    if node.get("type") == "array" and isinstance(value, list):
        items = node.get("prefixItems") or [node["items"]] * len(value)
        return all(allowed(item, each, definitions) for item, each in zip(items, value, strict=True))
    kinds = {"string": str, "integer": int, "number": (int, float), "boolean": bool}
    fits = isinstance(value, kinds.get(node.get("type"), ()))
    return fits and (not isinstance(value, str) or re.search(node.get("pattern", ""), value) is not None)


REFERRED = [
    ("Film", "fps", "${params.rate}"),
    ("Film", "size", ["${params.width}", 180]),
    ("Film", "title", "${params.shown}"),
    ("Shot", "duration", "${params.length}"),
    ("Shot", "surface", "${params.surface}"),
    ("SunSettings", "elevation", "${params.height}"),
    ("SunSettings", "colour", "${params.colour}"),
    ("Mlp", "widths", ["${params.width}", 3]),
    ("Look", "transform", "${params.transform}"),
]


@pytest.mark.parametrize(("part", "key", "value"), REFERRED, ids=[f"{part}.{key}" for part, key, _ in REFERRED])
def test_an_editor_takes_a_reference_wherever_the_program_does(part, key, value):
    definitions = scene_schema()["$defs"]
    node = definitions[part]["properties"][key]
    assert allowed(node, value, definitions)
    wrong = [each.replace("params.", "") if isinstance(each, str) else each for each in value]
    assert not allowed(node, wrong if isinstance(value, list) else value.replace("params.", ""), definitions)
