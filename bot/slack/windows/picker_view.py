"""The picker as a window, and the question that a person asks with it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import tzinfo

from bot.logs.line import Level
from bot.logs.query import BadQuery, parse_query
from bot.logs.question import DEFAULT_COUNT, MAX_COUNT, LogQuery
from bot.slack import ids
from bot.slack.rich import Element
from bot.slack.windows.fields import Entered, choice, conversation, entry, number, search, text
from bot.slack.windows.place import Place
from bot.slack.windows.window import Wrong, modal
from bot.times import Ms, ms_floor, ms_from_s

TITLE = "Read training logs"
PROJECT, JOB, LEVEL, FROM, TO, WORDS, COUNT, WHO, WHERE = (
    "project", "job", "level", "from", "to", "words", "count", "who", "where",
)  # fmt: skip
ALL = "all"
LEVELS = ((ALL, "All lines"), *((level.name.lower(), f"{level.name.capitalize()} and worse") for level in Level))
ME, EVERYBODY = "me", "everybody"
WORDS_CHARS = 1_000
CONVERSATIONS = ("public", "private", "mpim", "im")


def picker_window(place: Place, *, job: Element | None = None) -> Element:
    """`job` is the option that is chosen already."""
    # A new name empties the field: a job of another project must not stay in it.
    of_project = f"{JOB}.{place.project_id}" if place.project_id else JOB
    datetime: Element = {"type": "datetimepicker"}
    blocks = [
        entry(PROJECT, "Project", search(ids.PROJECT_CHOICE, "Any project"), optional=True, acts=True),
        entry(of_project, "Job", search(ids.JOB_CHOICE, "Type a part of its name", job) | {"focus_on_load": True}),
        entry(LEVEL, "Level", choice("static_select", LEVELS, ALL)),
        entry(FROM, "From", datetime, optional=True),
        entry(TO, "To", datetime, hint="Without times you get the newest lines.", optional=True),
        entry(
            WORDS,
            "Words",
            text(most=WORDS_CHARS, placeholder='nan  "out of memory"  /loss=\\d+/  -warmup  replica:r3'),
            hint="Everything that /joblogs JOB understands; what stands here goes before the fields above.",
            optional=True,
        ),
        entry(COUNT, "Lines at most", number(least=1, most=MAX_COUNT, value=DEFAULT_COUNT)),
        entry(WHO, "Show them to", choice("radio_buttons", ((ME, "Only me"), (EVERYBODY, "Everybody there")), ME)),
        entry(
            WHERE,
            "In",
            conversation(initial=place.channel, kinds=CONVERSATIONS),
            hint="Empty: as a direct message from me.",
            optional=True,
        ),
    ]
    return modal(TITLE, blocks, callback=ids.PICKER_WINDOW, submit="Show", data=place.encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class Picked:
    """What is to be shown, where (None: in a direct message), and whether all may read it there."""

    query: LogQuery
    channel: str | None
    to_all: bool


def picked(entered: Entered, place: Place, *, now_ns: int, tz: tzinfo) -> Picked | Wrong:
    """The question, or what is wrong with it at the first field that is wrong."""
    job_field = f"{JOB}.{place.project_id}" if place.project_id else JOB
    job = entered.option(job_field)
    if job is None:
        return Wrong({job_field: "Choose a job first."})
    query = parse_query(entered.text(WORDS) or "", now_ns=now_ns, tz=tz, with_job=False)
    if isinstance(query, BadQuery):
        return Wrong({WORDS: query.sentence})
    count = entered.text(COUNT) or str(DEFAULT_COUNT)
    if not (count.isascii() and count.isdigit() and 1 <= int(count[:9]) <= MAX_COUNT):
        return Wrong({COUNT: f"A whole number from 1 to {MAX_COUNT:,}, please."})
    if errors := _wrong_times(entered, query, ms_floor(now_ns)):
        return Wrong(errors)
    channel, to_all = entered.conversation(WHERE), entered.option(WHO) == EVERYBODY
    if to_all and channel is None:
        return Wrong({WHERE: "Choose where everybody shall read it."})
    level = entered.option(LEVEL)
    asked = replace(
        query,
        job=job,
        min_level=query.min_level or (Level.parse(level) if level not in (None, ALL) else None),
        start_ms=_or(query.start_ms, _moment(entered, FROM)),
        end_ms=_or(query.end_ms, _moment(entered, TO)),
        count=query.count or int(count),
    )
    return Picked(query=asked, channel=channel, to_all=to_all)


def _wrong_times(entered: Entered, query: LogQuery, now: Ms) -> Mapping[str, str]:
    start, end = _or(query.start_ms, _moment(entered, FROM)), _or(query.end_ms, _moment(entered, TO))
    if start is not None and start > now:
        return {FROM: "This is in the future: choose an earlier time."}
    if start is not None and end is not None and end <= start:
        return {TO: "This is not after the beginning: choose a later time."}
    return {}


def _moment(entered: Entered, name: str) -> Ms | None:
    seconds = entered.moment_s(name)
    return None if seconds is None else ms_from_s(seconds)


def _or(first: Ms | None, second: Ms | None) -> Ms | None:
    return second if first is None else first
