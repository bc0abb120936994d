"""What the layers of a film ask of a scene: terrain on a flat picture, one shot at a time, and memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from render.scene.encoders.compositing import LayerPart, MatteSequence, PassSequence
from render.scene.encoders.suited import kind_of
from render.scene.output import Film
from render.scene.outputs import size_of
from render.scene.part import PLAIN, Fault
from render.scene.shot import Shot

if TYPE_CHECKING:
    from render.scene.spec import Scene

MOST = 36_000_000  # pixels whose passes are held in memory, some forty numbers each


def faults(scene: Scene) -> Iterator[Fault]:
    """Gives what is wrong with the passes, the mattes and the plates of a scene's films."""
    for name, film in scene.films.items():
        for index, each in enumerate(film.outputs):
            if isinstance(each, LayerPart):
                for key, sentence in _of_layer(scene, film, each):
                    yield (PLAIN, "films", name, "outputs", index, *key), None, sentence


def _of_layer(scene: Scene, film: Film, layer: LayerPart) -> Iterator[tuple[tuple[str, ...], str]]:
    """Gives what is wrong with one output, each with its key."""
    if layer.loop:
        yield ("loop",), "is checked of films and sequences of whole frames; leave it out here"
    if layer.pad is not None:
        yield ("pad",), "is for formats that cannot have every size; leave it out, since PNG and EXR can"
    if layer.is_written:
        return
    what = "passes" if isinstance(layer, PassSequence) else f"a matte of {_of(layer)}"
    width, height = size_of(film, layer)
    if width * height > MOST:
        yield (), f"{what} of {width:,} × {height:,} pixels do not fit into memory; {MOST:,} pixels are the most"
    for place, number in enumerate(scene.shots_of(film)):
        sentence = _of_shot(scene, scene.shots[number], number, first=place == 0)
        if not sentence and isinstance(layer, PassSequence) and _moves_in_a_frame(scene, number):
            sentence = "has camera.blur, and light that is blurred is no longer the sum of what it is made of"
        if sentence:
            yield (), f"shot {number + 1} {sentence}; name others under shots of the film, or leave {what} out"
            return


def _of(layer: LayerPart) -> str:
    assert isinstance(layer, MatteSequence), kind_of(layer)
    return layer.of


def _of_shot(scene: Scene, shot: Shot, number: int, *, first: bool) -> str:
    """Returns why a shot of a film has no layers, or ""."""
    if shot.line is not None:
        return "shows a line, which is drawn without light and has no layers"
    if shot.camera.projection != "flat":
        return f"is {shot.camera.projection}, and layers are made of flat pictures"
    if shot.transition.kind != "cut" and not first:
        return f"begins with the transition {shot.transition.kind}, and layers show one shot at a time, whole"
    return ""


def _moves_in_a_frame(scene: Scene, number: int) -> bool:
    tracked = any(track.location == ("shots", number, "camera", "blur") for track in scene.tracks)
    return tracked or scene.shots[number].camera.blur > 0
