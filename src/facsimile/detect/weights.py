"""Open ONNX weights and tell a damaged file from a foreign one.

A file written by ``facsimile train`` ends in one more metadata entry of the ONNX model: the SHA-256 of all bytes before
it (``train.seal`` writes it). Protocol buffers join repeated fields, so the file stays an ordinary model.
"""

import hashlib
from pathlib import Path

import onnxruntime

SEAL_KEY = b"facsimile-sha256"
HEX_DIGITS = 64
_ENTRY = b"\x0a" + bytes([len(SEAL_KEY)]) + SEAL_KEY + b"\x12" + bytes([HEX_DIGITS])
SEAL_HEAD = b"\x72" + bytes([len(_ENTRY) + HEX_DIGITS]) + _ENTRY
"""Bytes before the hash: field 14 of ModelProto (metadata_props), in it key (1) and value (2), each with its length
(onnx.proto3; protobuf.dev/programming-guides/encoding)."""
SEAL_LENGTH = len(SEAL_HEAD) + HEX_DIGITS


class WeightsError(ValueError):
    """The file is no usable model; the message is the reason alone."""


def read_weights(path: Path) -> bytes:
    """Return the file's bytes; raise WeightsError if it is empty, cannot be read or is not what its hash says."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise WeightsError(error.strerror or str(error)) from error
    if not content:
        raise WeightsError("the file is empty")
    if is_sealed(content) and content[-HEX_DIGITS:] != hash_of(content[:-SEAL_LENGTH]):
        raise WeightsError("damaged: its bytes do not have the SHA-256 that the file ends with; copy it again")
    return content


def open_model(path: Path, threads: int = 1) -> onnxruntime.InferenceSession:
    """Return the model for the CPU; raise WeightsError if the bytes are damaged or no ONNX model."""
    content = read_weights(path)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises its own unrelated classes
        reason = str(error).splitlines()[0]
        raise WeightsError(f"not a readable ONNX model: cut off, or another kind of file ({reason})") from error


def is_sealed(content: bytes) -> bool:
    """Return whether the bytes end in a hash of what is before."""
    return content[-SEAL_LENGTH:-HEX_DIGITS] == SEAL_HEAD


def hash_of(content: bytes) -> bytes:
    """Return the SHA-256 in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest().encode()
