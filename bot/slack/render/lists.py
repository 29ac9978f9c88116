"""Lists of incidents and of mutes as messages, for one person alone, a page at a time."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urlencode

from bot.flows.overview import MOST, Quiet, Row, What
from bot.incidents.incident import State
from bot.slack import ids
from bot.slack.mrkdwn import FALLBACK_CHARS, Message, actions, button, context, divider, escape, section, shorten
from bot.slack.render.card_parts import SIGNS
from bot.slack.render.rows import dismissed_row, incident_row, muted_row, titles
from bot.slack.rich import Element

PAGE = 8
DISMISSED_SHOWN = 6
TARGET_CHARS = 80
BLOCK_MARK = "list?"
"""Begins the block ids of a list's buttons; the rest says which list it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRef:
    """Which list: `what` None is that of mutes; `target` is the id of a job or a project, or nothing."""

    what: What | None
    target: str = ""
    page: int = 0

    def encode(self) -> str:
        return urlencode({"w": self.what.value if self.what else "", "t": self.target, "n": self.page})

    @classmethod
    def decode(cls, value: str) -> "ListRef | None":
        fields = dict(parse_qsl(value, keep_blank_values=True))
        what, target, page = fields.get("w"), fields.get("t", "")[:TARGET_CHARS], fields.get("n", "")
        if what is None or what not in ("", *What) or not page.isascii() or not page.isdigit() or len(page) > 4:
            return None
        return cls(what=What(what) if what else None, target=target, page=int(page))

    def block_id(self, part: str) -> str:
        return f"{BLOCK_MARK}{self.encode()}.{part}"

    @classmethod
    def of_block(cls, block_id: str) -> "ListRef | None":
        if not block_id.startswith(BLOCK_MARK):
            return None
        return cls.decode(block_id.removeprefix(BLOCK_MARK).rpartition(".")[0])


def incidents_message(
    rows: Sequence[Row], ref: ListRef, *, everywhere: bool, watches: bool = True, about: str = ""
) -> Message:
    """A page of `rows`. `everywhere` is a direct message; `about` names the job or project that was asked for."""
    where = _where(ref.what, everywhere)
    if not rows:
        text = _nothing(ref.what, where, about, watches)
        return {"text": text, "blocks": [section(text)]}
    ref, shown = _page(ref, rows)
    head = f"*{_count(rows)}{f' of {about}' if about else ''} {where}*: {_states(rows)}"
    blocks: list[Element] = [section(head)]
    for row in shown:
        blocks += incident_row(row, ref.block_id(str(row.incident.id)), with_channel=everywhere)
    text = f"{_count(rows)} {where}: {titles(shown)}"
    return {"text": shorten(text, FALLBACK_CHARS), "blocks": [*blocks, *_turns(ref, len(rows))]}


def quiet_message(quiet: Quiet, ref: ListRef, *, everywhere: bool) -> Message:
    """What is muted, each with a button that ends it, and below what somebody called no error."""
    where = "in your channels" if everywhere else "in this channel"
    ref, muted = _page(ref, quiet.muted)
    count = len(quiet.muted)
    head = f"*{_mutes(count)} active {where}*" if count else f"Nothing is muted {where}."
    blocks: list[Element] = [section(head)]
    for row in muted:
        blocks += muted_row(row, ref.block_id(str(row.incident.id)), with_channel=everywhere)
    dismissed = quiet.dismissed[:DISMISSED_SHOWN] if ref.page == 0 else ()
    if dismissed:
        head_of_others = "*Not errors*: when these return in their project they are only listed."
        blocks += [divider(), section(head_of_others)]
    for row in dismissed:
        blocks += dismissed_row(row, ref.block_id(str(row.incident.id)), with_channel=everywhere)
    if (more := len(quiet.dismissed) - DISMISSED_SHOWN) > 0 and dismissed:
        blocks.append(context(f"and {more} more that were called no error"))
    text = f"{_mutes(count)} active {where}" if count else f"Nothing is muted {where}."
    told = f"{text}: {titles(muted)}" if muted else text
    also = f" Not errors: {titles(dismissed)}" if dismissed else ""
    return {"text": shorten(told + also, FALLBACK_CHARS), "blocks": [*blocks, *_turns(ref, count)]}


def unknown_target(target: str) -> Message:
    text = f"No incident in this list is of a job or project called `{escape(target, TARGET_CHARS)}`."
    return {"text": text, "blocks": [section(text)]}


def _page(ref: ListRef, rows: Sequence[Row]) -> tuple[ListRef, Sequence[Row]]:
    """The list may have become shorter since its button was drawn: then the last page that there is."""
    page = min(ref.page, max(0, len(rows) - 1) // PAGE)
    return replace(ref, page=page), rows[page * PAGE : (page + 1) * PAGE]


def _turns(ref: ListRef, count: int) -> list[Element]:
    last = max(0, count - 1) // PAGE
    buttons = [button("Refresh", ids.LIST_AGAIN, ref.encode())]
    if ref.page > 0:
        buttons.append(button("Back", ids.LIST_BACK, replace(ref, page=ref.page - 1).encode()))
    if ref.page < last:
        left = count - (ref.page + 1) * PAGE
        buttons.append(button(f"Next ({left} more)", ids.LIST_ON, replace(ref, page=ref.page + 1).encode()))
    where = [context(f"Page {ref.page + 1} of {last + 1}")] if last else []
    return [*where, actions(*buttons) | {"block_id": ref.block_id("turn")}]


def _where(what: What | None, everywhere: bool) -> str:
    if what is What.MINE:
        return "of yours"
    return "in your channels" if everywhere else "in this channel"


def _count(rows: Sequence[Row]) -> str:
    more = " or more" if len(rows) >= MOST else ""
    return f"{len(rows)}{more} incident{'s' if len(rows) != 1 else ''}"


def _states(rows: Sequence[Row]) -> str:
    """Such as ``2 open, 1 acknowledged``."""
    counts = Counter(row.incident.state for row in rows)
    return ", ".join(f"{counts[state]} {SIGNS[state][1].lower()}" for state in State if counts[state])


def _nothing(what: What | None, where: str, about: str, watches: bool) -> str:
    of = f" of {about}" if about else ""
    if what is What.MINE:
        return f"No incident{of} is yours. *Acknowledge* on a card takes one."
    begin = "" if watches else " Nothing is watched here yet: begin with `/joblogs watch JOB`."
    verb = "Nothing" if what is What.OPEN else "In the last week nothing"
    return f"{verb}{of} {'is open' if what is What.OPEN else 'happened'} {where}.{begin}"


def _mutes(count: int) -> str:
    return f"{count} mute{'s' if count != 1 else ''}"
