"""A job's account held against what the channels show of it: what is not there as it should be.

Compared are

- every ERROR line with the incidents of the account (`ledger`);
- every cause and every harmless error with the cards and the lists (`shown`), by title and by how often;
- the consequences of a cause with the lines below its card, by how many events they are together, since a line
  that comes late may be named otherwise; none of them may have an open card of its own;
- the end of the job with the message that tells it;
- each card with the others, since nothing may be said twice.

What cannot be compared: a card that was closed shows no counts, and an error in the list of a storm shows no
consequences until it gets a card of its own.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bot.sandbox.baseten.job import SimJob
from bot.sandbox.director.ledger import Account, Log, Told
from bot.sandbox.director.shown import Shown, Sight
from bot.times import Ms, ms_ceil, ms_from_s

SETTLED_MS = ms_from_s(45)
"""By then a line that can be read is on its card: it was polled, put in order, and the card was edited."""
HARMLESS_MS = ms_from_s(240)
"""What needs nobody is told after a minute, and its list is edited every two minutes."""
END_MS = ms_from_s(120)
NAME_CHARS = 40


@dataclass(frozen=True, slots=True)
class Gap:
    """What is not shown as it should be; `settled_ms`: from then on there is no excuse."""

    sentence: str
    settled_ms: Ms


@dataclass(frozen=True, slots=True)
class Case:
    """All that is known of one job. The account may be of the log as it was a moment ago.

    `watched_ms`: since when a channel hears of it; an end before that is nobody's news.
    """

    job: SimJob
    log: Log
    account: Account
    sight: Sight
    watched_ms: Ms

    @property
    def shown(self) -> tuple[Shown, ...]:
        return self.sight.of(self.job.id)

    def gaps(self) -> list[Gap]:
        """What is missing, or is there too often; nothing when the channels show all that was written."""
        return [
            *self._lines(),
            *self._incidents(),
            *self._consequences(),
            *self._left_open(),
            *self._end(),
            *self._twice(),
        ]

    def _lines(self) -> Iterator[Gap]:
        if self.account.loose:
            yield Gap(f"{_errors(self.account.loose)} without an incident", Ms(0))
        newer = self.log.errors - self.account.errors
        if newer:
            yield Gap(f"{_errors(newer)} of a moment ago", _LATER)

    def _incidents(self) -> Iterator[Gap]:
        own = [told for told in self.account.incidents if told.role != "cascade"]
        for title, told in _by_title(own).items():
            wait_ms = HARMLESS_MS if all(each.role == "noise" for each in told) else SETTLED_MS
            mine = [one for one in self.shown if _is(one, title)]
            if sentence := self._compared(sum(each.count for each in told), mine):
                yield Gap(f"{_short(title)}: {sentence}", _since(told, wait_ms))

    def _compared(self, wrote: int, mine: list[Shown]) -> str | None:
        if not mine:
            return "not shown"
        counted = _counted(mine)
        if counted is None or counted == wrote:
            return None
        if counted < wrote:
            return f"shown {counted:,} of {wrote:,} times"
        is_old = self.account.lines < self.log.lines
        return None if is_old else f"shown {counted:,} times, written {wrote:,} times"

    def _consequences(self) -> Iterator[Gap]:
        families: dict[str, list[Told]] = {}
        for each in self.account.incidents:
            if each.role == "cascade":
                cause = "" if each.cause is None else self.account.incidents[each.cause].title
                families.setdefault(cause, []).append(each)
        for cause, told in families.items():
            wrote, counted = sum(each.count for each in told), self._below(cause, told)
            if counted is not None and counted < wrote:
                what = f"{_short(cause)}: " if cause else ""
                settled_ms = _since(told, SETTLED_MS)
                yield Gap(f"{what}{counted:,} of {wrote:,} consequences shown", settled_ms)

    def _below(self, cause: str, told: list[Told]) -> int | None:
        """How many events stand below the cause's card; None where no card lists them all.

        One that had a card of its own before is counted there.
        """
        cards = [one for one in self.shown if one.kind == "card" and _is(one, cause)]
        if any(one.folded or one.more for one in cards):
            return None
        if not cards:
            in_a_list = any(one.kind == "listed" and _is(one, cause) for one in self.shown)
            own = (one for one in self.shown if one.kind == "card" and any(_is(one, each.title) for each in told))
            return None if in_a_list else sum(one.count or 0 for one in own)
        places = {(one.channel, one.ts) for one in cards}
        lines = [one for one in self.shown if one.kind == "consequence" and (one.channel, one.ts) in places]
        channels = {one.channel for one in cards}
        return max(sum(one.count or 0 for one in lines if one.channel == channel) for channel in channels)

    def _left_open(self) -> Iterator[Gap]:
        """A card that needs nobody any more has to say so."""
        for one in self.shown:
            told = [each for each in self.account.incidents if _is(one, each.title)]
            if one.kind == "card" and not one.folded and told and all(each.role == "cascade" for each in told):
                sentence = f"{_short(one.title)}: a card of its own, though it follows from another error"
                yield Gap(sentence, _since(told, SETTLED_MS))

    def _end(self) -> Iterator[Gap]:
        ended_ms = None if self.job.ended_ns is None else ms_ceil(self.job.ended_ns)
        if ended_ms is not None and ended_ms >= self.watched_ms and self.job.id not in self.sight.notices:
            yield Gap("the end of the job: not told", Ms(ended_ms + END_MS))

    def _twice(self) -> Iterator[Gap]:
        cards = [(one.channel, one.incident) for one in self.shown if one.kind == "card"]
        for one in self.shown:
            if one.kind == "card" and cards.count((one.channel, one.incident)) > 1:
                yield Gap(f"{_short(one.title)}: two cards for one incident", Ms(0))


_LATER = Ms(2**62)


def _by_title(told: Iterable[Told]) -> dict[str, list[Told]]:
    """Incidents that only their places in the code tell apart look the same in a channel."""
    found: dict[str, list[Told]] = {}
    for each in told:
        found.setdefault(each.title, []).append(each)
    return found


def _since(told: Iterable[Told], wait_ms: int) -> Ms:
    return Ms(max(each.readable_ms for each in told) + wait_ms)


def _counted(mine: list[Shown]) -> int | None:
    """How often the channel that shows most of it says that it happened; None when a closed card hides it."""
    channels = sorted({one.channel for one in mine})
    sums = [_in_channel([one for one in mine if one.channel == channel]) for channel in channels]
    known = [count for count in sums if count is not None]
    return max(known) if len(known) == len(sums) else None


def _in_channel(mine: list[Shown]) -> int | None:
    """Cards of one error follow one another, each counts its own; a list repeats what a card may say too."""
    cards = [one.count for one in mine if one.kind == "card"]
    if None in cards:
        return None
    lines = [one.count for one in mine if one.kind != "card" and one.count is not None]
    return sum(count for count in cards if count is not None) or max(lines, default=0)


def _is(one: Shown, title: str) -> bool:
    """Messages shorten titles, and write their spaces as one."""
    short = " ".join(one.title.removesuffix("…").split())
    whole = " ".join(title.split())
    return bool(short) and (whole == short or (one.title.endswith("…") and whole.startswith(short)))


def _errors(count: int) -> str:
    return f"{count:,} ERROR line{'' if count == 1 else 's'}"


def _short(title: str) -> str:
    return title if len(title) <= NAME_CHARS else f"{title[:NAME_CHARS]}…"
