"""The sentences that the bot says by itself: in a card's thread, and about a job in a channel."""

from collections.abc import Mapping, Sequence

from bot.flows.ports import NoticeContent, ReplyContent
from bot.incidents.announce import Topic
from bot.incidents.incident import Card, Incident
from bot.jobs.job import Job
from bot.slack import rich
from bot.slack.mrkdwn import Message, escape, shorten
from bot.slack.rich import Element

INCIDENTS_NAMED = 5

_ACTIONS = {
    "acknowledge": "acknowledged this.",
    "resolve": "resolved this.",
    "reopen": "opened this again.",
}
_ENDINGS = {
    "COMPLETED": ("checkered_flag", "completed"),
    "FAILED": ("x", "failed"),
    "DEPLOY_FAILED": ("x", "could not be deployed"),
    "STOPPED": ("octagonal_sign", "was stopped"),
    "PREEMPTED": ("zap", "was preempted"),
}
_TOPICS: Mapping[Topic, tuple[str, str]] = {
    Topic.BEHIND: (
        "hourglass_flowing_sand",
        "its log cannot be read right now; nothing is lost, it will be read later",
    ),
    Topic.CAUGHT_UP: ("white_check_mark", "its log has been read up to now again"),
    Topic.PAUSED: ("double_vertical_bar", "the watch is paused"),
    Topic.RESUMED: ("arrow_forward", "the watch goes on"),
    Topic.LOUD: ("loud_sound", "it writes more than can be read: only lines with a level from now on"),
    Topic.QUIET: ("sound", "it is quiet enough again: all lines are read"),
    Topic.GAP: ("warning", "some lines could not be read"),
}


def reply_message(content: ReplyContent) -> Message:
    """One line in a card's thread."""
    what = str(content.payload.get("what"))
    actor = content.payload.get("actor")
    if what in _ACTIONS and actor:
        detail = str(content.payload.get("detail") or "")
        said: list[Element] = [rich.user(str(actor)), rich.text(f" {_ACTIONS[what]}")]
        quoted = [rich.text(f" “{shorten(detail, 500)}”")] if detail else []
        text = f"<@{actor}> {_ACTIONS[what]}" + (f" “{escape(shorten(detail, 500))}”" if detail else "")
        return _message(text, [*said, *quoted])
    text = f"Seen {content.payload.get('count'):,} times now."
    return _message(text, [rich.text(text)])


def notice_message(content: NoticeContent) -> Message:
    """What happened to a job, for the channel."""
    topic = Topic(str(content.payload["topic"]))
    if topic is Topic.ENDED:
        return _ended(content)
    sign, sentence = _TOPICS[topic]
    detail = str(content.payload.get("detail") or "")
    tail = f": {detail}." if detail else "."
    return _message(
        f"{escape(content.job.title)}: {sentence}{escape(tail)}",
        [rich.emoji(sign), rich.text("  "), *_job(content.job), rich.text(f": {sentence}{tail}")],
    )


def _ended(content: NoticeContent) -> Message:
    job = content.job
    sign, word = _ENDINGS.get(job.status.name, ("grey_question", f"ended as {job.status.label}"))
    after = _duration(job.updated_ms - job.created_ms)
    error = f" {shorten(job.error_message, 400)}" if job.error_message and job.status.has_failed else ""
    head = [rich.emoji(sign), rich.text("  "), *_job(job), rich.text(f" {word} after {after}.")]
    if error:
        head.append(rich.text(error, italic=True))
    text = f"{escape(job.title)} in {escape(job.project_name)} {word} after {after}.{escape(error)}"
    return _message(text, head, _open_incidents(content.open_incidents))


def _open_incidents(found: Sequence[tuple[Incident, Card | None]]) -> list[Element]:
    if not found:
        return []
    items = [
        rich.section(rich.text(shorten(incident.facts.title, 150))) for incident, _ in found[:INCIDENTS_NAMED]
    ]
    more = len(found) - len(items)
    if more:
        items.append(rich.section(rich.text(f"and {more} more", italic=True)))
    count = f"{len(found)} unresolved incident{'s' if len(found) > 1 else ''}:"
    return [rich.section(rich.text(count)), rich.bullets(items)]


def _job(job: Job) -> tuple[Element, ...]:
    return rich.link(job.dashboard_url, job.title, bold=True), rich.text(f" in {job.project_name}")


def _duration(ms: int) -> str:
    minutes, seconds = divmod(max(0, ms) // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [(days, "d"), (hours, "h"), (minutes, "min"), (seconds, "s")]
    told = [f"{value} {unit}" for value, unit in parts if value]
    return " ".join(told[:2]) or "0 s"


def _message(text: str, line: Sequence[Element], more: Sequence[Element] = ()) -> Message:
    return {"text": text, "blocks": [rich.block(rich.section(*line), *more)]}
