"""Composition root: settings in, running app out; what was opened last is closed first."""

import os
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial

import structlog
from pydantic import SecretStr
from slack_bolt.async_app import AsyncApp

from bot import accounts, health
from bot.baseten.client import BasetenApi
from bot.baseten.options import Account, Options, Scheme
from bot.baseten.transport import open_http
from bot.errors import ConfigurationError
from bot.flows.answer import Answer, AnswerOptions
from bot.flows.around import Around
from bot.flows.attend import Attend
from bot.flows.catalog import Catalog
from bot.flows.control import Control
from bot.flows.deliver import Deliver
from bot.flows.digest import Summarise
from bot.flows.leases import Leases
from bot.flows.lifecycle import Lifecycle
from bot.flows.neighbours import Neighbours
from bot.flows.overview import Overview
from bot.flows.subscribe import Subscribe
from bot.flows.tidy import Keep, Tidy
from bot.flows.triage import Triage
from bot.flows.verdict import Verdict
from bot.flows.vigil import Vigil
from bot.flows.watch import Watch, WatchOptions
from bot.metrics import Metrics
from bot.schedule import Beat, Metronome, Stop
from bot.settings import Role, Settings
from bot.slack.desk import Desk
from bot.slack.door import Door
from bot.slack.downloads import Downloads
from bot.slack.gateway import Gateway
from bot.slack.measured import MeasuredClient
from bot.slack.members import Members, Policy
from bot.slack.memberships import Memberships
from bot.slack.rights import Rights
from bot.slack.rooms import Rooms
from bot.slack.server import build_bolt, identify, open_client
from bot.slack.sockets import Sockets, open_sockets
from bot.slack.surfaces import Surfaces
from bot.slack.turned_away import TurnedAway
from bot.slack.under_way import UnderWay
from bot.store.database import SqlDatabase, open_store
from bot.times import MS_PER_S, Clock, SystemClock, ms_from_s
from bot.vitals import Vitals

log = structlog.get_logger(__name__)

HAND_BACK_S = 2.0
"""Of the time that a stop takes this much is kept for handing the leases back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """Everything that is built, not yet beating: `running()` starts it, tests turn the flows by hand."""

    settings: Settings
    known: accounts.Known
    role: Role
    clock: Clock
    db: SqlDatabase
    client: MeasuredClient
    bolt: AsyncApp
    leases: Leases
    lifecycle: Lifecycle
    watch: Watch
    verdict: Verdict
    vigil: Vigil
    deliver: Deliver
    attend: Attend
    neighbours: Neighbours
    summarise: Summarise
    metrics: Metrics
    metronome: Metronome
    under_way: UnderWay

    @asynccontextmanager
    async def running(self) -> AsyncIterator["App"]:
        """Beats and intake, until the block is left: intake ends first, then what has begun is finished."""
        stop = Stop(self.clock)
        async with AsyncExitStack() as stack:
            if self.role != "web":
                if self.settings.sqlite_path is not None:
                    await self.leases.inherit(owner_is_gone)
                await self.leases.tick()
                stack.push_async_callback(lambda: stop.finish(self.leases.release()))
            await stack.enter_async_context(self.metronome.running())
            stack.push_async_callback(self._finish_begun, stop)
            sockets = await stack.enter_async_context(self.intake())
            if self.settings.listen is not None:
                await self._listen(stack, self.settings.listen, sockets)
            log.info("running", role=self.role, accounts=sorted(self.known.keys))
            stack.callback(stop.begin)
            yield self
        log.info("stopped", left_s=round(stop.left_s, 1))

    async def _finish_begun(self, stop: Stop) -> None:
        """What people were promised, what is being sent, and what is being read."""
        await stop.finish(self.under_way.settle(), self._finish_beats(), spare_s=HAND_BACK_S)

    async def _finish_beats(self) -> None:
        await self.metronome.drain()
        await self.deliver.settle()
        await self.watch.settle()

    @asynccontextmanager
    async def intake(self) -> AsyncIterator[Sockets | None]:
        """Slack's payloads over sockets; None where they come by HTTP, or not to this role."""
        token = self.settings.slack_app_token
        if token is None or self.role == "worker":
            yield None
            return
        async with open_sockets(self.bolt, token.get_secret_value(), self.settings.sockets, self.clock) as sockets:
            yield sockets

    async def _listen(self, stack: AsyncExitStack, listen: tuple[str, int], sockets: Sockets | None) -> None:
        takes_slack = not self.settings.uses_sockets and self.role != "worker"
        vitals = self.vitals(sockets)
        await stack.enter_async_context(
            health.serve(
                listen,
                alive={"beats": vitals.beats},
                ready={"database": vitals.database, "slack": vitals.slack, "accounts": vitals.lease},
                metrics=vitals.scrape,
                slack=self.door.take if takes_slack else None,
            )
        )

    def vitals(self, sockets: Sockets | None) -> Vitals:
        return Vitals(
            role=self.role,
            db=self.db,
            leases=self.leases,
            watch=self.watch,
            metronome=self.metronome,
            metrics=self.metrics,
            accounts=self.known.keys,
            clock=self.clock,
            client=self.client,
            sockets=sockets,
        )

    async def accounts_changed(self) -> None:
        """Returns when the stored accounts are not those that this app was built with."""
        await accounts.changed(self.known, self.db, self.clock)
        log.info("accounts_changed")

    @property
    def door(self) -> Door:
        """Slack's way in over HTTP."""
        return Door(self.bolt, _secret(self.settings.slack_signing_secret), self.clock)


@asynccontextmanager
async def open_app(
    settings: Settings, *, role: Role = "all", clock: Clock | None = None, metrics: Metrics | None = None
) -> AsyncIterator[App]:
    """Builds the app from `settings` and takes it down again.

    Raises:
        ConfigurationError: a setting is missing, or what it names cannot be used.
        SlackRefused, TransientError: Slack does not accept the bot's token, or cannot be reached.
    """
    if missing := settings.missing():
        raise ConfigurationError("\n".join(missing))
    clock, metrics = clock or SystemClock(), metrics or Metrics()
    owner = f"{socket.gethostname()}:{os.getpid()}:{os.urandom(3).hex()}"  # `owner_is_gone` reads it
    async with AsyncExitStack() as stack:
        db = await stack.enter_async_context(open_store(settings.database_url))
        await db.migrate()
        http = await stack.enter_async_context(open_http())
        known = await accounts.load(settings, db)
        apis = {
            name: BasetenApi(make_account(settings, name, key), http, clock, partial(metrics.asked_baseten, name))
            for name, key in known.keys.items()
        }
        client = await stack.enter_async_context(
            open_client(
                _secret(settings.slack_bot_token),
                settings.slack_api_url,
                listener=metrics.called_slack,
                clock=clock,
            )
        )
        identity = await identify(client)
        catalog = Catalog(apis, clock)
        people = db.for_people
        turned_away = TurnedAway(people, clock)
        desk = Desk(
            db=people,
            client=client,
            members=Members(client, identity, _policy(settings), clock, turned_away),
            rights=Rights(client, clock, settings.permissions, turned_away),
            answer=Answer(catalog, apis, clock, AnswerOptions(deadline_s=settings.answer_deadline_s)),
            around=Around(apis),
            triage=Triage(db=people, clock=clock),
            control=Control(db=db, apis=apis, clock=clock, allowed=settings.job_control),
            subscribe=Subscribe(db=people, catalog=catalog, rooms=Rooms(client), clock=clock),
            overview=Overview(db=people, clock=clock),
            summarise=Summarise(db=people, rooms=Rooms(client), clock=clock),
            memberships=Memberships(client, clock),
            surfaces=Surfaces(clock),
            downloads=Downloads(client, clock),
            clock=clock,
        )
        stack.push_async_callback(catalog.close)
        stack.push_async_callback(desk.downloads.close)
        stack.push_async_callback(desk.surfaces.close)
        signing_secret = None if settings.uses_sockets else _secret(settings.slack_signing_secret)
        leases = Leases(db=db, clock=clock, owner=owner, accounts=tuple(apis))
        lifecycle = Lifecycle(db=db, apis=apis, leases=leases, clock=clock)
        options = _watch_options(settings)
        watch = Watch(db=db, apis=apis, leases=leases, clock=clock, options=options, meter=metrics)
        deliver = Deliver(db=db, messenger=Gateway(client), around=desk.around, clock=clock, owner=owner)
        verdict = Verdict(db=db, apis=apis, leases=leases, clock=clock)
        vigil = Vigil(db=db, apis=apis, leases=leases, clock=clock, listeners=lambda: watch.readers)
        attend = Attend(db=db, clock=clock, remind_after_ms=settings.remind_after_min * 60 * MS_PER_S)
        neighbours = Neighbours(db, Rooms(client), clock)
        tidy = Tidy(db=db, clock=clock, keep=_keep(settings))
        beats = (
            Beat("leases", 5, leases.tick),
            Beat("lifecycle", 10, lifecycle.tick),
            Beat("watch", 1, watch.tick),
            Beat("verdict", 15, verdict.tick),
            Beat("vigil", 15, vigil.tick),
            Beat("deliver", 0.5, deliver.tick),
            Beat("attend", 5, attend.tick),
            Beat("neighbours", 20, neighbours.tick),
            Beat("digest", 20, desk.summarise.tick),
            Beat("tidy", 600, tidy.tick),
        )
        bolt = build_bolt(client, identity, signing_secret, desk)
        yield App(
            settings=settings,
            known=known,
            role=role,
            clock=clock,
            db=db,
            client=client,
            bolt=bolt,
            leases=leases,
            lifecycle=lifecycle,
            watch=watch,
            verdict=verdict,
            vigil=vigil,
            deliver=deliver,
            attend=attend,
            neighbours=neighbours,
            summarise=desk.summarise,
            metrics=metrics,
            metronome=Metronome(() if role == "web" else beats, clock),
            under_way=UnderWay(bolt),
        )


def make_account(settings: Settings, name: str, key: str) -> Account:
    """An account as the client wants it."""
    return Account(
        name=name,
        key=key,
        options=Options(
            base_url=settings.baseten_api_url,
            scheme=Scheme.BEARER if settings.auth_scheme == "bearer" else Scheme.API_KEY,
            limit=settings.requests_per_second,
            reserve=min(settings.command_reserve, settings.requests_per_second - 1),
        ),
    )


def owner_is_gone(owner: str) -> bool:
    """Whether the process that took this name died on this machine; a SQLite file has no users elsewhere."""
    host, pid, _ = owner.rsplit(":", 2)
    if host != socket.gethostname():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass  # it lives, and belongs to somebody else
    return False


def _secret(value: SecretStr | None) -> str:
    return value.get_secret_value() if value else ""


def _policy(settings: Settings) -> Policy:
    return Policy(
        allow_guests=settings.allow_guests,
        channels=settings.allowed_channels,
        users=settings.allowed_users,
    )


def _keep(settings: Settings) -> Keep:
    return Keep(
        excerpts_d=settings.keep_excerpts_d,
        incidents_d=settings.keep_incidents_d,
        audit_d=settings.keep_audit_d,
        unsent_d=settings.keep_unsent_d,
    )


def _watch_options(settings: Settings) -> WatchOptions:
    return WatchOptions(
        lag_ms=settings.worst_lag_s * MS_PER_S,
        look_back_ms=settings.look_back_h * 3600 * MS_PER_S,
        edit_interval_ms=ms_from_s(settings.edit_interval_s),
    )
