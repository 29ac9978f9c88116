"""The sentences that the bot says by itself: in a card's thread, and about a job in a channel."""

from collections.abc import Callable, Mapping, Sequence

from bot.flows.contents import NoticeContent, ReplyContent
from bot.incidents.announce import REMINDER
from bot.incidents.delivery import Payload, Topic
from bot.incidents.incident import Card, Incident
from bot.incidents.silence import CLOSED
from bot.incidents.steps import Action
from bot.jobs.job import Job
from bot.logs.redact import redact
from bot.slack import rich
from bot.slack.mrkdwn import Message, escape, shorten
from bot.slack.render.figures import duration, figures
from bot.slack.render.replies import chart_message, event_message, grown_message
from bot.slack.render.steps import reminder_message, step_message
from bot.slack.rich import Element

INCIDENTS_NAMED = 5

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
        "the log has not been read up to now for some minutes; nothing is lost, it will be read",
    ),
    Topic.CAUGHT_UP: ("white_check_mark", "the log has been read up to now again"),
    Topic.PAUSED: ("double_vertical_bar", "the watch is paused"),
    Topic.RESUMED: ("arrow_forward", "the watch goes on"),
    Topic.LOUD: (
        "loud_sound",
        "it writes more than can be read: for now only lines of a level that is watched are, and what surrounds"
        " a new incident",
    ),
    Topic.QUIET: ("sound", "it is quiet enough again: all lines are read"),
    Topic.SKIMMED: (
        "fast_forward",
        "there was much to catch up with: only lines of a level that is watched were read, and what surrounds"
        " new incidents",
    ),
    Topic.GAP: ("warning", "some lines could not be read"),
}


def reply_message(content: ReplyContent) -> Message:
    """What is said in a card's thread."""
    what = str(content.payload.get("what"))
    if what in list(Action):
        return step_message(Action(what), content)
    return _REPLIES.get(what, grown_message)(content)


def _closed(content: ReplyContent) -> Message:
    text = f"{content.payload.get('detail')} So this closed by itself."
    return _message(escape(text), [rich.text(text)])


def _gap(content: ReplyContent) -> Message:
    text = f"Some lines of that time could not be read: {content.payload.get('detail')}."
    return _message(escape(text), [rich.text(text)])


_REPLIES: Mapping[str, Callable[[ReplyContent], Message]] = {
    "event": event_message,
    "chart": chart_message,
    "gap": _gap,
    CLOSED: _closed,
    REMINDER: reminder_message,
}


def notice_message(content: NoticeContent) -> Message:
    """What happened to a job, for the channel."""
    topic = Topic(str(content.payload["topic"]))
    if topic is Topic.ENDED:
        return _ended(content)
    sign, sentence = _TOPICS[topic]
    detail = str(content.payload.get("detail") or "")
    tail = f": {detail}." if detail else "."
    others = _others(content.payload)
    return _message(
        f"{escape(content.job.title)}{others}: {sentence}{escape(tail)}",
        [rich.emoji(sign), rich.text("  "), *_job(content.job), rich.text(f"{others}: {sentence}{tail}")],
    )


def _ended(content: NoticeContent) -> Message:
    job = content.job
    sign, word = _ENDINGS.get(job.status.name, ("grey_question", f"ended as {job.status.label}"))
    after = duration(job.updated_ms - job.created_ms)
    reason = redact(job.error_message).text if job.error_message and job.status.has_failed else ""
    error = f" {shorten(reason, 400).rstrip('.')}." if reason else ""
    told = f" {figures(job, content.balance)}" if content.balance else ""
    head = [rich.emoji(sign), rich.text("  "), *_job(job), rich.text(f" {word} after {after}.")]
    if error:
        head.append(rich.text(error, italic=True))
    if told.strip():
        head.append(rich.text(told))
    text = f"{escape(job.title)} in {escape(job.project_name)} {word} after {after}.{escape(error)}{escape(told)}"
    return _message(text.rstrip(), head, _open_incidents(content.open_incidents, content.links))


def _others(payload: Payload) -> str:
    """For a sentence that is true of `jobs` jobs and names one of them."""
    others = int(payload.get("jobs") or 1) - 1
    return f" and {others} other job{'s' if others > 1 else ''}" if others > 0 else ""


def _open_incidents(found: Sequence[tuple[Incident, Card | None]], links: Mapping[int, str]) -> list[Element]:
    if not found:
        return []
    items = [rich.section(_named(incident, links)) for incident, _ in found[:INCIDENTS_NAMED]]
    more = len(found) - len(items)
    if more:
        items.append(rich.section(rich.text(f"and {more} more", italic=True)))
    count = f"{len(found)} incident{'s' if len(found) > 1 else ''} unresolved by then:"
    return [rich.section(rich.text(count)), rich.bullets(items)]


def _named(incident: Incident, links: Mapping[int, str]) -> Element:
    title, link = shorten(incident.facts.title, 150), links.get(incident.id)
    return rich.link(link, title) if link else rich.text(title)


def _job(job: Job) -> tuple[Element, ...]:
    return rich.link(job.dashboard_url, job.title, bold=True), rich.text(f" in {job.project_name}")


def _message(text: str, line: Sequence[Element], more: Sequence[Element] = ()) -> Message:
    return {"text": text, "blocks": [rich.block(rich.section(*line), *more)]}
