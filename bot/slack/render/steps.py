"""One line in a card's thread for each thing that somebody did to it.

The blocks name people by mention, the text by name: a mention in the text wakes people, which is wanted only
of somebody who has to know.
"""

from bot.flows.contents import ReplyContent
from bot.incidents.delivery import Payload
from bot.incidents.steps import Action
from bot.jobs.job import Job
from bot.slack import rich
from bot.slack.mrkdwn import Message, date, escape, shorten
from bot.slack.rich import Element

REASON_CHARS = 2_000
NAME_CHARS = 80
DAY_AND_MINUTE = "{date_short_pretty} {time}"


def step_message(action: Action, content: ReplyContent) -> Message:
    """Who did what; the bot itself where no actor is named."""
    payload = content.payload
    if payload.get("actor") is None:
        return _mute_over(payload)
    said, text = _what(action, payload, content.job)
    actor = escape(shorten(str(payload.get("actor_name") or "Somebody"), NAME_CHARS))
    line = [rich.user(str(payload["actor"])), rich.text(" "), *said]
    reason = str(payload.get("detail") or "") if action is Action.RESOLVE else ""
    quoted = [rich.quote(rich.text(shorten(reason, REASON_CHARS)))] if reason else []
    told = f" Reason: {escape(reason, REASON_CHARS)}" if reason else ""
    return {"text": f"{actor} {text}{told}", "blocks": [rich.block(rich.section(*line), *quoted)]}


def reminder_message(content: ReplyContent) -> Message:
    """Nobody has acknowledged it: the only place where a thread wakes those whom the watch mentions.

    What was assigned to somebody wakes them instead.
    """
    holder = content.incident.holder
    mention = f"<@{holder}>" if holder else content.mention
    waits = "This waits for you" if holder else "Nobody has taken this"
    since = int(content.payload.get("since_ms") or 0)
    title = escape(shorten(content.incident.facts.title, 2 * NAME_CHARS))
    line = [rich.text(f"{waits} since "), rich.date(since, DAY_AND_MINUTE), rich.text(".")]
    called = [rich.user(holder), rich.text(" ")] if holder else rich.mention(content.mention)
    return {
        "text": f"{mention} " * bool(mention) + f"{waits} since {date(since, DAY_AND_MINUTE)}: {title}",
        "blocks": [rich.block(rich.section(*called, *line))],
    }


def _what(action: Action, payload: Payload, job: Job | None) -> tuple[list[Element], str]:
    """The rest of the sentence after the person's name, as rich text and as text."""
    if action is Action.ASSIGN:
        return _assigned(payload)
    if action is Action.MUTE:
        return _muted(payload, has_ended=job is not None and job.status.has_ended)
    sentence = _SENTENCES[action]
    return [rich.text(sentence)], sentence


_SENTENCES = {
    Action.ACKNOWLEDGE: "acknowledged this.",
    Action.UNMUTE: "ended the mute.",
    Action.RESOLVE: "resolved this.",
    Action.DISMISS: "says that this is not an error. When it returns in this project, it is only listed.",
    Action.REOPEN: "opened this again.",
}


def _assigned(payload: Payload) -> tuple[list[Element], str]:
    to = str(payload.get("to"))
    if to == payload.get("actor"):
        return [rich.text("took this over.")], "took this over."
    name = escape(shorten(str(payload.get("to_name") or "somebody"), NAME_CHARS))
    return [rich.text("assigned this to "), rich.user(to), rich.text(".")], f"assigned this to {name}."


def _muted(payload: Payload, *, has_ended: bool) -> tuple[list[Element], str]:
    until = payload.get("until_ms")
    job_ends = "" if until is None or has_ended else "the job ends, "
    ends = f"It ends earlier if {job_ends}other replicas get it, or it happens ten times as often."
    if until is None:
        return [rich.text(f"muted this until the job ends. {ends}")], f"muted this until the job ends. {ends}"
    moment = int(until)
    said = [rich.text("muted this until "), rich.date(moment, DAY_AND_MINUTE), rich.text(f". {ends}")]
    return said, f"muted this until {date(moment, DAY_AND_MINUTE)}. {ends}"


def _mute_over(payload: Payload) -> Message:
    why = f"The mute ended: {payload.get('detail')}."
    to = payload.get("to")
    who = [rich.user(str(to)), rich.text(" ")] if to else []
    return {
        "text": (f"<@{to}> " if to else "") + escape(why),
        "blocks": [rich.block(rich.section(*who, rich.text(why)))],
    }
