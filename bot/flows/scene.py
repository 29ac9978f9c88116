"""What a row of the outbox shows, as the database knows it at the moment of sending."""

from dataclasses import dataclass, replace
from typing import assert_never

from bot.errors import TransientError
from bot.flows.contents import CardContent, Content, DirectContent, Entry, NoticeContent, ReplyContent, RollContent
from bot.flows.digest import summary
from bot.flows.handover import heir
from bot.flows.ports import Tx
from bot.incidents import announce
from bot.incidents.announce import REMINDER, has_a_card
from bot.incidents.delivery import OWN_LANES, Delivery, Kind
from bot.incidents.folding import Folded, folded, folds
from bot.incidents.incident import Card, Incident, Role
from bot.incidents.roll import Roll, RollKind, storm_of
from bot.incidents.triage import unacknowledged_since
from bot.jobs.job import Job
from bot.times import Ms, ms_from_s

LATE_MS = ms_from_s(300)
"""What is told so long after it happened says so."""
LATENESS_TOLD = frozenset({Kind.CARD, Kind.REPLY, Kind.NOTICE, Kind.ROLL, Kind.DIRECT})
CARD_WAIT_MS = ms_from_s(24 * 3600)
"""Replies with a lane of their own wait so long for their card."""
ACTION_WAIT_MS = ms_from_s(600)
"""So long a step waits for the card of the cause that took over its own."""


@dataclass(frozen=True, slots=True)
class Scene:
    """`content` None: nothing to say any more, or lines of the log that have yet to be read.

    Attributes:
        card: under which a reply is posted, or which is edited.
        shown_ts: of the message that is edited; None where a new one is posted.
        only_if_found: nothing new is posted; what an earlier try may have posted is brought up to date.
        late_ms: so long after it happened it is told; 0 when that is not worth a word.
        absorbed: rows behind this one that are said with it, or need not be said any more.
    """

    content: Content | None
    card: Card | None = None
    incident: Incident | None = None
    job: Job | None = None
    roll: Roll | None = None
    shown_ts: str | None = None
    only_if_found: bool = False
    late_ms: int = 0
    absorbed: tuple[Delivery, ...] = ()

    def as_it_was(self, at_ms: Ms) -> "Scene":
        """What an earlier try said stood for the rows of that time, not for those that came since."""
        return replace(self, absorbed=tuple(row for row in self.absorbed if row.created_ms <= at_ms))


def scene_of(tx: Tx, row: Delivery, now: Ms) -> Scene:
    """Raises TransientError when a card has to be posted first that stands in another lane."""
    told = folded(row, tx.outbox.behind(row)) if folds(row) else Folded(row)
    if told.row is None:
        return Scene(None, absorbed=told.absorbed)
    scene = _scene_of(tx, told.row, now)
    return replace(scene, absorbed=told.absorbed, late_ms=_late_ms(told.row, scene, now))


def _scene_of(tx: Tx, row: Delivery, now: Ms) -> Scene:
    match row.kind:
        case Kind.NOTICE:
            return Scene(_notice(tx, row))
        case Kind.ROLL:
            return _roll_scene(tx, row)
        case Kind.DIRECT:
            return _direct_scene(tx, row)
        case Kind.DIGEST:
            return Scene(summary(tx, row, now))
        case Kind.CARD | Kind.REPLY | Kind.AROUND | Kind.CHART:
            incident = tx.incidents.get(row.incident_id) if row.incident_id else None
            return _incident_scene(tx, row, incident, now) if incident else Scene(None)
        case _:
            assert_never(row.kind)


def finish(tx: Tx, row: Delivery, scene: Scene, ts: str | None, link: str | None, now: Ms) -> None:
    """Remembers what was said: the message `ts`, None when there was nothing to say.

    Whoever was frozen until another process took the row over changes nothing: that one finds what was said.
    """
    if not tx.outbox.holds(row):
        return
    if row.kind is Kind.CARD and scene.incident is not None and ts is not None:
        card = scene.card or Card(incident_id=scene.incident.id, channel=row.channel, ts=ts)
        revision = scene.incident.revision
        shown = replace(card, ts=ts, shown_revision=revision, permalink=link, late_ms=scene.late_ms)
        tx.cards.put(shown)
    if scene.roll is not None and scene.shown_ts is None and ts is not None:
        roll = tx.rolls.lock(scene.roll)
        if roll.number == scene.roll.number:
            tx.rolls.put(replace(roll, ts=ts))
    tx.outbox.drop(scene.absorbed)
    tx.outbox.done(row, now)


def _late_ms(row: Delivery, scene: Scene, now: Ms) -> int:
    """A card that was posted late goes on saying so."""
    if scene.shown_ts is not None:
        return scene.card.late_ms if scene.card else 0
    is_news = row.kind in LATENESS_TOLD and row.payload.get("what") != "event"
    late_ms = now - row.created_ms
    return late_ms if is_news and late_ms >= LATE_MS else 0


def _incident_scene(tx: Tx, row: Delivery, incident: Incident, now: Ms) -> Scene:
    tail = tx.tails.get(incident.account, incident.job_id)
    job = tail.job if tail else None
    card = tx.cards.get(incident.id, row.channel)
    if card is None and announce.tells_a_step(row):
        card = _handed_over(tx, incident, row, now)
    wanted = card is not None or has_a_card(incident)
    if not wanted and (row.kind is not Kind.CARD or row.unclear_since_ms is None):
        return Scene(None)
    if row.kind is Kind.CARD:
        content = _card(tx, incident, job, row.channel, is_new=card is None)
        shown_ts = card.ts if card else None
        return Scene(content, card, incident, job, shown_ts=shown_ts, only_if_found=not wanted)
    if card is None:
        return _without_card(row, now)
    return Scene(None if row.kind is Kind.AROUND else _reply(tx, row, incident, job), card, incident, job)


def _reply(tx: Tx, row: Delivery, incident: Incident, job: Job | None) -> ReplyContent | None:
    is_reminder = row.payload.get("what") == REMINDER
    if is_reminder and unacknowledged_since(incident) is None:
        return None
    mention = _mention(tx, job, row.channel) if is_reminder and job else None
    return ReplyContent(incident=incident, payload=row.payload, job=job, mention=mention)


def _handed_over(tx: Tx, incident: Incident, row: Delivery, now: Ms) -> Card | None:
    """The card that its cause took over: in its thread the steps are told.

    Raises TransientError while no cause has one: it may be on its way in another lane.
    """
    found = heir(tx, incident, row.channel)
    if found is not None and found.card.channel == row.channel:
        return found.card
    if now - row.created_ms < ACTION_WAIT_MS:
        raise TransientError("the card that it belongs to is not posted yet")
    return None


def _without_card(row: Delivery, now: Ms) -> Scene:
    """What has a lane of its own waits for the card; whatever else is said stands behind it in its lane."""
    if row.kind in OWN_LANES and now - row.created_ms < CARD_WAIT_MS:
        raise TransientError("its card is not posted yet")
    return Scene(None)


def _card(tx: Tx, incident: Incident, job: Job | None, channel: str, *, is_new: bool) -> CardContent:
    family = tx.incidents.newest(incident.account, incident.job_id)
    facts = incident.facts
    cause = family.get(facts.caused_by or "") if facts.role is Role.CASCADE else None
    previous = tx.incidents.get(incident.previous_id) if incident.previous_id else None
    earlier = tx.incidents.earlier(incident)
    return CardContent(
        incident=incident,
        job=job,
        consequences=tuple(
            other
            for other in family.values()
            if other.facts.role is Role.CASCADE and other.facts.caused_by == facts.key
        ),
        cause=cause,
        cause_card=_nearest(tx, cause, channel),
        previous=(previous, _nearest(tx, previous, channel)) if previous else None,
        earlier=(earlier, _nearest(tx, earlier.last, channel)) if earlier else None,
        mention=_mention(tx, job, channel) if job and is_new else None,
    )


def _nearest(tx: Tx, incident: Incident | None, channel: str) -> Card | None:
    """The incident's card in this channel, or else one in another that it was shown in."""
    cards = tx.cards.of(incident.id) if incident else ()
    return next((card for card in cards if card.channel == channel), next(iter(cards), None))


def _mention(tx: Tx, job: Job, channel: str) -> str | None:
    covering = (watch for watch in tx.watches.of_channel(channel) if watch.covers(job))
    return next((watch.mention for watch in covering if watch.mention), None)


def _roll_scene(tx: Tx, row: Delivery) -> Scene:
    roll = tx.rolls.get(str(row.payload["roll"]))
    if roll is None or roll.number != row.payload["number"]:
        return Scene(None)
    found = tx.incidents.listed(roll.listed)
    shown = [one for one in found if _is_of(roll, one)]
    if roll.kind is RollKind.STORM and roll.ts is None:
        # Blame may have handed a card to one of them meanwhile: there it is said already.
        shown = [one for one in shown if tx.cards.get(one.id, roll.channel) is None]
    if not shown and roll.ts is None:
        return Scene(None)
    jobs = {
        job_id: job
        for account in {one.account for one in shown}
        for job_id, job in tx.tails.jobs(account, with_closed=True).items()
    }
    entries = tuple(
        Entry(incident=one, job=jobs.get(one.job_id), card=tx.cards.get(one.id, roll.channel)) for one in shown
    )
    return Scene(RollContent(roll=roll, entries=entries), roll=roll, shown_ts=roll.ts)


def _is_of(roll: Roll, incident: Incident) -> bool:
    """Blame may have changed its mind: a consequence stands under its cause, and harmless noise among its like."""
    if roll.kind is RollKind.STORM:
        return has_a_card(incident)
    return incident.facts.role is Role.NOISE or incident.unwanted


def _direct_scene(tx: Tx, row: Delivery) -> Scene:
    incident = tx.incidents.get(row.incident_id) if row.incident_id else None
    if row.incident_id and incident is None:
        return Scene(None)
    tail = tx.tails.get(incident.account, incident.job_id) if incident else None
    card = next(iter(tx.cards.of(incident.id)), None) if incident else None
    return Scene(DirectContent(payload=row.payload, incident=incident, job=tail.job if tail else None, card=card))


def _notice(tx: Tx, row: Delivery) -> NoticeContent | None:
    tail = tx.tails.get(str(row.payload["account"]), str(row.payload["job_id"]))
    if tail is None:
        return None
    return NoticeContent(job=tail.job, payload=row.payload, open_incidents=_unresolved(tx, tail.job, row.channel))


def _unresolved(tx: Tx, job: Job, channel: str) -> tuple[tuple[Incident, Card | None], ...]:
    """What the channel shows of the job, by a card or in the list of a storm."""
    storm = tx.rolls.get(storm_of(channel).name)
    in_list = {*storm.listed, *storm.past} if storm else set[int]()
    unresolved = tx.incidents.unresolved(job_id=job.id)
    found = [(incident, tx.cards.get(incident.id, channel)) for incident in unresolved]
    return tuple(
        (incident, card)
        for incident, card in found
        if card is not None or (incident.id in in_list and has_a_card(incident))
    )
