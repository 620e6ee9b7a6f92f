"""Train the face finder from nothing on this computer: render heads, compose patches, fit, export.

    facsimile dataset make mixed1 -n 16384 --recipe mixed --rig mixed --size 128 --seed 51  # likewise natural1: 52,
    python scripts/train_finder.py OUT.onnx mixed1 natural1 mixed2 natural2                   # mixed2: 53, natural2: 54

About four CPU minutes besides the data sets. Every second row of each set's first five shards is used, and 220 people
whose heads turn by up to 66 degrees are drawn here. No photo is read.
"""

import json
import math
import os
from pathlib import Path
from typing import Any

import click
import cv2
import numpy as np
import pyarrow.parquet as pq
import torch

from facsimile.face.person import random_person
from facsimile.render.background import background_of
from facsimile.render.environment import random_place
from facsimile.render.renderer import render
from facsimile.render.scene import framed_camera, random_scene
from facsimile.train.finder.composites import Head, Place, composite
from facsimile.train.finder.fit import export, fit

FIRST_PERSON, NUM_PEOPLE, HEADS_PER_PERSON = 5000, 220, 8
WIDEST_YAW_RAD = 1.15
NUM_SHARDS, ROW_STEP = 5, 2
PATCHES = ((16_000, 1), (14_000, 2))
"""Number and seed of each batch of patches."""
ROUNDS = ({"steps": 1200, "seed": 0, "peak_rate": 4e-3}, {"steps": 1300, "seed": 1, "peak_rate": 3e-3})
"""The rate falls to nothing in each round; the second starts where the first ended."""


def turned_heads() -> list[Head]:
    """Draw people with masks, their heads turned far."""
    heads = []
    for number in range(FIRST_PERSON, FIRST_PERSON + NUM_PEOPLE):
        rng = np.random.default_rng([number, 77])
        person = random_person(number, rig="ict" if number % 2 else "makehuman")
        for k in range(HEADS_PER_PERSON):
            yaw = float(rng.uniform(-WIDEST_YAW_RAD, WIDEST_YAW_RAD))
            drawn = render(random_scene(number * 100 + k, person=person, size=128, yaw_rad=yaw))
            grey = cv2.cvtColor(drawn.image, cv2.COLOR_RGB2GRAY)
            heads.append(Head(grey, drawn.landmarks.astype(float), drawn.segmentation > 0))
    return heads


def empty_rooms() -> np.ndarray:
    """Draw places with nobody in them, [N, 192, 192] grey."""
    rooms = []
    for number in range(FIRST_PERSON, FIRST_PERSON + NUM_PEOPLE):
        rng = np.random.default_rng([number, 78])
        frame, aperture = math.exp(rng.uniform(1.2, 3.2)), float(rng.choice([0.02, 0.2]))
        camera = framed_camera(np.zeros(3, np.float32), distance=10.0, frame=frame, offset=(0, 0), aperture_dm=aperture)
        linear = background_of(random_place(rng), camera).at(192)
        level = np.clip(linear / np.quantile(linear, 0.97), 0, 1) ** (1 / 2.2)
        rooms.append(cv2.cvtColor((level * 255).astype(np.uint8), cv2.COLOR_RGB2GRAY))
    return np.stack(rooms)


def heads_of(folder: Path) -> list[Head]:
    """Read a part of a data set."""
    heads = []
    for path in sorted(folder.glob("shard-*.parquet"))[:NUM_SHARDS]:
        table = pq.read_table(path, columns=["image", "landmarks"])
        landmarks = table["landmarks"].to_pylist()
        for row in range(0, table.num_rows, ROW_STEP):
            content = np.frombuffer(table["image"][row].as_py()["bytes"], np.uint8)
            heads.append(Head(cv2.imdecode(content, cv2.IMREAD_GRAYSCALE), np.array(landmarks[row], float)))
    return heads


def composed(heads: list[Head], rooms: np.ndarray) -> tuple[np.ndarray, list[list[Place]]]:
    """Return all patches and their faces."""
    made = []
    for count, seed in PATCHES:
        rng = np.random.default_rng(seed)
        made += [composite(heads, rooms, rng) for _ in range(count)]
    return np.stack([patch for patch, _ in made]), [places for _, places in made]


@click.command()
@click.argument("out", type=click.Path(path_type=Path))
@click.argument("folders", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
def main(out: Path, folders: tuple[Path, ...]) -> None:
    torch.set_num_threads(1)
    heads = turned_heads() + [head for folder in folders for head in heads_of(folder)]
    patches, places = composed(heads, empty_rooms())
    click.echo(f"{len(heads)} heads, {len(patches)} patches", err=True)
    weights: Any = None
    for settings in ROUNDS:
        network = fit(patches, places, start_from=weights, **settings)
        weights = network.state_dict()
    data = [json.loads((folder / "manifest.json").read_text())["seed"] for folder in folders]
    partial = out.with_name(out.name + ".part")
    export(network, partial, {"heads": len(heads), "patches": len(patches), "rounds": ROUNDS, "data_seeds": data})
    os.replace(partial, out)


if __name__ == "__main__":
    main()
