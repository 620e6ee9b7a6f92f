"""A stand-in for Blender's Python: answers like ``cycles/blender_side``, paints a grey head, misbehaves on demand."""

import json
import os
import sys
import time
from pathlib import Path

import numpy as np

MODE = os.environ.get("FAKE_BLENDER", "")


def paint(folder: Path) -> None:
    document = json.loads((folder / "scene.json").read_text())
    with np.load(folder / "arrays.npz", allow_pickle=False) as arrays:
        assert set(arrays.files)
    size = document["size"] + (1 if MODE == "wrong size" else 0)
    for name in document["passes"]:
        pixels = np.zeros((size, size, 4), np.float32)
        pixels[size // 4 :, size // 4 : -size // 4] = (0.3, 0.2, 0.15, 1.0)
        np.save(folder / f"{name}.npy", pixels)


def answer_to(folder: Path) -> str:
    mark = Path(os.environ["FAKE_BLENDER_MARK"]) if MODE == "die once" else None
    if MODE == "die" or (mark is not None and not mark.exists()):
        if mark is not None:
            mark.touch()
        print("Fra:1 noise", file=sys.stderr)
        print("out of beans", file=sys.stderr, flush=True)
        os._exit(7)
    if MODE == "hang":
        time.sleep(60)
    if MODE == "babble":
        return "hello"
    if MODE == "fail":
        return json.dumps({"ok": False, "error": "ValueError: no such node"})
    paint(folder)
    memory = 9000 if MODE == "fat" else 300
    return json.dumps({"ok": True, "seconds": 0.1, "memory_mb": memory})


def main() -> None:
    if "-c" in sys.argv:
        sys.exit(print(os.environ.get("FAKE_BLENDER_VERSION", "4.5.15")))
    print(json.dumps({"ready": MODE != "not ready", "blender": "4.5.15"}), flush=True)
    for line in sys.stdin:
        print(answer_to(Path(line.strip())), flush=True)


if __name__ == "__main__":
    main()
