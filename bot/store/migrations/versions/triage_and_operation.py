"""Digests, living workers, the times of incidents, and what operators look for by time."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_BATCH = 500


def upgrade() -> None:
    _tables()
    op.add_column("outbox", sa.Column("kind", sa.Text(), nullable=False, server_default=sa.text("''")))
    op.add_column("incidents", sa.Column("slim", sa.Boolean(), nullable=False, server_default=sa.false()))
    for column in ("created_ms", "touched_ms"):
        op.add_column("incidents", sa.Column(column, sa.BigInteger(), nullable=False, server_default=sa.text("0")))
    _fill()
    for column in ("created_ms", "touched_ms"):
        op.create_index(f"ix_incidents_{column}", "incidents", [column])
    for table in ("audit", "history"):
        op.create_index(f"ix_{table}_at_ms", table, ["at_ms"])


def downgrade() -> None:
    for table in ("audit", "history"):
        op.drop_index(f"ix_{table}_at_ms", table_name=table)
    for column in ("created_ms", "touched_ms"):
        op.drop_index(f"ix_incidents_{column}", table_name="incidents")
        op.drop_column("incidents", column)
    op.drop_column("incidents", "slim")
    op.drop_column("outbox", "kind")
    op.drop_table("shut")
    op.drop_table("pace")
    op.drop_table("forgotten")
    op.drop_table("workers")
    op.drop_table("account_keys")
    op.drop_table("digests")


def _tables() -> None:
    op.create_table(
        "digests",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("next_ms", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("channel", name="pk_digests"),
    )
    op.create_index("ix_digests_next_ms", "digests", ["next_ms"])
    op.create_table(
        "account_keys",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("changed_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account", name="pk_account_keys"),
    )
    op.create_table(
        "workers",
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.Column("accounts", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("owner", name="pk_workers"),
    )
    op.create_table(
        "forgotten",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("job_id", sa.Text(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account", "job_id", name="pk_forgotten"),
    )
    op.create_table(
        "pace",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("next_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_pace"),
    )
    op.create_table(
        "shut",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("since_ms", sa.BigInteger(), nullable=False),
        sa.Column("tried_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("channel", name="pk_shut"),
    )


def _fill() -> None:
    """What older rows have in their bodies alone."""
    connection = op.get_bind()
    last = 0
    while True:
        rows = connection.execute(
            sa.text("SELECT id, body FROM incidents WHERE id > :last ORDER BY id LIMIT :batch"),
            {"last": last, "batch": _BATCH},
        ).all()
        if not rows:
            return
        connection.execute(
            sa.text("UPDATE incidents SET created_ms = :created, touched_ms = :touched WHERE id = :id"),
            [{"id": row.id, **_times(json.loads(row.body))} for row in rows],
        )
        last = rows[-1].id


def _times(body: dict[str, object]) -> dict[str, int]:
    facts = body["facts"]
    assert isinstance(facts, dict)  # noqa: S101 - as the first version wrote it
    created, changed = int(str(body["created_ms"])), int(str(body.get("changed_ms") or 0))
    return {"created": created, "touched": max(created, changed, int(facts["last_ns"]) // 1_000_000)}
