"""Measure the default install: mebibytes on disk (as ``du -m`` counts) and seconds to ``import facsimile``.

    python benchmarks/install_size.py [--json out.json]

Builds a throw-away environment at the locked versions; needs a package index.
"""

import json
import platform
import statistics
import subprocess
import tempfile
import time
import venv
from pathlib import Path
from typing import Any

import click

ROOT = Path(__file__).resolve().parent.parent
BARS = {"mebibytes": 600, "import_s": 0.2}
"""The default install stays below both."""
TOOLS = ("pip", "setuptools", "pkg_resources", "_distutils_hack")
"""What a fresh environment holds before anything is installed."""
REPEATS = 7


def size_of(path: Path) -> int:
    return sum(p.stat().st_size for p in path.rglob("*") if p.is_file() and not p.is_symlink())


def package_sizes(site: Path) -> dict[str, float]:
    """Return mebibytes (2^20 bytes) per top-level entry of an environment, tools left out."""
    entries = [p for p in site.iterdir() if not p.name.startswith(TOOLS)]
    return {p.name: (size_of(p) if p.is_dir() else p.stat().st_size) / 2**20 for p in entries}


def import_seconds(python: Path) -> float:
    """Return the median time of ``import facsimile`` in a fresh process, the interpreter's own start taken off."""

    def run(code: str) -> float:
        start = time.perf_counter()
        subprocess.run([python, "-c", code], check=True)
        return time.perf_counter() - start

    run("import facsimile")
    empty = statistics.median(run("pass") for _ in range(REPEATS))
    return max(0.0, statistics.median(run("import facsimile") for _ in range(REPEATS)) - empty)


def measure() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = Path(folder) / "bin" / "python"
        lock = ROOT / "requirements.lock"
        subprocess.run([python, "-m", "pip", "install", "-q", "-c", lock, ROOT], check=True)
        site = next(Path(folder).glob("lib/python*/site-packages"))
        sizes = package_sizes(site)
        seconds = import_seconds(python)
    largest = sorted(sizes.items(), key=lambda item: -item[1])[:12]
    return {
        "mebibytes": round(sum(sizes.values()), 1),
        "import_s": round(seconds, 4),
        "largest": {name: round(value, 1) for name, value in largest},
        "python": platform.python_version(),
        "machine": platform.machine(),
    }


@click.command()
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Also write the figures to this file.")
def main(json_path: Path | None) -> None:
    result = measure()
    for name, bar in BARS.items():
        print(f"{'pass' if result[name] < bar else 'FAIL'}  {name} {result[name]} (below {bar})")
    for name, value in result["largest"].items():
        print(f"  {value:7.1f} MiB  {name}")
    if json_path:
        json_path.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
