"""How what a camera sees is laid on the picture: through a lens, on a dome, or all around."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from render.scene.part import Fault, Part, refusal
from render.scene.time.blend import Blending

OF_DOMES = ("coverage", "tilt")
OF_LENSES = ("angle", "lens", "shift", "aperture", "focus")  # keys of what a flat picture is taken through
ProjectionKind = Literal["flat", "dome", "equirectangular"]


class Projected(Part):
    """What every camera has that lays what it sees on a picture."""

    projection: Annotated[ProjectionKind, Blending.ONCE] = Field(
        default="flat",
        description="how what it sees is laid on the picture: flat, through a lens; dome, a dome master, on which "
        "the distance from the middle is the angle from the dome's axis, with the front below; equirectangular, all "
        "around in a picture twice as wide as high, with the front in the middle",
    )
    coverage: float = Field(
        default=180.0,
        ge=60,
        le=360,
        description="angle of the dome from rim to rim, degrees; 180 is half a sphere",
    )
    tilt: float = Field(
        default=0.0,
        ge=-90,
        le=90,
        description="angle of the dome's axis to the vertical, degrees to the front: 0 has the horizon along the rim, "
        "30 shows 30 degrees of the ground before the audience, 90 looks straight ahead",
    )

    @model_validator(mode="after")
    def _asks_for_what_its_projection_has(self) -> Self:
        faults = [*self._of_another_projection()]
        if faults:
            raise refusal(*faults)
        return self

    def _of_another_projection(self) -> Iterator[Fault]:
        """Gives the values that the projection has no use for."""
        for key in OF_DOMES:
            if self.projection != "dome" and key in self.model_fields_set:
                yield (key,), getattr(self, key), "belongs to a dome; leave it out, or say projection: dome"
        for key in OF_LENSES:
            if self.projection != "flat" and getattr(self, key) != type(self).model_fields[key].default:
                sentence = f"belongs to a flat picture, and this one is {self.projection}; leave it out"
                yield (key,), getattr(self, key), sentence

    @model_serializer(mode="wrap")
    def _without_what_a_flat_picture_lacks(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        data: dict[str, Any] = dump(self)
        absent = () if self.projection == "dome" else OF_DOMES
        unsaid = ("projection", *absent) if self.projection == "flat" else absent
        return {key: value for key, value in data.items() if key not in unsaid}
