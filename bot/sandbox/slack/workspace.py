"""The simulated workspace: who and what is in it, and what has been said and done.

Every rule of Slack's that needs no wire lives behind it: `timeline` (messages), `views`, `files`. The wires
are `web_api` (the app calls Slack), `delivery` (Slack calls the app) and `page_api` (a person's browser).
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

from bot.sandbox.slack.announcing import Announcer
from bot.sandbox.slack.application import MANIFEST, application
from bot.sandbox.slack.calls import CallLog
from bot.sandbox.slack.delivery import Dispatcher
from bot.sandbox.slack.faults import Faults
from bot.sandbox.slack.files import Files
from bot.sandbox.slack.limits import Limits
from bot.sandbox.slack.linking import Links
from bot.sandbox.slack.news import News
from bot.sandbox.slack.offering import Offers
from bot.sandbox.slack.people import Channel, User
from bot.sandbox.slack.person import Person
from bot.sandbox.slack.roster import Roster
from bot.sandbox.slack.sockets import SocketHub
from bot.sandbox.slack.states import Entered
from bot.sandbox.slack.tickets import Mint, ResponseUrls, Triggers
from bot.sandbox.slack.timeline import Timeline
from bot.sandbox.slack.views import Views
from bot.sandbox.slack.wire import Json
from bot.times import Clock


class Workspace:
    """A team with one installed app.

    Args:
        clock: all deadlines, limits and timestamps follow it.
        manifest: the app's manifest (YAML); without such a file a default app is installed.
        scopes: the bot token's scopes, instead of the manifest's.
        events: the app's subscriptions ("message.channels", …), instead of the manifest's.
        rates: calls a minute by method, where they should differ from `limits.RATES`.
        channel_burst: messages that a rested channel takes at once.
        seed: makes ids and the choice of sockets the same in every run.
        empty: without the default people and channels.
    """

    team_id = "T0JOBLOGS1"
    team_name = "Training"
    domain = "training"
    app_id = "A0JOBLOGS1"
    bot_user_id = "U0JOBLOGS1"
    bot_id = "B0JOBLOGS1"

    def __init__(
        self,
        clock: Clock,
        *,
        manifest: Path | None = MANIFEST,
        scopes: Iterable[str] | None = None,
        events: Iterable[str] | None = None,
        rates: Mapping[str, int] | None = None,
        channel_burst: int | None = None,
        seed: int | None = None,
        empty: bool = False,
    ) -> None:
        self.clock = clock
        self.app = application(manifest, scopes=scopes, events=events)
        self.mint = Mint(clock, seed)
        self.news = News()
        self.calls = CallLog(clock, lambda call: self.news.tell("call", call=call.page()))
        self.faults = Faults(clock)
        self.limits = Limits(clock, rates) if channel_burst is None else Limits(clock, rates, channel_burst)
        self.triggers = Triggers(clock, self.mint)
        self.response_urls = ResponseUrls(clock, self.mint)
        self.sockets = SocketHub(clock, self.mint, self.faults)
        self.dispatcher: Dispatcher | None = None
        self.base_url = ""

        self.bot_token = f"xoxb-{self.mint.token()}"
        self.app_token = f"xapp-1-{self.app_id}-{self.mint.token()}"
        self.signing_secret = self.mint.token(32).lower()

        self.roster = Roster(self)
        self.announcer = Announcer(self)
        self.timeline = Timeline(self)
        self.views = Views(self)
        self.entered = Entered()
        self.offers = Offers()
        self.links = Links(self)
        self.files = Files(self)
        self.roster.install_bot()
        if not empty:
            self.roster.move_in()

    # --- what tests and the demo ask ---------------------------------------------------------------

    @property
    def users(self) -> dict[str, User]:
        return self.roster.users

    @property
    def channels(self) -> dict[str, Channel]:
        return self.roster.channels

    def person(self, user: str) -> Person:
        """What a person of the workspace can do; `user` is an id or a name."""
        return Person(self, self.roster.user(user).id)

    def channel(self, name: str) -> Channel:
        """By id or by name (with or without "#")."""
        return self.roster.channel(name)

    def messages(self, channel: str, thread_ts: str | None = None) -> list[Json]:
        """The messages as the channel shows them now, oldest first: its roots, or a thread with its parent."""
        return self.timeline.shown(self.channel(channel), thread_ts)

    def ephemerals(self, user: str, channel: str | None = None) -> list[Json]:
        """What only `user` sees, oldest first."""
        where = self.channel(channel).id if channel else None
        return self.timeline.ephemerals_of(self.roster.user(user).id, where)

    # --- what changes it from outside ---------------------------------------------------------------

    def add_user(self, name: str, **fields: object) -> User:
        """A new person; `fields` are those of `User`."""
        return self.roster.add_user(name, **fields)

    def add_channel(self, name: str, *, members: Iterable[str] | None = None, **fields: object) -> Channel:
        """A new channel with everyone who is not a guest or a stranger, or with `members`."""
        return self.roster.add_channel(name, members=members, **fields)

    def add_usergroup(self, handle: str, members: Iterable[str], name: str | None = None) -> str:
        """A new user group; returns its id."""
        return self.roster.add_usergroup(handle, members, name)

    def invite_bot(self, channel: str) -> None:
        self.roster.join(self.channel(channel), self.bot_user_id)

    def remove_bot(self, channel: str) -> None:
        self.roster.leave(self.channel(channel), self.bot_user_id)

    def archive(self, channel: str) -> None:
        self.roster.archive(self.channel(channel))

    def unarchive(self, channel: str) -> None:
        self.roster.unarchive(self.channel(channel))

    def deactivate(self, user: str) -> None:
        """A person leaves the company: no channel, no group, no command; the name stays on what was said."""
        self.roster.deactivate(self.roster.user(user))

    def delete_message(self, channel: str, ts: str) -> None:
        """As a person who may delete anything would."""
        self.timeline.delete(self.channel(channel), ts)

    def drop_sockets(self) -> int:
        """Cuts every socket without a goodbye; returns how many there were."""
        return self.sockets.drop()

    def refuse_sockets(self, times: int = 1) -> None:
        """The next `times` sockets are refused with HTTP 408."""
        self.sockets.refuse(times)

    def deafen_sockets(self, count: int | None = None) -> int:
        """Open sockets (or `count` of them) stay open, get nothing, and their pings go unanswered."""
        return self.sockets.deafen(count)

    async def refresh_sockets(self) -> None:
        """Asks every socket to reconnect (``refresh_requested``) and closes it, as Slack does every few hours."""
        await self.sockets.refresh()

    def duplicate_events(self, count: int = 1) -> None:
        """The next `count` events are delivered twice."""
        if self.dispatcher is not None:
            self.dispatcher.duplicates += count
