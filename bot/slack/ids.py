"""Action ids and the values that buttons carry, versioned and opaque.

A value holds ids only, never text or rights: it comes back from the client's side, so whoever acts on it
authorises again and reads the present state.
"""

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

VERSION = "1"
PREFIX = f"joblogs.{VERSION}."

ACKNOWLEDGE = PREFIX + "acknowledge"
RESOLVE = PREFIX + "resolve"
REOPEN = PREFIX + "reopen"
MENU = PREFIX + "menu"
OLDER = PREFIX + "logs.older"
NEWER = PREFIX + "logs.newer"
ERRORS_ONLY = PREFIX + "logs.errors"
SHARE = PREFIX + "logs.share"
DOWNLOAD = PREFIX + "logs.download"
WATCH = PREFIX + "logs.watch"
UNWATCH = PREFIX + "watch.remove"
OPEN_LINK = PREFIX + "open"

DELIVERY_EVENT = "joblogs_delivery"
"""The `event_type` of the metadata that carries a delivery id."""


@dataclass(frozen=True, slots=True)
class IncidentRef:
    """An incident as the card showed it: `revision` tells an old card from the present one."""

    incident_id: int
    revision: int

    def encode(self) -> str:
        return urlencode({"i": self.incident_id, "r": self.revision})

    @classmethod
    def decode(cls, value: str) -> "IncidentRef | None":
        fields = dict(parse_qsl(value))
        try:
            return cls(int(fields["i"]), int(fields["r"]))
        except (KeyError, ValueError):
            return None
