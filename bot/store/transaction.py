"""One transaction and the repositories that write through it."""

from sqlalchemy import Connection

from bot.store.accounts import SqlAccounts
from bot.store.board import SqlBoard
from bot.store.digests import SqlDigests
from bot.store.incidents import SqlCards, SqlIncidents
from bot.store.keys import SqlKeys
from bot.store.outbox import SqlOutbox
from bot.store.pace import SqlPace
from bot.store.records import SqlAudit, SqlInbox
from bot.store.retention import SqlRetention
from bot.store.rolls import SqlRolls
from bot.store.shut import SqlShut
from bot.store.tails import SqlTails
from bot.store.watches import SqlWatches


class SqlTx:
    """`flows.ports.Tx`."""

    def __init__(self, connection: Connection) -> None:
        self.accounts = SqlAccounts(connection)
        self.keys = SqlKeys(connection)
        self.watches = SqlWatches(connection)
        self.tails = SqlTails(connection)
        self.incidents = SqlIncidents(connection)
        self.cards = SqlCards(connection)
        self.rolls = SqlRolls(connection)
        self.board = SqlBoard(connection)
        self.digests = SqlDigests(connection)
        self.pace = SqlPace(connection)
        self.shut = SqlShut(connection)
        self.outbox = SqlOutbox(connection)
        self.audit = SqlAudit(connection)
        self.retention = SqlRetention(connection)
        self.inbox = SqlInbox(connection)
