"""Make a small data set in a process that may be killed: ``python killed_run.py FOLDER``."""

import sys
import time
from pathlib import Path

import tiny_renderer

from facsimile.studio import card, settings
from facsimile.studio.engine import make_dataset
from facsimile.studio.recipe import Recipe
from facsimile.studio.settings import Settings

SETTINGS = Settings(count=190, seed=4, size=32, recipe=Recipe(images_per_identity=4))


def render_slowly(drawn: Settings, group: int) -> list[dict]:
    time.sleep(0.1)
    return tiny_renderer.render_group(drawn, group)


def main() -> None:
    settings.SHARD_ROWS = 8
    card.CARD_PLAN_ROWS = 20
    make_dataset(Path(sys.argv[1]), SETTINGS, render_group=render_slowly, workers=2, is_quiet=True)


if __name__ == "__main__":
    main()
