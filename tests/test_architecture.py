"""The house keeps its promises: imports point one way, and importing the package is cheap."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import facsimile

PACKAGE = Path(facsimile.__file__).parent

# room -> the rooms it may lean on; the main path of the package in one table.
MAY_IMPORT = {
    "facs": set(),
    "face": {"facs"},
    "render": {"face", "facs"},
    "studio": {"render", "face", "facs", "data"},
    "data": {"facs"},
    "models": {"facs"},
    "train": {"data", "models", "language", "facs"},
    "detect": {"facs", "data"},
    "render_torch": {"studio", "render", "face", "facs", "data"},
    "evaluate": {"facs"},
    "language": {"facs"},
    "calibrate": {"facs", "data", "detect", "evaluate"},
    "app": {
        "facs",
        "face",
        "render",
        "studio",
        "data",
        "models",
        "train",
        "detect",
        "evaluate",
        "language",
        "calibrate",
    },
}
SHARED = {"kernel", "__version__"}
HEAVY = ["numpy", "numba", "cv2", "onnxruntime", "pyarrow", "torch", "sklearn", "PIL", "click"]
DETECT_MAY_READ = {"facsimile.data.align"}


def imported_modules(file: Path) -> list[str]:
    names = []
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module] if node.module.count(".") > 1 else [f"{node.module}.{a.name}" for a in node.names]
    return [name for name in names if name.startswith("facsimile.")]


def rooms() -> list[str]:
    return sorted(path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists())


def test_every_room_is_in_the_table():
    assert set(rooms()) == set(MAY_IMPORT)


@pytest.mark.parametrize("room", sorted(MAY_IMPORT))
def test_imports_point_one_way(room):
    allowed = MAY_IMPORT[room] | {room} | SHARED
    for file in (PACKAGE / room).rglob("*.py"):
        for name in imported_modules(file):
            target = name.split(".")[1]
            assert target in allowed, (
                f"{file.relative_to(PACKAGE)} imports {name}; {room} may lean on {sorted(allowed)}"
            )


def test_detect_reads_only_the_alignment_of_data():
    for file in (PACKAGE / "detect").rglob("*.py"):
        reads = {".".join(name.split(".")[:3]) for name in imported_modules(file) if name.split(".")[1] == "data"}
        assert reads <= DETECT_MAY_READ, file


def test_importing_the_package_loads_nothing_heavy():
    code = f"import sys, facsimile; print([m for m in {HEAVY!r} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "[]"


def test_no_pickle_eval_or_shell_in_the_package():
    for file in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                assert not {alias.name for alias in node.names} & {"pickle", "marshal", "shelve"}, file
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in {"eval", "exec"}, file
            if isinstance(node, ast.keyword) and node.arg in {"shell", "allow_pickle"}:
                assert isinstance(node.value, ast.Constant), file
                assert node.value.value is False, file
