"""Count what a data set lacks or does otherwise than described, so that nothing is left out in silence."""

from collections import Counter


class Findings:
    """Counts by kind, each with the first case."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._first: dict[str, str] = {}

    def add(self, what: str, example: object, *, count: int = 1) -> None:
        """Count ``count`` more of ``what`` (a noun in the plural); the first ``example`` is kept."""
        if count:
            self.counts[what] += count
            self._first.setdefault(what, str(example))

    def lines(self) -> list[str]:
        """Return one line per kind, in the order in which they were met."""
        return [f"{count} {what}; first: {self._first[what]}" for what, count in self.counts.items()]
