"""Where a window that is about no incident was opened; opaque on its way through the client."""

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode


@dataclass(frozen=True, slots=True)
class Place:
    """`channel` None: in none. `project_id`: the project that was chosen in the window."""

    channel: str | None = None
    project_id: str | None = None

    def encode(self) -> str:
        return urlencode({"c": self.channel or "", "p": self.project_id or ""})

    @classmethod
    def decode(cls, value: object) -> "Place":
        fields = dict(parse_qsl(str(value or "")))
        return cls(fields.get("c"), fields.get("p"))
