"""Rolls, and incidents that are found again by their error."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_BATCH = 500


def upgrade() -> None:
    op.create_table(
        "rolls",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_rolls"),
    )
    op.add_column("incidents", sa.Column("project_id", sa.Text(), nullable=True))
    op.add_column("incidents", sa.Column("fingerprint", sa.Text(), nullable=True))
    _fill()
    op.create_index(
        "ix_incidents_account_project_id_fingerprint", "incidents", ["account", "project_id", "fingerprint"]
    )


def downgrade() -> None:
    op.drop_index("ix_incidents_account_project_id_fingerprint", table_name="incidents")
    op.drop_column("incidents", "fingerprint")
    op.drop_column("incidents", "project_id")
    op.drop_table("rolls")


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
        bodies = {row.id: json.loads(row.body) for row in rows}
        connection.execute(
            sa.text("UPDATE incidents SET project_id = :project, fingerprint = :fingerprint WHERE id = :id"),
            [
                {"id": row_id, "project": body["project_id"], "fingerprint": body["facts"]["fingerprint"]}
                for row_id, body in bodies.items()
            ],
        )
        last = max(bodies)
