"""The schema's history. A released migration is never edited; a new one is added.

After a change in `tables`, against a database that is at the newest revision::

    from alembic import command
    from bot.store.engine import make_engine
    from bot.store.migration import config

    with make_engine("sqlite:///scratch.db").begin() as connection:
        command.revision(config(connection), "what changes", autogenerate=True)

Read what was written: types by their plain SQLAlchemy names (a migration must not change when our own types
do), ``sa.false()`` and not ``'0'`` as a boolean's default. The contract tests run every migration on both
databases and compare the outcome with `tables`.
"""
