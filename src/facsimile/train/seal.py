"""End an ONNX file with a hash of itself, so that a damaged copy is noticed (``detect.weights`` checks it)."""

import hashlib

SEAL_KEY = b"facsimile-sha256"
"""As ``detect.weights.SEAL_KEY``, which this room may not import; a test compares what both make of a file."""


def sealed(content: bytes) -> bytes:
    """Return a serialised ONNX model with one more metadata entry: the SHA-256 of ``content``."""
    digest = hashlib.sha256(content).hexdigest().encode()
    entry = _field(1, SEAL_KEY) + _field(2, digest)
    return content + _field(14, entry)  # ModelProto.metadata_props: repeated fields of joined messages add up


def _field(number: int, value: bytes) -> bytes:
    """Return a length-delimited protocol buffer field of less than 128 bytes."""
    assert len(value) < 128
    return bytes([number << 3 | 2, len(value)]) + value
