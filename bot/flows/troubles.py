"""Logs that cannot be read: what of it is told, once for a channel and not once for each of its jobs.

A failed poll leaves a `Trouble` at its reader and nothing else. At each tick all readers of an account are
looked at together:

- *paused*: the API knows or shows no such log (404, 403), for longer than it takes to ask every job. Asked again
  rarely; it goes on by itself.
- *behind*: a log was not read up to the present for minutes, whatever the reason. The channel hears it when the
  first of its jobs falls behind, and again when the last one has caught up.

What was told is kept at the tails (`paused`, and ``behind_since_ms`` in `progress`): a restart repeats nothing.
"""

import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bot.errors import ApiForbidden, ApiNotFound, JoblogsError, TransientError
from bot.flows.ports import Tail
from bot.flows.reader import Reader, Trouble
from bot.incidents import announce
from bot.incidents.delivery import Delivery, Topic
from bot.jobs.job import Job, Phase
from bot.jobs.watch import Watch
from bot.logs.pace import SLOWEST_MS
from bot.times import Ms, ms_from_s

RETRY_MS = ms_from_s(15)
PAUSED_MS = ms_from_s(60)
LONGEST_PAUSE_MS = ms_from_s(600)
BEHIND_MS = ms_from_s(180)
"""A log that was not read up to the present for so long is told."""
GATHER_MS = SLOWEST_MS + ms_from_s(5)
"""A refusal is told after so long: by then every job was asked, and one sentence stands for all."""
NEWBORN_MS = ms_from_s(120)
"""The log of a new job may be missing (404) for a while without that meaning anything."""
BEHIND = "behind_since_ms"


def is_not_there(error: JoblogsError, job: Job, now: Ms) -> bool:
    """Whether a 404 says only that the job has written nothing: not yet, or not before it ended."""
    young = now - max(job.created_ms, job.updated_ms) <= NEWBORN_MS
    return isinstance(error, ApiNotFound) and (young or job.status.phase in (Phase.WAITING, Phase.ENDED))


def trouble_of(error: JoblogsError, before: Trouble | None, now: Ms) -> Trouble:
    """For as long as it is refused, or fails in another way, it is the same trouble."""
    refused = isinstance(error, ApiNotFound | ApiForbidden)
    since = before.since_ms if before is not None and before.refused is refused else now
    return Trouble(since_ms=since, reason=str(error), refused=refused)


def next_try_ms(reader: Reader, error: JoblogsError, now: Ms) -> Ms:
    """Soon at first; rarely where the watch is paused, the more so the longer it is."""
    asked = ms_from_s(error.retry_after_s or 0) if isinstance(error, TransientError) else 0
    wait = max(RETRY_MS, asked)
    if reader.tail.paused is not None and reader.trouble is not None:
        wait = max(PAUSED_MS, min(LONGEST_PAUSE_MS, (now - reader.trouble.since_ms) // 10))
    return Ms(now + wait + random.randrange(1_000))


@dataclass(slots=True, kw_only=True)
class News:
    """What there is to tell, and the tails that remember that it was told."""

    tails: dict[Reader, Tail] = field(default_factory=dict)
    deliveries: list[Delivery] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.tails)


def news_of(account: str, readers: Sequence[Reader], watches: Sequence[Watch], now: Ms) -> News:
    """What is to be told of `readers`, which are all of the account that a watch covers."""
    teller = _Teller(account, readers, watches, now)
    for step in (teller.paused, teller.resumed, teller.behind, teller.caught_up):
        step()
    return teller.news


@dataclass(slots=True)
class _Teller:
    """A reader that is busy is left for the next time: its poll is going to write its tail."""

    account: str
    readers: Sequence[Reader]
    watches: Sequence[Watch]
    now: Ms
    news: News = field(default_factory=News)

    @property
    def _free(self) -> list[Reader]:
        return [reader for reader in self.readers if not reader.busy]

    def paused(self) -> None:
        refused = [
            (reader, trouble)
            for reader in self._free
            if (trouble := reader.trouble) is not None and trouble.refused and reader.tail.paused is None
        ]
        if not any(self.now - trouble.since_ms >= GATHER_MS for _, trouble in refused):
            return
        for reader, trouble in refused:
            progress = {name: value for name, value in reader.tail.progress.items() if name != BEHIND}
            self.news.tails[reader] = replace(reader.tail, paused=trouble.reason, progress=progress)
        self._say(Topic.PAUSED, [reader for reader, _ in refused])

    def resumed(self) -> None:
        """Waits until those that were paused with it have been asked, too."""
        paused = [reader for reader in self.readers if reader.tail.paused is not None]
        back = [reader for reader in paused if reader.polled and reader.trouble is None and not reader.busy]
        if not back or any(reader.busy or reader.due_ms <= self.now for reader in paused if reader not in back):
            return
        for reader in back:
            self.news.tails[reader] = replace(reader.tail, paused=None)
        self._say(Topic.RESUMED, back)

    def behind(self) -> None:
        late = [reader for reader in self.readers if self._is_late(reader)]
        fresh = [reader for reader in late if not reader.busy]
        if not fresh:
            return
        told = self._channels(reader for reader in self.readers if BEHIND in reader.tail.progress)
        for reader in fresh:
            self._mark(reader, reader.late_since_ms)
        since = min(reader.late_since_ms or self.now for reader in fresh)
        failing = [reader for reader in self.readers if reader.late_since_ms is not None and reader not in fresh]
        self._say(Topic.BEHIND, [*fresh, *failing], only=self._channels(fresh) - told, since_ms=since)

    def caught_up(self) -> None:
        marked = [reader for reader in self.readers if BEHIND in reader.tail.progress]
        done = [reader for reader in marked if reader in self.news.tails or self._is_up_to_date(reader)]
        if not done:
            return
        for reader in done:
            self._mark(reader, None)
        left = self._channels(reader for reader in marked if reader not in done)
        well = [reader for reader in self.readers if self._is_up_to_date(reader)]
        self._say(Topic.CAUGHT_UP, well, only=self._channels(done) - left)

    def _is_late(self, reader: Reader) -> bool:
        since, refused = reader.late_since_ms, reader.trouble is not None and reader.trouble.refused
        if since is None or refused or reader.tail.paused is not None or BEHIND in reader.tail.progress:
            return False
        return self.now - since >= BEHIND_MS

    def _is_up_to_date(self, reader: Reader) -> bool:
        return reader.polled and not reader.busy and reader.late_since_ms is None

    def _mark(self, reader: Reader, since: Ms | None) -> None:
        tail = self.news.tails.get(reader, reader.tail)
        progress = {name: value for name, value in tail.progress.items() if name != BEHIND}
        if since is not None:
            progress[BEHIND] = since
        self.news.tails[reader] = replace(tail, progress=progress)

    def _channels(self, readers: Iterable[Reader]) -> set[str]:
        return set(self._by_channel(readers))

    def _by_channel(self, readers: Iterable[Reader]) -> Mapping[str, list[Reader]]:
        found: defaultdict[str, list[Reader]] = defaultdict(list)
        for reader in readers:
            for channel in {watch.channel for watch in self.watches if watch.covers(reader.job)}:
                found[channel].append(reader)
        return found

    def _say(
        self, topic: Topic, readers: Sequence[Reader], only: set[str] | None = None, **payload: str | int | None
    ) -> None:
        """One sentence for each channel, about the first of its jobs and how many others it is true of."""
        for channel, of_channel in self._by_channel(readers).items():
            if only is not None and channel not in only:
                continue
            first = of_channel[0]
            self.news.deliveries += announce.notice(
                topic, first.job, [channel], self.now, lane=self.account,
                jobs=len(of_channel), detail=_reason(topic, first), **payload,
            )  # fmt: skip


def _reason(topic: Topic, reader: Reader) -> str | None:
    if topic not in (Topic.PAUSED, Topic.BEHIND):
        return None
    return reader.trouble.reason if reader.trouble else "there is much to read"
