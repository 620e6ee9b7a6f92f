"""Find Blender's Python and keep one process of it that draws scenes: started when needed, replaced when it dies.

Blender (GPL-3.0) is never imported here: it runs in an environment and a process of its own, and the two sides talk by
lines of text and files of plain numbers (``scene_file``, ``blender_side``).
"""

import atexit
import functools
import json
import os
import selectors
import subprocess
import tempfile
import time
from pathlib import Path
from typing import IO, Any

BLENDER_VARIABLE = "FACSIMILE_BLENDER"
HOW_TO_GET = (
    "python3.11 -m venv ~/blender && ~/blender/bin/pip install 'bpy==4.5.*' && "
    "export FACSIMILE_BLENDER=~/blender/bin/python"
)
"""The wheel wants exactly Python 3.11."""
SUPPORTED = ("4.5", "5.")
START = Path(__file__).parent / "blender_side" / "start.py"
START_SECONDS, VERSION_SECONDS = 180.0, 60.0
"""Importing bpy takes two seconds, on a cold and busy disk much more."""
PICTURE_SECONDS = 1800.0
"""A picture of 256 px takes 20 CPU seconds; one that takes this long hangs."""
MAX_MEMORY_MB = 2500.0
"""A process that has held more is replaced before its next picture."""
ATTEMPTS = 2
LOG_TAIL = 1500
"""Characters of Blender's own messages that go into an error."""
VERSION_CODE = "import importlib.metadata as m; print(m.version('bpy'))"


class BlenderError(RuntimeError):
    """Report that Blender could not draw a scene."""


def blender_python() -> Path:
    """Return the Python that has ``bpy``; ValueError says in one line how to get it."""
    value = os.environ.get(BLENDER_VARIABLE, "").strip()
    if not value:
        raise ValueError(
            f"engine cycles needs Blender's Python: {BLENDER_VARIABLE} is not set; get it by: {HOW_TO_GET}"
        )
    path = Path(value).expanduser()
    if not (path.is_file() and os.access(path, os.X_OK)):
        raise ValueError(
            f"engine cycles: {BLENDER_VARIABLE}={value} is no program; name the Python that has bpy: {HOW_TO_GET}"
        )
    return path


def blender_version() -> str:
    """Return the version of ``bpy``; ValueError if it is not there or too old."""
    return _version_of(blender_python())


@functools.lru_cache(maxsize=2)
def _version_of(python: Path) -> str:
    command = [str(python), "-I", "-c", VERSION_CODE]
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=VERSION_SECONDS, check=False)
        version = result.stdout.strip() if result.returncode == 0 else ""
    except (OSError, subprocess.TimeoutExpired):
        version = ""
    if not version:
        raise ValueError(f"engine cycles: {python} has no bpy; get it by: {HOW_TO_GET}")
    if not version.startswith(SUPPORTED):
        raise ValueError(f"engine cycles: bpy {version} is too old, 4.5 is the least; get it by: {HOW_TO_GET}")
    return version


class Blender:
    """Own one Blender process; scenes go to it one at a time."""

    def __init__(self, python: Path, *, picture_seconds: float = PICTURE_SECONDS) -> None:
        """Prepare to start ``python`` with the first picture; one that takes ``picture_seconds`` is given up."""
        self._python, self._picture_seconds = python, picture_seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] | None = None
        self._memory_mb = 0.0
        atexit.register(self.close)

    def draw(self, folder: Path) -> None:
        """Draw the scene in ``folder``; a process that dies is replaced once. Raises `BlenderError`."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                answer = self._asked(folder)
            except BlenderError:
                self.close()
                if attempt == ATTEMPTS:
                    raise
                continue
            if not answer["ok"]:
                raise BlenderError(f"Blender could not draw the scene: {answer['error']}{self._said()}")
            self._memory_mb = float(answer["memory_mb"])
            return

    def close(self) -> None:
        """End the process, if there is one; the next picture starts another."""
        process, log, self._process, self._log = self._process, self._log, None, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()
        if log is not None:
            log.close()

    def _asked(self, folder: Path) -> dict[str, Any]:
        """Send a folder and wait for the answer."""
        if self._process is not None and self._memory_mb > MAX_MEMORY_MB:
            self.close()
        process = self._process or self._started()
        assert process.stdin is not None
        try:
            process.stdin.write(f"{folder}\n".encode())
            process.stdin.flush()
        except OSError as error:
            raise BlenderError(f"Blender's process ended{self._said()}") from error
        return self._answer(self._picture_seconds)

    def _started(self) -> "subprocess.Popen[bytes]":
        """Start Blender in a process group of its own: Ctrl-C is for the caller, who closes it."""
        self._log = tempfile.TemporaryFile()  # noqa: SIM115
        command = [str(self._python), "-I", str(START)]
        try:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, start_new_session=True
            )
        except OSError as error:
            raise BlenderError(f"cannot start {self._python}: {error.strerror or error}") from error
        self._memory_mb = 0.0
        if not self._answer(START_SECONDS).get("ready"):
            raise BlenderError(f"Blender's process did not get ready{self._said()}")
        return self._process

    def _answer(self, seconds: float) -> dict[str, Any]:
        """Return the next line of the process as JSON."""
        process, line, end = self._process, b"", time.monotonic() + seconds
        assert process is not None
        assert process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while not line.endswith(b"\n"):
                left = end - time.monotonic()
                if left <= 0 or not selector.select(left):
                    raise BlenderError(f"Blender gave no answer in {seconds:.0f} s{self._said()}")
                piece = os.read(process.stdout.fileno(), 65536)
                if not piece:
                    raise BlenderError(f"Blender's process ended ({_ending(process)}){self._said()}")
                line += piece
        try:
            answer = json.loads(line)
        except json.JSONDecodeError as error:
            raise BlenderError(f"Blender answered {line[:80]!r} instead of JSON{self._said()}") from error
        return dict(answer)

    def _said(self) -> str:
        """Return the end of what Blender printed, if anything."""
        if self._log is None:
            return ""
        size = self._log.seek(0, os.SEEK_END)
        self._log.seek(max(0, size - LOG_TAIL))
        lines = self._log.read().decode(errors="replace").strip().splitlines()
        kept = [line for line in lines if not line.startswith("Fra:")][-8:]
        return "; it said: " + " | ".join(kept) if kept else ""


def _ending(process: "subprocess.Popen[bytes]") -> str:
    """Say how a process ended."""
    try:
        code = process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        return "still running"
    return f"killed by signal {-code}; out of memory?" if code == -9 else f"exit status {code}"
