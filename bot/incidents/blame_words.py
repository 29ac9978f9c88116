"""The reasons that a verdict gives, as sentences for people."""

import re
from collections.abc import Sequence

from bot.incidents.grouping_case import Case
from bot.incidents.masks import one_line
from bot.incidents.signatures import Stage
from bot.times import NS_PER_S


def rooted(case: Case, effects: Sequence[Case], first: str | None) -> str:
    """Why `case` is the cause."""
    says = _placed(
        case, case.says or ("an exception ended the process" if case.uncaught else "an error was logged"), first
    )
    after = [effect for effect in effects if effect.stage == Stage.EFFECT]
    replicas = {name for effect in after for name in effect.seen if name} - set(case.seen)
    if replicas:
        return f"{says}; {_many(len(replicas), 'other replica')} only lost or waited for it"
    return f"{says}; nothing that happened before explains it"


def _placed(case: Case, says: str, first: str | None) -> str:
    """`says` with the place behind what was said to have happened, before what explains that."""
    if first is None:
        return says
    head, mark, rest = re.match(r"([^:,;]*)([:,;]?)(.*)", says, re.DOTALL).groups()  # type: ignore[union-attr]  # it always matches
    where = f", first on {first}" if len(case.seen) > 1 else f" on {first}"
    return f"{head}{where}{mark}{rest}"


def promoted(case: Case, pointer: str) -> str:
    """Why a consequence stands in the cause's place."""
    says = case.says or "processes stopped"
    if pointer:
        return f"{says}, and no line names a cause; {pointer}"
    return f"{says}, and no line names a cause"


def followed(case: Case, cause: Case) -> str:
    """Why `case` is a consequence."""
    seconds = (case.first_ns - cause.first_ns) // NS_PER_S
    when = f"{_span(seconds)} after" if seconds >= 0 else f"stamped {_span(-seconds)} before, by its own clock,"
    says = case.says or "it ended while the job came down"
    return f"{says}: {when} “{one_line(cause.title, 80)}”"


def noise(case: Case) -> str:
    return case.says or "it changed nothing"


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _span(seconds: int) -> str:
    if seconds < 120:
        return f"{seconds} s"
    return f"{seconds // 60} min" if seconds < 7_200 else f"{seconds // 3_600} h"
