"""Who belongs to the workspace, and which channels there are."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.sandbox.slack.people import Channel, User
from bot.sandbox.slack.wire import Refusal

if TYPE_CHECKING:
    from bot.sandbox.slack.workspace import Workspace

COLORS = ("5b8def", "e0a458", "6fbf73", "c66cb4", "7a6ff0", "d9705f")
FOREIGN_TEAM = "T0PARTNER1"


@dataclass(slots=True)
class Usergroup:
    id: str
    handle: str
    name: str
    members: list[str]


class Roster:
    """People, channels, groups and memberships."""

    def __init__(self, workspace: "Workspace") -> None:
        self._space = workspace
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.usergroups: dict[str, Usergroup] = {}

    # --- asking --------------------------------------------------------------------------------------

    def user(self, name: str) -> User:
        """By id or name. Raises `KeyError`."""
        if name in self.users:
            return self.users[name]
        wanted = name.removeprefix("@")
        for user in self.users.values():
            if user.name == wanted:
                return user
        raise KeyError(f"nobody is called {name!r}")

    def channel(self, name: str) -> Channel:
        """By id or name. Raises `KeyError`."""
        found = self.find_channel(name)
        if found is None:
            raise KeyError(f"there is no channel {name!r}")
        return found

    def find_channel(self, name: str) -> Channel | None:
        if name in self.channels:
            return self.channels[name]
        wanted = name.removeprefix("#")
        return next((one for one in self.channels.values() if one.name == wanted and not one.is_im), None)

    def seen_by_bot(self, channel_id: str) -> Channel:
        """The channel, when the bot may know that it exists. Raises `Refusal` (``channel_not_found``)."""
        channel = self.channels.get(channel_id)
        if channel is None or (channel.kind != "channel" and not self.bot_is_in(channel)):
            raise Refusal("channel_not_found")
        return channel

    def bot_is_in(self, channel: Channel) -> bool:
        return self._space.bot_user_id in channel.members

    def known(self, user_id: str) -> User:
        """Raises `Refusal` (``user_not_found``)."""
        user = self.users.get(user_id)
        if user is None:
            raise Refusal("user_not_found")
        return user

    def channels_of(self, user_id: str) -> list[Channel]:
        return [channel for channel in self.channels.values() if user_id in channel.members]

    # --- changing ------------------------------------------------------------------------------------

    def install_bot(self) -> None:
        space = self._space
        self.users[space.bot_user_id] = User(
            id=space.bot_user_id,
            name=space.app.name.lower().replace(" ", "-"),
            real_name=space.app.name,
            team_id=space.team_id,
            color="4a154b",
            is_bot=True,
            app_id=space.app_id,
        )

    def move_in(self) -> None:
        """The people and channels that every workspace has unless it is made empty."""
        self.add_user("ada", id="U0ADA00001", real_name="Ada Marten", tz="Europe/Berlin", is_admin=True)
        self.add_user("grace", id="U0GRACE001", real_name="Grace Otieno", tz="America/Los_Angeles")
        self.add_user("gus", id="U0GUEST001", real_name="Gus Guest", is_restricted=True)
        self.add_user(
            "sam",
            id="U0STRANGE1",
            real_name="Sam Stranger",
            team_id=FOREIGN_TEAM,
            is_stranger=True,
            tz="Asia/Tokyo",
        )
        self.add_user("dana", id="U0DANA0001", real_name="Dana Formerly", tz="Europe/Paris", deleted=True)
        everyone = [user.id for user in self.users.values() if not user.deleted]
        ours = [self._space.bot_user_id, "U0ADA00001", "U0GRACE001"]
        self.add_channel("general", id="C0GENERAL1", topic="Everyone", members=[*ours[1:], "U0GUEST001"])
        self.add_channel(
            "ml-alerts", id="C0MLALERTS", topic="What the training jobs say", members=[*ours, "U0GUEST001"]
        )
        self.add_channel("random", id="C0RANDOM01", members=ours[1:])
        self.add_channel("ml-private", id="C0PRIVATE1", is_private=True, members=ours)
        self.add_channel("partner-shared", id="C0SHARED01", is_ext_shared=True, members=everyone)
        self.add_channel("old-project", id="C0ARCHIVED", is_archived=True, members=ours)
        self.add_usergroup("ml-oncall", ["U0ADA00001", "U0GRACE001"], "ML on call")
        self.add_usergroup("oncall", ["U0GRACE001"], "On call", identity="S0ONCALL01")

    def add_user(self, name: str, **fields: Any) -> User:
        defaults: dict[str, Any] = {
            "id": self._space.mint.id("U"),
            "team_id": self._space.team_id,
            "real_name": name.title(),
            "email": f"{name}@example.com",
            "color": COLORS[len(self.users) % len(COLORS)],
        }
        user = User(name=name, **{**defaults, **fields})
        self.users[user.id] = user
        return user

    def add_channel(self, name: str, *, members: Iterable[str] | None = None, **fields: Any) -> Channel:
        residents = [
            user.id
            for user in self.users.values()
            if not (user.is_stranger or user.is_restricted or user.is_bot or user.deleted)
        ]
        inside = residents if members is None else [self.user(member).id for member in members]
        defaults: dict[str, Any] = {
            "id": self._space.mint.id("C"),
            "created_s": self._space.mint.epoch_s(),
            "creator": residents[0] if residents else self._space.bot_user_id,
        }
        channel = Channel(name=name, members=inside, **{**defaults, **fields})
        self.channels[channel.id] = channel
        self._space.news.tell("channel", channel=channel.id)
        return channel

    def add_usergroup(
        self, handle: str, members: Iterable[str], name: str | None = None, *, identity: str | None = None
    ) -> str:
        inside = [self.user(one).id for one in members]
        group = Usergroup(identity or self._space.mint.id("S"), handle, name or handle, inside)
        self.usergroups[group.id] = group
        return group.id

    def deactivate(self, user: User) -> None:
        """The account ends: out of every channel and group; what was said stays."""
        user.deleted = user.signed_out = True
        for channel in self.channels_of(user.id):
            if not channel.is_im:
                self.leave(channel, user.id)
        for group in self.usergroups.values():
            group.members = [one for one in group.members if one != user.id]

    def direct(self, user_id: str) -> Channel:
        """The conversation between `user_id` and the bot; made when there is none."""
        for channel in self.channels.values():
            if channel.user == user_id:
                return channel
        return self.add_channel(
            "", id=self._space.mint.id("D"), user=user_id, members=[user_id, self._space.bot_user_id]
        )

    def join(self, channel: Channel, user_id: str) -> None:
        if user_id in channel.members:
            return
        channel.members.append(user_id)
        self._space.news.tell("channel", channel=channel.id)
        self._space.announcer.joined(channel, user_id)

    def leave(self, channel: Channel, user_id: str) -> None:
        if user_id not in channel.members:
            return
        self._space.announcer.left(channel, user_id)
        channel.members.remove(user_id)
        self._space.news.tell("channel", channel=channel.id)

    def archive(self, channel: Channel) -> None:
        channel.is_archived = True
        self._space.announcer.archived(channel)
        self._space.news.tell("channel", channel=channel.id)

    def unarchive(self, channel: Channel) -> None:
        channel.is_archived = False
        self._space.announcer.archived(channel, ended=True)
        self._space.news.tell("channel", channel=channel.id)
