"""Lines of one replica and rank → events.

A traceback, a native dump or a log record is one event, however many lines it has and however many other ranks
write between them.

Only what is still being printed is remembered. The folder looks at log time alone, so the same lines give the
same events however they were cut into polls.
"""

from collections.abc import Iterable, Iterator
from enum import Enum

import msgspec

from bot.logs.fold_event import Event, Shape
from bot.logs.fold_prefix import Prefixed, clean, split_prefix
from bot.logs.fold_record import Record, parse_record
from bot.logs.fold_shape import Part, exception_of, frame_of, is_exception, part_of, states_death, undecorated
from bot.logs.fold_time import inner_time
from bot.logs.fold_words import is_hot, says_handled
from bot.logs.line import Level, Line
from bot.times import NS_PER_S, Ns

GAP_NS = 5 * NS_PER_S
"""An event is over when nothing was added to it for this long, in log time."""
SOON_NS = NS_PER_S
"""Text after an exception is the rest of its message only if it follows as fast as this."""
AT_ONCE_NS = NS_PER_S // 20
"""A logger prints a record and its traceback without a pause."""
MAX_TEXT = 4_000
"""Characters of one line that are looked at; tools put nothing that matters behind them."""
MAX_PARTS = 400
"""Physical lines of one record that are looked at."""
MAX_OPEN = 2_048
"""Streams with an unfinished event; beyond it the oldest is closed."""
MAX_TAIL = 40
"""Lines after an exception that may be the rest of its message."""
MAX_REPORT = 600


class Folder(msgspec.Struct, array_like=True):
    """What is carried from one poll to the next."""

    open: list[Event] = msgspec.field(default_factory=list)
    clock_ns: int = 0
    serial: int = 0

    def events(self, lines: Iterable[Line], threshold: Level) -> Iterator[Event]:
        """The events that `lines` complete, in the order in which they end."""
        return _Pass(self, threshold).run(lines)

    def stale(self, now_ns: Ns) -> list[Event]:
        """Open events that are over, because nothing was added to them for `GAP_NS`."""
        over = sorted((e for e in self.open if e.last_ns < now_ns - GAP_NS), key=_age)
        self.open = [e for e in self.open if e.last_ns >= now_ns - GAP_NS]
        return over

    def flush(self) -> list[Event]:
        """All that is open, as it stands."""
        over, self.open = sorted(self.open, key=_age), []
        return over


class _Verdict(Enum):
    JOIN = "the line is part of the open event"
    ASIDE = "the line is somebody else's; the event goes on"
    CLOSE = "the line shows that the event is over"


class _Pass:
    """One walk over lines, with the open events by replica and lane."""

    def __init__(self, folder: Folder, threshold: Level) -> None:
        self._folder, self._threshold = folder, threshold
        self._open: dict[str | None, dict[str, Event]] = {}
        self._deadline = 0
        self._count = 0
        for event in folder.open:
            self._put(event)

    def run(self, lines: Iterable[Line]) -> Iterator[Event]:
        folder, threshold, streams = self._folder, self._threshold, self._open
        for line in lines:
            at, level = line.timestamp_ns, line.level
            if at > folder.clock_ns:
                folder.clock_ns = at
                if streams and at > self._deadline:
                    yield from self._expire(at)
            if line.replica in streams or (level is not None and level >= threshold) or is_hot(line.message):
                yield from self._take(line)
            folder.serial += 1
        folder.open = [event for lanes in streams.values() for event in lanes.values()]

    def _expire(self, at: int) -> Iterator[Event]:
        events = [event for lanes in self._open.values() for event in lanes.values()]
        for event in sorted(events, key=_age):
            if event.last_ns < at - GAP_NS:
                yield self._drop(event)
        left = [event.last_ns for lanes in self._open.values() for event in lanes.values()]
        self._deadline = min(left, default=at) + GAP_NS

    def _take(self, line: Line) -> Iterator[Event]:
        first, rest = clean(line.message), []
        if "\n" in first:
            first, *rest = first.split("\n")[:MAX_PARTS]
        prefixed = split_prefix(first[:MAX_TEXT])
        record = parse_record(prefixed.text)
        if "\n" in record.message:
            head, *inner = record.message.split("\n")[:MAX_PARTS]
            rest = inner + rest
            prefixed = Prefixed(head, prefixed.lane, prefixed.rank, prefixed.repeats)
            record = Record(head, record.level, record.site, record.rank, structured=True)
        elif record.structured:
            prefixed, record = self._inside_trace(line, prefixed, record)
        yield from self._step(line, prefixed, record, part_of(prefixed.text))
        for text in rest:
            inner_text = text.removeprefix(prefixed.lane + " ")[:MAX_TEXT]
            more = Prefixed(inner_text, prefixed.lane, prefixed.rank)
            yield from self._step(line, more, Record(inner_text), part_of(inner_text), inside=True)

    def _inside_trace(self, line: Line, prefixed: Prefixed, record: Record) -> tuple[Prefixed, Record]:
        """Takes the header off a line of a traceback, where the logger repeats it before every line."""
        event = self._open.get(line.replica, {}).get(prefixed.lane)
        heads = part_of(record.body) in (Part.TRACE_HEAD, Part.INNER_HEAD)
        goes_on = event is not None and event.keyed != "" and event.keyed == record.site
        if not heads and not goes_on:
            return prefixed, record
        bare = Prefixed(record.body, prefixed.lane, prefixed.rank, prefixed.repeats)
        return bare, Record(record.body, record.level, record.site)

    def _step(
        self, line: Line, prefixed: Prefixed, record: Record, part: Part, *, inside: bool = False
    ) -> Iterator[Event]:
        event = self._open.get(line.replica, {}).get(prefixed.lane)
        if event is not None:
            bare = undecorated(prefixed.text) if part in (Part.INDENTED, Part.TRACE_HEAD) else prefixed.text
            if bare != prefixed.text and event.shape is Shape.TRACE:
                part = part_of(bare) if bare else Part.BLANK
                prefixed = Prefixed(bare, prefixed.lane, prefixed.rank)
                inside = True
            verdict = _verdict(event, line, record, part, inside=inside)
            if verdict is _Verdict.JOIN:
                self._join(event, line, prefixed, record, part)
                return
            if verdict is _Verdict.CLOSE:
                yield self._drop(event)
            else:
                if self._loud(line, record) or is_hot(prefixed.text):
                    yield self._single(line, prefixed, record, part)
                return
        started = self._start(line, prefixed, record, part)
        if started is not None:
            self._put(started)
        if self._count > MAX_OPEN:
            yield self._drop(min((e for lanes in self._open.values() for e in lanes.values()), key=_age))

    def _start(self, line: Line, prefixed: Prefixed, record: Record, part: Part) -> Event | None:
        if part in (Part.BLANK, Part.INDENTED, Part.FRAME, Part.RULE, Part.CHAIN) and not self._loud(line, record):
            return None
        if part in (Part.TRACE_HEAD, Part.INNER_HEAD, Part.NATIVE, Part.WHAT):
            event = self._event(line, prefixed, record, Shape.TRACE if part < Part.CHAIN else Shape.NATIVE)
            self._join(event, line, prefixed, record, part)
            return event
        if not self._loud(line, record) and not is_hot(prefixed.text):
            return None
        return self._single(line, prefixed, record, part)

    def _single(self, line: Line, prefixed: Prefixed, record: Record, part: Part) -> Event:
        event = self._event(line, prefixed, record, Shape.RECORD)
        if part is Part.EXCEPTION and not record.structured:
            event.fault(*exception_of(prefixed.text))
        else:
            event.head, event.site = record.message, record.site
        event.add(prefixed.text, self._folder.serial, states=True)
        return event

    def _event(self, line: Line, prefixed: Prefixed, record: Record, shape: Shape) -> Event:
        level = record.level if record.level is not None else line.level
        return Event(
            replica=line.replica, lane=prefixed.lane, shape=shape, first_ns=line.timestamp_ns,
            last_ns=line.timestamp_ns, rank=prefixed.rank if prefixed.rank is not None else record.rank,
            level=level or 0, loud=self._loud(line, record), repeats=prefixed.repeats,
            stamp_ns=inner_time(line.message) if record.structured else 0,
        )  # fmt: skip

    def _loud(self, line: Line, record: Record) -> bool:
        level = record.level if record.level is not None else line.level
        return level is not None and level >= self._threshold

    def _join(self, event: Event, line: Line, prefixed: Prefixed, record: Record, part: Part) -> None:
        text = prefixed.text
        if line.timestamp_ns > event.last_ns:
            event.last_ns = line.timestamp_ns
        elif line.timestamp_ns < event.first_ns:
            event.first_ns = line.timestamp_ns
        event.loud = event.loud or self._loud(line, record)
        if part in (Part.TRACE_HEAD, Part.INNER_HEAD) and record.site:
            event.keyed = record.site
        states = _absorb(event, text, part)
        event.add(text, self._folder.serial, states=states)

    def _put(self, event: Event) -> None:
        lanes = self._open.setdefault(event.replica, {})
        self._count += event.lane not in lanes
        lanes[event.lane] = event
        limit = event.last_ns + GAP_NS
        self._deadline = min(self._deadline, limit) if self._count > 1 else limit

    def _drop(self, event: Event) -> Event:
        lanes = self._open[event.replica]
        del lanes[event.lane]
        self._count -= 1
        if not lanes:
            del self._open[event.replica]
        return event


def _age(event: Event) -> tuple[int, int]:
    return event.last_ns, event.serials[-1] if event.serials else 0


def _verdict(event: Event, line: Line, record: Record, part: Part, *, inside: bool) -> _Verdict:
    gap = line.timestamp_ns - event.last_ns
    if gap > GAP_NS:
        return _Verdict.CLOSE
    if inside and event.serials and part is not Part.WHAT:
        return _Verdict.JOIN
    match event.shape:
        case Shape.TRACE:
            return _after_exception(event, record, part, gap) if event.ended else _in_frames(record, part)
        case Shape.NATIVE:
            return _in_native(event, record, part)
        case Shape.RECORD:
            return _after_record(event, record, part, gap)


def _in_frames(record: Record, part: Part) -> _Verdict:
    if part in (Part.RULE, Part.NATIVE, Part.WHAT) or record.structured:
        return _Verdict.CLOSE
    if part is Part.OTHER and not is_exception(record.message):
        return _Verdict.ASIDE
    return _Verdict.JOIN


def _after_exception(event: Event, record: Record, part: Part, gap: int) -> _Verdict:  # noqa: PLR0911 - one answer for each part
    if event.report:
        return _Verdict.JOIN if event.tail < MAX_REPORT and not record.structured else _Verdict.CLOSE
    if part in (Part.BLANK, Part.CHAIN, Part.FRAME, Part.INDENTED, Part.INNER_HEAD):
        return _Verdict.JOIN
    if part is Part.TRACE_HEAD:
        return _Verdict.JOIN if event.chained else _Verdict.CLOSE
    if part is Part.EXCEPTION:
        return _Verdict.JOIN if event.frames or _introduces(event) else _Verdict.CLOSE
    if part in (Part.NATIVE, Part.WHAT):
        return _Verdict.JOIN if event.lane and part is Part.NATIVE else _Verdict.CLOSE
    if record.structured or event.tail >= MAX_TAIL or gap > SOON_NS:
        return _Verdict.CLOSE
    return _Verdict.JOIN


def _in_native(event: Event, record: Record, part: Part) -> _Verdict:
    if part in (Part.NATIVE, Part.WHAT):
        return _Verdict.CLOSE if part is Part.WHAT and event.said else _Verdict.JOIN
    if part in (Part.BLANK, Part.INDENTED, Part.FRAME):
        return _Verdict.JOIN
    return _Verdict.CLOSE if record.structured or part is not Part.OTHER else _Verdict.ASIDE


def _after_record(event: Event, record: Record, part: Part, gap: int) -> _Verdict:
    if part in (Part.TRACE_HEAD, Part.INNER_HEAD) and gap <= 2 * SOON_NS:
        announces = not event.faults and (event.loud or event.level == 0 or _warns(event, gap))
        return _Verdict.JOIN if announces or _wraps(event) else _Verdict.CLOSE
    if part is Part.EXCEPTION and event.frames:
        return _Verdict.JOIN
    if record.message == '"""' and _wraps(event):
        return _Verdict.JOIN
    return _Verdict.JOIN if part in (Part.INDENTED, Part.FRAME) else _Verdict.CLOSE


def _warns(event: Event, gap: int) -> bool:
    """Whether a warning that the program goes on carries the traceback that follows at once (`exc_info=True`)."""
    return event.level >= Level.WARNING and gap <= AT_ONCE_NS and says_handled(event.head)


def _wraps(event: Event) -> bool:
    """Whether the event is an exception that only carries the traceback of another process, which follows it."""
    return bool(event.faults) and event.faults[-1].type.endswith(("RemoteTraceback", "RemoteError"))


def _introduces(event: Event) -> bool:
    """Whether an exception names the one that it wraps on the next line: `…BackendCompilerFailed: … raised:`."""
    return bool(event.faults) and event.faults[-1].message.endswith("raised:")


def _absorb(event: Event, text: str, part: Part) -> bool:
    """Takes what the line says into the event; whether it states what happened."""
    if part in (Part.TRACE_HEAD, Part.INNER_HEAD) and not event.report:
        event.shape, event.ended, event.frames = Shape.TRACE, False, event.frames if not event.ended else []
        event.chained = False
    elif part is Part.FRAME:
        frame = frame_of(text)
        if frame and len(event.frames) < 400:
            event.frames.append(frame)
    elif event.shape is Shape.TRACE and not event.ended and part in (Part.EXCEPTION, Part.OTHER):
        event.fault(*exception_of(text))
        event.report = "ChildFailedError" in text
        return True
    elif event.shape is Shape.TRACE and event.ended:
        return _absorb_tail(event, text, part)
    elif part in (Part.WHAT, Part.NATIVE):
        return _absorb_native(event, text, part)
    elif part is Part.EXCEPTION:
        event.fault(*exception_of(text))
        return True
    return False


def _absorb_tail(event: Event, text: str, part: Part) -> bool:
    event.tail += 1
    if part is Part.CHAIN:
        event.chained, event.tail = True, 0
        return text.startswith("--")
    if event.report:
        event.say(text.strip())
        if text.startswith("===") and any(said.startswith("Root Cause") for said in event.said):
            event.report = False
        return False
    if part is Part.EXCEPTION and (event.frames or _introduces(event)):
        event.fault(*exception_of(text))
        return True
    if part is Part.OTHER and event.faults and len(event.faults[-1].message) < 600:
        event.faults[-1].message = f"{event.faults[-1].message}\n{text.strip()}".strip()
    return False


def _absorb_native(event: Event, text: str, part: Part) -> bool:
    bare = text.strip()
    if part is Part.WHAT:
        event.say(bare.removeprefix("what():").strip())
        return True
    if states_death(bare):
        event.say(bare)
        return True
    return False
