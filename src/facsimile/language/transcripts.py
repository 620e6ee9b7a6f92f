r"""Write tracks and dialogues as text and read them back: what is said, and every change of either face.

A track is one bracket per line, ``[12.48 6C+12D]``: from 12.48 s on the face is so. A dialogue has a line per turn of
speech, ``YOU:`` or ``ME:``, with the face before the word at which it begins; a listener's change of face is a line of
its own. Only changes are written.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from facsimile.facs import notation
from facsimile.facs.action_units import NUM_LABEL_UNITS
from facsimile.facs.expression import ActionUnits
from facsimile.facs.pose import gaze_of, head_pose_of, pose_terms
from facsimile.facs.state import State
from facsimile.facs.track import Track
from facsimile.language.tags import escape, read, write_tag

MIN_HOLD_S = 0.24
"""Shortest time between two written states, in seconds; six frames at 25 per second."""

PARTIES = ("ME", "YOU")
"""The model's own side and the person it talks to."""

_LINE = re.compile(r"\[(?P<time>\d+\.\d\d) (?P<state>[^\]]+)\]")
_TURN = re.compile(r"(?P<party>[A-Z]+): ?(?P<text>.*)")


@dataclass(frozen=True)
class Change:
    """A face that holds from a time on."""

    time_s: float
    # to a hundredth of a second
    face: State
    # State(face_seen=False): not seen


@dataclass(frozen=True)
class Item:
    """One thing in a dialogue: a word, or a face that begins."""

    party: str
    # a name in capitals, of PARTIES for conversations with a model
    word: str = ""
    # without spaces; empty for a face
    face: State | None = None
    # None for a word


def state_at(track: Track, index: int) -> State:
    """Score one moment of a track: its units, and head and eye codes from its angles."""
    intensity = np.full((NUM_LABEL_UNITS, 2), np.nan, np.float32)
    units = ActionUnits(intensity if track.intensity is None else track.intensity[index])
    state = notation.parse(notation.write(units))
    head, gaze = track.head_pose_rad, track.gaze_rad
    angles = np.zeros(3, np.float32) if head is None else np.nan_to_num(head[index])
    look = np.zeros((2, 2), np.float32) if gaze is None else np.nan_to_num(gaze[index])
    if not state.face_seen:
        return state
    return State(state.groups + tuple((term,) for term in pose_terms(angles, look)))


def changes_of(track: Track, *, min_hold_s: float = MIN_HOLD_S) -> tuple[Change, ...]:
    """List the states of a track at which its score changes, the first one included.

    A state is written once it has held for ``min_hold_s``, or is the last; shorter ones, such as blinks, are left out.
    """
    states = [state_at(track, i) for i in range(len(track))]
    starts = [i for i in range(len(states)) if i == 0 or states[i] != states[i - 1]]
    found: list[Change] = []
    for place, i in enumerate(starts):
        is_last = place + 1 == len(starts)
        held_s = np.inf if is_last else track.time_s[starts[place + 1]] - track.time_s[i]
        if held_s >= min_hold_s - 1e-9 and not (found and found[-1].face == states[i]):
            found.append(Change(round(float(track.time_s[i]), 2), states[i]))
    return tuple(found)


def write_changes(changes: Iterable[Change]) -> str:
    """Write one line per change: ``[12.48 6C+12D]``."""
    return "".join(f"[{change.time_s:.2f} {notation.write(change.face)}]\n" for change in changes)


def read_changes(text: str) -> tuple[Change, ...]:
    """Read lines of ``[12.48 6C+12D]``; empty lines are skipped, any other raises ValueError with its number."""
    changes: list[Change] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        found = _LINE.fullmatch(line.strip())
        if found is None:
            raise ValueError(f"line {number}: expected [seconds state] such as [12.48 6C+12D], got {line.strip()!r}")
        time_s = float(found["time"])
        if changes and time_s <= changes[-1].time_s:
            raise ValueError(f"line {number}: {time_s:.2f} s comes after {changes[-1].time_s:.2f} s; sort the lines")
        changes.append(Change(time_s, notation.parse(found["state"])))
    return tuple(changes)


def track_of(changes: Sequence[Change], *, end_s: float, frames_per_s: float | int = 25) -> Track:
    """Hold each face from its change to the next, up to ``end_s``; letters become 1-5, head and eye codes angles.

    A change shows from the first frame at or after it.
    """
    if not changes or end_s < changes[-1].time_s:
        raise ValueError(f"end_s: needs at least one change and an end at or after the last, got {end_s:g} s")
    start_s = changes[0].time_s
    count = int(np.floor((end_s - start_s) * frames_per_s + 1e-6)) + 1
    time_s = start_s + np.arange(count) / frames_per_s
    which = np.searchsorted([change.time_s for change in changes], time_s + 1e-9, side="right") - 1
    faces = [change.face for change in changes]
    return Track(
        time_s,
        intensity=np.stack([face.to_action_units().intensity for face in faces])[which],
        head_pose_rad=np.stack([head_pose_of(face) for face in faces]).astype(np.float32)[which],
        gaze_rad=np.stack([gaze_of(face) for face in faces]).astype(np.float32)[which],
    )


def interleave(
    words: Mapping[str, Sequence[tuple[float, str]]], faces: Mapping[str, Sequence[Change]]
) -> tuple[Item, ...]:
    """Bring the timed words (start in seconds, word) and faces of all parties into one order of time.

    A face that changes at or before a word's start stands before the word.
    """
    timed = [(time_s, 1, Item(party, word)) for party, said in words.items() for time_s, word in said]
    timed += [(change.time_s, 0, Item(party, face=change.face)) for party, list_ in faces.items() for change in list_]
    return tuple(item for *_, item in sorted(timed, key=lambda entry: entry[:2]))


def write_dialogue(items: Iterable[Item]) -> str:
    """Write items in order, a line whenever the party changes: ``YOU: [6C+12D] I won`` and ``ME: [12B]``.

    Faces equal to the party's last are left out.
    """
    lines: list[str] = []
    speaker, last = None, dict[str, State]()
    for item in items:
        if not re.fullmatch(r"[A-Z]+", item.party):
            raise ValueError(f"party: must be a name in capitals such as ME or YOU, got {item.party!r}")
        if item.face is not None and last.get(item.party) == item.face:
            continue
        if item.party != speaker:
            lines.append(f"{item.party}:")
            speaker = item.party
        if item.face is not None:
            last[item.party] = item.face
        lines[-1] += f" {write_tag(item.face) if item.face is not None else escape(item.word)}"
    return "\n".join(lines)


def read_dialogue(text: str) -> tuple[Item, ...]:
    """Read what ``write_dialogue`` wrote; untidy brackets are read as a model's, a line without a party is refused."""
    items: list[Item] = []
    for number, line in enumerate(text.splitlines(), start=1):
        found = _TURN.fullmatch(line.strip())
        if found is None:
            raise ValueError(f"line {number}: must begin with a party such as ME: or YOU:, got {line.strip()[:40]!r}")
        for span in read(found["text"], only_brackets=True).spans:
            items += [Item(found["party"], face=span.face)] if span.face is not None else []
            items += [Item(found["party"], word) for word in span.words.split()]
    return tuple(items)
