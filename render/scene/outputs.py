"""The outputs of a film: encoders and presets by name, the files that they become, and what does not go together.

In a scene an output is the name of a kind or of a preset, a mapping with a kind, or {preset: name} with what is to be
another than the preset has it. A preset is a mapping of assets/outputs.yaml, and stands for what is written there.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, GetJsonSchemaHandler
from pydantic_core import CoreSchema

from render.scene.encoders import H264, AnyEncoder, AnyLayer, AnyOutput
from render.scene.encoders.compositing import LayerPart
from render.scene.encoders.encoder import EncoderPart
from render.scene.encoders.suited import kind_of, misfits
from render.scene.language.anatomy import bare, members
from render.scene.language.document import read
from render.scene.language.nearest import nearest
from render.scene.part import PLAIN, Fault
from render.storage.files import asset

if TYPE_CHECKING:
    from render.scene.output import Film

KINDS: dict[str, type[EncoderPart]] = {name: bare(kind) for name, kind in members(bare(AnyEncoder)).items()}
LAYERS: dict[str, type[LayerPart]] = {name: bare(kind) for name, kind in members(bare(AnyLayer)).items()}
NAMES = (*KINDS, *LAYERS)
ENDINGS = frozenset(kind.ending for kind in KINDS.values() if kind.ending)  # of files
QUALITIES = ("thumb", "draft", "preview")  # which stand in the names of files themselves
SHARED = ("size", "fps", "pad", "loop")  # what any kind of output has


@functools.cache
def presets() -> dict[str, dict[str, Any]]:
    """Returns the outputs of assets/outputs.yaml by name."""
    return dict(read(asset("outputs.yaml")).data)


def spelt_out(value: Any) -> Any:
    """Returns an output that is a name, or names a preset, as a mapping with a kind; raises ValueError for no name."""
    if isinstance(value, str):
        if value in NAMES:
            return {"kind": value}
        return _of_preset(value, {})
    if isinstance(value, Mapping) and "preset" in value and ("kind" not in value or value["preset"] in presets()):
        return _of_preset(value["preset"], {key: each for key, each in value.items() if key != "preset"})
    return value


def _of_preset(name: Any, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a preset with changes; of one that becomes another kind only what all kinds have is left."""
    if not isinstance(name, str) or name not in presets():
        raise ValueError(f'"{name}" is no output; {nearest(str(name), [*presets(), *NAMES])}')
    preset = presets()[name]
    if changes.get("kind", preset["kind"]) != preset["kind"]:
        preset = {key: preset[key] for key in SHARED if key in preset}
    return {"name": name, **preset, **changes}


class _ByName:
    """Tells editors that an output may be a name."""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        names = sorted(presets())
        changed = {
            "type": "object",
            "properties": {"preset": {"enum": names}},
            "required": ["preset"],
            "additionalProperties": True,
        }
        return {"anyOf": [{"enum": [*NAMES, *names]}, changed, handler(schema)]}


FilmOutput = Annotated[AnyOutput, BeforeValidator(spelt_out), _ByName()]


@dataclass(frozen=True)
class FilmFile:
    """One file that is made of a film, or one folder of pictures."""

    encoder: EncoderPart
    label: str  # what stands behind the film's name, or nothing

    def file_name(self, film: str, suffix: str) -> str:
        """Returns its name; suffix: what the quality adds to it."""
        label = f".{self.label}" if self.label else ""
        ending = f".{self.encoder.ending}" if self.encoder.ending else ""
        return f"{film}{suffix}{label}{ending}"


def files_of(film: Film) -> list[FilmFile]:
    """Returns the files that are made of a film; one is called by its kind or its own name where it has to be."""
    encoders: Sequence[EncoderPart] = film.outputs or [film.encoder]
    endings = [encoder.ending for encoder in encoders]
    return [
        FilmFile(encoder, _label(encoder) if _is_pictures(encoder) or endings.count(encoder.ending) > 1 else "")
        for encoder in encoders
    ]


def _is_pictures(encoder: EncoderPart) -> bool:
    return encoder.ending in ("", "png")


def _label(encoder: EncoderPart) -> str:
    return encoder.name or (encoder.called if isinstance(encoder, LayerPart) else kind_of(encoder))


def size_of(film: Film, encoder: EncoderPart) -> tuple[int, int]:
    """Returns width and height of an output's frames, pixels."""
    return encoder.size or film.size


def rate_of(film: Film, encoder: EncoderPart) -> Fraction:
    """Returns the frames per second of an output."""
    return encoder.fps or film.fps


def faults_of_films(films: Mapping[str, Film], clear: bool) -> Iterator[Fault]:
    """Gives what of films does not go together; clear: whether the ground of the pictures is transparent."""
    for name, film in films.items():
        here = (PLAIN, "films", name)
        if film.outputs and film.encoder != H264():
            sentence = "stands beside outputs, which are all that is made then; put the encoder among them"
            yield (*here, "encoder"), kind_of(film.encoder), sentence
        for key in ("size", "fps", "name"):
            if getattr(film.encoder, key) is not None:
                yield (
                    (*here, "encoder", key),
                    None,
                    f"is a matter of outputs; put the encoder there, or use {key} of the film",
                )
        for index, each in enumerate(films[name].outputs):
            yield from _of_output(film, each, (*here, "outputs", index), clear)
        if not film.outputs:
            ignored = clear and isinstance(film.encoder, H264)  # there will be frames, and no film
            yield from _of_output(film, film.encoder, (*here, "encoder"), clear and not ignored)
        yield from _called_alike(name, film, here)


def _of_output(film: Film, each: EncoderPart, here: tuple[str | int, ...], clear: bool) -> Iterator[Fault]:
    for key, sentence in misfits(each, size_of(film, each), rate_of(film, each), clear):
        yield ((*here, key) if key and getattr(each, key) is not None else here), None, sentence
    if each.name in QUALITIES:
        yield (*here, "name"), each.name, "is what a quality is called; choose another"


def _called_alike(film_name: str, film: Film, here: tuple[str | int, ...]) -> Iterator[Fault]:
    owners: dict[str, int] = {}
    for index, file in enumerate(files_of(film)):
        name = file.file_name(film_name, "")
        if owners.setdefault(name, index) != index:
            sentence = f"would be the same file as the output before it, {name}; give one of the two a name"
            yield (*here, "outputs", index), None, sentence
