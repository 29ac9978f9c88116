"""What a window about an incident is drawn from, and the opaque reference by which it comes back."""

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from bot.flows.triage import Gone, Standing, Superseded
from bot.incidents.incident import Incident
from bot.incidents.steps import Step, action_of, names_an_error
from bot.incidents.triage import changed_since, refusal, standing
from bot.slack import rich
from bot.slack.desk import Desk, sender
from bot.slack.members import Member
from bot.slack.mrkdwn import section, shorten
from bot.slack.render.card_parts import job_name, title
from bot.slack.render.refusals import CAUSE_FOUND, GONE, UNKNOWN_WINDOW, already, meanwhile, superseded
from bot.slack.rich import Element
from bot.slack.turned_away import Denied
from bot.times import Ms, now_ms

LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Spot:
    """Which incident a window is about, in which channel that was asked, and when it had changed last by then."""

    incident_id: int
    channel: str | None
    changed_ms: int = 0

    def encode(self) -> str:
        return urlencode({"i": self.incident_id, "c": self.channel or "", "m": self.changed_ms})

    @classmethod
    def decode(cls, value: object) -> "Spot | None":
        fields = dict(parse_qsl(str(value or ""), keep_blank_values=True))
        try:
            return cls(int(fields["i"]), fields["c"] or None, int(fields["m"]))
        except (KeyError, ValueError):
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """An incident as `member` looks at it.

    Attributes:
        channel: where they do; None on Home.
        known_ms: when it had changed last, as far as they know.
        is_another: what they asked about has handed its card over to this one since.
        notice: what happened meanwhile, as mrkdwn.
    """

    standing: Standing
    member: Member
    channel: str | None
    known_ms: int
    now_ms: Ms
    is_another: bool = False
    notice: str = ""

    @property
    def incident(self) -> Incident:
        return self.standing.incident

    @property
    def spot(self) -> Spot:
        return Spot(self.incident.id, self.channel, self.known_ms)

    def has_news_for(self, step: Step) -> bool:
        """Somebody else has done something since, or `step` names an error that is another one by now."""
        was_changed = changed_since(self.incident, self.known_ms, self.member.id)
        return was_changed or (self.is_another and names_an_error(step))

    def told_news(self) -> "Sight":
        was_changed = changed_since(self.incident, self.known_ms, self.member.id)
        changed = meanwhile(standing(self.incident)) if was_changed else ""
        notice = f"{CAUSE_FOUND} {changed}".rstrip() if self.is_another else changed
        return replace(self, known_ms=self.incident.changed_ms or 0, is_another=False, notice=notice)

    def heading(self) -> list[Element]:
        """The notice, if there is one, and which incident this is."""
        notice = [section(f":warning: {shorten(self.notice, 1_000)}")] if self.notice else []
        incident = self.incident
        line = rich.section(*title(incident), rich.text("\n"), *job_name(self.standing.job, incident.job_id))
        return [*notice, rich.block(line)]


async def look(
    desk: Desk, member: Member, incident_id: int, channel: str | None, step: Step | None = None
) -> Sight | str:
    """The incident now; a sentence when `member` may not take `step`, or nobody can any more.

    Raises:
        TransientError: the database is away.
    """
    if not 0 < incident_id <= LARGEST_ID:
        return GONE
    if step and (denied := await desk.rights.may(member.id, action_of(step).value, channel)):
        return denied.sentence
    found = await desk.triage.standing(incident_id, channel)
    match found:
        case Gone():
            return GONE
        case Superseded(card=card):
            return superseded(card)
    if step and (refused := refusal(found.incident, step)):
        return already(refused)
    known_ms = found.incident.changed_ms or 0
    return Sight(standing=found, member=member, channel=channel, known_ms=known_ms, now_ms=now_ms(desk.clock))


async def look_again(desk: Desk, body: dict[str, Any], step: Step | None = None) -> Sight | str:
    """As `look`, for whoever uses a window about an incident: who that is, and whether they may, is asked anew."""
    spot = Spot.decode((body.get("view") or {}).get("private_metadata"))
    if spot is None:
        return UNKNOWN_WINDOW
    member = await admitted(desk, body, spot.channel)
    if isinstance(member, Denied):
        return member.sentence
    sight = await look(desk, member, spot.incident_id, spot.channel, step)
    if isinstance(sight, str):
        return sight
    return replace(sight, known_ms=spot.changed_ms, is_another=sight.incident.id != spot.incident_id)


async def admitted(desk: Desk, body: dict[str, Any], channel: str | None) -> Member | Denied:
    """Who used a window that was opened in `channel`: the payload of a window names no channel itself."""
    user_id, team_id = sender(body)
    return await desk.members.admit(user_id=user_id, team_id=team_id, channel=channel)
