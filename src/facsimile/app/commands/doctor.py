"""``facsimile doctor``: is everything here and does it work?"""

import importlib.metadata
import json
import platform
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import click

from facsimile.app.debug import show_cause

if TYPE_CHECKING:
    import numpy as np

    from facsimile.detect.faces import Face

PACKAGES = (
    "numpy",
    "numba",
    "onnxruntime",
    "opencv-python-headless",
    "pillow",
    "pyarrow",
    "click",
    "jaxtyping",
    "tqdm",
)
CASCADES = ("frontalface_alt2", "frontalface_default", "profileface")
CHECK_SEED = 7
CHECK_SIZE = 256
STRONG_SMILE = {6: 3.0, 12: 5.0}
SMILE_STEP = 2.0
"""A smile drawn at 5 must be read at least so much higher than the same face at rest: two letters, less than half of
what was drawn, more than untrained weights ever tell apart."""


@click.command("doctor", short_help="Check the installation.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of lines.")
def command(as_json: bool) -> None:
    """Check the installation: packages, weights, face finder, compiler, then draw a smile and read it.

    One line per check; the exit code is 1 if any check fails.
    """
    results = []
    for name, check in CHECKS.items():
        ok, words = _run(check)
        results.append({"check": name, "ok": ok, "detail": words})
        if not as_json:
            click.echo(f"{'ok  ' if ok else 'FAIL'}  {name}: {words}")
    if as_json:
        click.echo(json.dumps(results))
    if not all(result["ok"] for result in results):
        sys.exit(1)


def _run(check: Callable[[], str]) -> tuple[bool, str]:
    """Return whether a check passes and its words; whatever it raises is its finding."""
    try:
        return True, check()
    except Exception as error:  # a broken installation can raise anything
        show_cause(error)
        return False, f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no message'}"


def _check_python() -> str:
    import facsimile

    return f"facsimile {facsimile.__version__}, Python {platform.python_version()} on {platform.platform(terse=True)}"


def _check_packages() -> str:
    return ", ".join(f"{name} {importlib.metadata.version(name)}" for name in PACKAGES)


def _check_weights() -> str:
    from facsimile.detect.reader import NO_SHIPPED_WEIGHTS, SHIPPED_WEIGHTS, Reader

    card = Reader().card
    if not SHIPPED_WEIGHTS.with_suffix(".md").is_file():
        raise RuntimeError(f"{SHIPPED_WEIGHTS.with_suffix('.md')} is missing; {NO_SHIPPED_WEIGHTS}")
    megabytes = SHIPPED_WEIGHTS.stat().st_size / 1e6
    return f"{SHIPPED_WEIGHTS.name}, {megabytes:.1f} MB, {len(card.units)} units, recipe {card.metadata.get('recipe')}"


def _check_finder() -> str:
    from facsimile.detect.finder import cascade_path
    from facsimile.detect.turned import network

    if missing := [name for name in CASCADES if not cascade_path(name).is_file()]:
        raise RuntimeError(f"cascades missing: {', '.join(missing)}; install opencv-python-headless >=4.9,<5")
    network()
    return f"{len(CASCADES)} cascades and a network"


def _check_compiler() -> str:
    from facsimile.kernel import kernel

    if kernel(_plus_one)(1) != 2:
        raise RuntimeError("compiled code gives wrong numbers; reinstall numba")
    return "numba compiles"


def _check_face() -> str:
    """Draw one person smiling and at rest, and compare what the shipped weights read."""
    from facsimile.detect.pipeline import Detector

    return _compare_smiles(_drawn, Detector().detect)


def _compare_smiles(
    draw: Callable[[dict[int, float]], "np.ndarray"], read: Callable[["np.ndarray"], Sequence["Face"]]
) -> str:
    """Raise RuntimeError unless the smile's AU12 is read ``SMILE_STEP`` above that of the face at rest."""
    rest, smile = (_read_smile(read(draw(units))) for units in ({}, STRONG_SMILE))
    words = f"read AU12 = {smile:.1f} in a strong smile and {rest:.1f} in the same face at rest"
    if smile - rest < SMILE_STEP:
        raise RuntimeError(f"{words}; must differ by {SMILE_STEP:g}: the weights are not trained or do not fit")
    return words


def _drawn(units: dict[int, float]) -> "np.ndarray":
    from facsimile.facs.expression import ActionUnits
    from facsimile.render.renderer import render
    from facsimile.render.scene import portrait_scene

    return render(portrait_scene(ActionUnits.from_dict(units), seed=CHECK_SEED, size=CHECK_SIZE)).image


def _read_smile(faces: Sequence["Face"]) -> float:
    if len(faces) != 1:
        raise RuntimeError(f"drew one face, found {len(faces)}")
    return float(faces[0].action_units.of(12))


def _plus_one(value: int) -> int:
    return value + 1


CHECKS: dict[str, Callable[[], str]] = {
    "python": _check_python,
    "packages": _check_packages,
    "reader weights": _check_weights,
    "face finder": _check_finder,
    "compiler": _check_compiler,
    "render and read": _check_face,
}
"""In the order in which one needs the other."""
