"""Guess when each word of a written text would be said: syllables, stress, pauses. A model of pace, not of sound."""

import re
from dataclasses import dataclass

SYLLABLES_PER_S = 4.5
"""Articulation rate of conversation without its pauses, syllables per second; English speakers lie between 3.5 and 5.5
(Jacewicz, Fox, O'Neill & Salmons 2009, Articulation rate across dialect, age, and gender)."""

CLAUSE_PAUSE_S = 0.25
SENTENCE_PAUSE_S = 0.5
"""Silence after a comma and after a full stop, in seconds; conventions inside the range of spoken English
(Goldman-Eisler 1968, Psycholinguistics: most pauses last 0.2 to 1 s)."""

_WORD = re.compile(r"[\w'’-]*\w[\w'’-]*[^\s\w]*")
_SILENT_E = re.compile(r"e[sd]?$")
_SPOKEN_E = re.compile(r"[^aeiouy]le[sd]?$|[aeiouy]e[sd]?$|[td]ed$|(?:[szcgx]|ch|sh)es$")
_LIST = """
a an the and or but if so of to in on at by for from with as is am are was were be been being do does did have has had
will would can could shall should may might must i you he she it we they me him her us them my your his its our their
this that these those there here then than not no yes oh well just very
"""
_FUNCTION_WORDS = frozenset(_LIST.split())
"""Words that seldom carry stress."""


@dataclass(frozen=True)
class SpokenWord:
    """One word and when it is said."""

    text: str
    # with the punctuation after it
    start_s: float
    end_s: float
    num_syllables: int
    is_stressed: bool
    # whether it may carry an accent: no function word
    ends: str
    # "" inside a clause, "," before a short pause, "." before a long one, "?" at the end of a question

    @property
    def syllable_starts_s(self) -> tuple[float, ...]:
        """When each syllable begins, evenly spaced."""
        step = (self.end_s - self.start_s) / self.num_syllables
        return tuple(self.start_s + step * i for i in range(self.num_syllables))


def count_syllables(word: str) -> int:
    """Count vowel groups of an English word, without a silent e; at least 1. Digits count one each.

    >>> [count_syllables(word) for word in ("I", "loved", "happy", "chocolate", "idea")]
    [1, 1, 2, 3, 2]
    """
    letters = re.sub(r"[^a-z]", "", word.lower())
    digits = sum(character.isdigit() for character in word)
    groups = len(re.findall(r"[aeiouy]+", letters))
    if groups > 1 and _SILENT_E.search(letters) and not _SPOKEN_E.search(letters):
        groups -= 1
    return max(groups + digits, 1)


def time_words(
    text: str, *, start_s: float | int = 0.0, syllables_per_s: float | int = SYLLABLES_PER_S
) -> tuple[SpokenWord, ...]:
    """Give every word of ``text`` its time, at an even pace of ``syllables_per_s`` > 0 with pauses at punctuation."""
    if not 0 < syllables_per_s <= 20:
        raise ValueError(f"syllables_per_s: must be above 0 and at most 20, got {syllables_per_s}; 4.5 is usual")
    words: list[SpokenWord] = []
    now_s = float(start_s)
    for written in _WORD.findall(text):
        bare = written.rstrip("".join(character for character in written if not character.isalnum())) or written
        syllables = count_syllables(bare)
        end_s = now_s + syllables / syllables_per_s
        ends = _ending(written[len(bare) :])
        stressed = bare.lower() not in _FUNCTION_WORDS
        words.append(SpokenWord(written, now_s, end_s, syllables, stressed, ends))
        now_s = end_s + {"": 0.0, ",": CLAUSE_PAUSE_S}.get(ends, SENTENCE_PAUSE_S)
    return tuple(words)


def _ending(punctuation: str) -> str:
    if "?" in punctuation:
        return "?"
    if re.search(r"[.!…]", punctuation):
        return "."
    return "," if re.search(r"[,;:–—)]", punctuation) else ""
