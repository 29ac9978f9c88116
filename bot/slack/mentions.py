"""`@joblogs WORD …`: what is asked for in a thread is done or shown there.

What everybody may want to read (lines, replicas, who did what) is posted to the thread without a broadcast: who
asks in front of the others asks for them too. Refusals and help concern one person, and are whispered. A step
says nothing here: the card and its thread tell it.
"""

from dataclasses import dataclass
from typing import Any, assert_never

import structlog

from bot.errors import TransientError
from bot.flows.answered import Refusal
from bot.flows.around import AFTER, BEFORE, Reach
from bot.flows.ports import Tx
from bot.incidents.attendance import attendance
from bot.incidents.grouping import Engine
from bot.incidents.incident import Card, Incident
from bot.incidents.orders import (
    Do,
    HandTo,
    Order,
    ShowAround,
    ShowHelp,
    ShowHistory,
    ShowJobs,
    ShowLogs,
    ShowReplicas,
    ShowStatus,
    Unclear,
    addressed,
    is_order,
    parse_order,
)
from bot.incidents.roll import storm_of
from bot.incidents.steps import Assign, Mute, Step
from bot.jobs.reference import Found
from bot.logs.query import BadQuery, parse_query
from bot.slack.assignees import assignee
from bot.slack.desk import Desk
from bot.slack.looking import Case, ForAll, ForOne, Said, about, around_incident, case_of
from bot.slack.members import Member
from bot.slack.render import mention_views as views
from bot.slack.render import words
from bot.slack.render.logview import thread_message
from bot.slack.render.muting import would_have_hidden
from bot.slack.render.refusals import BEGIN_WITH_ME, GONE, STORE_AWAY
from bot.slack.stepping import take_step
from bot.slack.turned_away import Denied
from bot.times import now_ms

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class InCard:
    """In the thread of an incident's card."""

    incident_id: int


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Not there; `in_list`: in the thread of a storm's list."""

    in_list: bool


Place = InCard | Elsewhere


@dataclass(frozen=True, slots=True)
class Beside:
    """An order whose message names the bot behind it: whether the bot is meant is not certain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A message to the bot: by whom, in which channel and thread (None: in none), and what stands behind the name.

    `once` names the message, of which Slack may tell several times. `direct`: it was written to the bot alone.
    """

    desk: Desk
    member: Member
    channel: str
    thread_ts: str | None
    once: str
    text: str
    direct: bool


async def heard(desk: Desk, body: dict[str, Any]) -> Said | None:
    """What to answer to an `app_mention`; None when there is nothing to say."""
    event = body["event"]
    text = _text_of(desk, event)
    if text is None:
        return None
    once = f"said:{event['channel']}:{event['ts']}"
    try:
        member = await desk.admit(body)
        if isinstance(member, Denied):
            return await _refused(desk, once, member.sentence)
        if isinstance(text, Beside):
            return await _refused(desk, once, BEGIN_WITH_ME)
        channel, thread_ts = str(event["channel"]), event.get("thread_ts")
        mention = Mention(
            desk=desk,
            member=member,
            channel=channel,
            thread_ts=thread_ts,
            once=once,
            text=text,
            direct=_is_direct(event),
        )
        return await _answered(mention)
    except TransientError as error:
        log.warning("mention_failed", reason=str(error))
        return ForOne({"text": STORE_AWAY})


async def _refused(desk: Desk, once: str, sentence: str) -> Said | None:
    return ForOne({"text": sentence}) if await desk.first_time(once) else None


def _text_of(desk: Desk, event: dict[str, Any]) -> str | Beside | None:
    """What is said to the bot. Edited messages, bots and talk about the bot are not answered."""
    bot = desk.members.identity.bot_user_id
    if event.get("bot_id") or event.get("edited") or event.get("subtype") or event.get("user") in (None, bot):
        return None
    text = str(event.get("text") or "")
    rest = addressed(text, bot)
    if rest is None and _is_direct(event):
        return text
    if rest is None and is_order(text):
        return Beside()
    return rest


def _is_direct(event: dict[str, Any]) -> bool:
    return event.get("channel_type") == "im"


async def _answered(mention: Mention) -> Said | None:
    desk, member = mention.desk, mention.member
    order = parse_order(mention.text, now_ns=desk.clock.now_ns(), tz=member.zone)
    if order is None:
        return ForOne(words.help_message("")) if mention.direct else None
    log.info("mention", order=type(order).__name__.lower(), user=member.id, channel=mention.channel)
    place = await desk.db.run(lambda tx: _place(tx, mention.channel, mention.thread_ts))
    if isinstance(order, Do | HandTo):
        return await _step(mention, order, place)
    if not await desk.first_time(mention.once):
        return None
    if not isinstance(order, Unclear | ShowHelp) and (
        denied := await desk.rights.may(member.id, "logs", mention.channel)
    ):
        return ForOne({"text": denied.sentence})
    return await _told(mention, order, place)


def _place(tx: Tx, channel: str, thread_ts: str | None) -> Place:
    card = tx.cards.at(channel, thread_ts) if thread_ts else None
    if card is not None:
        return InCard(card.incident_id)
    storm = tx.rolls.get(storm_of(channel).name)
    return Elsewhere(storm is not None and thread_ts is not None and storm.ts == thread_ts)


async def _misplaced(mention: Mention, name: str, place: Elsewhere) -> Said:
    """A word for a card where there is none: which cards of this channel are open."""

    def read(tx: Tx) -> tuple[tuple[Incident, Card], ...]:
        unresolved = tx.incidents.unresolved(channel=mention.channel)
        cards = ((incident, tx.cards.get(incident.id, mention.channel)) for incident in unresolved)
        return tuple((incident, card) for incident, card in cards if card is not None)

    cards = await mention.desk.db.run(read)
    return ForOne(views.elsewhere_message(name, cards, in_list=place.in_list))


# --- steps ---------------------------------------------------------------------------------------


async def _step(mention: Mention, order: Do | HandTo, place: Place) -> Said | None:
    """Takes the step; what to whisper about it."""
    if isinstance(place, Elsewhere):
        name = order.name if isinstance(order, Do) else "assign"
        return await _misplaced(mention, name, place) if await mention.desk.first_time(mention.once) else None
    step, to_name = await _whose(mention, order) if isinstance(order, HandTo) else (order.step, "")
    if isinstance(step, str):
        return await _refused(mention.desk, mention.once, step)
    sentence = await take_step(
        mention.desk,
        mention.member,
        step,
        incident_id=place.incident_id,
        channel=mention.channel,
        once=mention.once,
        to_name=to_name,
    )
    if sentence is None and isinstance(step, Mute) and await mention.desk.first_time(f"told:{mention.once}"):
        sentence = await _hides(mention, place.incident_id)
    return ForOne({"text": sentence}) if sentence else None


async def _hides(mention: Mention, incident_id: int) -> str:
    """What the window shows before it is sent; who mutes by word has no window."""
    [incident] = await mention.desk.db.run(lambda tx: tx.incidents.listed([incident_id]))
    hidden = would_have_hidden(incident, mention.member.zone, now_ms(mention.desk.clock))
    return f"{hidden} `@joblogs unmute` takes it back."


async def _whose(mention: Mention, order: HandTo) -> tuple[Step | str, str]:
    """The step and the name of who gets it, or a sentence why they cannot."""
    member = mention.member
    if order.person is None or order.person == member.id:
        return Assign(member.id), member.name
    found = await assignee(mention.desk, order.person)
    return (found.sentence, "") if isinstance(found, Denied) else (Assign(found.id), found.name)


# --- what is shown -------------------------------------------------------------------------------

Shown = ShowLogs | ShowAround | ShowReplicas | ShowHistory | ShowJobs | ShowStatus | ShowHelp | Unclear


async def _told(mention: Mention, order: Shown, place: Place) -> Said:
    told: Said
    match order:
        case Unclear(sentence=sentence):
            told = ForOne(views.unclear_message(sentence))
        case ShowHelp():
            told = ForOne(words.help_message("thread"))
        case ShowJobs():
            listing = await mention.desk.answer.catalog.listing()
            told = ForAll(words.jobs_message(listing, mention.desk.clock.now_ns()))
        case ShowLogs(text=text):
            told = await _logs(mention, text, place)
        case ShowStatus(job=job):
            told = await _status(mention, job, place)
        case ShowAround() | ShowReplicas() | ShowHistory():
            told = await _of_card(mention, order, place)
        case _:
            assert_never(order)
    return told


async def _logs(mention: Mention, text: str, place: Place) -> Said:
    desk, member = mention.desk, mention.member
    in_card = isinstance(place, InCard)
    query = parse_query(text, now_ns=desk.clock.now_ns(), tz=member.zone, with_job=not in_card)
    if isinstance(query, BadQuery):
        return ForOne(words.bad_query(query))
    if isinstance(place, InCard):
        case = await _case(mention, place.incident_id)
        if case is None:
            return ForOne({"text": GONE})
        query = about(case, query)
    answer = await desk.answer.answer(query)
    if isinstance(answer, Refusal):
        return ForOne(words.refusal(answer))
    return ForAll(thread_message(answer, tz=member.zone))


async def _status(mention: Mention, job: str, place: Place) -> Said:
    if not job and isinstance(place, InCard):
        case = await _case(mention, place.incident_id)
        job = case.job.id if case else ""
    found = await mention.desk.answer.find(job)
    if isinstance(found, Found):
        return ForAll(words.status_message(found.job, note=found.note))
    return ForOne(words.refusal(found))


async def _case(mention: Mention, incident_id: int) -> Case | None:
    return await mention.desk.db.run(lambda tx: case_of(tx, incident_id))


async def _of_card(mention: Mention, order: ShowAround | ShowReplicas | ShowHistory, place: Place) -> Said:
    if isinstance(place, Elsewhere):
        return await _misplaced(mention, _CARD_WORDS[type(order)], place)
    match order:
        case ShowAround(count=count, replica=replica):
            reach = Reach(before=count or BEFORE, after=count or AFTER, replica=replica)
            return await around_incident(
                mention.desk, mention.member, place.incident_id, channel=mention.channel, reach=reach
            )
        case ShowReplicas():
            return await _replicas(mention, place.incident_id)
        case ShowHistory():
            return await _history(mention, place.incident_id)
        case _:
            assert_never(order)


async def _replicas(mention: Mention, incident_id: int) -> Said:
    def read(tx: Tx) -> tuple[Case, bytes] | None:
        case = case_of(tx, incident_id)
        tail = tx.tails.get(case.job.account, case.job.id) if case else None
        return (case, tail.engine) if case and tail else None

    found = await mention.desk.db.run(read)
    if found is None:
        return ForOne({"text": GONE})
    case, engine = found
    heard_of = Engine.restore(engine).heard()
    return ForAll(views.replicas_message(case.incident, attendance(case.incident, heard_of, case.job.node_count)))


async def _history(mention: Mention, incident_id: int) -> Said:
    def read(tx: Tx) -> Said:
        incident = tx.incidents.get(incident_id)
        if incident is None:
            return ForOne({"text": GONE})
        return ForAll(views.history_message(incident, tx.incidents.history(incident_id)))

    return await mention.desk.db.run(read)


_CARD_WORDS: dict[type[Order], str] = {ShowAround: "around", ShowReplicas: "replicas", ShowHistory: "who"}
