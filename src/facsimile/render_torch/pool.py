"""A pool of people on a device: who they are, where they are seen, and the samples of the studio that show them."""

import dataclasses
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float32

from facsimile.face.rigs import rig_of
from facsimile.facs.converters import expression_from_action_units
from facsimile.facs.expression import ActionUnits, Expression
from facsimile.render.background import Background, background_of
from facsimile.render.camera import Camera
from facsimile.render.environment import DIM_PLACES
from facsimile.render.light import Light, place_light
from facsimile.render.postprocess import Sensor, random_sensor
from facsimile.render.scene import framed_camera, random_aperture, turned_face_centre
from facsimile.render_torch.cast import Cast, Player, cast_of, player_of
from facsimile.render_torch.renderer import Shoot, shoot
from facsimile.studio.people import CROP_LOWER_DM, person_of, place_of
from facsimile.studio.recipe import NO_OCCLUDERS, Recipe
from facsimile.studio.shots import PIXEL_STREAM, Shot, shot, stream

PICTURES_PER_PERSON = 4096
"""Samples of one person that a pooled recipe counts; batches draw from them."""


class Setting(NamedTuple):
    """A place a person is seen in, kept ready."""

    kind: str
    light: Light
    background: Background
    """As the camera of the first picture in this light sees it."""


class Frame(NamedTuple):
    """All that decides a picture but its person."""

    shot: Shot
    expression: Expression
    camera: Camera
    setting: Setting
    sensor: Sensor


@dataclasses.dataclass(frozen=True)
class Member:
    """One person of the pool."""

    player: Player
    neutral: Float32[np.ndarray, "V 3"]
    settings: dict[int, Setting] = dataclasses.field(default_factory=dict)
    """By number of the light; each is made when first used."""


def pooled(recipe: Recipe, *, lights: int) -> Recipe:
    """Return a recipe with many pictures of each person in ``lights`` lights, and nothing held before faces."""
    if recipe.clips is not None:
        raise ValueError(f"recipe: must be one of single images, got clips ({recipe.name!r}); use 'mixed' or 'uniform'")
    if not 1 <= lights <= PICTURES_PER_PERSON // 4:
        raise ValueError(f"lights: must lie in 1..{PICTURES_PER_PERSON // 4}, got {lights}")
    return dataclasses.replace(
        recipe,
        images_per_identity=PICTURES_PER_PERSON,
        images_per_light=-(-PICTURES_PER_PERSON // lights),
        occluders=NO_OCCLUDERS,
    )


class Pool:
    """Keep some people of a recipe on a device; people are numbered as the studio numbers them."""

    def __init__(self, recipe: Recipe, *, seed: int, size: int, rig: str, device: torch.device) -> None:
        self.recipe, self.seed, self.size, self.rig, self.device = recipe, seed, size, rig, device
        self._members: dict[int, Member] = {}
        self._people: range = range(0)
        self._cast: Cast | None = None

    def cast(self, people: range) -> Cast:
        """Return the people of a range; those that left it are forgotten, those that come are drawn."""
        if self._cast is None or people != self._people:
            self._members = {number: self._member(number) for number in people}
            self._people = people
            self._cast = cast_of([self._members[number].player for number in people])
        return self._cast

    def _member(self, number: int) -> Member:
        if number in self._members:
            return self._members[number]
        person = person_of(self.seed, number, rig=self.rig, with_accessories=self.recipe.has_accessories)
        return Member(player_of(person, self.device), rig_of(person.identity).neutral_vertices(person.identity))

    def frame(self, index: int) -> Frame:
        """Return one sample of the studio; its person must be in the pool."""
        this = shot(self.recipe, self.seed, index)
        member = self._members[this.identity]
        setting = self._setting(member, this)
        camera, rng = self._camera(member, this)
        expression = expression_from_action_units(
            ActionUnits(this.action_units),
            head_pose_rad=this.head_pose_rad.astype(np.float32),
            gaze_rad=this.gaze_rad.astype(np.float32),
        )
        return Frame(this, expression, camera, setting, random_sensor(rng, is_dim=setting.kind in DIM_PLACES))

    def _camera(self, member: Member, this: Shot) -> tuple[Camera, np.random.Generator]:
        """Return a sample's camera, and the stream that its sensor is drawn from next (``studio.people.scene_of``)."""
        rng = stream(self.seed, PIXEL_STREAM, this.identity, this.index)
        right, down = this.offset
        camera = framed_camera(
            turned_face_centre(member.neutral, this.rest_pose_rad.astype(np.float32)),
            distance=this.distance_dm,
            frame=this.frame_dm,
            offset=(right, down - CROP_LOWER_DM / this.frame_dm),
            aperture_dm=random_aperture(rng),
        )
        return camera, rng

    def _setting(self, member: Member, this: Shot) -> Setting:
        """Return the place of a sample."""
        if this.light not in member.settings:
            place = place_of(self.seed, this.identity, this.light)
            index = this.identity * self.recipe.images_per_identity + this.light * self.recipe.images_per_light
            first = shot(self.recipe, self.seed, index)
            background = background_of(place, self._camera(member, first)[0])
            resized = Background(background.kind, background.at(self.size))
            member.settings[this.light] = Setting(place.kind, place_light(place), resized)
        return member.settings[this.light]

    def shoot(self, frames: list[Frame]) -> Shoot:
        """Move frames to the device; their people's places are those of the cast."""
        return shoot(
            [frame.shot.identity - self._people.start for frame in frames],
            [frame.expression for frame in frames],
            np.stack([np.nan_to_num(frame.shot.action_units) for frame in frames]),
            cameras=[frame.camera for frame in frames],
            lights=[frame.setting.light for frame in frames],
            backgrounds=[frame.setting.background for frame in frames],
            sensors=[frame.sensor for frame in frames],
            size=self.size,
            device=self.device,
        )
