"""What the flows need of the database; `store/` fits these shapes.

Repositories are synchronous: they are used inside a unit of work, a plain function of one
transaction that `Database.run` executes in a thread. No network call is made inside one.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from bot.flows.board import Board, Digests
from bot.flows.contents import Earlier
from bot.flows.keeping import Audit, Inbox, Retention
from bot.flows.stored_keys import StoredKeys
from bot.incidents.delivery import Delivery
from bot.incidents.incident import Card, HistoryEntry, Incident
from bot.incidents.roll import Roll
from bot.jobs.job import Job
from bot.jobs.watch import Watch
from bot.times import Ms

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to read an account until `until_ms`. A commit under an older `epoch` is refused."""

    account: str
    owner: str
    epoch: int
    until_ms: Ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Tail:
    """How far a watched job has been read, and what is remembered between polls.

    Attributes:
        cursor: opaque to the store (`logs/window`), as are `engine` (`incidents/grouping`) and `chunks`.
        chunks: large, rarely changing parts of the cursor by number; only those that changed are written.
        progress: what was told already and when (`flows/telling`, `flows/troubles`), plain JSON values.
        closed: nothing more will be read of the job.
    """

    job: Job
    cursor: bytes = b""
    engine: bytes = b""
    chunks: Mapping[int, bytes]
    progress: Mapping[str, str | int | bool | None]
    paused: str | None = None
    closed: bool = False


class Accounts(Protocol):
    def register(self, names: Sequence[str]) -> None:
        """Makes the rows of accounts that are new."""
        ...

    def claim(
        self, owner: str, now_ms: Ms, ttl_ms: int, *, only: Collection[str] | None = None
    ) -> tuple[Lease, ...]:
        """Says that `owner` lives, renews its leases and takes its share of the free or expired ones.

        `only` names the accounts whose key it has; None is all of them. Returns all that it holds now.
        On PostgreSQL the server's clock decides, never `now_ms`.
        """
        ...

    def surplus(self, owner: str) -> frozenset[str]:
        """What `owner` holds beyond its share: workers with fewer accounts live, and have the key."""
        ...

    def give(self, leases: Collection[Lease]) -> None:
        """Hands these back; one that has changed hands meanwhile stays where it is."""
        ...

    def release(self, owner: str) -> None:
        """Hands back all that `owner` holds; it no longer counts among the living."""
        ...

    def check(self, lease: Lease) -> None:
        """Raises `LeaseLost` unless `lease` is the newest of its account; locks the row until the commit."""
        ...

    def all(self) -> tuple[Lease, ...]: ...


class Watches(Protocol):
    def add(self, watch: Watch) -> tuple[Watch, bool]:
        """The stored watch, and whether it is new: a channel watches a target once; a second add changes it."""
        ...

    def remove(self, watch_id: int, now_ms: Ms) -> bool: ...

    def get(self, watch_id: int) -> Watch | None: ...

    def of_channel(self, channel: str) -> tuple[Watch, ...]: ...

    def active(self, account: str | None = None) -> tuple[Watch, ...]: ...


class Tails(Protocol):
    def track(self, job: Job) -> bool:
        """Begins to follow a job, or refreshes its snapshot; True when it is new."""
        ...

    def open(self, account: str, *, except_for: Collection[str] = ()) -> tuple[Tail, ...]:
        """All that are not closed, paused ones included, but those of the jobs `except_for`."""
        ...

    def jobs(self, account: str, *, with_closed: bool = False) -> dict[str, Job]:
        """The snapshots alone, by job id."""
        ...

    def get(self, account: str, job_id: str) -> Tail | None: ...

    def save(self, tail: Tail, changed_chunks: Mapping[int, bytes | None]) -> None:
        """Writes `tail` but for its job, which `track` alone writes, and of its chunks the changed ones only.

        None in `changed_chunks` deletes one.
        """
        ...


class Incidents(Protocol):
    def get(self, incident_id: int) -> Incident | None: ...

    def newest(self, account: str, job_id: str) -> dict[str, Incident]:
        """By key, the newest generation of each incident of the job."""
        ...

    def put(self, incident: Incident) -> Incident:
        """Inserts (id 0) or replaces it, and returns it with its id."""
        ...

    def unresolved(self, *, channel: str | None = None, job_id: str | None = None) -> tuple[Incident, ...]: ...

    def listed(self, ids: Collection[int]) -> tuple[Incident, ...]:
        """Those of the numbers that exist, to be shown and not to be changed."""
        ...

    def count(self) -> dict[str, int]:
        """How many there are of each state."""
        ...

    def muted(self) -> tuple[Incident, ...]:
        """All whose state is MUTED."""
        ...

    def waiting(self, since_ms: Ms) -> tuple[Incident, ...]:
        """Those that are OPEN or ASSIGNED, and were seen or changed since then; not locked."""
        ...

    def successor(self, incident: Incident) -> Incident | None:
        """The newest later generation of the same error, if it came back; not locked."""
        ...

    def earlier(self, incident: Incident) -> Earlier | None:
        """Whether the same error was seen in earlier jobs of the project."""
        ...

    def note(self, entry: HistoryEntry) -> None: ...

    def history(self, incident_id: int) -> tuple[HistoryEntry, ...]:
        """In the order in which it was noted."""
        ...

    def move_history(self, incident_id: int, to_id: int) -> None:
        """What was done to the one was done to the other."""
        ...


class Cards(Protocol):
    def get(self, incident_id: int, channel: str) -> Card | None: ...

    def of(self, incident_id: int) -> tuple[Card, ...]: ...

    def channels(self, incident_id: int) -> tuple[str, ...]:
        """Where it has a card, or one is on its way: it may be seen there before Slack's answer is."""
        ...

    def put(self, card: Card) -> None: ...

    def at(self, channel: str, ts: str) -> Card | None: ...

    def move(self, card: Card, incident_id: int) -> None:
        """The message shows another incident from now on."""
        ...


class Rolls(Protocol):
    def get(self, name: str) -> Roll | None: ...

    def lock(self, fresh: Roll) -> Roll:
        """The roll of that name, which is `fresh` when there was none; nobody else changes it until the commit."""
        ...

    def put(self, roll: Roll) -> None:
        """Replaces a roll that `lock` gave."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How much Slack takes at this moment: posts and edits in the workspace, and the channels that take none."""

    posts: int
    edits: int
    busy: frozenset[str] = frozenset()


class Pace(Protocol):
    """When what may be said next, by channel, or by what the whole workspace shares (`flows.pace`)."""

    def read(self, now_ms: Ms) -> dict[str, int]:
        """All moments that are still to come; nobody else claims deliveries until the commit."""
        ...

    def put(self, stamps: Mapping[str, int]) -> None:
        """Of two moments for the same name the later one stays."""
        ...


class Shut(Protocol):
    """Channels that take no messages, and since when."""

    def close(self, channel: str, code: str, now_ms: Ms) -> bool:
        """Remembers a refusal; whether the channel took messages until now."""
        ...

    def code_since(self, channel: str, after_ms: Ms) -> str | None:
        """Why it refused a message after `after_ms`; None when it did not."""
        ...

    def by(self, code: str) -> frozenset[str]:
        """Those that are shut for this reason, since whenever."""
        ...

    def due(self, before_ms: Ms) -> tuple[str, ...]:
        """Those of which the last refusal is not younger than `before_ms`."""
        ...

    def open(self, channel: str) -> bool:
        """It takes messages; whether it was remembered not to."""
        ...


class Outbox(Protocol):
    def add(self, deliveries: Sequence[Delivery]) -> int:
        """Adds those whose key is new; how many that were. A key is free again once its row is done.

        A row that waits under the same key takes the earlier `due_ms` and the smaller `urgency` of the two.
        """
        ...

    def claim(
        self, owner: str, now_ms: Ms, limit: int, ttl_ms: int, *, room: Room | None = None
    ) -> tuple[Delivery, ...]:
        """Heads of lanes that are due, most urgent first, at most one per lane, marked as being tried now.

        With `room` no more than that, and of what is posted one row for each channel. A row whose earlier claim
        ended without an outcome comes back with `unclear_since_ms` set.
        """
        ...

    def holds(self, delivery: Delivery) -> bool:
        """Whether the try that `delivery` was claimed for is the newest; its row is locked until the commit."""
        ...

    def done(self, delivery: Delivery, now_ms: Ms) -> None: ...

    def again(self, delivery: Delivery, due_ms: Ms, error: str, unclear_since_ms: Ms | None) -> None: ...

    def behind(self, delivery: Delivery) -> tuple[Delivery, ...]:
        """What waits behind it in its lane, in order: a few hundred rows at most."""
        ...

    def drop(self, deliveries: Collection[Delivery]) -> None:
        """Removes rows that `behind` gave, unsaid."""
        ...

    def park(self, delivery: Delivery, error: str) -> None:
        """Stops its whole lane until `unpark`."""
        ...

    def unpark(self, channel: str) -> int: ...

    def parked(self) -> int:
        """Rows of lanes that a closed channel has stopped."""
        ...

    def depth(self, now_ms: Ms) -> tuple[int, int]:
        """Rows that wait (parked ones excluded), and the age of the oldest in ms."""
        ...


class Tx(Protocol):
    """One transaction: everything that is written through it is committed together, or not at all."""

    @property
    def accounts(self) -> Accounts: ...
    @property
    def keys(self) -> StoredKeys: ...
    @property
    def watches(self) -> Watches: ...
    @property
    def tails(self) -> Tails: ...
    @property
    def incidents(self) -> Incidents: ...
    @property
    def cards(self) -> Cards: ...
    @property
    def rolls(self) -> Rolls: ...
    @property
    def board(self) -> Board: ...
    @property
    def digests(self) -> Digests: ...
    @property
    def pace(self) -> Pace: ...
    @property
    def shut(self) -> Shut: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def audit(self) -> Audit: ...
    @property
    def retention(self) -> Retention: ...
    @property
    def inbox(self) -> Inbox: ...


class Database(Protocol):
    async def run(self, work: Callable[[Tx], T]) -> T:
        """Runs `work` in a transaction. A cancelled caller does not stop it: units of work are idempotent.

        Raises:
            StoreUnavailable: the database is away or stays locked; nothing was committed.
        """
        ...
