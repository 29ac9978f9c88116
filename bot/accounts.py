"""Which Baseten accounts there are: those of the settings, and those whose sealed keys the database holds."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field

import structlog

from bot import journal
from bot.errors import ConfigurationError, StoreUnavailable
from bot.flows.keeping import AuditEntry
from bot.flows.ports import Database, Tx
from bot.flows.stored_keys import StoredKey
from bot.keys import NAME, NO_ENCRYPTION_KEY, Opened, Sealing, Shut
from bot.settings import DEFAULT_ACCOUNT, Settings
from bot.times import Clock, Ms

log = structlog.get_logger(__name__)

LOOK_EVERY_S = 15.0
SPREAD_S = 10.0
"""Processes that share a database do not all restart in the same moment."""
ACTOR = "the command line"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """All accounts at one moment.

    Attributes:
        keys: what can be used, by name.
        shut: sentences, by name, for stored accounts whose key does not open. The others work without them.
        hidden: stored accounts that the settings name as well; those of the settings count.
        aged: stored accounts that were sealed with an older encryption key.
        state: of the database; another one means that something was added, removed or stored anew.
    """

    keys: Mapping[str, str] = field(repr=False)
    shut: Mapping[str, str]
    hidden: tuple[str, ...]
    aged: tuple[str, ...]
    state: frozenset[tuple[str, Ms]]


def known(settings: Settings, stored: tuple[StoredKey, ...]) -> Known:
    """The accounts of the settings and those of `stored` together."""
    given = {name: key.get_secret_value() for name, key in settings.keys.items()}
    looks = {row.account: settings.sealing.open(row.account, row.sealed) for row in stored}
    opened = {name: look for name, look in looks.items() if isinstance(look, Opened)}
    return Known(
        keys={name: look.key for name, look in opened.items()} | given,
        shut={name: look.sentence for name, look in looks.items() if isinstance(look, Shut) and name not in given},
        hidden=tuple(name for name in looks if name in given),
        aged=tuple(name for name, look in opened.items() if not look.newest),
        state=_state(stored),
    )


async def load(settings: Settings, db: Database) -> Known:
    """What a process begins with; accounts that do not open are logged, and the others work.

    Raises:
        ConfigurationError: there is no account at all that could be read.
    """
    found = known(settings, await db.run(lambda tx: tx.keys.all()))
    journal.hide(found.keys.values())
    for name, sentence in found.shut.items():
        log.error("account_shut", account=name, reason=sentence)
    if not found.keys:
        reasons = [f"Account {name}: {sentence}." for name, sentence in found.shut.items()]
        raise ConfigurationError("\n".join([*reasons, NO_ACCOUNT]))
    return found


async def changed(found: Known, db: Database, clock: Clock) -> None:
    """Returns some seconds after an account was added, removed or stored anew."""
    while True:
        await clock.sleep(LOOK_EVERY_S)
        try:
            state = _state(await db.run(lambda tx: tx.keys.all()))
        except StoreUnavailable:
            continue
        if state != found.state:
            await clock.sleep(random.uniform(0, SPREAD_S))
            return


# --- what the operator does -----------------------------------------------------------------------


def add(tx: Tx, sealing: Sealing, name: str, key: str, now_ms: Ms) -> bool:
    """Stores the key of an account, sealed; True when the account is new.

    Raises:
        ConfigurationError: the name cannot be used, or there is no encryption key.
    """
    if not NAME.fullmatch(name):
        raise ConfigurationError(
            f"{name!r} is no name for an account: up to 63 small letters, digits, dots, dashes and underscores."
        )
    if name == DEFAULT_ACCOUNT:
        raise ConfigurationError(f"The name {DEFAULT_ACCOUNT!r} belongs to BASETEN_API_KEY; choose another.")
    is_new = tx.keys.put(StoredKey(account=name, sealed=sealing.seal(name, key), changed_ms=now_ms))
    _note(tx, name, "account.add", "added" if is_new else "replaced", now_ms)
    return is_new


def remove(tx: Tx, name: str, now_ms: Ms) -> int:
    """Forgets the key of an account; how many watches are left without a reader.

    Raises:
        ConfigurationError: there is no such stored account.
    """
    if not tx.keys.remove(name):
        stored = ", ".join(row.account for row in tx.keys.all())
        raise ConfigurationError(
            f"No account {name!r} is stored here" + (f"; there are: {stored}." if stored else ".")
        )
    _note(tx, name, "account.remove", "removed", now_ms)
    return len(tx.watches.active(name))


def rotate(tx: Tx, sealing: Sealing, now_ms: Ms) -> tuple[int, Mapping[str, str]]:
    """Seals with the newest encryption key what an older one had sealed; how many, and what did not open.

    Raises:
        ConfigurationError: there is no encryption key.
    """
    if not sealing.is_possible:
        raise ConfigurationError(NO_ENCRYPTION_KEY)
    sealed, shut = 0, {}
    for row in tx.keys.all():
        match sealing.open(row.account, row.sealed):
            case Opened(key=key, newest=False):
                again = StoredKey(
                    account=row.account, sealed=sealing.seal(row.account, key), changed_ms=row.changed_ms
                )
                tx.keys.put(again)
                _note(tx, row.account, "account.rotate", "sealed again", now_ms)
                sealed += 1
            case Shut(sentence=sentence):
                shut[row.account] = sentence
    return sealed, shut


def _note(tx: Tx, name: str, action: str, outcome: str, now_ms: Ms) -> None:
    tx.audit.add(AuditEntry(at_ms=now_ms, actor=ACTOR, channel=None, action=action, target=name, outcome=outcome))


def _state(stored: tuple[StoredKey, ...]) -> frozenset[tuple[str, Ms]]:
    """A key that was only sealed anew is no change."""
    return frozenset((row.account, row.changed_ms) for row in stored)


NO_ACCOUNT = "There is no account to read: set BASETEN_API_KEY, or store a key with joblogs accounts add NAME."
