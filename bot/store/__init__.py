"""WIRE: the database, SQLite or PostgreSQL by URL.

`database` opens it and runs units of work; `transaction` is what a unit of work is given; the repositories
(`accounts`, `watches`, `tails`, `incidents`, `outbox`, `records`) say SQL; `tables` is the schema, `values`
how nouns lie in columns, `migrations/` how the schema came to be; `dialects` and `engine` know in what the
two databases differ.
"""

from bot.store.database import SqlDatabase, Store, open_store, open_store_here
from bot.store.migration import Revision

__all__ = ["Revision", "SqlDatabase", "Store", "open_store", "open_store_here"]
