"""Tables of the ledger, the legal record of one terminal.

Rules
- Everything printed is copied in at issue; nothing is looked up again later.
- ``certificate``, ``label``, ``outbox_event`` and ``audit`` are append-only; the triggers of the first migration forbid the rest, except voiding
  once and the state of the paper.
- A change here needs a migration (``migrations/versions``); a test compares both.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, ForeignKeyConstraint, Index, Integer, LargeBinary, MetaData, String, Table, text

from kiosk.store.columns import Amount, Day, Moment

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

terminal = Table(
    "terminal",
    metadata,
    Column("id", Integer, primary_key=True),  # always 1
    Column("code", String, nullable=False),
    Column("generation", String, nullable=False),  # new with every new ledger file: shows a rollback or a clone
    Column("created_at", Moment, nullable=False),
    Column("last_counter", Integer, nullable=False),
    Column("last_issued_at", Moment),
)

certificate = Table(
    "certificate",
    metadata,
    Column("counter", Integer, primary_key=True, autoincrement=False),
    Column("number", String, nullable=False),
    Column("promise_id", String, nullable=False, unique=True),
    Column("issued_at", Moment, nullable=False),
    Column("day", Day, nullable=False),  # Beijing
    Column("clock_quality", Integer, nullable=False),
    Column("boot_id", String, nullable=False),
    Column("boot_ms", Integer, nullable=False),  # CLOCK_BOOTTIME: lets the centre date anew what a wrong clock dated
    Column("form", String, nullable=False),
    Column("basis", String, nullable=False),
    Column("subject_id", Integer, nullable=False),
    Column("subject_kind", String, nullable=False),
    Column("subject_name", String, nullable=False),
    Column("subject_phone", String, nullable=False),
    Column("subject_county", String, nullable=False),
    Column("subject_base", String, nullable=False),
    Column("subject_status", String, nullable=False),
    Column("credit_code", String, nullable=False),
    Column("person_name", String, nullable=False),
    Column("person_hash", LargeBinary, nullable=False),
    Column("product_id", Integer, nullable=False),
    Column("product_name", String, nullable=False),
    Column("product", String, nullable=False),  # the row of the catalogue as it was, JSON
    Column("amount", Amount, nullable=False),
    Column("unit", String, nullable=False),
    Column("quantity_source", String, nullable=False),
    Column("scale_serial", String),
    Column("scale_verified_until", Day),
    Column("origin_county", String, nullable=False),
    Column("origin", String, nullable=False),
    Column("phone", String, nullable=False),
    Column("copies", Integer, nullable=False),
    Column("evidence", String, nullable=False),
    Column("notice_version", String, nullable=False),
    Column("words_version", String, nullable=False),
    Column("confirmed_at", Moment, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    Column("record", LargeBinary, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("key_id", Integer, nullable=False),
    Column("demo", Boolean, nullable=False),
    Column("station", String, nullable=False),
    Column("voided_at", Moment),
    Column("void_reason", String),
    Column("voided_by", String),
    Index(None, "day", "counter"),
    Index(None, "subject_id", "counter", "product_id"),
)
Index("ix_certificate_voided", certificate.c.counter, certificate.c.key_id, sqlite_where=text("voided_at IS NOT NULL"))

label = Table(
    "label",
    metadata,
    Column("counter", Integer, ForeignKey("certificate.counter"), primary_key=True, autoincrement=False),
    Column("copy", Integer, primary_key=True, autoincrement=False),
    Column("copies", Integer, nullable=False),
    Column("token", LargeBinary, nullable=False),
    Column("url", String, nullable=False),
    Column("awaits_paper", Boolean, nullable=False),
    Column("reprint_allowed", Boolean, nullable=False),
    Column("given_up_by", String),
    sqlite_with_rowid=False,
)
Index("ix_label_awaits_paper", label.c.counter, label.c.copy, sqlite_where=text("awaits_paper = 1"))

print_job = Table(
    "print_job",
    metadata,
    Column("job_id", Integer, primary_key=True),
    Column("counter", Integer, nullable=False),
    Column("copy", Integer, nullable=False),
    Column("reprint", Boolean, nullable=False),
    Column("run", String, nullable=False),  # the process that began it[:its name for it]: unknown when it is gone
    Column("begun_at", Moment, nullable=False),
    Column("outcome", String, nullable=False),
    Column("error", String, nullable=False),
    Column("ended_at", Moment),
    Column("layout_version", String, nullable=False),
    Column("font_digest", String, nullable=False),
    Column("answer", String),
    Column("answered_at", Moment),
    ForeignKeyConstraint(["counter", "copy"], ["label.counter", "label.copy"]),
    Index(None, "counter", "copy", "job_id"),
    sqlite_autoincrement=True,
)

outbox_event = Table(
    "outbox_event",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("kind", String, nullable=False),
    Column("body", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)

audit = Table(
    "audit",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("kind", String, nullable=False),
    Column("by", String, nullable=False),
    Column("counter", Integer),
    Column("facts", String, nullable=False),
    Column("hash", LargeBinary, nullable=False),  # SHA-256 over the hash before and this row
    Index(None, "counter"),
    sqlite_autoincrement=True,
)

subject_local = Table(
    "subject_local",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("kind", String, nullable=False),
    Column("name", String, nullable=False),
    Column("phone", String, nullable=False),
    Column("base_county", String, nullable=False),
    Column("base", String, nullable=False),
    Column("credit_code", String, nullable=False),
    Column("person_name", String, nullable=False),
    Column("person_hash", LargeBinary, nullable=False),
    Column("status", String, nullable=False),
    Column("registered_at", Moment, nullable=False),
    Index(None, "person_hash", "kind", unique=True),
    Index(None, "phone"),
)

station_pin = Table(
    "station_pin",
    metadata,
    Column("subject_id", Integer, primary_key=True, autoincrement=False),
    Column("salt", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("cost", Integer, nullable=False),  # scrypt n
    Column("wrong_count", Integer, nullable=False),
    Column("locked_until", Moment),
    Column("set_at", Moment, nullable=False),
    Column("set_by", String, nullable=False),
)
