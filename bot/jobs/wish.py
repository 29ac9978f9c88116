"""What a person may write after `watch`: a target and how to be told."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from difflib import get_close_matches

from bot.logs.line import Level
from bot.logs.pattern import BadPattern, compile_pattern
from bot.logs.tokens import Expression, Option, Token, Unclosed, tidy, tokens

EXAMPLE = "`/joblogs watch my-project level:error in:#ml-alerts mention:@oncall`"
SHORTEST_SILENCE_S = 60
_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """`target` names a job or a project; `channel` None is the channel where it was written."""

    target: str
    level: Level = Level.ERROR
    channel: str | None = None
    mention: str | None = None
    silence_s: int | None = None
    pattern: str | None = None


@dataclass(frozen=True, slots=True)
class BadWish:
    """One line that names what was wrong, and an example."""

    sentence: str


def parse_wish(text: str) -> Wish | BadWish:
    """Reads ``TARGET [level:error] [in:#channel] [mention:@group] [silence:15m] [/regex/]``, in any order."""
    found = tokens(tidy(text))
    if isinstance(found, Unclosed):
        return BadWish(f"The quote in `{found.raw[:60]}` has no end. For example: {EXAMPLE}")
    wish = Wish(target="")
    for token in found:
        read = _with(wish, token)
        if isinstance(read, BadWish):
            return read
        wish = read
    return wish if wish.target else BadWish(f"Which job or project? For example: {EXAMPLE}")


def with_option(wish: Wish, key: str, value: str) -> Wish | BadWish:
    """`wish` with what stands behind ``key:``."""
    read = _READERS.get(key.lower())
    return read(wish, value) if read else _unknown(key)


def with_pattern(wish: Wish, text: str) -> Wish | BadWish:
    """`wish` with an expression, with or without the slashes around it."""
    found = re.fullmatch(r"/(.+)/(i?)", text, re.DOTALL)
    pattern, flag = (found[1], found[2]) if found else (text, "")
    return _with_pattern(wish, pattern, ignore_case=bool(flag))


def _with(wish: Wish, token: Token) -> Wish | BadWish:
    match token:
        case Option(key=key):
            return with_option(wish, key, token.text)
        case Expression():
            return _with_pattern(wish, token.text, ignore_case=token.ignore_case)
        case _ if wish.target:
            return BadWish(
                f"`{token.raw[:60]}` is one word too many: a watch has one target. For example: {EXAMPLE}"
            )
        case _:
            return replace(wish, target=token.text)


def _with_pattern(wish: Wish, text: str, *, ignore_case: bool) -> Wish | BadWish:
    pattern = compile_pattern(text, ignore_case=ignore_case)
    if isinstance(pattern, BadPattern):
        return BadWish(f"`/{text[:60]}/` cannot be used: {pattern.reason}")
    return replace(wish, pattern=f"(?i){text}" if ignore_case else text)


def _level(wish: Wish, value: str) -> Wish | BadWish:
    level = Level.parse(value)
    if level is None:
        return BadWish(
            f"`level:{value[:30]}` is no level: use error, warning, info or debug, as in `level:warning`."
        )
    return replace(wish, level=level)


def _channel(wish: Wish, value: str) -> Wish | BadWish:
    channel = re.fullmatch(r"<#([A-Z0-9]+)(?:\|[^>]*)?>|([CGD][A-Z0-9]{7,})", value)
    if channel is None:
        return BadWish(f"`in:{value[:60]}` is no channel: choose one from Slack's list, as in `in:#ml-alerts`.")
    return replace(wish, channel=channel[1] or channel[2])


def _mention(wish: Wish, value: str) -> Wish | BadWish:
    if value.lower() in ("@here", "here"):
        return replace(wish, mention="<!here>")
    found = re.fullmatch(r"<(!subteam\^[A-Z0-9]+|@[UW][A-Z0-9]+)(?:\|[^>]*)?>", value)
    if found is None:
        return BadWish(
            f"`mention:{value[:60]}` is nobody: choose a person or group from Slack's list, or `@here`."
        )
    return replace(wish, mention=f"<{found[1]}>")


def _silence(wish: Wish, value: str) -> Wish | BadWish:
    found = re.fullmatch(r"(\d{1,5})([smhd])", value.lower())
    seconds = int(found[1]) * _UNITS_S[found[2]] if found else 0
    if seconds < SHORTEST_SILENCE_S:
        return BadWish(f"`silence:{value[:30]}` is no duration of a minute or more: for example `silence:15m`.")
    return replace(wish, silence_s=seconds)


def _unknown(key: str) -> BadWish:
    near = get_close_matches(key.lower(), _READERS, 1, 0.6)
    meant = f" Did you mean `{near[0]}:`?" if near else ""
    return BadWish(f"A watch has no `{key[:30]}:`.{meant} For example: {EXAMPLE}")


_READERS: dict[str, Callable[[Wish, str], Wish | BadWish]] = {
    "level": _level,
    "in": _channel,
    "channel": _channel,
    "mention": _mention,
    "silence": _silence,
}
