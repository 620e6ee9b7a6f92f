"""Runs that are killed, on disks that are full and in folders that cannot be written."""

import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import tiny_renderer
from click.testing import CliRunner
from killed_run import SETTINGS

from facsimile.app.commands.dataset import command
from facsimile.data.shards import read_shards
from facsimile.studio import people, shards
from facsimile.studio.check import check_folders
from facsimile.studio.shards import ShardFolder

SCRIPT = Path(__file__).parent / "killed_run.py"
KILLS = 10


def start(folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, str(SCRIPT), str(folder)], start_new_session=True)


def hashes(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def wait_until_alone(group: int, *, seconds: float = 20.0) -> None:
    """Wait until no process of a group is left: workers end with their parent."""
    for _ in range(int(seconds / 0.05)):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    pytest.fail("workers outlive their parent")


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_run_killed_at_ten_random_moments_ends_in_the_same_bytes(tmp_path):
    began = time.monotonic()
    assert start(tmp_path / "whole" / "faces").wait() == 0
    length_s = time.monotonic() - began
    whole, folder, rng, finished = hashes(tmp_path / "whole" / "faces"), tmp_path / "faces", random.Random(7), []
    for _ in range(KILLS):
        run = start(folder)
        time.sleep(rng.uniform(0.3, 1.0) * length_s)
        run.kill()
        is_done = run.wait() != -signal.SIGKILL
        wait_until_alone(run.pid)
        if (folder / "manifest.json").exists():
            finished.append(len(list(folder.glob("shard-*.parquet"))))
        if is_done:
            assert hashes(folder) == whole
            shutil.rmtree(folder)
    assert start(folder).wait() == 0
    assert hashes(folder) == whole
    assert check_folders([folder]) == []
    assert any(0 < count < SETTINGS.count // 8 for count in finished)


def test_what_a_killed_run_left_is_removed(tmp_path):
    for name in ("shard-00000.parquet", "manifest.json", "README.md"):
        (tmp_path / f".{name}.k1ll3d").write_bytes(b"half")
    (tmp_path / ".keep").touch()
    ShardFolder(tmp_path, SETTINGS)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".keep", "manifest.json"]


def make(folder: Path, *more: str):
    return CliRunner().invoke(command, ["make", str(folder), "-n", "1100", "--size", "32", "--workers", "1", *more])


@pytest.fixture
def light(monkeypatch):
    monkeypatch.setattr(people, "render_group", tiny_renderer.render_group)
    monkeypatch.setattr("facsimile.studio.card.CARD_PLAN_ROWS", 20)


def test_a_disk_that_fills_up_keeps_what_is_finished(tmp_path, monkeypatch, light):
    """The second shard breaks off half way, as on a full disk; its half is gone and the first can be read."""
    really_open, written = os.fdopen, []

    class Full:
        def __init__(self, handle: int) -> None:
            self.file = really_open(handle, "wb")

        def __enter__(self) -> "Full":
            return self

        def __exit__(self, *_) -> None:
            self.file.close()

        def write(self, content: bytes) -> None:
            self.file.write(content[: len(content) // 2])
            raise OSError(28, "No space left on device")

    def fdopen(handle: int, mode: str):
        is_shard = "shard-" in os.readlink(f"/proc/self/fd/{handle}") if sys.platform == "linux" else False
        written.append(is_shard)
        return Full(handle) if is_shard and sum(written) == 2 else really_open(handle, mode)

    monkeypatch.setattr(shards.os, "fdopen", fdopen)
    result = make(tmp_path / "faces")
    assert result.exit_code == 1
    assert "No space left on device; finished shards are kept; run the same command to go on" in result.output
    assert sorted(path.name for path in (tmp_path / "faces").iterdir()) == ["manifest.json", "shard-00000.parquet"]
    assert len(read_shards(tmp_path / "faces")) == 512
    monkeypatch.setattr(shards.os, "fdopen", really_open)
    assert make(tmp_path / "faces").exit_code == 0
    assert check_folders([tmp_path / "faces"]) == []


def test_a_folder_that_cannot_be_written_is_told(tmp_path, monkeypatch, light):
    """Even the superuser of a container gets this error from a read-only disk."""

    def refuse(**_):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(shards.tempfile, "mkstemp", refuse)
    result = make(tmp_path / "faces")
    assert result.exit_code == 1
    assert "cannot write" in result.output
    assert "Read-only file system" in result.output
