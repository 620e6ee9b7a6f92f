"""Hold weights against every accuracy bar of the reader: bar, value, met or not, one line each.

    python benchmarks/reader_bars.py [--weights reader.onnx ...] [--data DIR] [--faces FOLDER] [--json out.json]

DATA is a folder of ``facsimile dataset make``, recipe ``mixed``, of which people are held out (``--part``); FOLDER is
as for ``real_faces.py``. Without one of them its bars are left out. Real faces only report: decide between weights on
the development part of synthetic people (``--part development``, no ``--faces``).
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
import half_face_swap
import real_faces

from facsimile.app.reader_data import open_blocks
from facsimile.app.reader_evaluation import Subject, read_block, read_block_at_rest, weight_name
from facsimile.app.reader_probes import UPPER_TESTED, Portraits, draw_portraits, half_face_test, perturbation_test
from facsimile.detect.pipeline import Detector
from facsimile.evaluate.agreement import AT_C
from facsimile.evaluate.half_face import LOWER, UPPER
from facsimile.evaluate.report import report
from facsimile.facs.intensity import PRESENT

SETS = ("DISFA", "BP4D", "DISFA or BP4D")
PROBE_PEOPLE = 24
NUM_SPOILT = 96
"""Pictures that are mirrored, halved and greyed."""
SMILE_BARS = {"alone": {"AU12": 0.98, "AU06": 0.90}, "beside own neutral": {"AU12": 0.99, "AU06": 0.95}}
ABSURD = (4, 9, 10, 15, 18, 19, 22, 23, 27, 28, 34, 35, 43)
"""Units that the astronaut, who smiles with parted lips and open eyes, does not show."""


@dataclass(frozen=True)
class Bar:
    """One demand. ``is_met`` is None for what is shown beside the bars and not demanded."""

    where: str
    what: str
    demand: str
    value: str
    is_met: bool | None


def at_least(where: str, what: str, limit: float, found: Any) -> Bar:
    value, text = _value(found)
    return Bar(where, what, f">= {limit:g}", text, value >= limit)


def at_most(where: str, what: str, limit: float, found: Any) -> Bar:
    value, text = _value(found)
    return Bar(where, what, f"<= {limit:g}", text, value <= limit)


def shown(where: str, what: str, found: Any) -> Bar:
    return Bar(where, what, "", _value(found)[1], None)


def synthetic_bars(subject: Subject, data: Path, part: str, limit: int | None) -> Iterator[Bar]:
    """Yield the bars on held-out people: correlation, sides, landmarks, honesty, groups, spoilt pictures."""
    block = open_blocks(data, part=part, limit=limit)[0]
    alone = read_block(block, subject)
    beside = read_block_at_rest(block, subject, alone)[:1]
    found = report(block.truth, [alone, *beside])
    where = f"{data.name}, {part}"
    for name, of in found["subjects"].items():
        way = "beside neutral" if name != subject.name else "alone"
        for units in SETS:
            yield at_least(where, f"{way}: mean r, {units}", 0.85, of["sets"][units]["larger"]["r"])
        for units in SETS:
            for side, title in (("L", "left"), ("R", "right")):
                yield at_least(where, f"{way}: mean r of the {title} side, {units}", 0.8, of["sets"][units][side]["r"])
            yield shown(where, f"{way}: mean r of left minus right, {units}", of["sets"][units]["L-R"]["r"])
            yield shown(where, f"{way}: mean r, both sides as rows, {units}", of["sets"][units]["pooled"]["r"])
            yield shown(where, f"{way}: mean ICC(3,1), {units}", of["sets"][units]["larger"]["icc"])
        yield at_least(where, f"{way}: side right in one-sided units at C or above", 0.95, of["one_sided"]["right"])
        yield at_most(where, f"{way}: landmark error / outer eye distance", 0.03, of["geometry"]["landmarks"])
        inside = of["calibration"]["coverage"]["90%"]
        yield Bar(
            where, f"{way}: truth in the 90 % interval", "0.85-0.95", _value(inside)[1], 0.85 <= inside[0] <= 0.95
        )
        yield shown(where, f"{way}: the same, units at B or above", of["calibration"]["coverage_shown"]["90%"])
    yield from spoilt_bars(where, perturbation_test(block, subject, NUM_SPOILT))


def render_bars(subject: Subject, portraits: Portraits) -> Iterator[Bar]:
    """Yield the half-face bars on renders."""
    found = half_face_test(subject, portraits)
    for way, expressions in found.items():
        for expression, codes in UPPER_TESTED.items():
            for code in codes:
                halves = {half: expressions[expression][half].get(str(code)) for half in (UPPER, LOWER)}
                if halves[UPPER] is None:
                    continue
                name = f"{way}: AU{code:02d} of {expression}"
                yield at_least("half faces, renders", f"{name}, mouth at rest, AUC", 0.8, halves[UPPER])
                yield at_most("half faces, renders", f"{name}, eyes and brows at rest, AUC", 0.7, halves[LOWER])


def real_bars(detector: Detector, folder: Path) -> Iterator[Bar]:
    """Yield the bars on real photos."""
    where = "real faces"
    photos = real_faces.load(folder, detector)
    found = real_faces.measure(photos, detector)
    yield at_least(where, "share of faces found", 1.0, found["faces_found"] / found["photos"])
    for way, limits in SMILE_BARS.items():
        of = found["ways"][way]
        for unit, limit in limits.items():
            yield at_least(where, f"{way}: {unit} smiling against neutral, AUC", limit, _interval(of[unit]))
        worst = of["alarms"]["worst_unit"]
        title = f"{way}: neutral faces with a unit at B, the most frequent one: {worst}"
        yield at_most(where, title, 0.05, of["alarms"]["worst_share"])
        yield shown(where, f"{way}: neutral faces with any unit at B", of["alarms"]["any"])
        yield from _group_bars(where, way, found["groups"])
    for unit in SMILE_BARS["alone"]:
        yield shown(where, f"minus own neutral: {unit} AUC", _interval(found["ways"]["minus own neutral"][unit]))
    swapped = half_face_swap.measure(photos, detector)
    for way in ("alone", "beside own neutral"):
        yield at_least(where, f"{way}: AU06 of a smile, mouth at rest, AUC", 0.8, swapped[way][UPPER]["AU06"])
        yield at_most(where, f"{way}: AU06 of a smile, eyes at rest, AUC", 0.7, swapped[way][LOWER]["AU06"])
    yield from spoilt_bars(where, found["spoilt"])


def spoilt_bars(where: str, found: dict[str, Any]) -> Iterator[Bar]:
    """Yield the bars on mirrored, small and grey pictures."""
    yield at_most(where, "mirrored: largest difference after swapping the sides", 0.3, found["mirrored"]["largest"])
    for name in ("half size", "grey"):
        of = found[name]
        worst = of.get("worst_unit_mean", of["worst_unit"])
        yield at_most(where, f"{name}: mean change of the unit that changes most", 0.7, worst)


def astronaut_bars(detector: Detector) -> Iterator[Bar]:
    """Yield what scikit-image's portrait must show."""
    from skimage import data

    faces = detector.read_image(data.astronaut())
    yield Bar("astronaut", "faces", "1", str(len(faces)), len(faces) == 1)
    if not faces:
        return
    level = {code: float(faces[0].intensity[k].max()) for k, code in enumerate(faces[0].units)}
    yield at_least("astronaut", "AU12", AT_C, level[12])
    yield at_least("astronaut", "AU06", PRESENT, level[6])
    yield at_least("astronaut", "AU25", PRESENT, level[25])
    worst = max((code for code in ABSURD if code in level), key=lambda code: level[code])
    yield at_most("astronaut", f"AU{worst:02d}, the strongest that is not there", AT_C, level[worst])


def _group_bars(where: str, way: str, groups: dict[str, Any]) -> Iterator[Bar]:
    """Yield the worst group by sex and ethnicity: points below the whole."""
    given = {name: of[way] for name, of in groups.items() if name.startswith(("gender", "ethnicity"))}
    for what in ("AU12", "AU06", "alarms"):
        worst = max(given, key=lambda name: given[name]["worse"][what])
        title = "share with a unit at B" if what == "alarms" else f"{what} AUC"
        size = given[worst]["AU12"]["n"]
        yield at_most(where, f"{way}: {title}, gap of {worst} ({size} people)", 0.05, given[worst]["worse"][what])


def _interval(scores: dict[str, Any]) -> tuple[float, float, float]:
    return (scores["auc"], *scores["auc_95"])


def _value(found: Any) -> tuple[float, str]:
    if isinstance(found, tuple):
        return found[0], f"{found[0]:.3f} ({found[1]:.3f} to {found[2]:.3f})"
    return float(found), f"{found:.3f}"


def show(name: str, bars: list[Bar]) -> None:
    print(f"\n{name}")
    for bar in bars:
        verdict = {True: "met", False: "NOT MET", None: ""}[bar.is_met]
        print(f"{bar.where:22}  {bar.what:62}  {bar.demand:10}  {bar.value:26}  {verdict}")
    demanded = [bar for bar in bars if bar.is_met is not None]
    print(f"{sum(bool(bar.is_met) for bar in demanded)} of {len(demanded)} met")


@click.command()
@click.option("--weights", type=click.Path(path_type=Path), multiple=True)
@click.option("--data", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--part", type=click.Choice(["development", "test", "all"]), default="test")
@click.option("--limit", type=int, help="Pictures of DATA.")
@click.option("--detector", "with_detector", is_flag=True, help="Find the faces of DATA as `facsimile detect` does.")
@click.option("--faces", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--people", default=PROBE_PEOPLE, help="People rendered for the half-face test; 0: none.")
@click.option("--astronaut/--no-astronaut", default=True)
@click.option("--json", "json_path", type=click.Path(path_type=Path))
def main(
    weights: tuple[Path, ...], data: Path | None, part: str, limit: int | None, with_detector: bool, faces: Path | None,
    people: int, astronaut: bool, json_path: Path | None,
) -> None:  # fmt: skip
    found, portraits = {}, None
    for path in weights or (None,):
        subject = Subject(path, with_detector=with_detector)
        detector = subject.detector
        bars: list[Bar] = []
        if data is not None:
            bars += synthetic_bars(subject, data, part, limit)
        if people:
            portraits = portraits or draw_portraits(people, crop_size=subject.reader.card.crop_size)
            bars += render_bars(subject, portraits)
        if faces is not None:
            bars += real_bars(detector, faces)
        if astronaut:
            bars += astronaut_bars(detector)
        show(weight_name(path), bars)
        found[str(path or "shipped")] = [asdict(bar) for bar in bars]
    if json_path:
        json_path.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
