"""People and channels of the simulated workspace, in Slack's JSON and in the page's."""

from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.sandbox.slack.wire import Json


@dataclass(slots=True, kw_only=True)
class User:
    """A person or a bot. `is_stranger` marks a person of another organisation (Slack Connect).

    `deleted`: the account is closed. What its owner did a moment before may still be under way, until they are
    `signed_out` too.
    """

    id: str
    name: str
    real_name: str
    team_id: str
    tz: str = "Etc/UTC"
    color: str = "5b8def"
    email: str = ""
    is_bot: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_stranger: bool = False
    is_admin: bool = False
    deleted: bool = False
    app_id: str | None = None
    signed_out: bool = field(init=False)

    def __post_init__(self) -> None:
        self.signed_out = self.deleted

    def slack(self, now: datetime, *, email: bool) -> Json:
        """The `user` object of users.info."""
        profile: Json = {"real_name": self.real_name, "display_name": self.name, "team": self.team_id}
        if email and self.email:
            profile["email"] = self.email
        if self.is_bot:
            profile |= {"api_app_id": self.app_id, "bot_id": "B" + self.id[1:]}
        user: Json = {
            "id": self.id,
            "team_id": self.team_id,
            "name": self.name,
            "real_name": self.real_name,
            "deleted": self.deleted,
            "profile": profile,
            "is_admin": self.is_admin,
            "is_owner": False,
            "is_primary_owner": False,
            "is_restricted": self.is_restricted,
            "is_ultra_restricted": self.is_ultra_restricted,
            "is_bot": self.is_bot,
            "is_app_user": False,
        }
        if not self.deleted:
            user |= {"color": self.color, **self._zone(now)}
        return user | {"is_stranger": True} if self.is_stranger else user

    def page(self) -> Json:
        return {
            "id": self.id,
            "name": self.name,
            "real_name": self.real_name,
            "color": self.color,
            "is_bot": self.is_bot,
            "is_restricted": self.is_restricted,
            "is_stranger": self.is_stranger,
            "deleted": self.deleted,
            "team_id": self.team_id,
            "tz": self.tz,
        }

    def _zone(self, now: datetime) -> Json:
        """Where a person's clock stands; Slack no longer tells it of those who have left."""
        offset = now.astimezone(ZoneInfo(self.tz)).utcoffset()
        return {"tz": self.tz, "tz_label": self.tz, "tz_offset": int(offset.total_seconds()) if offset else 0}


@dataclass(slots=True, kw_only=True)
class Channel:
    """A conversation. `messages` are in the order of their ts; `replies` lists the ts under each parent."""

    id: str
    name: str
    created_s: int
    creator: str
    topic: str = ""
    is_private: bool = False
    is_ext_shared: bool = False
    is_archived: bool = False
    user: str | None = None
    members: list[str] = field(default_factory=list)
    messages: dict[str, Json] = field(default_factory=dict)
    replies: dict[str, list[str]] = field(default_factory=dict)
    last_read: dict[str, str] = field(default_factory=dict)

    @property
    def is_im(self) -> bool:
        return self.user is not None

    @property
    def kind(self) -> str:
        """``channel_type`` of message events: channel, group or im."""
        return "im" if self.is_im else "group" if self.is_private else "channel"

    @property
    def scope_family(self) -> str:
        """What precedes ``:read`` and ``:history`` in the scopes for this channel."""
        return {"im": "im", "group": "groups", "channel": "channels"}[self.kind]

    @property
    def type_name(self) -> str:
        """As in the `types` argument of conversations.list."""
        return {"im": "im", "group": "private_channel", "channel": "public_channel"}[self.kind]

    def slack(self, member: str, team_id: str) -> Json:
        """The `channel` object of conversations.info, as `member` sees it."""
        body: Json = {
            "id": self.id,
            "created": self.created_s,
            "is_archived": self.is_archived,
            "is_im": self.is_im,
            "is_org_shared": False,
            "context_team_id": team_id,
        }
        if self.is_im:
            return body | {"user": self.user, "is_user_deleted": False, "priority": 0}
        return body | {
            "name": self.name,
            "name_normalized": self.name,
            "creator": self.creator,
            "is_channel": not self.is_private,
            "is_group": self.is_private,
            "is_mpim": False,
            "is_private": self.is_private,
            "is_general": self.name == "general",
            "is_shared": self.is_ext_shared,
            "is_ext_shared": self.is_ext_shared,
            "is_pending_ext_shared": False,
            "is_member": member in self.members,
            "topic": {"value": self.topic, "creator": self.creator, "last_set": self.created_s},
            "purpose": {"value": "", "creator": "", "last_set": 0},
            "num_members": len(self.members),
            "previous_names": [],
        }
