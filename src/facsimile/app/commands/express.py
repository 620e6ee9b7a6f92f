"""``facsimile express``: a text as a moving face."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from facsimile.language.express import Expressed

TRACK_SUFFIXES = (".csv", ".parquet", ".txt", ".json")


@click.command()
@click.argument("text", required=False)
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Track: .csv, .parquet, .txt or .json."
)
@click.option(
    "--show", type=click.Path(dir_okay=False, path_type=Path), help="Draw it: .gif, .mp4, or a sheet of stills .png."
)
@click.option("--size", type=click.IntRange(64, 1024), default=256, show_default=True, help="Pixels of --show.")
@click.option("--person", type=click.IntRange(min=0), default=13, show_default=True, help="Who is drawn: a seed.")
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="How it is said; same seed, same face."
)
@click.option("--strength", type=click.FloatRange(0, 2), default=1.0, show_default=True, help="Of the expressions.")
@click.option("--json", "as_json", is_flag=True, help="Print clauses and changes of the face as JSON.")
@click.option("--force", is_flag=True, help="Replace files that exist.")
def command(
    text: str | None,
    output: Path | None,
    show: Path | None,
    size: int,
    person: int,
    seed: int,
    strength: float,
    as_json: bool,
    force: bool,
) -> None:
    """Turn TEXT (or standard input) into a face that says it, with expressions, talking, blinks and stress.

    A small rule-driven model: which expression goes with a clause is guessed from its words and taken from published
    patterns, and times follow from syllables. It shows a convention, not what anybody feels. Without -o the face is
    printed as notation wherever it changes.

    \b
    facsimile express "I passed the exam! Can you believe it?"
    facsimile express "Yuck, there is a fly in my soup." -o soup.csv --show soup.gif
    """
    from facsimile.language.express import ABOUT, express

    _check_names(output, show, force=force)
    words = sys.stdin.read() if text is None else text
    try:
        result = express(words, seed=seed, strength=strength)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    for clause in result.clauses:
        named = f"{clause.units}, {clause.source}" if clause.source else "no pattern"
        click.echo(f"{clause.label} {clause.chance:.2f}  {clause.text}  ({named})", err=True)
    click.echo(ABOUT, err=True)
    if output is not None:
        _write(result, output, force=force)
    if show is not None:
        _draw(result, show, person=person, size=size, force=force)
    if as_json:
        click.echo(json.dumps(_as_dict(result), ensure_ascii=False, indent=2))
    elif output is None:
        click.echo(_notation(result), nl=False)


def _check_names(output: Path | None, show: Path | None, *, force: bool) -> None:
    from facsimile.app.clip import SUFFIXES
    from facsimile.app.output import refuse_overwrite

    for path, option, suffixes in ((output, "-o", TRACK_SUFFIXES), (show, "--show", SUFFIXES)):
        if path is None:
            continue
        if path.suffix.lower() not in suffixes:
            raise click.UsageError(f"{option} {path}: the name must end in {', '.join(suffixes)}")
        refuse_overwrite(path, force=force, option=option)


def _notation(result: "Expressed") -> str:
    from facsimile.language.transcripts import changes_of, write_changes

    return write_changes(changes_of(result.track, min_hold_s=0.0))


def _as_dict(result: "Expressed") -> dict[str, Any]:
    from facsimile.facs.notation import write
    from facsimile.language.express import ABOUT
    from facsimile.language.transcripts import changes_of

    clauses = [
        {
            "text": clause.text,
            "start_s": round(clause.words[0].start_s, 3),
            "end_s": round(clause.words[-1].end_s, 3),
            "label": clause.label,
            "chance": round(clause.chance, 3),
            "units": clause.units,
            "source": clause.source,
        }
        for clause in result.clauses
    ]
    changes = changes_of(result.track, min_hold_s=0.0)
    faces = [{"time_s": change.time_s, "face": write(change.face)} for change in changes]
    return {"about": ABOUT, "clauses": clauses, "changes": faces}


def _write(result: "Expressed", path: Path, *, force: bool) -> None:
    from facsimile.app.output import write_atomic
    from facsimile.facs.track_files import write_track

    if path.suffix.lower() in (".txt", ".json"):
        is_text = path.suffix.lower() == ".txt"
        content = _notation(result) if is_text else json.dumps(_as_dict(result), ensure_ascii=False, indent=2) + "\n"
        write_atomic(path, content.encode(), force=force)
    else:
        try:
            write_track(result.track, path)
        except OSError as error:
            raise click.ClickException(f"cannot write {path}: {error.strerror or error}") from error
    click.echo(f"wrote {path}", err=True)


def _draw(result: "Expressed", path: Path, *, person: int, size: int, force: bool) -> None:
    from tqdm import tqdm

    from facsimile.app.clip import draw_frames, encode_clip, sampled
    from facsimile.app.output import write_atomic

    suffix = path.suffix.lower()
    moments = sampled(result.track, suffix)
    drawn = draw_frames(moments, seed=person, size=size)
    frames = list(tqdm(drawn, total=len(moments), desc="drawing", unit="picture", delay=2, leave=False, disable=None))
    try:
        content = encode_clip(frames, suffix)
    except OSError as error:
        raise click.ClickException(str(error)) from error
    write_atomic(path, content, force=force, option="--show")
    click.echo(f"wrote {path}", err=True)
