"""Open the backend that an address names."""

from pathlib import Path

from facsimile.language.backends import Backend, Echo
from facsimile.language.http_backend import TIMEOUT_S, OpenAICompatible

LOCAL_PREFIX, GGUF_PREFIX, REPLAY_PREFIX, FACELM_PREFIX = "local:", "gguf:", "replay:", "facelm:"
SERVER_PREFIX = "openai:"
"""May stand before a server's address, which is enough without it."""

PREFIXES = (LOCAL_PREFIX, GGUF_PREFIX, REPLAY_PREFIX, FACELM_PREFIX)


def names_backend(address: str) -> bool:
    """Whether an address names a backend and not a file."""
    return address == "echo" or address.startswith((*PREFIXES, SERVER_PREFIX, "http://", "https://"))


def open_backend(address: str, *, model: str | None = None, timeout_s: float = TIMEOUT_S) -> Backend:
    """Return the backend that ``address`` names.

    ``echo``; ``replay:FILE.jsonl``, a cassette; ``local:FOLDER``, a model in the format of transformers;
    ``facelm:FOLDER``, a face-aware model; ``gguf:FILE``, a model for llama.cpp in this process; or the http(s) address
    of a server, with ``openai:`` before it or not. Raises ValueError for anything else and ImportError where a local
    model needs a package that is not installed.
    """
    if address == "echo":
        return Echo()
    for prefix in PREFIXES:
        if address.startswith(prefix):
            return _open_path(prefix, Path(address.removeprefix(prefix)))
    return OpenAICompatible(address.removeprefix(SERVER_PREFIX), model=model, timeout_s=timeout_s)


def _open_path(prefix: str, path: Path) -> Backend:
    if not path.exists():
        raise ValueError(f"backend: {prefix}{path} names no file or folder that exists")
    if prefix == REPLAY_PREFIX:
        from facsimile.language.cassettes import Replay

        return Replay(path)
    if prefix == FACELM_PREFIX:
        return _open_facelm(path)
    from facsimile.language.local_models import LlamaCpp, LocalTransformers

    return LocalTransformers(path) if prefix == LOCAL_PREFIX else LlamaCpp(path)


def _open_facelm(folder: Path) -> Backend:
    try:
        from facsimile.language.facelm.backend import FaceLMBackend
    except ImportError:
        raise ImportError("a face-aware model needs torch and transformers: pip install 'facsimile[llm]'") from None
    return FaceLMBackend(folder)
