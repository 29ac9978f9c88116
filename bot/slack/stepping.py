"""The one way in which a person's step reaches an incident, whichever button, word or shortcut it came by."""

from typing import assert_never

import structlog

from bot.errors import TransientError
from bot.flows.triage import Gone, HandedOver, Outcome, Overtaken, Repeated, Request, Superseded
from bot.incidents.steps import Step, action_of
from bot.incidents.triage import Changed, Refused
from bot.slack.desk import Desk
from bot.slack.members import Member
from bot.slack.render.refusals import GONE, STORE_AWAY, already, handed_over, meanwhile, superseded
from bot.slack.turned_away import Denied

log = structlog.get_logger(__name__)


async def take_step(
    desk: Desk,
    member: Member,
    step: Step,
    *,
    incident_id: int,
    channel: str | None,
    once: str,
    known_ms: int | None = None,
    to_name: str = "",
) -> str | None:
    """What to tell the person alone; None when it is done, which the card and its thread tell everybody.

    `once` names the press or the message that asked for it: a second delivery does nothing. `known_ms` is when the
    incident had changed last as they saw it, None where that is not known. `channel` None is Home. A list or a
    Home on which the button stood is drawn anew, whatever came of it.
    """
    request = Request(
        incident_id=incident_id,
        step=step,
        actor=member.id,
        channel=channel,
        once=once,
        known_ms=known_ms,
        actor_name=member.name,
        to_name=to_name,
    )
    try:
        denied = await _denied(desk, request)
        sentence = denied.sentence if denied else _told(await desk.triage.act(request))
    except TransientError as error:
        log.warning("step_failed", reason=str(error))
        sentence = STORE_AWAY
    desk.surfaces.stepped(member.id)
    return sentence


async def _denied(desk: Desk, request: Request) -> Denied | None:
    """In Home and in direct messages the rules count of the channels in which the incident has its cards."""
    places: list[str | None] = [request.channel]
    if request.channel is None or request.channel.startswith("D"):
        cards = await desk.db.run(lambda tx: tx.board.cards([request.incident_id]))
        places = [card.channel for card in cards.get(request.incident_id, ())] or places
    action = action_of(request.step).value
    answers = [await desk.rights.may(request.actor, action, place) for place in places]
    return None if None in answers else answers[0]


def _told(outcome: Outcome) -> str | None:
    match outcome:
        case Changed() | Repeated():
            return None
        case Gone():
            return GONE
        case Refused():
            return already(outcome)
        case Overtaken(by=change):
            return meanwhile(change)
        case Superseded():
            return superseded(outcome.card)
        case HandedOver():
            return handed_over(outcome.card)
        case _:
            assert_never(outcome)
