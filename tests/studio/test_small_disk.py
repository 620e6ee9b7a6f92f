"""A disk that really fills up or is really read-only, where one can be mounted; a counted one everywhere."""

import errno
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import tiny_renderer
from click.testing import CliRunner

from facsimile.app.commands.dataset import command
from facsimile.data.shards import read_shards
from facsimile.studio import people, shards
from facsimile.studio.check import check_folders
from facsimile.studio.engine import make_dataset
from facsimile.studio.recipe import Recipe
from facsimile.studio.settings import Settings

SMALL = 64 * 1024
"""Bytes of the small disk: two or three of the five shards."""
SETTINGS = Settings(count=40, seed=4, size=64, recipe=Recipe(images_per_identity=4))


class Disk(NamedTuple):
    folder: Path
    free: Callable[[], None]
    """Makes room."""
    lock: Callable[[], None]
    """Forbids writing."""


def mounted(folder: str, options: str) -> bool:
    if os.geteuid() != 0 or shutil.which("mount") is None:
        return False
    words = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder]
    return subprocess.run(words, capture_output=True, check=False).returncode == 0


def can_mount() -> bool:
    with tempfile.TemporaryDirectory() as folder:
        is_mounted = mounted(folder, f"size={SMALL}")
        if is_mounted:
            subprocess.run(["umount", folder], check=True)
    return is_mounted


DISKS = ["counted", "tmpfs"] if can_mount() else ["counted"]


@pytest.fixture(autouse=True)
def light(monkeypatch):
    monkeypatch.setattr("facsimile.studio.settings.SHARD_ROWS", 8)
    monkeypatch.setattr("facsimile.studio.card.CARD_PLAN_ROWS", 20)


@pytest.fixture(params=DISKS)
def disk(request, tmp_path, monkeypatch) -> Iterator[Disk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    if request.param == "counted":
        yield Disk(
            folder, counted(folder, monkeypatch), lambda: monkeypatch.setattr(shards.tempfile, "mkstemp", refuse)
        )
        return
    assert mounted(str(folder), f"size={SMALL}")
    try:
        yield Disk(folder, lambda: remount(folder, "size=8m"), lambda: remount(folder, "ro"))
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def counted(folder: Path, monkeypatch) -> Callable[[], None]:
    """Let writing fail as soon as the files in ``folder`` are larger than the small disk."""
    really_sync = os.fsync

    def sync(handle: int) -> None:
        if sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) > SMALL:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        really_sync(handle)

    monkeypatch.setattr(shards.os, "fsync", sync)
    return lambda: monkeypatch.setattr(shards.os, "fsync", really_sync)


def refuse(**_) -> None:
    raise OSError(errno.EROFS, os.strerror(errno.EROFS))


def remount(folder: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", str(folder)], check=True)


def make(folder: Path) -> None:
    make_dataset(folder, SETTINGS, render_group=tiny_renderer.render_group, workers=1, is_quiet=True)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_full_disk_keeps_what_is_finished_and_the_rest_comes_when_there_is_room(disk, tmp_path):
    folder = disk.folder / "faces"
    with pytest.raises(OSError, match="No space left on device"):
        make(folder)
    finished = read_shards(folder)
    assert 8 <= len(finished) < 40
    assert list(finished.column("index")) == list(range(len(finished)))
    assert set(contents(folder)) == {"manifest.json", *(path.name for path in finished.paths)}
    assert [text for text in check_folders([folder]) if "is not finished" not in text] == []
    disk.free()
    make(folder)
    make(tmp_path / "elsewhere" / "faces")
    assert contents(folder) == contents(tmp_path / "elsewhere" / "faces")


def test_a_read_only_disk_is_told_in_one_line_and_can_be_read(disk, monkeypatch):
    monkeypatch.setattr(people, "render_group", tiny_renderer.render_group)
    folder, words = disk.folder / "faces", ["--size", "32", "--workers", "1"]
    assert CliRunner().invoke(command, ["make", str(folder), "-n", "16", *words]).exit_code == 0
    disk.lock()
    result = CliRunner().invoke(command, ["make", str(folder), "-n", "24", *words])
    assert result.exit_code == 1
    assert result.output.startswith(f"Error: cannot write {folder}: Read-only file system; finished shards are kept")
    assert result.output.count("\n") == 1
    assert len(read_shards(folder)) == 16
    assert check_folders([folder]) == []
