"""Alembic's environment: runs inside the transaction that ``kiosk.store.upgrade`` opened; there is no other way in."""

from __future__ import annotations

from alembic import context

from kiosk.store.ledger import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
