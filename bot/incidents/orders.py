"""What people say to the bot in a thread, as values: `ack`, `mute 4h`, `resolve bad driver`, `around 50`.

Forgiving in spelling (synonyms, capitals, punctuation, a phone's quotes and dashes), strict in meaning: a word
that is only nearly right is answered with the right one, and nothing is done.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo
from difflib import get_close_matches
from html import unescape

from bot.incidents.order_words import (
    AROUND_FILLERS,
    COURTESY,
    FILLERS,
    GREETINGS,
    MUST_STAND_ALONE,
    NAMES,
    SLASH_ONLY,
    WORDS,
    Name,
)
from bot.incidents.reasons import MOST_REASON, plain_reason
from bot.incidents.steps import Acknowledge, Dismiss, Reopen, Resolve, Step, Unmute
from bot.incidents.until import BadUntil, parse_until
from bot.times import Ns

MOST_AROUND = 500
"""Most lines on either side of one."""
SHOWN_CHARS = 40
_OPENING_CHARS = 200


@dataclass(frozen=True, slots=True)
class Do:
    """A step of triage; `name` is how it is called."""

    step: Step
    name: str


@dataclass(frozen=True, slots=True)
class HandTo:
    """Assign it to the person with this Slack user id; None is whoever says it."""

    person: str | None


@dataclass(frozen=True, slots=True)
class ShowLogs:
    """`text` is a query as after `/joblogs`; in a card's thread without the job."""

    text: str


@dataclass(frozen=True, slots=True)
class ShowAround:
    """`count` lines on either side (None: the usual number), of `replica` as in a query, None of all."""

    count: int | None = None
    replica: str | None = None


@dataclass(frozen=True, slots=True)
class ShowReplicas:
    pass


@dataclass(frozen=True, slots=True)
class ShowHistory:
    pass


@dataclass(frozen=True, slots=True)
class ShowJobs:
    pass


@dataclass(frozen=True, slots=True)
class ShowStatus:
    """`job` as people name one; empty where the place names it."""

    job: str


@dataclass(frozen=True, slots=True)
class ShowHelp:
    pass


@dataclass(frozen=True, slots=True)
class Unclear:
    """Not understood: `sentence` says what to write instead; it may hold what was written, not yet escaped."""

    sentence: str


Order = (
    Do | HandTo | ShowLogs | ShowAround | ShowReplicas | ShowHistory | ShowJobs | ShowStatus | ShowHelp | Unclear
)


def addressed(text: str, bot: str) -> str | None:
    """What follows the mention of `bot` (a Slack user id) that `text` begins with.

    Greetings, punctuation and mentions of others may stand before it. None when it is spoken of, and not to.
    """
    mention = re.compile(rf"<@{re.escape(bot)}(?:\|[^>|]{{0,80}})?>")
    found = mention.search(text)
    if found is None or found.start() > _OPENING_CHARS:
        return None
    before = re.sub(r"<[@!][^<>]{1,80}>", " ", text[: found.start()])
    if any(word not in GREETINGS for word in re.findall(r"\w+", before.lower())):
        return None
    rest = text[found.end() :].lstrip(_EDGES)
    while again := mention.match(rest):
        rest = rest[again.end() :].lstrip(_EDGES)
    return rest.rstrip()


def parse_order(text: str, *, now_ns: Ns, tz: tzinfo) -> Order | None:
    """What is asked by `text`, as `addressed` gives it, of a person in zone `tz`; None for mere courtesy."""
    if not text:
        return ShowHelp()
    phrase, rest = _named(text)
    if phrase in WORDS:
        name = WORDS[phrase]
        if phrase in MUST_STAND_ALONE and not _says_nothing(rest):
            return Unclear(f"Did you mean `{name}`? Then write only that.")
        return _READERS[name](rest, now_ns, tz)
    return None if phrase in COURTESY else _unknown(text, phrase)


def is_order(text: str) -> bool:
    """Whether `text` begins with a word that could be meant for the bot."""
    return bool(text.strip()) and _named(text)[0] in WORDS


_EDGES = " \t\r\n\xa0:,;.!?*_~`>•…–—-"
_QUOTES = str.maketrans({"’": "'", "‘": "'", "–": "-", "—": "-", "‑": "-"})
_WORD = re.compile(r"\S+")
_PHRASE_WORDS = 4


def _named(text: str) -> tuple[str, str]:
    """The longest known name that `text` begins with, else its first word; and what stands behind it."""
    spans = [(found[0], found.end()) for found in _WORD.finditer(text[:_OPENING_CHARS])]
    while len(spans) > 1 and _bare(spans[0][0]) in FILLERS:
        del spans[0]
    for count in range(min(len(spans), _PHRASE_WORDS), 0, -1):
        phrase = " ".join(_bare(word) for word, _ in spans[:count])
        if phrase in WORDS:
            return phrase, text[spans[count - 1][1] :].strip()
    first, end = spans[0]
    word, colon, value = first.partition(":")
    if colon and _bare(word) in WORDS:
        return _bare(word), text[end - len(value) :].strip()
    return _bare(first), text[end:].strip()


def _says_nothing(text: str) -> bool:
    return all(_bare(word) in FILLERS | COURTESY | {""} for word in text[:_OPENING_CHARS].split())


def _bare(word: str) -> str:
    """A word without what stands around it."""
    return word.translate(_QUOTES).lower().strip("*_~`.,!?:;\"'()“”„«»…")


def _unknown(text: str, word: str) -> Unclear:
    more = "`help` lists what I understand."
    if _PEOPLE.match(text):
        return Unclear("To give this to somebody, write `assign` before the name.")
    if word in SLASH_ONLY:
        return Unclear(f"`{word}` is a command of the channel: type `/joblogs {word}` there.")
    near = get_close_matches(word[:SHOWN_CHARS], NAMES, 1, 0.66) if len(word) > 2 else []
    meant = f"Did you mean `{near[0]}`? " if near else ""
    shown = f"I do not know `{_shown(word)}`. " if _shown(word) else "I did not understand that. "
    return Unclear(f"{shown}{meant}{'' if near else more}".strip())


def _shown(word: str) -> str:
    word = re.sub(r"[\x00-\x1f`]", "", unescape(word))
    return word if len(word) <= SHOWN_CHARS else word[: SHOWN_CHARS - 1] + "…"


# --- readers: what stands behind a name ----------------------------------------------------------

Reader = Callable[[str, Ns, tzinfo], Order]
_PEOPLE = re.compile(r"<@([UW][A-Z0-9]{1,30})(?:\|[^>|]{0,80})?>")
_GROUPS = re.compile(r"<!(?:subteam\^|here|channel|everyone)")
_COUNT = re.compile(r"(?:±|\+/?-)?(\d{1,9})(?:lines?)?")
_REPLICA = re.compile(r"(?:replicas?[:=])?([\w.*?,-]{1,120})", re.IGNORECASE)


def _to_do(step: Step, name: str) -> Reader:
    """A step that takes no words: what people add is said to one another."""
    return lambda _rest, _now, _tz: Do(step, name)


def _assign(rest: str, _now: Ns, _tz: tzinfo) -> Order:
    people = set(_PEOPLE.findall(rest))
    words = {_bare(word) for word in rest[:_OPENING_CHARS].split()} - FILLERS - {"to", ""}
    if _GROUPS.search(rest):
        return Unclear("Assign it to one person, not to a group: `assign @name`.")
    if len(people) > 1:
        return Unclear("It can be assigned to one person only: `assign @name`.")
    if people:
        return HandTo(people.pop())
    if not words:
        return Unclear("To whom? Write `assign @name`, or `assign me`.")
    if words <= {"me", "myself"}:
        return HandTo(None)
    return Unclear("Choose the person from Slack's list, so that the name becomes a mention: `assign @name`.")


def _mute(rest: str, now_ns: Ns, tz: tzinfo) -> Order:
    mute = parse_until(rest, now_ns=now_ns, tz=tz)
    return Unclear(mute.sentence) if isinstance(mute, BadUntil) else Do(mute, "mute")


def _resolve(rest: str, _now: Ns, _tz: tzinfo) -> Order:
    reason = plain_reason(rest.lstrip(_EDGES))
    if len(reason) > MOST_REASON:
        return Unclear(f"A reason has at most {MOST_REASON:,} characters, and this one has {len(reason):,}.")
    return Do(Resolve("" if _says_nothing(reason) else reason), "resolve")


def _around(rest: str, _now: Ns, _tz: tzinfo) -> Order:
    count: int | None = None
    replica: str | None = None
    for word in rest[: 2 * _OPENING_CHARS].split():
        if _bare(word) in AROUND_FILLERS or not _bare(word):
            continue
        if (number := _COUNT.fullmatch(word)) and count is None:
            count = int(number[1])
        elif (named := _REPLICA.fullmatch(word.strip("`\"'“”,."))) and replica is None and not number:
            replica = named[1]
        else:
            return Unclear(
                f"I do not understand `{_shown(word)}` here. For example: `around 50` or `around 50 r3`."
            )
    if count is not None and not 1 <= count <= MOST_AROUND:
        return Unclear(f"I show 1 to {MOST_AROUND} lines on either side. `logs` and its Download have more.")
    return ShowAround(count, replica)


_READERS: dict[Name, Reader] = {
    Name.ACK: _to_do(Acknowledge(), "ack"),
    Name.TAKE: lambda _rest, _now, _tz: HandTo(None),
    Name.ASSIGN: _assign,
    Name.MUTE: _mute,
    Name.UNMUTE: _to_do(Unmute(), "unmute"),
    Name.RESOLVE: _resolve,
    Name.DISMISS: _to_do(Dismiss(), "not an error"),
    Name.REOPEN: _to_do(Reopen(), "reopen"),
    Name.LOGS: lambda rest, _now, _tz: ShowLogs(rest.lstrip(":, ")),
    Name.AROUND: _around,
    Name.REPLICAS: lambda _rest, _now, _tz: ShowReplicas(),
    Name.WHO: lambda _rest, _now, _tz: ShowHistory(),
    Name.JOBS: lambda _rest, _now, _tz: ShowJobs(),
    Name.STATUS: lambda rest, _now, _tz: ShowStatus(rest.strip(":, ?!")),
    Name.HELP: lambda _rest, _now, _tz: ShowHelp(),
}
