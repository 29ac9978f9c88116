"""What the channels show of each job, read from the messages as a person reads them: title, count, replicas."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from bot.sandbox.slack.workspace import Workspace

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One incident as a message shows it.

    Attributes:
        kind: a card of its own, a line below a card ("then:"), or a line of a list of several.
        count: None where the message does not say, as a card that is folded.
        incident: the number that the card's buttons carry; None of a line.
        more: of a card: consequences that it counts and does not name.
        folded: of a card: it is closed and shows nothing but its title and its state.
    """

    kind: Literal["card", "consequence", "listed"]
    job_id: str
    title: str
    count: int | None
    replicas: int | None
    channel: str
    ts: str
    incident: int | None = None
    more: int = 0
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Sight:
    """All that the channels show.

    Attributes:
        notices: jobs that a message speaks of which is neither a card nor a list.
        twice: deliveries of which there are two messages, by their links.
    """

    shown: tuple[Shown, ...]
    notices: frozenset[str]
    twice: tuple[str, ...]

    def of(self, job_id: str) -> tuple[Shown, ...]:
        return tuple(one for one in self.shown if one.job_id == job_id)


def look(workspace: Workspace, jobs: Mapping[str, str]) -> Sight:
    """Reads every channel. `jobs` are names by id: a storm's list names its jobs, everything else links them."""
    shown: list[Shown] = []
    notices: set[str] = set()
    deliveries: dict[str, int] = {}
    for channel in workspace.channels.values():
        for message in channel.messages.values():
            if (delivery := _delivery(message)) is None:
                continue
            deliveries[delivery] = deliveries.get(delivery, 0) + 1
            if message.get("thread_ts") not in {None, message["ts"]}:
                continue
            read = list(_read(message, channel.name or channel.id, jobs))
            shown += read
            if not read:
                notices |= _linked(message, jobs)
    return Sight(tuple(shown), frozenset(notices), tuple(name for name, count in deliveries.items() if count > 1))


def _delivery(message: Json) -> str | None:
    """The bot marks what it says of its own accord; answers to people carry no mark."""
    payload = (message.get("metadata") or {}).get("event_payload") or {}
    found = payload.get("delivery_id")
    return str(found) if found else None


def _read(message: Json, channel: str, jobs: Mapping[str, str]) -> Iterator[Shown]:
    number = _INCIDENT.search(str([block for block in message.get("blocks", ()) if block["type"] == "actions"]))
    if number:
        yield from _card(message, channel, jobs, int(number[1]))
    elif _LIST_HEAD.search(message["text"]):
        yield from _listed(message, channel, jobs)


def _card(message: Json, channel: str, jobs: Mapping[str, str], incident: int) -> Iterator[Shown]:
    job_id = next(iter(_linked(message, jobs)), "")
    sections = [_text(one) for one in _elements(message, "rich_text_section")]
    said = "\n".join(sections)
    lines = [line for line in _items(message) if _EXTENT.search(line)]
    more = sum(int(found[1]) for line in _items(message) if (found := _MORE.fullmatch(line)))
    at = {"channel": channel, "ts": message["ts"]}
    yield Shown(
        kind="card",
        job_id=job_id,
        title=_title(message),
        count=_count(said),
        replicas=_replicas(said),
        incident=incident,
        more=more,
        folded=not _elements(message, "rich_text_preformatted") and _count(said) is None,
        **at,
    )
    for line in lines:
        yield _line("consequence", line, job_id, at)


def _listed(message: Json, channel: str, jobs: Mapping[str, str]) -> Iterator[Shown]:
    """A storm's list names the job of each line; that of harmless errors links the one it is about."""
    linked, at = next(iter(_linked(message, jobs)), None), {"channel": channel, "ts": message["ts"]}
    for line in _items(message):
        if not _EXTENT.search(line):
            continue
        name = line.rpartition(" — ")[2].partition(" · ")[0]
        named = next((job_id for job_id, known in jobs.items() if known == name), "")
        yield _line("listed", line, named or linked or "", at)


def _line(kind: Literal["consequence", "listed"], line: str, job_id: str, at: Mapping[str, str]) -> Shown:
    title, _, rest = line.rpartition(" — ")
    extent = _EXTENT.search(rest)
    times = extent["times"] if extent else None
    replicas = extent["replicas"] if extent else None
    return Shown(
        kind=kind,
        job_id=job_id,
        title=title,
        count=_number(times) if times else 1,
        replicas=_number(replicas) if replicas else None,
        channel=at["channel"],
        ts=at["ts"],
    )


def _count(said: str) -> int | None:
    if found := _TIMES.search(said):
        return _number(found[1])
    return 1 if _ONCE.search(said) else None


def _replicas(said: str) -> int | None:
    if found := _REPLICAS.search(said):
        return _number(found[1])
    if "written by the platform" in said:
        return 0
    return 1 if " · replica " in said else None


def _title(message: Json) -> str:
    for section in _elements(message, "rich_text_section"):
        for element in section["elements"]:
            if element["type"] == "text" and element.get("style", {}).get("bold"):
                return str(element["text"])
    return ""


def _linked(message: Json, jobs: Mapping[str, str]) -> set[str]:
    links = {element["url"] for element in _leaves(message) if element["type"] == "link"}
    return {job_id for job_id in jobs if any(job_id in _WORD.findall(url) for url in links)}


def _items(message: Json) -> list[str]:
    return [_text(item) for one in _elements(message, "rich_text_list") for item in one["elements"]]


def _elements(message: Json, kind: str) -> list[Json]:
    """The top-level parts of that kind in the message's rich text."""
    blocks = (block for block in message.get("blocks", ()) if block["type"] == "rich_text")
    return [element for block in blocks for element in block["elements"] if element["type"] == kind]


def _leaves(message: Json) -> Iterator[Json]:
    def below(elements: Iterable[Json]) -> Iterator[Json]:
        for element in elements:
            yield element
            yield from below(element.get("elements", ()))

    for block in message.get("blocks", ()):
        if block["type"] == "rich_text":
            yield from below(block["elements"])


def _text(section: Json) -> str:
    return "".join(_said(element) for element in section["elements"])


def _said(element: Json) -> str:
    return "<date>" if element["type"] == "date" else str(element.get("text", ""))


def _number(text: str) -> int:
    return int(text.replace(",", ""))


_INCIDENT = re.compile(r"\bi=(\d+)&m=\d+")
_LIST_HEAD = re.compile(r"too many at once for a card each|that needs? nobody: ")
_TIMES = re.compile(r"([\d,]+) times (?:·|since it came back)")
_ONCE = re.compile(r"(?:^|\n)at <date>|once since it came back")
_REPLICAS = re.compile(r"([\d,]+)(?: of [\d,]+)? replicas: ")
_EXTENT = re.compile(r"(?:(?P<times>[\d,]+) times|once)(?: on (?P<replicas>[\d,]+) replicas)?")
_MORE = re.compile(r"and ([\d,]+) more consequences?")
_WORD = re.compile(r"\w+")
