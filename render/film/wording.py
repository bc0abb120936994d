"""What is written on a picture: title, caption, the counters of its paths, and the names of its panels."""

from __future__ import annotations

import math
from collections.abc import Iterator

from render.film.caption import caption
from render.film.overlay import Counter, Words, format_loss, format_step
from render.film.take import Panel, Take
from render.scene.output import Film, Still
from render.scene.spec import Scene

UNKNOWN = "–"


def words_of(scene: Scene, output: Film | Still, take: Take, time: float) -> Words:
    """Returns the words on the picture at a time of a shot, seconds."""
    title = scene.title if output.title else ""
    labels = tuple(map(label_of, take.shot.surfaces)) if len(take.panels) > 1 else ()
    if not output.caption:
        return Words(title=title, labels=labels)
    return Words(title, caption_of(scene, take), tuple(_counters(scene, take, time)), labels)


def caption_of(scene: Scene, take: Take) -> str:
    """Returns the caption of the pictures of a take."""
    return caption(scene, take.shot, [panel.landscape.record for panel in take.panels], take.drawing)


def label_of(name: str) -> str:
    """Returns the name of a surface or a run as words."""
    return name.replace("-", " ").replace("_", " ")


def _counters(scene: Scene, take: Take, time: float) -> Iterator[Counter]:
    """Gives the step of the first path, and the loss of every path at its head: by its name where there are several."""
    walks = [(panel, walk) for panel in take.panels for walk in panel.walks]
    if not take.shot.path.show or not walks:
        return
    progress = take.progress(time)
    logged = [round(walk.head(progress)) for _, walk in walks]
    (first, leader), last = walks[0], max(int(walk.path.steps[-1]) for _, walk in walks)
    if first.is_ready:  # which steps a file's points were taken at is not known
        yield Counter("point", format_step(logged[0] + 1, len(leader.path)))
    else:
        yield Counter("step", format_step(int(leader.path.steps[logged[0]]), last))
    for (panel, walk), place, (name, colour) in zip(walks, logged, _names(scene, take), strict=True):
        loss = _value(panel, float(walk.path.true_loss[place]))
        yield Counter(name, loss, colour) if len(walks) > 1 else Counter(_unit(panel), loss)


def _value(panel: Panel, loss: float) -> str:
    """Returns a loss in figures; what a file does not say is not known, and not diverged."""
    return UNKNOWN if panel.is_ready and math.isnan(loss) else format_loss(loss)


def _unit(panel: Panel) -> str:
    """Returns what the values of a panel are called."""
    return str(panel.landscape.record["source"]["value"]) if panel.is_ready else "loss"


def _names(scene: Scene, take: Take) -> Iterator[tuple[str, str]]:
    """Gives the name and the colour of every path: that of its panel where each panel has only one."""
    colours = [take.look.path.colour, *take.look.path.others]
    for panel, name in zip(take.panels, take.shot.surfaces, strict=True):
        surface = scene.measured.get(name)
        runs = [surface.run, *surface.paths] if surface else [name]
        for line, run in enumerate(runs[: len(panel.walks)]):
            yield (label_of(run), colours[line % len(colours)]) if len(runs) > 1 else (label_of(name), "")
