"""Write files that are whole or not there, and never replace one that nobody said to replace."""

import os
import tempfile
from pathlib import Path

import click


def refuse_overwrite(path: Path, *, force: bool, option: str = "-o") -> None:
    """Stop with a usage error if ``path``, given as ``option``, exists and ``force`` is not set."""
    if path.exists() and not force:
        raise click.UsageError(f"{path} exists; add --force to replace it or choose another name with {option}")


def write_atomic(path: Path, content: bytes, *, force: bool = False, option: str = "-o") -> None:
    """Write ``content`` under a temporary name beside ``path``, then move it into place.

    Raises ``click.UsageError`` if the file exists without ``force`` and ``click.ClickException`` if it cannot be
    written.
    """
    refuse_overwrite(path, force=force, option=option)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            os.chmod(name, 0o666 & ~_umask())
            os.replace(name, path)
        except BaseException:
            os.unlink(name)
            raise
    except OSError as error:
        raise click.ClickException(f"cannot write {path}: {error.strerror or error}") from error


def _umask() -> int:
    """Return the process's file mode mask, which can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
