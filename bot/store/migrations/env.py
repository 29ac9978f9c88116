"""Run by Alembic for each command, on the connection that `bot.store.migration` has prepared."""

from typing import Any, Literal

from alembic import context
from sqlalchemy.types import TypeDecorator

from bot.store.tables import metadata


def plain_type(kind: str, item: Any, _context: object) -> str | Literal[False]:
    """How a new migration spells our own types: as what they are in the database."""
    if kind == "type" and isinstance(item, TypeDecorator):
        return f"sa.{type(item.impl_instance).__name__}()"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    render_item=plain_type,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
