"""Turn shots into scenes and scenes into rows: the part of a data set that needs the renderer."""

import dataclasses
import functools
import json

import numpy as np

from facsimile.face.accessories import Accessory
from facsimile.face.appearance import random_appearance
from facsimile.face.occluders import random_occluder
from facsimile.face.rigs import draw_identity
from facsimile.facs.converters import expression_from_action_units
from facsimile.facs.expression import ActionUnits
from facsimile.facs.notation import write
from facsimile.render.background import background_of
from facsimile.render.buffer_files import png_files
from facsimile.render.buffers import Buffers
from facsimile.render.cycles.painter import painter_of
from facsimile.render.cycles.scene_file import Quality
from facsimile.render.environment import DIM_PLACES, random_place
from facsimile.render.light import Light, place_light
from facsimile.render.place import Place
from facsimile.render.postprocess import random_sensor
from facsimile.render.renderer import Painter, render
from facsimile.render.rendering import Rendering
from facsimile.render.scene import Person, Scene, face_centre, framed_camera, random_aperture
from facsimile.studio.groups import Row, sample_note
from facsimile.studio.settings import Settings
from facsimile.studio.shards import encode_image
from facsimile.studio.shots import (
    COVER_LOOK_STREAM,
    GESTURE_STREAM,
    LIGHT_STREAM,
    PERSON_STREAM,
    PIXEL_STREAM,
    Shot,
    shot,
    stream,
)

CROP_LOWER_DM = 0.12
"""The reader's crop reaches lower than the middle of the face, so that it holds an open jaw; frames follow it."""


def render_group(settings: Settings, group: int) -> list[Row]:
    """Render all samples of one group, a person's images or the frames of a clip, as rows."""
    person = person_of_settings(settings, settings.identity_of(group))
    return [render_sample(settings, index, person=person) for index in settings.indices_of(group)]


def render_sample(settings: Settings, index: int, *, person: Person) -> Row:
    """Render one sample as a row; what goes wrong carries the sample's number as a note."""
    try:
        this = shot(settings.recipe, settings.seed, index)
        scene = scene_of(this, person, seed=settings.seed, size=settings.size)
        wanted = tuple(name for name in settings.buffers if name != "segmentation")
        rendering = render(scene, buffers=wanted, painter=_painter(settings))
        return row_of(this, scene, rendering, settings) | buffer_columns(rendering, settings.buffers)
    except BaseException as error:
        error.add_note(sample_note(index))
        raise


def _painter(settings: Settings) -> Painter | None:
    """Return what paints in the raster's place, one path tracer per worker; None for the raster."""
    if settings.render_engine == "raster":
        return None
    return painter_of(Quality(samples=settings.samples))


def person_of_settings(settings: Settings, identity: int) -> Person:
    """Draw one person of a data set."""
    return person_of(settings.seed, identity, rig=settings.rig, with_accessories=settings.recipe.has_accessories)


def person_of(seed: int, identity: int, *, rig: str = "makehuman", with_accessories: bool = True) -> Person:
    """Draw one person of a data set, from a rig of ``face.rigs.RIG_CHOICES``."""
    rng = stream(seed, PERSON_STREAM, identity)
    who = draw_identity(rng, rig=rig)
    return Person(who.seed, who, random_appearance(rng, who, with_accessories=with_accessories))


@functools.lru_cache(maxsize=8)
def place_of(seed: int, identity: int, number: int) -> Place:
    """Draw one of the places a person is seen in."""
    return random_place(stream(seed, LIGHT_STREAM, identity, number))


@functools.lru_cache(maxsize=8)
def light_of(seed: int, identity: int, number: int) -> Light:
    """Return what one of a person's places sends to the face."""
    return place_light(place_of(seed, identity, number))


def scene_of(this: Shot, person: Person, *, seed: int, size: int) -> Scene:
    """Return the scene of a shot: lens, sensor and noise come from the pixel stream of the image or clip."""
    rng = stream(seed, PIXEL_STREAM, this.identity, this.index - this.frame)
    place = place_of(seed, this.identity, this.light)
    pose = this.head_pose_rad.astype(np.float32)
    action_units = ActionUnits(this.action_units)
    right, down = this.offset
    camera = framed_camera(
        face_centre(person.identity, this.rest_pose_rad.astype(np.float32)),
        distance=this.distance_dm,
        frame=this.frame_dm,
        offset=(right, down - CROP_LOWER_DM / this.frame_dm),
        aperture_dm=random_aperture(rng),
    )
    sensor = random_sensor(rng, is_dim=place.kind in DIM_PLACES)
    return Scene(
        identity=person.identity,
        appearance=person.appearance,
        expression=expression_from_action_units(
            action_units, head_pose_rad=pose, gaze_rad=this.gaze_rad.astype(np.float32)
        ),
        action_units=action_units,
        camera=camera,
        light=light_of(seed, this.identity, this.light),
        background=background_of(place, camera),
        sensor=dataclasses.replace(sensor, seed=sensor.seed + this.frame),
        occluders=occluders_of(this, person, seed=seed),
        size=size,
        seed=this.index,
    )


def occluders_of(this: Shot, person: Person, *, seed: int) -> tuple[Accessory, ...]:
    """Return what covers the face in a shot: the same thing in all pictures of a person, held another way in each."""
    if not this.occluder:
        return ()
    look = stream(seed, COVER_LOOK_STREAM, this.identity)
    gesture = stream(seed, GESTURE_STREAM, this.identity, this.index - this.frame)
    return random_occluder(look, gesture, this.occluder, appearance=person.appearance)


def row_of(this: Shot, scene: Scene, rendering: Rendering, settings: Settings) -> Row:
    """Return one row of the data set, plain values in the columns of `shards.SCHEMA`."""
    who = scene.identity
    extension = "jpg" if settings.image_format == "jpeg" else "png"
    return {
        "image": {
            "bytes": encode_image(rendering.image, settings.image_format, settings.jpeg_quality),
            "path": f"{this.index:08d}.{extension}",
        },
        "identity": this.identity,
        "index": this.index,
        "clip": this.clip,
        "frame": this.frame,
        "time_s": this.time_s,
        "affect": this.affect,
        "controllers": rendering.controllers.tolist(),
        "au": rendering.au.tolist(),
        "au_visible": rendering.au_visible.tolist(),
        "landmarks": rendering.landmarks.tolist(),
        "landmark_visible": rendering.landmark_visible.tolist(),
        "head_pose_rad": rendering.head_pose_rad.tolist(),
        "gaze_rad": rendering.gaze_rad.tolist(),
        "camera": {"distance_dm": this.distance_dm, "frame_dm": this.frame_dm, "offset": list(scene.camera.offset)},
        "light": {"number": this.light, "kind": scene.light.kind},
        "appearance": {
            "age_years": who.age_years,
            "sex": who.sex,
            "ancestry": list(who.ancestry),
            "description": json.dumps(scene.appearance.description, sort_keys=True),
        },
        "occluder": scene.occluders[0].name if scene.occluders else "",
        "rig": who.rig,
        "notation": write(ActionUnits(rendering.au)),
        "recipe": settings.recipe.name,
        "seed": settings.seed,
    }


def buffer_columns(rendering: Rendering, names: tuple[str, ...]) -> Row:
    """Return labels of every pixel as PNG files, in the columns of `shards.BUFFER_FIELDS`."""
    if not names:
        return {}
    files = png_files(dataclasses.replace(rendering, buffers=rendering.buffers or Buffers()))
    maps = {
        name.removeprefix("displacement_").removesuffix(".png"): content
        for name, content in files.items()
        if name.startswith("displacement_")
    }
    return {name: list(maps.items()) if name == "displacement" else files[f"{name}.png"] for name in names}
