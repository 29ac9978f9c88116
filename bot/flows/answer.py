"""Answering a question for log lines: which job, which pages, how much of it, and what is missing."""

from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import assert_never

from bot.flows.answered import LogAnswer, Refusal
from bot.flows.catalog import Catalog, Unreadable
from bot.flows.download import Download, Form
from bot.flows.search import Placed, Search, Span, Stretch, span_of
from bot.flows.services import TrainingApi
from bot.jobs.job import Job, Phase
from bot.jobs.reference import Ambiguous, Found, Unknown
from bot.logs.crowd import Gap
from bot.logs.order import Api
from bot.logs.pages import PAGE_LIMIT, Direction
from bot.logs.question import LogQuery
from bot.times import Clock, Ms, ms_ceil, ms_floor, now_ms

__all__ = ["Answer", "AnswerOptions", "Download", "Form", "LogAnswer", "Refusal"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerOptions:
    """`deadline_s`: how long one answer may take; what was not searched by then is told."""

    deadline_s: float = 20.0


class Answer:
    """Finds the lines that a query asks for."""

    def __init__(
        self,
        catalog: Catalog,
        apis: Mapping[str, TrainingApi],
        clock: Clock,
        options: AnswerOptions = AnswerOptions(),
    ) -> None:
        self.catalog = catalog
        self._apis = apis
        self._clock = clock
        self._options = options
        self._proven: dict[str, frozenset[Direction]] = {}

    async def answer(self, query: LogQuery) -> LogAnswer | Refusal:
        """The lines, or a sentence that says why there are none."""
        ends_at_s = self._clock.monotonic_s() + self._options.deadline_s
        found = await self.find(query.job or "")
        if isinstance(found, Refusal):
            return found
        asked = replace(query, job=found.job.id)
        search = Search(
            api=self._apis[found.job.account],
            job=found.job,
            query=asked,
            clock=self._clock,
            ends_at_s=ends_at_s,
            known=Api(limit=_page_lines(asked), proven=self._proven.get(found.job.account, frozenset())),
        )
        span = span_of(found.job, asked, self._clock)
        collected = await _collect(search, span)
        self._proven[found.job.account] = search.known.proven | collected.proven
        if collected.failure and not collected.examined and not collected.gaps:
            return Refusal(sentence=collected.failure)
        return _told(collected, search, span, note=found.note)

    async def download(self, query: LogQuery, form: Form = Form.TEXT) -> Download | Refusal:
        """All lines of the query's window, to be read from `Download.parts`; its count and end do not matter."""
        found = await self.find(query.job or "")
        if isinstance(found, Refusal):
            return found
        asked = replace(query, job=found.job.id)
        search = Search(api=self._apis[found.job.account], job=found.job, query=asked, clock=self._clock)
        return Download(search=search, span=span_of(found.job, asked, self._clock), form=form)

    async def find(self, text: str) -> Found | Refusal:
        """The job that a person named."""
        if not text.strip():
            return Refusal(sentence="Which job? Name it first, such as: my-job")
        found = await self.catalog.find_job(text)
        match found:
            case Found():
                return found
            case Ambiguous(reason=reason, jobs=jobs):
                return Refusal(sentence=reason, choices=jobs)
            case Unknown(text=text, nearest=nearest):
                return Refusal(sentence=unknown_sentence(text, nearest))
            case Unreadable(sentence=sentence):
                return Refusal(sentence=sentence)
            case _:
                assert_never(found)


def unknown_sentence(text: str, nearest: tuple[str, ...]) -> str:
    """That nothing is called `text`, with what may have been meant."""
    shown = text if len(text) <= 80 else text[:79] + "…"
    if nearest:
        return f"I know no job called {shown}. Did you mean {' or '.join(nearest)}?"
    return f"I know no job called {shown}. /joblogs jobs lists those that there are."


def _page_lines(query: LogQuery) -> int:
    """Lines of one request: some more than are wanted, so that the window's last millisecond is whole."""
    return PAGE_LIMIT if query.filters_text else min(max(2 * query.limit, 100), PAGE_LIMIT)


@dataclass(slots=True)
class _Collected:
    """What a search has brought so far. `kept` is oldest first; `more` says that it was cut to the count."""

    start_ms: Ms
    end_ms: Ms
    kept: list[Placed]
    more: bool = False
    examined: int = 0
    undecoded: int = 0
    gaps: tuple[Gap, ...] = ()
    failure: str | None = None
    proven: frozenset[Direction] = frozenset()

    def take(self, stretch: Stretch, *, backwards: bool) -> None:
        self.kept = [*stretch.wanted, *self.kept] if backwards else [*self.kept, *stretch.wanted]
        self.start_ms = min(self.start_ms, stretch.start_ms)
        self.end_ms = max(self.end_ms, stretch.end_ms)
        self.examined += stretch.examined
        self.undecoded += stretch.undecoded
        self.gaps += stretch.gaps
        self.failure = stretch.failure
        self.proven |= stretch.proven

    def cut(self, limit: int, *, backwards: bool) -> None:
        """Keeps `limit` lines and makes the window that which they fill."""
        self.failure = None
        if len(self.kept) == limit:
            return
        self.more = True
        if backwards:
            self.kept = self.kept[-limit:]
            self.start_ms = ms_floor(self.kept[0].line.timestamp_ns)
        else:
            self.kept = self.kept[:limit]
            self.end_ms = ms_ceil(self.kept[-1].line.timestamp_ns + 1)
        self.gaps = tuple(gap for gap in self.gaps if self.start_ms < gap.end_ms and gap.start_ms < self.end_ms)


async def _collect(search: Search, span: Span) -> _Collected:
    backwards, limit = not search.query.reads_forward, search.query.limit
    edge = span.end_ms if backwards else span.start_ms
    collected = _Collected(edge, edge, [])
    async with aclosing(search.backwards(span) if backwards else search.forwards(span)) as walking:
        async for stretch in walking:
            collected.take(stretch, backwards=backwards)
            if len(collected.kept) >= limit:
                collected.cut(limit, backwards=backwards)
                break
    return collected


def _told(collected: _Collected, search: Search, span: Span, *, note: str | None) -> LogAnswer:
    job, query, kept = search.job, search.query, collected.kept
    start, end = _window(collected, span, search)
    return LogAnswer(
        job=job,
        query=query,
        lines=tuple(placed.line for placed in kept),
        first_index=kept[0].index if kept else 0,
        start_ms=start,
        end_ms=end,
        has_older=(collected.more and not query.reads_forward) or collected.start_ms > span.first_ms,
        has_newer=not job.status.has_ended or collected.end_ms < span.last_ms,
        why_not=collected.failure,
        gaps=collected.gaps,
        examined=collected.examined,
        undecoded=collected.undecoded,
        note=note or _note(job, span, kept),
    )


def _window(collected: _Collected, span: Span, search: Search) -> tuple[Ms, Ms]:
    """The searched window as people see it: where it reached the ends of the job's life, those are shown.

    Lines beyond them, of a clock that is wrong, are still inside.
    """
    job, kept, start, end = search.job, collected.kept, collected.start_ms, collected.end_ms
    if start == span.first_ms:
        start = min([job.created_ms, *(ms_floor(placed.line.timestamp_ns) for placed in kept[:1])])
    if end == span.last_ms:
        now = now_ms(search.clock)
        life = min(now, job.updated_ms) if job.status.has_ended else now
        end = max([life, *(ms_ceil(placed.line.timestamp_ns + 1) for placed in kept[-1:])])
    return start, max(start, end)


def _note(job: Job, span: Span, kept: list[Placed]) -> str | None:
    if kept:
        return None
    if job.status.phase is Phase.WAITING:
        return f"It has not started yet: {job.status.label}."
    if span.start_ms >= span.end_ms:
        return "That window lies before the job was created or after it ended."
    return None
