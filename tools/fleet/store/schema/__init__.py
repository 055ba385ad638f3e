"""The tables of the centre, for SQLite and PostgreSQL.

Rules:
- The certificate's number is the key. PostgreSQL cannot keep a number unique over monthly partitions, so ``certificate_key`` does; it outlives the
  partitions, and a number once held is never taken again.
- An event of kind ``certificate`` lives in ``certificate``; every other kind in ``event``. What could not be accepted lives in ``conflict``, with its
  bytes: nothing that a terminal sent is thrown away, and nothing is overwritten.
- Months are those of ``received_at``, the centre's own clock: a terminal in 2001 cannot ask for a partition.
- No ID number anywhere. Times are aware UTC.
"""

from __future__ import annotations

from tools.fleet.store.schema.base import PARTITIONED, metadata
from tools.fleet.store.schema.certificates import certificate, certificate_key, conflict, event, intake, quarantine, stream
from tools.fleet.store.schema.people import account, audit
from tools.fleet.store.schema.public import evaluation, label_scan, report, subject_block, subject_choice
from tools.fleet.store.schema.sums import issuance, terminal_day
from tools.fleet.store.schema.terminals import alert, boot, health_history, health_now, job, terminal

__all__ = [
    "PARTITIONED",
    "account",
    "alert",
    "audit",
    "boot",
    "certificate",
    "certificate_key",
    "conflict",
    "evaluation",
    "event",
    "health_history",
    "health_now",
    "intake",
    "issuance",
    "job",
    "label_scan",
    "metadata",
    "quarantine",
    "report",
    "stream",
    "subject_block",
    "subject_choice",
    "terminal",
    "terminal_day",
]
