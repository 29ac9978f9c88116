"""How much of an event a card shows, and what of it goes to the card's thread."""

from collections.abc import Iterator, Sequence

CARD_ROWS = 15
ROW_CHARS = 340
PART_CHARS = 8_000
"""Of one message in the thread, in UTF-16 units."""
MOST_PARTS = 4


def is_cut(lines: Sequence[str]) -> bool:
    """Whether the card shows less than the whole event, so that its thread has to hold it."""
    return len(lines) > CARD_ROWS or any(_size(line) > ROW_CHARS for line in lines)


def parts(lines: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """The whole event in messages of at most `PART_CHARS`, at most `MOST_PARTS` of them."""
    return tuple(_parts(lines))[:MOST_PARTS]


def _parts(lines: Sequence[str]) -> Iterator[tuple[str, ...]]:
    part: list[str] = []
    room = PART_CHARS
    for line in lines:
        if part and _size(line) + 1 > room:
            yield tuple(part)
            part, room = [], PART_CHARS
        part.append(line)
        room -= _size(line) + 1
    if part:
        yield tuple(part)


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2
