"""One transaction and the repositories that write through it."""

from sqlalchemy import Connection

from bot.store.accounts import SqlAccounts
from bot.store.incidents import SqlCards, SqlIncidents
from bot.store.outbox import SqlOutbox
from bot.store.records import SqlAudit, SqlInbox
from bot.store.rolls import SqlRolls
from bot.store.tails import SqlTails
from bot.store.watches import SqlWatches


class SqlTx:
    """`flows.ports.Tx`."""

    def __init__(self, connection: Connection) -> None:
        self.accounts = SqlAccounts(connection)
        self.watches = SqlWatches(connection)
        self.tails = SqlTails(connection)
        self.incidents = SqlIncidents(connection)
        self.cards = SqlCards(connection)
        self.rolls = SqlRolls(connection)
        self.outbox = SqlOutbox(connection)
        self.audit = SqlAudit(connection)
        self.inbox = SqlInbox(connection)
