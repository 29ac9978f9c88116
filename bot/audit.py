"""`joblogs audit`: who did what through the bot, for a terminal or for programs."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict

from bot.flows.keeping import AuditEntry
from bot.times import ns_from_ms, utc

NOTHING = "Nobody has done anything yet, or not in that time."
_HEADS = ("time (UTC)", "actor", "channel", "action", "target", "outcome", "detail")


def shown(entries: Sequence[AuditEntry], *, as_json: bool) -> str:
    """The entries in their order, a line each below a line of heads; for programs one list of objects."""
    if as_json:
        return json.dumps([asdict(entry) | {"at": _moment(entry)} for entry in entries], indent=1)
    if not entries:
        return NOTHING
    rows = [_HEADS, *(_row(entry) for entry in entries)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(_HEADS) - 1)]
    return "\n".join(_line(row, widths) for row in rows)


def _row(entry: AuditEntry) -> tuple[str, ...]:
    told = (entry.actor, entry.channel or "-", entry.action, entry.target, entry.outcome, entry.detail)
    return (_moment(entry), *(_plain(text) for text in told))


def _line(row: Iterable[str], widths: Sequence[int]) -> str:
    *cells, last = row
    return "  ".join([*(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)), last]).rstrip()


def _moment(entry: AuditEntry) -> str:
    return f"{utc(ns_from_ms(entry.at_ms)):%Y-%m-%dT%H:%M:%SZ}"


def _plain(text: str) -> str:
    """On one line: what people wrote can neither move the cursor nor forge a line."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
