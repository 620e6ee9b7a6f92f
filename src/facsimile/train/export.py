"""Write a reader as one ONNX file: pre-processing and calibration inside, the contract in its metadata."""

import io
import json
import logging
import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch

from facsimile.facs.controllers import CONTROLLERS
from facsimile.models.calibrated import CalibratedReader
from facsimile.models.reader import CROP_SIZE, Reading
from facsimile.train.seal import sealed

METADATA_KEY = "facsimile"
INPUTS = ("image", "reference", "has_reference")
CONTRACT_VERSION = 2
PRESENCE_THRESHOLD = 0.5  # intensity above which a unit counts as present: half of the faintest level, A
PARITY_TOLERANCE = 1e-4


def export_onnx(reader: CalibratedReader, path: Path, *, provenance: Mapping[str, Any]) -> float:
    """Write ``reader`` to ``path`` and return its largest difference from ONNX Runtime on random crops.

    ``provenance`` (recipe, seed, data, metrics) goes into the metadata. Raises ValueError, and writes nothing, if the
    difference exceeds 1e-4.
    """
    reader = reader.eval().cpu()
    content = sealed(_with_metadata(_graph(reader), metadata(reader, provenance)))
    difference = parity(reader, content)
    if not difference < PARITY_TOLERANCE:
        raise ValueError(
            f"export to {path} differs from the trained network by {difference:.2g}; at most {PARITY_TOLERANCE:g} is "
            "allowed. Try another version of torch or onnx"
        )
    partial = path.with_name(path.name + ".part")
    partial.write_bytes(content)
    os.replace(partial, path)
    return difference


def metadata(reader: CalibratedReader, provenance: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a program must know to use the file."""
    network = reader.reader
    return {
        "version": CONTRACT_VERSION,
        "units": list(network.config.units),
        "crop_size": CROP_SIZE,
        "num_features": network.num_features,
        "controllers": list(CONTROLLERS),
        "template": [[round(float(v), 6) for v in point] for point in network.template],
        "presence_threshold": PRESENCE_THRESHOLD,
        "calibration": reader.calibration.to_json(),
        **provenance,
    }


def parity(reader: CalibratedReader, content: bytes) -> float:
    """Return the largest absolute difference between torch and ONNX Runtime, on batches of one and five."""
    runtime = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    worst = 0.0
    for batch in (1, 5):
        rng = np.random.default_rng(batch)
        given = {
            "image": rng.uniform(0, 255, (batch, 3, CROP_SIZE, CROP_SIZE)).astype(np.float32),
            "reference": rng.uniform(0, 1, (batch, 2, reader.reader.num_features)).astype(np.float32),
            "has_reference": (np.arange(batch) % 2).astype(np.float32),
        }
        with torch.inference_mode():
            expected = reader(*(torch.from_numpy(value) for value in given.values()))
        answers = runtime.run(list(Reading._fields), given)
        pairs = zip(expected, answers, strict=True)
        worst = max(worst, *(float(np.abs(e.numpy() - a).max()) for e, a in pairs))
    return worst


def _graph(reader: CalibratedReader) -> onnx.ModelProto:
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # the exporter's own deprecations
        program = torch.onnx.export(
            reader,
            (torch.zeros(2, 3, CROP_SIZE, CROP_SIZE), torch.zeros(2, 2, reader.reader.num_features), torch.ones(2)),
            input_names=list(INPUTS),
            output_names=list(Reading._fields),
            dynamic_shapes={name: {0: torch.export.Dim("B")} for name in INPUTS},
            dynamo=True,
            verbose=False,
        )
    assert program is not None
    return program.model_proto


def _with_metadata(model: onnx.ModelProto, values: Mapping[str, Any]) -> bytes:
    del model.metadata_props[:]
    for node in model.graph.node:  # the exporter leaves paths of this machine in every node
        del node.metadata_props[:]
        node.doc_string = ""
    model.metadata_props.add(key=METADATA_KEY, value=json.dumps(values, sort_keys=True))
    onnx.checker.check_model(model)
    buffer = io.BytesIO()
    onnx.save_model(model, buffer)
    return buffer.getvalue()
