"""Rolls: messages that list several incidents."""

from sqlalchemy import Connection, select, update

from bot.incidents.roll import Roll
from bot.store.dialects import insert_into
from bot.store.tables import rolls


class SqlRolls:
    """`flows.ports.Rolls`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, name: str) -> Roll | None:
        query = select(rolls.c.body).where(rolls.c.name == name)
        return self._connection.execute(query).scalar_one_or_none()

    def lock(self, fresh: Roll) -> Roll:
        """The first statement makes sure that there is a row to lock, whoever else begins the same roll."""
        self._connection.execute(
            insert_into(self._connection, rolls).values(name=fresh.name, body=fresh).on_conflict_do_nothing()
        )
        query = select(rolls.c.body).where(rolls.c.name == fresh.name).with_for_update()
        stored: Roll = self._connection.execute(query).scalar_one()
        return stored

    def put(self, roll: Roll) -> None:
        self._connection.execute(update(rolls).where(rolls.c.name == roll.name).values(body=roll))
