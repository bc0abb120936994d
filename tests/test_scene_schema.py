"""The JSON schema: the copy in assets/ is that of the models, and every field explains itself."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from render.scene.language.schema import scene_schema
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
    forms = scene_schema()["$defs"]["Shot"]["properties"]["duration"]["anyOf"]
    assert {form["type"] for form in forms} == {"number", "string"}


def test_the_description_of_a_key_names_every_kind_that_it_may_hold():
    keys = [(key, node) for model in scene_schema()["$defs"].values() for key, node in model["properties"].items()]
    told = [(key, node) for key, node in keys if "discriminator" in node]
    assert len(told) >= 6
    for key, node in told:
        words = node["description"].replace(",", " ").split()
        assert [kind for kind in node["discriminator"]["mapping"] if kind not in words] == [], key
