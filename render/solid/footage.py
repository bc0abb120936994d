"""The camera of a shot over the frames of a film, and its lights."""

from __future__ import annotations

import numpy as np

from render.film.take import Take
from render.film.timeline import Timeline
from render.solid.model import Lights, ModelCamera
from render.stage.colour import linear_of

SKY = 0.6  # of the sky's strength, its mean all around
CLIP = (0.005, 100.0)  # picture widths


def frames_of(timeline: Timeline, shot: int) -> tuple[int, list[float]]:
    """Returns the number of the first frame of a shot, and the time of each from its beginning, seconds.

    A shot so short that no frame falls into it has one, at its beginning.
    """
    begins = timeline.start(shot)
    near = int(begins * float(timeline.fps))
    last = int((begins + timeline.duration(shot)) * float(timeline.fps)) + 1
    places = [(frame, timeline.locate(timeline.time(frame))) for frame in range(max(0, near - 1), last + 1)]
    own = [(frame, place.time) for frame, place in places if place.shot == shot and frame < timeline.frame_count]
    return (own[0][0], [time for _, time in own]) if own else (near, [0.0])


def camera_of(take: Take, timeline: Timeline, shot: int, aspect: float, scale: float) -> ModelCamera:
    """Returns the camera of a shot, as the first of its bodies is seen by it.

    scale is metres of a picture width, aspect that of the picture, others of which stand beside it.
    """
    first, times = frames_of(timeline, shot)
    views = [take.view(time) for time in times]
    return ModelCamera(
        fps=float(timeline.fps),
        first=first,
        positions=np.stack([view.position - take.placements[0] for view in views]) * scale,
        axes=np.stack([np.stack(view.axes) for view in views]),
        angles=np.array([view.angle for view in views]),
        shifts=np.array([view.shift for view in views], np.float64).reshape(len(views), 2),
        aspect=aspect,
        clip=(CLIP[0] * scale, CLIP[1] * scale),
    )


def lights_of(take: Take) -> Lights:
    """Returns the sun and the sky of a take."""
    sun, sky = take.look.sun, take.look.sky
    return Lights(
        take.sun.direction,
        take.sun.size,
        linear_of(sun.colour) * sun.strength,
        linear_of(sky.colour) * sky.strength * SKY,
    )
