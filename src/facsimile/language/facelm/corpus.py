"""Bring words with times and tracks of action units together: one adapter for word-aligned corpora.

From arrays as CMU-MOSEI publishes them (words with intervals, frames of units), or from a folder of files that any
reader writes: ``NAME.words.csv`` with columns word, start_s, end_s and optionally party (me, you), and ``NAME.me.csv``
and ``NAME.you.csv`` as `facsimile.facs.track_files` knows them. A missing face was not seen.
"""

import csv
import math
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float

from facsimile.facs.action_units import NUM_LABEL_UNITS, unit_index
from facsimile.facs.expression import MAX_INTENSITY
from facsimile.facs.rows import number
from facsimile.facs.track import Track
from facsimile.facs.track_files import read_track
from facsimile.language.facelm.dialogue import ME, YOU, Dialogue, Word
from facsimile.language.ticks import TICK_S, FaceTicks, encode_ticks

WORDS_SUFFIX = ".words.csv"
PARTIES = {"me": ME, "you": YOU}
SILENCE_WORDS = frozenset({"", "sp", "sil", "<sil>"})
"""Marks of forced aligners for silence; they are no words."""


def dialogue_from_tracks(
    name: str, words: Iterable[Word], *, me: Track | None = None, you: Track | None = None
) -> Dialogue:
    """Join words and tracks on one clock of ticks that starts at 0; a party without a track was not seen.

    Ticks run to the last word or frame. Times before 0 are an error, as are words that end before they start.
    """
    said = tuple(word for word in words if word.text.strip().lower() not in SILENCE_WORDS)
    for word in said:
        if not 0 <= word.start_s <= word.end_s:
            raise ValueError(f"{name}: word {word.text!r} runs from {word.start_s:g} to {word.end_s:g} s")
    tracks = (me, you)
    ends_s = [word.end_s for word in said] + [float(t.time_s[-1]) for t in tracks if t is not None and len(t)]
    num_ticks = math.ceil(max(ends_s, default=0.0) / TICK_S - 1e-6)
    faces = [
        _on_clock(track, num_ticks, [(word.start_s, word.end_s) for word in said if word.party == party])
        for party, track in enumerate(tracks)
    ]
    return Dialogue(name, said, (faces[0], faces[1]))


def monologue_from_arrays(
    name: str,
    words: Sequence[tuple[str, float, float]],
    *,
    time_s: Float[np.ndarray, " T"],
    values: Float[np.ndarray, "T U"],
    codes: Sequence[int],
    scale: float | int = 1.0,
) -> Dialogue:
    """Join the words and the face of one speaker; ``codes`` are the FACS codes of the columns.

    ``values`` times ``scale`` are intensities 0-5 and are cut there; NaN is unobserved. Both sides get the same value.
    """
    if len(codes) != values.shape[1]:
        raise ValueError(f"codes: {values.shape[1]} columns need as many codes, got {len(codes)}")
    intensity = np.full((len(time_s), NUM_LABEL_UNITS, 2), np.nan, np.float32)
    for column, code in enumerate(codes):
        intensity[:, unit_index(code)] = np.clip(values[:, column, None] * scale, 0.0, MAX_INTENSITY)
    said = [Word(text, start_s, end_s, ME) for text, start_s, end_s in words]
    return dialogue_from_tracks(name, said, me=Track(time_s, intensity))


def read_folder(folder: Path) -> list[Dialogue]:
    """Read every dialogue of a folder, in order of names; a ValueError names the file and line at fault."""
    files = sorted(folder.glob(f"*{WORDS_SUFFIX}"))
    if not files:
        raise ValueError(f"{folder}: no NAME{WORDS_SUFFIX} in it")
    return [_read(file, file.name.removesuffix(WORDS_SUFFIX)) for file in files]


def _read(file: Path, name: str) -> Dialogue:
    tracks = {party: _track_beside(file.parent / name, party) for party in PARTIES}
    return dialogue_from_tracks(name, _read_words(file), me=tracks["me"], you=tracks["you"])


def _track_beside(stem: Path, party: str) -> Track | None:
    for suffix in ("csv", "parquet"):
        path = stem.with_name(f"{stem.name}.{party}.{suffix}")
        if path.exists():
            return read_track(path)
    return None


def _read_words(file: Path) -> list[Word]:
    reader = csv.DictReader(file.read_text(encoding="utf-8-sig").splitlines())
    missing = {"word", "start_s", "end_s"} - set(reader.fieldnames or ())
    if missing:
        raise ValueError(f"{file}: lacks the columns {', '.join(sorted(missing))}")
    words = []
    for row in reader:
        party = (row.get("party") or "me").strip().lower()
        if party not in PARTIES:
            raise ValueError(f"{file}: line {reader.line_num}, party must be me or you, got {party!r}")
        start_s, end_s = (number(name, row[name] or "") for name in ("start_s", "end_s"))
        words.append(Word((row["word"] or "").strip(), start_s, end_s, PARTIES[party]))
    return words


def _on_clock(track: Track | None, num_ticks: int, speech_s: Sequence[tuple[float, float]]) -> FaceTicks:
    """Cut a track into ticks that start at 0, unseen where it does not reach."""
    ends_s = np.array([0.0, num_ticks * TICK_S])
    if track is None or not len(track):
        return encode_ticks(Track(ends_s[: 1 + bool(num_ticks)]), speech_s=speech_s)
    inside = track.time_s[(track.time_s > 0) & (track.time_s < ends_s[1])]
    moments = np.unique(np.concatenate([ends_s, inside]))
    return encode_ticks(track.resampled(moments), speech_s=speech_s)
