"""Log lines as a message: who and when above, the lines in fixed width, what can be done below.

Log text stands in preformatted rich text only, where Slack takes every character literally; it is redacted
before it is cut, so that no half of a secret is left at a cut.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, tzinfo

from bot.flows.answered import LogAnswer
from bot.jobs.job import Job
from bot.logs.crowd import Gap
from bot.logs.line import Level, Line
from bot.logs.question import LogQuery
from bot.logs.redact import redact
from bot.slack import ids, rich
from bot.slack.mrkdwn import (
    FALLBACK_CHARS,
    Message,
    actions,
    button,
    clean,
    date,
    escape,
    shorten,
    shorten_middle,
    size,
)
from bot.slack.rich import Element
from bot.times import NS_PER_MS, ns_from_ms, utc

LOG_CHARS = 8_500
"""Log text of one message: with its heading it stays below what Slack was seen to refuse."""
ROW_CHARS = 600
"""A longer line is cut in its middle while other lines want room too."""
REPLICA_CHARS = 14
NAME_CHARS = 120
_RAW_END = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LogText:
    """Lines number `first` to `last` (-1 for none) as text; `hidden` secrets were masked in it."""

    text: str
    first: int
    last: int
    hidden: int


def fit(
    lines: Sequence[Line],
    *,
    tz: tzinfo,
    marked: int | None = None,
    from_start: bool = False,
    newest_first: bool = False,
    limit: int = LOG_CHARS,
) -> LogText:
    """As many of `lines` (oldest first) as `limit` characters hold, from their end or their start."""
    columns = _columns(lines, tz)
    width = max(ROW_CHARS, limit // max(len(lines), 1)) - len(columns(lines[0])) - 3 if lines else 0
    rows: list[str] = []
    room, hidden = limit, 0
    for at in range(len(lines)) if from_start else reversed(range(len(lines))):
        message, masked = _message(lines[at], max(width, 40))
        row = shorten(_gutter(at, marked) + _row(columns(lines[at]), message), limit)
        if size(row) + 1 > room and rows:
            break
        rows.append(row)
        room -= size(row) + 1
        hidden += masked
    first, last = (0, len(rows) - 1) if from_start else (len(lines) - len(rows), len(lines) - 1)
    ordered = rows if from_start != newest_first else rows[::-1]
    return LogText(text="\n".join(ordered), first=first, last=last, hidden=hidden)


def fit_around(lines: Sequence[Line], *, marked: int, tz: tzinfo, limit: int = LOG_CHARS) -> LogText:
    """As many of `lines` as `limit` characters hold, line `marked` in their middle as far as that goes."""
    fewest, most = 0, max(marked, len(lines) - 1 - marked)
    while fewest < most:
        reach = (fewest + most + 1) // 2
        fewest, most = (reach, most) if _fits(lines, marked, reach, tz, limit)[1] else (fewest, reach - 1)
    return _fits(lines, marked, fewest, tz, limit)[0]


def _fits(lines: Sequence[Line], marked: int, reach: int, tz: tzinfo, limit: int) -> tuple[LogText, bool]:
    """The lines up to `reach` away from `marked`, and whether they are all in it."""
    start = max(marked - reach, 0)
    part = lines[start : marked + reach + 1]
    found = fit(part, tz=tz, marked=marked - start, limit=limit)
    whole = found.last - found.first + 1 == len(part)
    return replace(found, first=start + found.first, last=start + found.last), whole


def answer_message(answer: LogAnswer, *, tz: tzinfo) -> Message:
    """The answer to `/joblogs JOB`, for the person who asked and whose zone is `tz`."""
    shown = _fit_answer(answer, tz)
    body = rich.block(_heading(answer, shown, tz), rich.preformatted(shown.text or "no lines"))
    return {"text": _fallback(answer, shown), "blocks": [body, actions(*_buttons(answer, shown))]}


def share_message(answer: LogAnswer, user: str, *, tz: tzinfo = UTC) -> Message:
    """The same lines for a channel, with who shared them."""
    shown = _fit_answer(answer, tz)
    who = rich.section(rich.user(user), rich.text(" shared lines of a training log:"))
    body = rich.block(who, _heading(answer, shown, tz), rich.preformatted(shown.text or "no lines"))
    more = further(answer.exactly(shown.first, shown.last), None)
    return {"text": f"<@{escape(user)}> shared: {_fallback(answer, shown)}", "blocks": [body, *more]}


def thread_message(answer: LogAnswer, *, tz: tzinfo) -> Message:
    """The same lines for a thread, where one asked for them and all read them."""
    shown = _fit_answer(answer, tz)
    body = rich.block(_heading(answer, shown, tz), rich.preformatted(shown.text or "no lines"))
    more = further(answer.exactly(shown.first, shown.last), answer.whole_window())
    return {"text": _fallback(answer, shown), "blocks": [body, *more]}


def further(shown: LogQuery, whole: LogQuery | None) -> tuple[Element, ...]:
    """What everybody may do with lines that all see: page through them, alone, or get the whole as a file.

    The first button also keeps the question in the message: "Show lines around" reads it there.
    """
    buttons = [_query_button("Look further", ids.SHOW_LOGS, shown)]
    buttons += [_query_button("Download", ids.DOWNLOAD, whole)] if whole else []
    wanted = [element for element in buttons if element is not None]
    return (actions(*wanted),) if wanted else ()


# --- rows ----------------------------------------------------------------------------------------

_LEVELS = {None: "     ", Level.DEBUG: "DEBUG", Level.INFO: "INFO ", Level.WARNING: "WARN ", Level.ERROR: "ERROR"}


def _columns(lines: Sequence[Line], tz: tzinfo) -> Callable[[Line], str]:
    """How to begin a row; columns that would be the same in each line are left out."""
    days = {utc(line.timestamp_ns).astimezone(tz).date() for line in (*lines[:1], *lines[-1:])}
    replicas = {line.replica for line in lines}
    width = min(max((len(name or "") for name in replicas), default=0), REPLICA_CHARS)
    levels = any(line.level for line in lines)

    def begin(line: Line) -> str:
        at = utc(line.timestamp_ns).astimezone(tz)
        day = f"{at:%m-%d} " if len(days) > 1 else ""
        parts = [f"{day}{at:%H:%M:%S}.{line.timestamp_ns // NS_PER_MS % 1000:03d}"]
        if len(replicas) > 1:
            parts.append(shorten(clean(line.replica or ""), width).ljust(width))
        if levels:
            parts.append(_LEVELS[line.level])
        return "  ".join(parts)

    return begin


def _message(line: Line, width: int) -> tuple[str, int]:
    """The message, redacted, cleaned and at most `width` long, and how many values were hidden."""
    raw = line.message
    if len(raw) > 2 * _RAW_END:
        raw = f"{raw[:_RAW_END]} … +{len(raw) - 2 * _RAW_END:,} chars … {raw[-_RAW_END:]}"
    safe = redact(_last_overwrite(raw))
    return shorten_middle(clean(safe.text).expandtabs(4).rstrip(), width), safe.hidden


def _last_overwrite(text: str) -> str:
    """What a terminal would show of a progress bar that rewrites its line by carriage returns."""
    if "\r" not in text:
        return text
    rows = (row.rstrip("\r").rpartition("\r")[2] for row in text.split("\n"))
    return "\n".join(rows)


def _row(begin: str, message: str) -> str:
    return f"{begin}  {message}".rstrip() if "\n" not in message else _indented(begin, message)


def _indented(begin: str, message: str) -> str:
    first, *rest = message.split("\n")
    return "\n".join([f"{begin}  {first}".rstrip(), *(f"    {line}".rstrip() for line in rest)])


def _gutter(at: int, marked: int | None) -> str:
    if marked is None:
        return ""
    return "▶ " if at == marked else "  "


# --- the heading ---------------------------------------------------------------------------------


def _fit_answer(answer: LogAnswer, tz: tzinfo) -> LogText:
    newest_first = answer.query.order == "newest"
    return fit(answer.lines, tz=tz, from_start=answer.query.reads_forward, newest_first=newest_first)


def _heading(answer: LogAnswer, shown: LogText, tz: tzinfo) -> Element:
    job = answer.job
    first_row = [
        rich.link(job.dashboard_url, shorten(job.title, NAME_CHARS), bold=True),
        rich.text(f" · {shorten(job.project_name, NAME_CHARS)} · {job.status.label}\n"),
    ]
    window = [*_moment(answer.start_ms), rich.text(" – "), *_moment(answer.end_ms)]
    remarks = [*_remarks(answer, shown), zone_told(tz, answer.end_ms)]
    said = [rich.text(f" · {_extent(answer, shown)}\n"), rich.text(" ".join(remarks), italic=True)]
    return rich.section(*first_row, *window, *said)


def _moment(at_ms: int) -> tuple[Element, Element]:
    return rich.date(at_ms), rich.text(f".{at_ms % 1000:03d}")


def _extent(answer: LogAnswer, shown: LogText) -> str:
    count = len(answer.lines)
    lines = f"{count:,} line{'' if count == 1 else 's'}"
    visible = shown.last - shown.first + 1
    if visible < count:
        lines = f"showing {visible:,} of {lines}, Download has all"
    return f"{lines} · {'complete' if answer.complete else 'incomplete'}"


def _remarks(answer: LogAnswer, shown: LogText) -> Iterable[str]:
    """Sentences about what was chosen, left out, hidden or missing."""
    if answer.note:
        yield answer.note
    if answer.why_not:
        yield answer.why_not
    yield from gaps_told(answer.gaps)
    if answer.undecoded:
        yield f"{answer.undecoded:,} lines could not be decoded."
    sources = {line.replica for line in answer.lines}
    if len(sources) == 1 and (name := sources.pop()):
        yield f"All of them are of replica {shorten(name, 60)}."
    if filters := _filters(answer.query):
        yield f"Only {filters}."
    if answer.query.min_level is not None:
        yield "Lines without a level are left out."
    yield from hidden_told(shown)


def gaps_told(gaps: Sequence[Gap]) -> Iterable[str]:
    for gap in gaps[:1]:
        more = f" and {len(gaps) - 1} more" if len(gaps) > 1 else ""
        at = f"{utc(ns_from_ms(gap.start_ms)):%H:%M:%S}.{gap.start_ms % 1000:03d} UTC"
        yield f"The API cannot return all lines of {at}{more}: too many in one millisecond."


def hidden_told(shown: LogText) -> Iterable[str]:
    if shown.hidden:
        yield f"{shown.hidden} value{' is' if shown.hidden == 1 else 's are'} hidden."


def zone_told(tz: tzinfo, at_ms: int) -> str:
    """In whose time the log text stands, for the day of `at_ms`."""
    name = getattr(tz, "key", None) or utc(ns_from_ms(at_ms)).astimezone(tz).tzname()
    return f"Times in the log are in {name}."


def _filters(query: LogQuery) -> str:
    bare = LogQuery(
        min_level=query.min_level,
        replica=query.replica,
        request_id=query.request_id,
        include=query.include,
        exclude=query.exclude,
    )
    return shorten(redact(bare.text()).text, 300)


def _fallback(answer: LogAnswer, shown: LogText) -> str:
    job = answer.job
    what = f"{job.title} in {job.project_name} ({job.status.label}): {_extent(answer, shown)}, "
    window = f"{date(answer.start_ms)} – {date(answer.end_ms)}"
    newest = shown.text.splitlines()[-1:] if answer.query.order != "newest" else shown.text.splitlines()[:1]
    ending = f"\n{escape(newest[0], 500)}" if newest else ""
    remarks = " ".join([answer.why_not] if answer.why_not else [])
    return f"{escape(what, 1_000)}{window}. {escape(remarks, 1_000)}".rstrip()[:FALLBACK_CHARS] + ending


# --- what can be done ----------------------------------------------------------------------------


def _buttons(answer: LogAnswer, shown: LogText) -> list[Element]:
    older = answer.has_older or shown.first > 0
    newer = answer.has_newer or shown.last < len(answer.lines) - 1
    errors = answer.query.min_level is not Level.ERROR
    wanted = [
        _query_button("Older", ids.OLDER, answer.older(shown.first)) if older else None,
        _query_button("Newer", ids.NEWER, answer.newer(shown.last)) if newer else None,
        _query_button("Errors only", ids.ERRORS_ONLY, answer.errors_only()) if errors else None,
        _query_button("Share", ids.SHARE, answer.exactly(shown.first, shown.last)) if answer.lines else None,
        _query_button("Download", ids.DOWNLOAD, answer.whole_window()),
        _watch_button(answer.job),
    ]
    return [element for element in wanted if element is not None]


def _query_button(label: str, action: str, query: LogQuery) -> Element | None:
    """None when the question is too long for a button: then it has to be typed again."""
    value = ids.query_value(query)
    return button(label, action, value) if value is not None else None


def _watch_button(job: Job) -> Element | None:
    target = ids.TargetRef(job.account, job.project_id, job.id)
    return None if job.status.has_ended else button("Watch", ids.WATCH, target.encode())
