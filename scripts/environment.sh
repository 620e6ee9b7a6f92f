#!/bin/sh
# Build or extend .venv with the package and the extras named in $1 (comma separated), at the locked versions.
set -eu
extras=$1
python=${PYTHON:-python3}

"$python" - <<'CHECK'
import sys
if sys.version_info < (3, 11):
    sys.exit(f"facsimile needs Python 3.11 or newer; this is {sys.version.split()[0]}. Try: make demo PYTHON=python3.12")
CHECK

echo "building .venv with extras: $extras" >&2
if command -v uv >/dev/null 2>&1; then
    [ -x .venv/bin/python ] || uv venv --quiet --python "$python" .venv
    VIRTUAL_ENV=.venv uv pip install --quiet -c requirements.lock -e ".[$extras]"
else
    [ -x .venv/bin/python ] || "$python" -m venv .venv
    .venv/bin/python -m pip install --quiet --disable-pip-version-check -c requirements.lock -e ".[$extras]"
fi
