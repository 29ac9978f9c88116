"""An incident as a message: functions from values to plain dicts, with no client and no clock.

The order of blocks stays the same over a card's life, because Slack refuses an edit that puts another
kind of block where a rich text block was (`block_mismatch`): rich text, then actions.
"""

from bot.flows.contents import CardContent
from bot.incidents.incident import Incident, Role, State
from bot.slack import ids, rich
from bot.slack.mrkdwn import Message, button, date, escape, overflow, shorten
from bot.slack.render import card_parts as parts
from bot.slack.rich import Element
from bot.times import NS_PER_MS

BUTTONS = {
    State.OPEN: (("Acknowledge", ids.ACKNOWLEDGE, "primary"), ("Resolve", ids.RESOLVE, None)),
    State.ASSIGNED: (("Acknowledge", ids.ACKNOWLEDGE, "primary"), ("Resolve", ids.RESOLVE, None)),
    State.MUTED: (("Unmute", ids.UNMUTE, None), ("Resolve", ids.RESOLVE, None)),
    State.ACKNOWLEDGED: (("Resolve", ids.RESOLVE, "primary"),),
    State.RESOLVED: (("Reopen", ids.REOPEN, None),),
}


def incident_card(content: CardContent) -> Message:
    """The card in its present state; what needs nobody any more folds to two lines."""
    incident = content.incident
    needs_nobody = incident.state is State.RESOLVED or incident.facts.role is not Role.ROOT
    shown = _folded(content) if needs_nobody else _whole(content)
    body = rich.block(*shown, block_id=f"card.{incident.revision}")
    return {"text": _fallback(content), "blocks": [body, card_actions(incident)]}


def card_actions(incident: Incident) -> Element:
    """A card that needs nobody can only be closed, and a closed one only be opened again."""
    value = ids.IncidentRef(incident.id, incident.changed_ms or 0).encode()
    lasting = incident.state is not State.RESOLVED
    buttons = BUTTONS[incident.state]
    if lasting and incident.facts.role is not Role.ROOT:
        buttons = (("Resolve", ids.RESOLVE, None),)
    elements = [button(label, action, value, style=style) for label, action, style in buttons]
    if lasting and incident.facts.role is Role.ROOT:
        elements.append(_menu(incident))
    return {"type": "actions", "block_id": f"actions.{incident.revision}", "elements": elements}


def _whole(content: CardContent) -> tuple[Element, ...]:
    incident = content.incident
    return (
        rich.section(*parts.title(incident)),
        *parts.reason(incident),
        rich.section(*parts.where(content), rich.text("\n"), *parts.when(incident)),
        *parts.excerpt(incident.facts.excerpt),
        *parts.consequences(content.consequences),
        *parts.memory(content),
        rich.section(*parts.state_line(incident)),
    )


def _folded(content: CardContent) -> tuple[Element, ...]:
    """Its title, and one line: what became of it, and for a consequence what it follows from."""
    incident = content.incident
    line = (
        *parts.title(incident),
        rich.text("\n"),
        *parts.job_name(content.job, incident.job_id),
        rich.text(" · "),
    )
    cause = content.cause
    if incident.state is State.RESOLVED or incident.facts.role is Role.ROOT:
        return (rich.section(*line, *parts.state_line(incident)),)
    if cause is not None:
        name = shorten(cause.facts.title, parts.TITLE_CHARS)
        return (rich.section(*line, rich.text("follows from "), parts.to_card(content.cause_card, name)),)
    why = parts.sentence(shorten(incident.facts.reason, parts.REASON_CHARS))
    verdict = "Harmless after all." if incident.facts.role is Role.NOISE else "Follows from another error."
    return (rich.section(*line, rich.text(f"{verdict} {why}".rstrip())),)


def _menu(incident: Incident) -> Element:
    """What is done more seldom; only "Not an error" acts at once, and Reopen undoes it."""
    ref = ids.IncidentRef(incident.id, incident.changed_ms or 0)
    entries = {
        ids.Pick.ASSIGN: "Assign to…",
        ids.Pick.MUTE: "Mute…",
        ids.Pick.AROUND: "Lines around",
        ids.Pick.DISMISS: "Not an error",
        ids.Pick.HISTORY: "Who did what",
    }
    return overflow(ids.MENU, [(label, ids.PickRef(pick, ref).encode()) for pick, label in entries.items()])


def _fallback(content: CardContent) -> str:
    """What a notification and a screen reader say; the only place where a mention notifies."""
    incident, job = content.incident, content.job
    facts = incident.facts
    where = escape(f"{job.title} in {job.project_name}" if job else incident.job_id, 2 * parts.NAME_CHARS)
    leader = escape(facts.first_replica or "", parts.NAME_CHARS)
    count = len(facts.replicas)
    on = f"{count} replicas" + (f", {leader} first" if leader else "") if count > 1 else leader or "the platform"
    mention = f"{content.mention} " if content.mention else ""
    back = ", it is back" if content.previous else ""
    word = {Role.ROOT: parts.SIGNS[incident.state][1], Role.CASCADE: "A consequence", Role.NOISE: "Harmless"}
    when = date(facts.first_ns // NS_PER_MS, "{time_secs}")
    said = f"{word[facts.role]}{_so_far(incident)}{back}: {escape(shorten(facts.title, parts.TITLE_CHARS))}"
    why = f". Reason: {escape(parts.note(incident.note))}" if incident.note else ""
    return f"{mention}{said} — {where}, {on}, {when}{why}"


def _so_far(incident: Incident) -> str:
    if incident.muted is None:
        return ""
    until = incident.muted.until_ms
    return f" until {date(until, '{date_short_pretty} {time}')}" if until is not None else " until the job ends"
