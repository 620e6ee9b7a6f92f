"""Make a data set: resumable, the same bytes from any engine and any number of workers.

One task is one group: the images of a person, or a clip. The calling process gathers groups into shards and writes a
shard as soon as its last group is there. A task that fails is tried once more; one that fails again is reported at the
end with the command that reproduces it, and its shard stays unfinished.
"""

import contextlib
import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

from tqdm import tqdm

from facsimile.studio.card import card
from facsimile.studio.groups import Outcome, RenderGroup, Row, failure_text
from facsimile.studio.local_engine import local_outcomes
from facsimile.studio.ray_engine import ray_outcomes
from facsimile.studio.settings import Settings
from facsimile.studio.shards import ShardFolder

ENGINES = ("local", "ray")
MAX_FAILURES = 8
"""After so many failed groups something is wrong with all of them: stop."""


class RenderingError(RuntimeError):
    """Report people that could not be rendered; everything else is on disk."""


def make_dataset(
    folder: Path,
    settings: Settings,
    *,
    render_group: RenderGroup,
    workers: int = 1,
    engine: str = "local",
    ray_address: str | None = None,
    is_quiet: bool = False,
) -> None:
    """Render what ``folder`` still lacks of the data set.

    ``engine`` is "local", processes of this machine, or "ray", the cluster at ``ray_address`` or processes of this
    machine. Raises ValueError for a folder that holds something else, OSError for a full disk, `RenderingError` for
    groups that failed twice; finished shards stay in every case, also after Ctrl-C, and the same call goes on where it
    stopped.
    """
    if workers < 1:
        raise ValueError(f"workers must be at least 1, got {workers}")
    if engine not in ENGINES:
        raise ValueError(f"engine must be one of {ENGINES}, got {engine!r}")
    store = ShardFolder(folder, settings)
    groups = [group for shard in store.unfinished() for group in settings.groups_of(shard)]
    failures: list[Outcome] = []
    with (
        _progress(settings, store, is_quiet=is_quiet) as bar,
        contextlib.closing(_outcomes(settings, groups, render_group, workers, engine, ray_address)) as outcomes,
    ):
        for shard, rows in _whole_shards(settings, outcomes, failures, bar):
            store.write(shard, rows)
    if failures:
        raise RenderingError(failure_text(settings, failures))
    store.write_card(card(folder, settings))


def _progress(settings: Settings, store: ShardFolder, *, is_quiet: bool) -> "tqdm[Any]":
    return tqdm(
        total=settings.count,
        initial=store.num_finished_rows(),
        unit="image",
        file=sys.stderr,
        delay=2,
        disable=is_quiet,
        desc=store.folder.name,
        smoothing=0.05,
    )


def _whole_shards(
    settings: Settings, outcomes: Iterator[Outcome], failures: list[Outcome], bar: "tqdm[Any]"
) -> Iterator[tuple[int, list[Row]]]:
    """Gather groups into shards; yield each shard once it is whole, rows in order of their index."""
    begun: dict[int, dict[int, list[Row]]] = {}
    for outcome in outcomes:
        if outcome.rows is None:
            failures.append(outcome)
            if len(failures) >= MAX_FAILURES:
                return
            continue
        shard = outcome.group // settings.groups_per_shard
        gathered = begun.setdefault(shard, {})
        gathered[outcome.group] = outcome.rows
        bar.update(len(outcome.rows))
        if len(gathered) == len(settings.groups_of(shard)):
            del begun[shard]
            yield shard, [row for group in sorted(gathered) for row in gathered[group]]


def _outcomes(
    settings: Settings,
    groups: list[int],
    render_group: RenderGroup,
    workers: int,
    engine: str,
    ray_address: str | None,
) -> Generator[Outcome, None, None]:
    """Start an engine; one that has nothing to do is not started."""
    if engine == "ray" and groups:
        return ray_outcomes(settings, groups, render_group, workers, address=ray_address)
    return local_outcomes(settings, groups, render_group, workers)
