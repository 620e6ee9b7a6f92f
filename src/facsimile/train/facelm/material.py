"""Where dialogues come from: the two-way world, dialogue tables with generated faces, word-aligned recordings."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from facsimile.language.facelm.acting import Rules, act
from facsimile.language.facelm.corpus import read_folder
from facsimile.language.facelm.dialogue import Dialogue
from facsimile.language.facelm.meld import read_dialogues, split_by_season
from facsimile.language.facelm.world import LAYOUT, WORDS, draw_dialogues
from facsimile.language.ticks import CODE_UNITS

NUM_WORLD_DIALOGUES, NUM_WORLD_HELD_OUT = 4096, 384
HELD_OUT_EVERY = 8
"""Without seasons to split by, every eighth dialogue is held out."""


@dataclass(frozen=True)
class Material:
    """Dialogues to train on and to be measured on, and the units of their faces."""

    name: str
    train: Sequence[Dialogue]
    held_out: Sequence[Dialogue]
    units: tuple[int, ...] = CODE_UNITS
    words: tuple[str, ...] | None = None
    # all words there are, if the text is a closed list

    def __post_init__(self) -> None:
        for part in ("train", "held_out"):
            if not getattr(self, part):
                raise ValueError(f"{self.name}: no dialogues for {part}; at least one is needed")


def world_material(*, seed: int = 0) -> Material:
    """Return the two-way world: other dialogues to train on than to be measured on."""
    held_out = draw_dialogues(NUM_WORLD_HELD_OUT, seed=2 * seed + 1)
    return Material("two-way world", draw_dialogues(NUM_WORLD_DIALOGUES, seed=2 * seed), held_out, LAYOUT.units, WORDS)


def material_from(
    paths: Sequence[Path], *, rules: Rules, seed: int, report: Callable[[str], None] = lambda line: None
) -> Material:
    """Join tables in MELD's format (files) and word-aligned recordings (folders); ``rules`` make the tables' faces."""
    train: list[Dialogue] = []
    held_out: list[Dialogue] = []
    for path in paths:
        kept, out = _recordings(path) if path.is_dir() else _table(path, rules, seed, report)
        train, held_out = train + kept, held_out + out
    return Material(" + ".join(path.name for path in paths), train, held_out)


def _recordings(folder: Path) -> tuple[list[Dialogue], list[Dialogue]]:
    return _every_eighth(read_folder(folder))


def _table(path: Path, rules: Rules, seed: int, report: Callable[[str], None]) -> tuple[list[Dialogue], list[Dialogue]]:
    reading = read_dialogues(path)
    for repair, count in reading.repairs.items():
        if count:
            report(f"{path.name}: {repair}: {count}")
    seasons = sorted({conversation.season for conversation in reading.conversations})
    if len(seasons) > 1:
        parts = split_by_season(reading.conversations, held_out=seasons[-1:])
        return [act(c, rules, seed=seed) for c in parts[0]], [act(c, rules, seed=seed) for c in parts[1]]
    return _every_eighth([act(conversation, rules, seed=seed) for conversation in reading.conversations])


def _every_eighth(dialogues: Sequence[Dialogue]) -> tuple[list[Dialogue], list[Dialogue]]:
    """Split by place; of two to seven dialogues the last is held out."""
    every = min(HELD_OUT_EVERY, len(dialogues))
    out = [i % every == every - 1 for i in range(len(dialogues))]
    kept = [d for d, held in zip(dialogues, out, strict=True) if not held]
    return kept, [d for d, held in zip(dialogues, out, strict=True) if held]
