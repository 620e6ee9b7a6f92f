"""Measure weights on data sets and lay the outcome out: what ``facsimile evaluate reader`` does."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from facsimile.app.reader_data import Block, open_blocks
from facsimile.app.reader_evaluation import Subject, baselines, read_block, read_block_at_rest, weight_name
from facsimile.app.reader_page import html_page
from facsimile.app.reader_probes import (
    PICTURES_PER_PERSON,
    Portraits,
    draw_portraits,
    half_face_table,
    half_face_test,
    perturbation_table,
    perturbation_test,
)
from facsimile.evaluate.report import heading, report, tables
from facsimile.evaluate.sample import Answer
from facsimile.evaluate.tables import Table, as_markdown, as_text, plain

ALIGNED_BY = {False: "the true landmarks", True: "the detector"}


@dataclass(frozen=True)
class Plan:
    """What is measured, and how."""

    folders: tuple[Path, ...]
    weights: tuple[Path | None, ...]
    """None: the shipped weights."""
    part: str = "test"
    by_rig: bool = False
    with_detector: bool = False
    with_neutral: bool = True
    with_baselines: bool = True
    probes: int = 0
    limit: int | None = None
    threads: int = 1
    seed: int = 0


def measure(plan: Plan) -> dict[str, Any]:
    """Measure every weights file on every data set; plain values, null for what is undefined.

    Raises ValueError for unfit weights and data sets.
    """
    subjects = [
        Subject(path, name=name, threads=plan.threads, with_detector=plan.with_detector)
        for path, name in zip(plan.weights, distinct_names(plan.weights, weight_name), strict=True)
    ]
    blocks = [
        block
        for folder, name in zip(plan.folders, distinct_names(plan.folders, lambda path: path.name), strict=True)
        for block in open_blocks(folder, part=plan.part, by_rig=plan.by_rig, limit=plan.limit, name=name)
    ]
    result: dict[str, Any] = {
        "part": plan.part,
        "aligned_by": ALIGNED_BY[plan.with_detector],
        "seed": plan.seed,
        "weights": {s.name: str(path or "shipped") for s, path in zip(subjects, plan.weights, strict=True)},
        "half_face": plain(_half_faces(plan, subjects)),
        "blocks": [plain(_measure_block(plan, block, blocks, subjects)) for block in blocks],
    }
    return result


def distinct_names(paths: Sequence[Any], short: Callable[[Any], str]) -> list[str]:
    """Name paths shortly, in full where the short names of two are the same; ValueError for the same path twice."""
    names = [short(path) for path in paths]
    names = [str(path) if names.count(name) > 1 else name for path, name in zip(paths, names, strict=True)]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ValueError(f"{twice} is given twice; name each data set and each file of weights once")
    return names


def text_of(result: dict[str, Any]) -> str:
    """Return the tables for a terminal: in detail only what readers say of each face alone."""
    lines = [f"part {result['part']}, aligned by {result['aligned_by']}, intervals: 95 % over people"]
    for block in result["blocks"]:
        lines += ["", heading(block), *("\n" + as_text(table) for table in _tables(block, with_variants=False))]
    lines += ["\n" + as_text(table) for table in _probe_tables(result)]
    return "\n".join(lines)


def page_of(result: dict[str, Any], suffix: str) -> str:
    """Return the report as a page, ``.html`` with plots or ``.md``."""
    title = f"Readers: part {result['part']}, aligned by {result['aligned_by']}"
    blocks = [(block, _tables(block)) for block in result["blocks"]]
    probes = _probe_tables(result)
    if suffix == ".html":
        return html_page(title, blocks, probes)
    lines = [f"# {title}"]
    for block, parts in blocks:
        lines += ["", f"## {heading(block)}", *("\n" + as_markdown(table) for table in parts)]
    return "\n".join([*lines, *("\n" + as_markdown(table) for table in probes)]) + "\n"


def _measure_block(plan: Plan, block: Block, blocks: list[Block], subjects: list[Subject]) -> dict[str, Any]:
    answers: list[Answer] = []
    for subject in subjects:
        alone = read_block(block, subject)
        answers.append(alone)
        if plan.with_neutral:
            answers += read_block_at_rest(block, subject, alone)
    if plan.with_baselines:
        answers += baselines(block, blocks, seed=plan.seed)
    found = report(block.truth, answers, seed=plan.seed)
    if plan.probes:
        count = plan.probes * PICTURES_PER_PERSON
        found["perturbations"] = {subject.name: perturbation_test(block, subject, count) for subject in subjects}
    return found


def _half_faces(plan: Plan, subjects: list[Subject]) -> dict[str, Any]:
    """Run the half-face test on people drawn for it, the same for all weights of one crop size."""
    if not plan.probes:
        return {}
    sizes = {subject.reader.card.crop_size for subject in subjects}
    portraits: dict[int, Portraits] = {
        size: draw_portraits(plan.probes, crop_size=size, seed=plan.seed) for size in sizes
    }
    return {s.name: half_face_test(s, portraits[s.reader.card.crop_size], seed=plan.seed) for s in subjects}


def _tables(block: dict[str, Any], *, with_variants: bool = True) -> list[Table]:
    spoilt = [perturbation_table(name, of) for name, of in block.get("perturbations", {}).items()]
    return tables(block, with_variants=with_variants) + spoilt


def _probe_tables(result: dict[str, Any]) -> list[Table]:
    return [half_face_table(name, found) for name, found in result["half_face"].items()]
