"""Serve scenes to a parent process, one line in, one line of JSON out, until standard input ends."""

import json
import os
import resource
import shutil
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue
from typing import Any, TextIO

TEMPORARY_PREFIX = "facsimile-cycles-"
"""Begins the name of folders that a parent removes after each picture."""


def main(arguments: list[str]) -> None:
    """Draw the scene folders in ``arguments``, or serve those that standard input names."""
    answers = _private_stdout()
    import bpy

    from .draw import draw_folder

    if arguments:
        for folder in arguments:
            draw_folder(folder)
        return
    _say(answers, {"ready": True, "blender": bpy.app.version_string})
    for folder in _requests():
        started = time.monotonic()
        try:
            draw_folder(folder)
            answer: dict[str, Any] = {"ok": True, "seconds": time.monotonic() - started, "memory_mb": _memory_mb()}
        except Exception as error:
            traceback.print_exc()
            answer = {"ok": False, "error": f"{type(error).__name__}: {error}"}
        _say(answers, answer)


def _private_stdout() -> TextIO:
    """Keep standard output for answers; what Blender prints goes to standard error."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    return answers


def _say(answers: TextIO, answer: dict[str, Any]) -> None:
    answers.write(json.dumps(answer) + "\n")
    answers.flush()


def _requests() -> Iterator[str]:
    """Yield folders; when standard input ends, even in the middle of a picture, the process ends with its parent.

    The parent's temporary folder, which it can no longer remove, goes too.
    """
    queue: SimpleQueue[str] = SimpleQueue()

    def listen() -> None:
        folder = ""
        for line in sys.stdin:
            folder = line.strip()
            queue.put(folder)
        if Path(folder).name.startswith(TEMPORARY_PREFIX):
            shutil.rmtree(folder, ignore_errors=True)
        os._exit(0)

    threading.Thread(target=listen, daemon=True).start()
    while True:
        yield queue.get()


def _memory_mb() -> float:
    """Return the most memory this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
