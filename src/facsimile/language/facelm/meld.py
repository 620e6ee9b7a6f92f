"""Read dialogue tables in the format of MELD (Poria et al. 2019) from the user's disk, and mend their times.

Columns: Utterance, Speaker, Emotion, Dialogue_ID, Utterance_ID, Season, Episode, StartTime, EndTime. The published
tables hold utterances that end before they begin, starts out of order, gaps of minutes, lines of over a minute, hours
with one digit or two, and bytes of another encoding; every repair is counted. Nothing of MELD is part of this package.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from facsimile.language.speech import time_words

COLUMNS = (
    "Utterance", "Speaker", "Emotion", "Dialogue_ID", "Utterance_ID", "Season", "Episode", "StartTime", "EndTime"
)  # fmt: skip
EMOTIONS = ("neutral", "joy", "sadness", "anger", "surprise", "fear", "disgust")

LONGEST_S = 60.0
"""An utterance that claims more is timed by its words: the published ones are mistakes."""

LONGEST_GAP_S = 3.0
"""Longer gaps are cut scenes and are shortened to this."""

DEEPEST_OVERLAP_S = 1.0
USUAL_GAP_S = 0.2
"""A start further before the end of the line above is out of order; it gets the median gap instead."""

_TIME = re.compile(r"(\d{1,2}):(\d{2}):(\d{2})[,.](\d{1,3})")


@dataclass(frozen=True)
class Utterance:
    """One line of a conversation."""

    speaker: str
    text: str
    emotion: str
    start_s: float
    end_s: float


@dataclass(frozen=True)
class Conversation:
    """Lines in order, on a clock that starts at 0."""

    name: str
    season: int
    # the unit of splits: episodes and lines of one season recur in the published splits of another
    utterances: tuple[Utterance, ...]

    @property
    def speakers(self) -> tuple[str, ...]:
        """Who speaks, most lines first, then in order of appearance."""
        count = Counter(utterance.speaker for utterance in self.utterances)
        return tuple(name for name, _ in count.most_common())


@dataclass(frozen=True)
class Reading:
    """Conversations and how often each repair was needed."""

    conversations: tuple[Conversation, ...]
    repairs: Counter[str]


def read_dialogues(path: Path) -> Reading:
    """Read a table; a ValueError names the line and column of what cannot be read."""
    repairs: Counter[str] = Counter()
    rows = _without_repeats(_rows(path), repairs)
    groups: dict[tuple[str, ...], list[dict[str, str]]] = {}
    for row in rows:
        groups.setdefault((row["Season"], row["Episode"], row["Dialogue_ID"]), []).append(row)
    conversations = [_conversation(key, lines, path, repairs) for key, lines in groups.items()]
    return Reading(tuple(conversations), repairs)


def split_by_season(
    conversations: Sequence[Conversation], *, held_out: Iterable[int]
) -> tuple[list[Conversation], list[Conversation]]:
    """Split into training and held-out seasons; a ValueError says if either is empty."""
    chosen = set(held_out)
    kept = [c for c in conversations if c.season not in chosen]
    out = [c for c in conversations if c.season in chosen]
    if not kept or not out:
        seasons = sorted({c.season for c in conversations})
        raise ValueError(f"held_out: {sorted(chosen)} leaves one side empty; the table has seasons {seasons}")
    return kept, out


def _rows(path: Path) -> list[dict[str, str]]:
    text = path.read_bytes().decode("utf-8-sig", errors="replace")
    reader = csv.DictReader(text.splitlines(keepends=True))
    missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
    if missing:
        raise ValueError(f"{path}: lacks the columns {', '.join(missing)}; expected a table in MELD's format")
    rows = []
    for row in reader:
        if None in row or None in row.values():
            raise ValueError(f"{path}: line {reader.line_num} has another number of cells than the header")
        rows.append({name: row[name].strip() for name in COLUMNS} | {"line": str(reader.line_num)})
    if not rows:
        raise ValueError(f"{path}: no rows below the header")
    return rows


def _without_repeats(rows: list[dict[str, str]], repairs: Counter[str]) -> list[dict[str, str]]:
    """Drop lines that stand twice: in two-party excerpts the same utterance belongs to several dialogues."""
    seen, kept = set(), []
    for row in rows:
        key = tuple(row[name] for name in ("Season", "Episode", "StartTime", "EndTime", "Speaker", "Utterance"))
        if key in seen:
            repairs["repeated utterance dropped"] += 1
            continue
        seen.add(key)
        kept.append(row)
    return kept


def _conversation(key: tuple[str, ...], rows: list[dict[str, str]], path: Path, repairs: Counter[str]) -> Conversation:
    rows = sorted(rows, key=lambda row: _whole(row, "Utterance_ID", path))
    utterances: list[Utterance] = []
    before: float | None = None
    now_s = 0.0
    for row in rows:
        start, end = (_seconds(row, name, path) for name in ("StartTime", "EndTime"))
        text = _clean(row["Utterance"], repairs)
        length = _length(text, end - start, repairs)
        now_s = max(now_s + _gap(before, start, repairs), 0.0)
        utterances.append(Utterance(row["Speaker"], text, _emotion(row, path), now_s, now_s + length))
        before, now_s = max(end, start), now_s + length
    season, episode, dialogue = key
    return Conversation(f"s{season}e{episode}d{dialogue}", _whole(rows[0], "Season", path), tuple(utterances))


def _length(text: str, stated_s: float, repairs: Counter[str]) -> float:
    if 0 < stated_s <= LONGEST_S:
        return stated_s
    repairs["utterance without length" if stated_s <= 0 else "utterance of over a minute"] += 1
    words = time_words(text)
    return words[-1].end_s if words else USUAL_GAP_S


def _gap(before: float | None, start: float, repairs: Counter[str]) -> float:
    if before is None:
        return 0.0
    gap = start - before
    if gap < -DEEPEST_OVERLAP_S:
        repairs["start out of order"] += 1
        return USUAL_GAP_S
    if gap > LONGEST_GAP_S:
        repairs["long gap shortened"] += 1
        return LONGEST_GAP_S
    return gap


def _clean(text: str, repairs: Counter[str]) -> str:
    """Turn what is left of Windows-1252 into the characters that were meant."""
    clean = "".join(_meant(character) for character in text)
    repairs["characters of another encoding"] += clean != text
    return clean


def _meant(character: str) -> str:
    if not "\x80" <= character <= "\x9f":
        return "'" if character == "\N{REPLACEMENT CHARACTER}" else character
    return character.encode("latin-1").decode("cp1252", errors="replace").replace("\N{REPLACEMENT CHARACTER}", "'")


def _seconds(row: dict[str, str], name: str, path: Path) -> float:
    found = _TIME.fullmatch(row[name])
    if not found:
        raise ValueError(f"{path}: line {row['line']}, {name} must look like 00:16:16,059, got {row[name]!r}")
    hours, minutes, seconds, fraction = found.groups()
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds) + int(fraction) / 10 ** len(fraction)


def _whole(row: dict[str, str], name: str, path: Path) -> int:
    if not row[name].isdecimal():
        raise ValueError(f"{path}: line {row['line']}, {name} must be a whole number, got {row[name]!r}")
    return int(row[name])


def _emotion(row: dict[str, str], path: Path) -> str:
    emotion = row["Emotion"].lower()
    if emotion not in EMOTIONS:
        raise ValueError(f"{path}: line {row['line']}, Emotion {emotion!r} is unknown; known: {', '.join(EMOTIONS)}")
    return emotion
