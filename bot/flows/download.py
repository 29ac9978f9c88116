"""A window of a log as a file, streamed: any size, page by page, with a last word on its completeness."""

import json
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from dataclasses import dataclass, replace
from enum import StrEnum

from bot.flows.search import Search, Span, Stretch
from bot.logs.line import Line
from bot.logs.redact import redact
from bot.times import NS_PER_S, Ms, Ns, ns_from_ms, utc


class Form(StrEnum):
    """`text` is for reading; `jsonl` has one object per line, with the names that the API gives."""

    TEXT = "txt"
    JSON_LINES = "jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a download is.

    Attributes:
        lines: written so far; `hidden` secrets were masked in them.
        share: how much of the window has been read, 0 to 1.
        statement: with the last part: whether the file is complete, and if not why.
    """

    lines: int = 0
    hidden: int = 0
    gaps: int = 0
    undecoded: int = 0
    share: float = 0.0
    failure: str | None = None
    statement: str | None = None

    @property
    def complete(self) -> bool:
        return self.failure is None and not self.gaps and not self.undecoded


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """One file to be. Stop reading `parts` to cancel it."""

    search: Search
    span: Span
    form: Form

    @property
    def filename(self) -> str:
        """From the job's name, safe on every system."""
        title = "".join(char if char.isalnum() or char in "-_." else "-" for char in self.search.job.title)
        start = utc(ns_from_ms(self.span.start_ms))
        return f"{title.strip('.')[:80] or 'log'}-{start:%Y%m%dT%H%M%SZ}.{self.form}"

    async def parts(self) -> AsyncGenerator[tuple[bytes, Progress], None]:
        """Pieces of the file (UTF-8, whole lines, oldest first) and how far it is; the last has a statement."""
        progress = Progress()
        async with aclosing(self.search.forwards(self.span)) as walking:
            async for stretch in walking:
                data, hidden = _written(stretch, self.form)
                progress = self._further(progress, stretch, hidden)
                yield data, progress
        progress = replace(
            progress, statement=_statement(progress), share=1.0 if progress.complete else progress.share
        )
        yield _ending(progress, self.form), progress

    def _further(self, before: Progress, stretch: Stretch, hidden: int) -> Progress:
        length = max(self.span.end_ms - self.span.start_ms, 1)
        return replace(
            before,
            lines=before.lines + len(stretch.wanted),
            hidden=before.hidden + hidden,
            gaps=before.gaps + len(stretch.gaps),
            undecoded=before.undecoded + stretch.undecoded,
            share=min((stretch.end_ms - self.span.start_ms) / length, 1.0),
            failure=self._failure(stretch),
        )

    def _failure(self, stretch: Stretch) -> str | None:
        if stretch.failure is None:
            return None
        return f"{stretch.failure} Lines from {_second(stretch.end_ms)} on are missing."


def _written(stretch: Stretch, form: Form) -> tuple[bytes, int]:
    """The stretch's lines as bytes, and how many values were hidden in them."""
    hidden = 0
    rows: list[str] = []
    for placed in stretch.wanted:
        safe = redact(placed.line.message)
        hidden += safe.hidden
        line = replace(placed.line, message=safe.text)
        rows.append(_text_row(line) if form is Form.TEXT else _json_row(line))
    return "".join(rows).encode("utf-8", "replace"), hidden


def _text_row(line: Line) -> str:
    level = line.level.name if line.level else "-"
    message = line.message.replace("\r\n", "\n").replace("\n", "\n    ")
    return f"{_stamp(line.timestamp_ns)} {line.replica or '-'} {level} {message}\n"


def _json_row(line: Line) -> str:
    record = {
        "timestamp": str(line.timestamp_ns),
        "message": line.message,
        "replica": line.replica,
        "request_id": line.request_id,
        "level": line.level.name if line.level else None,
    }
    return json.dumps(record, ensure_ascii=False) + "\n"


def _stamp(ns: Ns) -> str:
    return f"{utc(ns):%Y-%m-%dT%H:%M:%S}.{ns % NS_PER_S:09d}Z"


def _second(at_ms: Ms) -> str:
    return f"{utc(ns_from_ms(at_ms)):%Y-%m-%d %H:%M:%S} UTC"


def _statement(progress: Progress) -> str:
    hidden = f", {progress.hidden:,} values hidden" if progress.hidden else ""
    if progress.complete:
        return f"Complete: {progress.lines:,} lines{hidden}."
    return f"Incomplete: {progress.lines:,} lines{hidden}. {' '.join(_reasons(progress))}"


def _reasons(progress: Progress) -> Iterable[str]:
    if progress.failure:
        yield progress.failure
    if progress.gaps:
        yield f"In {progress.gaps:,} milliseconds there are more lines than the API can be made to return."
    if progress.undecoded:
        yield f"{progress.undecoded:,} lines could not be decoded."


def _ending(progress: Progress, form: Form) -> bytes:
    """The last word of the file. JSON lines say only what is wrong, so that programs read nothing but lines."""
    if form is Form.TEXT:
        return f"# {progress.statement}\n".encode()
    if progress.complete:
        return b""
    return (json.dumps({"joblogs": progress.statement}) + "\n").encode()
