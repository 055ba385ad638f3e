"""What all tables of the centre have in common."""

from __future__ import annotations

from sqlalchemy import MetaData

metadata = MetaData()

PARTITIONED = ("certificate", "event", "health_history")
"""Tables with a partition for each month of ``received_at`` on PostgreSQL."""

BY_MONTH = "RANGE (received_at)"
