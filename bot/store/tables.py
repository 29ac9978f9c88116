"""The tables. Times are milliseconds since the epoch; `body` columns hold the noun itself (`values.Encoded`).

A column beside a body repeats what queries ask for and is written with it, except where a comment says
that the column is the truth. Changing a table takes a migration (`migrations/`); a test compares the two.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    UniqueConstraint,
    false,
    text,
)

from bot.flows.keeping import AuditEntry
from bot.incidents.delivery import Delivery
from bot.incidents.incident import Card, HistoryEntry, Incident
from bot.incidents.roll import Roll
from bot.jobs.digest import Digest
from bot.jobs.job import Job
from bot.jobs.watch import Watch
from bot.store.values import Encoded, PlainText

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite numbers rows by itself only where the type is spelled INTEGER.
_ROW_ID = BigInteger().with_variant(Integer(), "sqlite")

accounts = Table(
    "accounts",
    metadata,
    Column("name", PlainText, primary_key=True),
    Column("owner", PlainText),
    Column("epoch", BigInteger, nullable=False),
    Column("until_ms", BigInteger, nullable=False),
)

workers = Table(
    "workers",
    metadata,
    Column("owner", PlainText, primary_key=True),
    Column("until_ms", BigInteger, nullable=False),
    Column("accounts", Encoded(tuple[str, ...]), nullable=False),  # those whose key it has
)

account_keys = Table(
    "account_keys",
    metadata,
    Column("account", PlainText, primary_key=True),
    Column("sealed", PlainText, nullable=False),  # by `bot.keys`; no key stands in this database as it is
    Column("changed_ms", BigInteger, nullable=False),
)

forgotten = Table(
    "forgotten",
    metadata,
    Column("account", PlainText, primary_key=True),
    Column("job_id", PlainText, primary_key=True),
    Column("at_ms", BigInteger, nullable=False),
)

watches = Table(
    "watches",
    metadata,
    Column("id", _ROW_ID, primary_key=True),
    Column("account", PlainText, nullable=False),
    Column("project_id", PlainText, nullable=False),
    Column("job_id", PlainText, nullable=False),  # '' where the project is watched: NULLs are never equal
    Column("channel", PlainText, nullable=False),
    Column("removed_ms", BigInteger),
    Column("body", Encoded(Watch), nullable=False),
)
active_watch = watches.c.removed_ms.is_(None)
Index(
    "uq_watches_active",
    watches.c.account,
    watches.c.project_id,
    watches.c.job_id,
    watches.c.channel,
    unique=True,
    sqlite_where=active_watch,
    postgresql_where=active_watch,
)

tails = Table(
    "tails",
    metadata,
    Column("account", PlainText, primary_key=True),
    Column("job_id", PlainText, primary_key=True),
    Column("job", Encoded(Job), nullable=False),
    Column("cursor", LargeBinary, nullable=False),
    Column("engine", LargeBinary, nullable=False),
    Column("progress", Encoded(dict[str, str | int | bool | None]), nullable=False),
    Column("paused", PlainText),
    Column("closed", Boolean, nullable=False),
)
Index(None, tails.c.account, tails.c.closed)

tail_chunks = Table(
    "tail_chunks",
    metadata,
    Column("account", PlainText, primary_key=True),
    Column("job_id", PlainText, primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("data", LargeBinary, nullable=False),
    ForeignKeyConstraint(["account", "job_id"], ["tails.account", "tails.job_id"], ondelete="CASCADE"),
)

incidents = Table(
    "incidents",
    metadata,
    Column("id", _ROW_ID, primary_key=True),
    Column("account", PlainText, nullable=False),
    Column("job_id", PlainText, nullable=False),
    Column("key", PlainText, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("state", PlainText, nullable=False, index=True),
    Column("body", Encoded(Incident), nullable=False),
    Column("project_id", PlainText),
    Column("fingerprint", PlainText),
    Column("created_ms", BigInteger, nullable=False, server_default=text("0"), index=True),
    Column("touched_ms", BigInteger, nullable=False, server_default=text("0"), index=True),
    Column("slim", Boolean, nullable=False, server_default=false()),  # its excerpt was removed after a time
    UniqueConstraint("account", "job_id", "key", "generation"),
)
Index(None, incidents.c.account, incidents.c.project_id, incidents.c.fingerprint)

history = Table(
    "history",
    metadata,
    Column("id", _ROW_ID, primary_key=True),
    Column("incident_id", _ROW_ID, ForeignKey("incidents.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("at_ms", BigInteger, nullable=False, index=True),
    Column("body", Encoded(HistoryEntry), nullable=False),
)

cards = Table(
    "cards",
    metadata,
    Column("incident_id", _ROW_ID, ForeignKey("incidents.id", ondelete="CASCADE"), primary_key=True),
    Column("channel", PlainText, primary_key=True),
    Column("ts", PlainText, nullable=False),
    Column("body", Encoded(Card), nullable=False),
)
Index(None, cards.c.channel, cards.c.ts)

rolls = Table(
    "rolls",
    metadata,
    Column("name", PlainText, primary_key=True),
    Column("body", Encoded(Roll), nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", _ROW_ID, primary_key=True),
    Column("key", PlainText, nullable=False, unique=True),
    Column("delivery_id", PlainText, nullable=False, unique=True),
    Column("lane", PlainText, nullable=False),
    Column("channel", PlainText, nullable=False, index=True),
    Column("created_ms", BigInteger, nullable=False),
    Column("body", Encoded(Delivery), nullable=False),
    # From here on the columns are the truth, whatever the body says.
    Column("urgency", Integer, nullable=False),
    Column("due_ms", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("unclear_since_ms", BigInteger),
    Column("claimed_by", PlainText),
    Column("claimed_ms", BigInteger),  # the start of the try that is under way, or that ended without a word
    Column("claimed_until_ms", BigInteger),
    Column("parked", Boolean, nullable=False),
    Column("error", PlainText),
    Column("follow_up", Encoded(Delivery)),  # asked for under the same key while this one was being sent
    Column("kind", PlainText, nullable=False, server_default=text("''")),  # as in the body
    sqlite_autoincrement=True,  # rows are deleted, and a number must not come back
)
Index(None, outbox.c.lane, outbox.c.id)

pace = Table(
    "pace",
    metadata,
    Column("name", PlainText, primary_key=True),
    Column("next_ms", BigInteger, nullable=False),
)

shut = Table(
    "shut",
    metadata,
    Column("channel", PlainText, primary_key=True),
    Column("code", PlainText, nullable=False),
    Column("since_ms", BigInteger, nullable=False),
    Column("tried_ms", BigInteger, nullable=False),
)

digests = Table(
    "digests",
    metadata,
    Column("channel", PlainText, primary_key=True),
    Column("next_ms", BigInteger, nullable=False, index=True),
    Column("body", Encoded(Digest), nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("id", _ROW_ID, primary_key=True),
    Column("at_ms", BigInteger, nullable=False, index=True),
    Column("body", Encoded(AuditEntry), nullable=False),
)

inbox = Table(
    "inbox",
    metadata,
    Column("key", PlainText, primary_key=True),
    Column("seen_ms", BigInteger, nullable=False, index=True),
)
