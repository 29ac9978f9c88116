"""The words of a step: placeholders and values that vary.

``{rank}`` or ``{loss:.3f}`` stands for a value; braces around anything that is no value are left as they are,
since logs are full of them. Values come from the step's `vary`, its `with` and the scenario's `with`, from who
writes (`speaker_values`) and from when (`time_values`).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import blake2b

from bot.sandbox.baseten.script import BadScript, JobWish
from bot.sandbox.baseten.targets import Target
from bot.times import NS_PER_MS, NS_PER_S, utc

Value = str | int | float

COLOURS: dict[str, Value] = {
    "red": "\x1b[31m",
    "green": "\x1b[32m",
    "yellow": "\x1b[33m",
    "cyan": "\x1b[36m",
    "bold": "\x1b[1m",
    "plain": "\x1b[0m",
}
"""Terminal colours, as coloured loggers print them; every text may use them."""


@dataclass(frozen=True, slots=True)
class Dice:
    """Chance that depends on its seed and on what it is asked for, never on the order of asking."""

    seed: str

    def roll(self, *about: object) -> float:
        """A number in [0, 1)."""
        digest = blake2b(f"{self.seed}/{'/'.join(map(str, about))}".encode(), digest_size=7).digest()
        return int.from_bytes(digest) / (1 << 56)


def filled(text: str, values: Mapping[str, Value]) -> str:
    """`text` with its placeholders filled in; a value may hold placeholders itself, once."""

    def value(match: re.Match[str]) -> str:
        name, how = match[1], match[2] or ""
        if name not in values:
            return match[0]
        found = values[name]
        return format(round(found) if how.endswith("d") and isinstance(found, float) else found, how)

    once = _PLACE.sub(value, text)
    return _PLACE.sub(value, once) if "{" in once else once


def speaker_values(job: JobWish, target: Target, dice: Dice) -> dict[str, Value]:
    """Who writes: the same in every line of a target."""
    node, local_rank = target.node or 0, target.local_rank or 0
    return {
        "rank": node * job.ranks_per_node + local_rank,
        "local_rank": local_rank,
        "node": node,
        "replica": target.replica or "",
        "nodes": job.nodes,
        "ranks": job.nodes * job.ranks_per_node,
        "job_name": job.name,
        "host": f"ip-10-{int(dice.roll('host') * 16)}-{int(dice.roll('host', node) * 250)}-{17 + node}",
        "pid": 260 + int(dice.roll("pid", node) * 90) + local_rank,
        "agent_pid": 90 + int(dice.roll("agent", node) * 90),
    }


def time_values(stamp_ns: int, since_start_ns: int) -> dict[str, Value]:
    """When it is written, in UTC, as the usual loggers spell it."""
    fraction, seconds = stamp_ns % NS_PER_S, since_start_ns // NS_PER_S
    date, clock = f"{utc(stamp_ns):%Y-%m-%d %H:%M:%S}".split(" ")
    month, day, millis = date[5:7], date[8:], f"{fraction // NS_PER_MS:03d}"
    return {
        "time": f"{date} {clock},{millis}",
        "dot_time": f"{date} {clock}.{millis}",
        "date": date,
        "clock": clock,
        "glog": f"{month}{day} {clock}.{millis}000",
        "nccl": f"{int(month)}{day} {clock}.{fraction:09d}",
        "elapsed": f"{seconds // 60:02d}:{seconds % 60:02d}",
    }


def varied(recipe: str, number: int, count: int | None, chance: Callable[[], float]) -> Value:
    """The value of a recipe at repetition `number` of `count` (None: of endlessly many).

    ``from 100 by 10`` · ``from 2.4 to 1.9`` (over all repetitions) · ``about 6700`` · ``one of a | b | c``;
    numbers may end in ``± 0.03``.
    """
    if recipe.startswith("one of "):
        choices = recipe.removeprefix("one of ").split(" | ")
        return choices[int(chance() * len(choices))]
    match = _RECIPE.fullmatch(recipe)
    if not match:
        raise BadScript(f"cannot vary by {recipe!r} (write from 1 by 2, from 2.4 to 1.9 ± 0.03, about 5 ± 1)")
    start, by, to, about, noise = match.groups()
    if by is not None:
        value = _number(start) + _number(by) * number
    elif to is not None:
        if count is None:
            raise BadScript(
                f"{recipe!r} has no end in a step that goes on for ever (write from 1 by 2, about 5 ± 1)"
            )
        value = _number(start) + (_number(to) - _number(start)) * number / max(1, count - 1)
    else:
        value = _number(about)
    return value + (chance() * 2 - 1) * float(noise) if noise else value


_PLACE = re.compile(r"\{([a-z_]+)(?::([^{}]+))?\}")
_NUMBER = r"(-?[\d.]+(?:e-?\d+)?)"
_RECIPE = re.compile(
    rf"(?:from {_NUMBER} (?:by {_NUMBER}|to {_NUMBER})|about {_NUMBER})(?: (?:±|\+-) ?{_NUMBER})?"
)


def _number(text: str) -> int | float:
    return int(text) if text.lstrip("-").isdigit() else float(text)
