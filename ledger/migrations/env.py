"""Runs the migrations inside the transaction that `ledger.books.make_books` opened."""

from alembic import context

from ledger import desk_tables  # noqa: F401 - its tables belong to the metadata
from ledger.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=True)
context.run_migrations()
