"""Write requirements.lock: the versions that pip resolves today for every extra, without hosts or paths.

The file is used as a constraint (``pip install -c requirements.lock``), so one lock serves every extra. Versions in
``KEEP`` are held back on purpose; the reason stands beside each.
"""

import re
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXTRAS = "calibrate,demo,dev,docs,llm,ray,train"
KEEP = {
    "numba": "0.61.2",  # from 0.62 on llvmlite is 30 MB larger
    "numpy": "2.2.6",  # the newest that numba 0.61 takes
    "onnxruntime": "1.26.0",  # later wheels are larger
    "opencv-python-headless": "4.11.0.86",  # later wheels are 20 MB larger, 5 has no Haar cascades
    "pyarrow": "18.1.0",  # later wheels are 10 to 45 MB larger
    "torch": "2.13.0",
}
NOT_OURS = {"facsimile", "pip", "setuptools", "wheel"}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        environment = Path(folder) / "venv"
        venv.create(environment, with_pip=True)
        python = str(environment / "bin" / "python")
        held = Path(folder) / "held.txt"
        held.write_text("".join(f"{name}=={version}\n" for name, version in KEEP.items()))
        subprocess.run([python, "-m", "pip", "install", "-q", "-c", str(held), f"{ROOT}[{EXTRAS}]"], check=True)
        frozen = subprocess.run(
            [python, "-m", "pip", "list", "--format=freeze"], check=True, capture_output=True, text=True
        ).stdout
    pins = [re.sub(r"\+\w+$", "", line) for line in frozen.splitlines() if line.split("==")[0].lower() not in NOT_OURS]
    header = "# Locked versions, made by scripts/lock.py; used as a constraint file.\n"
    (ROOT / "requirements.lock").write_text(header + "\n".join(sorted(pins, key=str.lower)) + "\n")
    print(f"{len(pins)} versions locked", file=sys.stderr)


if __name__ == "__main__":
    main()
