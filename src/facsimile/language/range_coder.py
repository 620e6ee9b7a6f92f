"""Code symbols with adaptive probabilities into as few bits as their entropy asks for, and decode them exactly.

An arithmetic coder on whole numbers (Witten, Neal & Cleary 1987, Arithmetic coding for data compression): 32-bit
interval, counts per context that both sides update alike, no floating point.
"""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field

_BITS = 32
_TOP = (1 << _BITS) - 1
_HALF = 1 << (_BITS - 1)
_QUARTER = 1 << (_BITS - 2)
_MAX_TOTAL = 1 << 16
_STEP = 24
"""What one occurrence adds to a count; small counts of 1 then weigh 1/24 of an occurrence (as in Krichevsky-Trofimov
with a smaller prior, for sparse symbols)."""


@dataclass
class Statistics:
    """Counts of symbols per context, the same on both sides."""

    counts: dict[Hashable, list[int]] = field(default_factory=dict)

    def of(self, context: Hashable, size: int) -> list[int]:
        """Give the counts of a context with ``size`` symbols; all 1 at first."""
        return self.counts.setdefault(context, [1] * size)

    def saw(self, context: Hashable, symbol: int) -> None:
        """Count a symbol; old counts are halved when they grow large."""
        counts = self.counts[context]
        counts[symbol] += _STEP
        if sum(counts) > _MAX_TOTAL:
            counts[:] = [(count + 1) // 2 for count in counts]


class Encoder:
    """Write symbols one after the other; ``finish`` gives the bytes."""

    def __init__(self) -> None:
        self._statistics = Statistics()
        self._low, self._high, self._pending = 0, _TOP, 0
        self._bits: list[int] = []

    def put(self, symbol: int, *, size: int, context: Hashable) -> None:
        """Write one symbol, 0 <= symbol < size."""
        counts = self._statistics.of(context, size)
        total, below = sum(counts), sum(counts[:symbol])
        span = self._high - self._low + 1
        self._high = self._low + span * (below + counts[symbol]) // total - 1
        self._low += span * below // total
        while (shift := _common(self._low, self._high)) is not None:
            offset, bit = shift
            if bit is None:
                self._pending += 1
            else:
                self._bits += [bit] + [1 - bit] * self._pending
                self._pending = 0
            self._low, self._high = (self._low - offset) * 2, (self._high - offset) * 2 + 1
        self._statistics.saw(context, symbol)

    def finish(self) -> bytes:
        """End the stream; at most two bits and the padding of the last byte are added."""
        bit = int(self._low >= _QUARTER)
        bits = self._bits + [bit] + [1 - bit] * (self._pending + 1)
        bits += [0] * (-len(bits) % 8)
        return bytes(int("".join(map(str, bits[i : i + 8])), 2) for i in range(0, len(bits), 8))


class Decoder:
    """Read the symbols that an ``Encoder`` wrote, asked for in the same order with the same sizes and contexts."""

    def __init__(self, data: bytes):
        self._statistics = Statistics()
        self._stream = _stream(data)
        self._low, self._high, self._value = 0, _TOP, 0
        for _ in range(_BITS):
            self._value = self._value * 2 + next(self._stream)

    def get(self, *, size: int, context: Hashable) -> int:
        """Read one symbol."""
        counts = self._statistics.of(context, size)
        total, span = sum(counts), self._high - self._low + 1
        target = ((self._value - self._low + 1) * total - 1) // span
        symbol, below = 0, 0
        while below + counts[symbol] <= target:
            below += counts[symbol]
            symbol += 1
        self._high = self._low + span * (below + counts[symbol]) // total - 1
        self._low += span * below // total
        while (shift := _common(self._low, self._high)) is not None:
            offset = shift[0]
            self._low, self._high = (self._low - offset) * 2, (self._high - offset) * 2 + 1
            self._value = (self._value - offset) * 2 + next(self._stream)
        self._statistics.saw(context, symbol)
        return symbol


def _common(low: int, high: int) -> tuple[int, int | None] | None:
    """Give (what to subtract, the bit that is settled or None if it waits); None if nothing can be shifted."""
    if high < _HALF:
        return 0, 0
    if low >= _HALF:
        return _HALF, 1
    if low >= _QUARTER and high < _HALF + _QUARTER:
        return _QUARTER, None
    return None


def _stream(data: bytes) -> Iterator[int]:
    for byte in data:
        for place in range(7, -1, -1):
            yield byte >> place & 1
    while True:
        yield 0
