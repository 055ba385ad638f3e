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

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    Float,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    false,
    text,
)

from tools.fleet.store.columns import Amount, Bytes, Document, Moment, Whole

metadata = MetaData()

PARTITIONED = ("certificate", "event", "health_history")
"""Tables with a partition for each month of ``received_at`` on PostgreSQL."""

_BY_MONTH = "RANGE (received_at)"

terminal = Table(
    "terminal",
    metadata,
    Column("code", String(10), primary_key=True),
    Column("county", String(6), nullable=False),
    Column("town", String(9), nullable=False, server_default=""),
    Column("station", Text, nullable=False, server_default=""),
    Column("commissioned_at", Moment),
    Column("retired_at", Moment),
    # usual hours, minutes of the Beijing day: silence outside them is no alarm
    Column("opens", Integer, nullable=False, server_default="480"),
    Column("closes", Integer, nullable=False, server_default="1080"),
    # what the farmer can do: a word of tools.fleet.store.states, since when, and why (a code of the alerts, "" when all is well)
    Column("state", String(16), nullable=False, server_default="notCommissioned"),
    Column("state_since", Moment),
    Column("reason", String(40), nullable=False, server_default=""),
    Column("last_seen_at", Moment),
    Column("born_at", Moment),  # the last NBIRTH
    # reported in the last hello
    Column("hello_at", Moment),
    Column("boot", String(64), nullable=False, server_default=""),
    Column("ledger", String(64), nullable=False, server_default=""),
    Column("software", String(40), nullable=False, server_default=""),
    Column("conf", Integer, nullable=False, server_default="0"),
    Column("dir", Integer, nullable=False, server_default="0"),
    Column("keys", Integer, nullable=False, server_default="0"),
    Column("outbox_first", Whole, nullable=False, server_default="0"),
    Column("outbox_last", Whole, nullable=False, server_default="0"),
    Column("clock_source", String(16), nullable=False, server_default=""),
    Column("clock_offset_s", Float),
    # wanted
    Column("desired_conf", Integer, nullable=False, server_default="0"),
    Column("desired_dir", Integer, nullable=False, server_default="0"),
    Column("desired_keys", Integer, nullable=False, server_default="0"),
    Column("desired_software", String(40), nullable=False, server_default=""),
    Column("wanted_at", Moment),  # when any of them last changed
    Column("paused", Boolean, nullable=False, server_default=false()),
    Column("pause_reason", Text, nullable=False, server_default=""),
    Column("welcome_due", Boolean, nullable=False, server_default=false()),  # something wanted has changed: tell it
    Index("terminal_county", "county", "state"),
    Index("terminal_state", "state"),
)

boot = Table(  # each start that said hello: two that take turns are two machines with one name
    "boot",
    metadata,
    Column("terminal", String(10), nullable=False),
    Column("boot", String(64), nullable=False),
    Column("ledger", String(64), nullable=False),
    Column("first_at", Moment, nullable=False),
    Column("last_at", Moment, nullable=False),
    PrimaryKeyConstraint("terminal", "boot", "ledger"),
)

intake = Table(  # the collector's own row of a terminal: whoever takes in its events holds this row
    "intake",
    metadata,
    Column("terminal", String(10), primary_key=True),
    Column("counter_max", Whole, nullable=False, server_default="0"),
    Column("last_at", Moment),
)

stream = Table(  # how far one ledger of a terminal is held: ``upto`` without a gap, ``highest`` with
    "stream",
    metadata,
    Column("terminal", String(10), nullable=False),
    Column("ledger", String(64), nullable=False),
    Column("upto", Whole, nullable=False, server_default="0"),
    Column("highest", Whole, nullable=False, server_default="0"),
    Column("gap_since", Moment),
    Column("last_at", Moment),
    PrimaryKeyConstraint("terminal", "ledger"),
)

certificate_key = Table(
    "certificate_key",
    metadata,
    Column("number", String(24), primary_key=True),
    Column("sha256", Bytes, nullable=False),
    Column("received_at", Moment, nullable=False),
)

certificate = Table(
    "certificate",
    metadata,
    Column("number", String(24), nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("terminal", String(10), nullable=False),
    Column("counter", Whole, nullable=False),
    Column("ledger", String(64), nullable=False),
    Column("seq", Whole, nullable=False),
    Column("issued_at", Moment, nullable=False),
    Column("day", Date, nullable=False),  # Beijing
    Column("clock", Integer, nullable=False),
    Column("county", String(6), nullable=False),  # the terminal's
    Column("station", Text, nullable=False),
    Column("demo", Boolean, nullable=False),
    Column("key_id", Integer, nullable=False),
    Column("form", String(24), nullable=False),
    Column("basis", String(60), nullable=False),  # words joined by commas
    Column("subject_id", Whole, nullable=False),
    Column("subject_kind", String(20), nullable=False),
    Column("subject_name", Text, nullable=False),
    Column("credit_code", String(18), nullable=False),
    Column("product_id", Integer, nullable=False),
    Column("product_name", Text, nullable=False),
    Column("product_class", String(16), nullable=False),
    Column("amount", Amount, nullable=False),
    Column("unit", String(8), nullable=False),
    Column("source", String(10), nullable=False),
    Column("origin_county", String(6), nullable=False),
    Column("origin", Text, nullable=False),
    Column("contact", Text, nullable=False),
    Column("copies", Integer, nullable=False),
    Column("token", Bytes, nullable=False),  # the first copy's
    Column("record", Bytes, nullable=False),  # the outbox body, byte for byte
    Column("sha256", Bytes, nullable=False),
    Column("voided_at", Moment),
    Column("void_reason", Text),
    PrimaryKeyConstraint("number", "received_at"),
    Index("certificate_stream", "terminal", "ledger", "seq"),
    Index("certificate_issued", "terminal", "issued_at"),
    Index("certificate_day", "day", "county"),
    Index("certificate_subject", "subject_id", "issued_at"),
    postgresql_partition_by=_BY_MONTH,
)

event = Table(
    "event",
    metadata,
    Column("terminal", String(10), nullable=False),
    Column("ledger", String(64), nullable=False),
    Column("seq", Whole, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("number", String(24)),
    Column("body", Bytes, nullable=False),
    Column("sha256", Bytes, nullable=False),
    PrimaryKeyConstraint("terminal", "ledger", "seq", "received_at"),
    Index("event_number", "number"),
    postgresql_partition_by=_BY_MONTH,
)

conflict = Table(
    "conflict",
    metadata,
    Column("id", Whole, primary_key=True, autoincrement=True),
    Column("terminal", String(10), nullable=False),
    Column("ledger", String(64), nullable=False),
    Column("seq", Whole, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("number", String(24)),
    Column("code", String(16), nullable=False),  # conflict | malformed | badToken | unknownKey
    Column("detail", String(40), nullable=False, server_default=""),
    Column("body", Bytes, nullable=False),
    Column("sha256", Bytes, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("resolved_at", Moment),
    Column("resolved_by", String(40)),
    Index("conflict_once", "terminal", "ledger", "seq", "sha256", unique=True),
    Index("conflict_number", "number"),
)

quarantine = Table(  # messages that nobody could read; the same one again only counts
    "quarantine",
    metadata,
    Column("sha256", Bytes, primary_key=True),
    Column("topic", Text, nullable=False),
    Column("reason", String(60), nullable=False),
    Column("payload", Bytes, nullable=False),  # its first 64 KiB
    Column("times", Integer, nullable=False, server_default="1"),
    Column("first_at", Moment, nullable=False),
    Column("last_at", Moment, nullable=False),
)

issuance = Table(  # what was issued in an hour: kept by the collector so that a console never counts certificates
    "issuance",
    metadata,
    Column("hour", Moment, nullable=False),  # its beginning, by ``issued_at``
    Column("county", String(6), nullable=False),
    Column("product_class", String(16), nullable=False),
    Column("certificates", Integer, nullable=False),
    PrimaryKeyConstraint("hour", "county", "product_class"),
)

terminal_day = Table(
    "terminal_day",
    metadata,
    Column("terminal", String(10), nullable=False),
    Column("day", Date, nullable=False),  # Beijing
    Column("certificates", Integer, nullable=False),
    Column("labels", Integer, nullable=False),
    PrimaryKeyConstraint("terminal", "day"),
)

label_scan = Table(  # a shopper read a label; the place is a county at best
    "label_scan",
    metadata,
    Column("id", Whole, primary_key=True, autoincrement=True),
    Column("number", String(24), nullable=False),
    Column("copy", Integer, nullable=False, server_default="0"),
    Column("at", Moment, nullable=False),
    Column("visitor", String(64), nullable=False, server_default=""),  # keyed hash of the address, changes daily
    Column("place", String(6), nullable=False, server_default=""),
    Index("label_scan_number", "number", "at"),
)

health_now = Table(
    "health_now",
    metadata,
    Column("terminal", String(10), nullable=False),
    Column("device", String(16), nullable=False),  # "" is the terminal itself
    Column("metric", String(60), nullable=False),
    Column("value", Document),
    Column("at", Moment, nullable=False),
    PrimaryKeyConstraint("terminal", "device", "metric"),
)

health_history = Table(
    "health_history",
    metadata,
    Column("terminal", String(10), nullable=False),
    Column("device", String(16), nullable=False),
    Column("metric", String(60), nullable=False),
    Column("at", Moment, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("value", Document),
    Index("health_history_metric", "terminal", "device", "metric", "at"),
    postgresql_partition_by=_BY_MONTH,
)

alert = Table(
    "alert",
    metadata,
    Column("id", Whole, primary_key=True, autoincrement=True),
    Column("county", String(6), nullable=False),  # "" for the centre itself
    Column("terminal", String(10), nullable=False, server_default=""),  # "" for a whole county
    Column("device", String(16), nullable=False, server_default=""),
    Column("code", String(40), nullable=False),
    Column("severity", String(8), nullable=False),  # critical | warning | notice
    Column("cause", String(60), nullable=False, server_default=""),
    Column("facts", Document),
    Column("since", Moment, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("acknowledged_at", Moment),
    Column("acknowledged_by", String(40)),
    Column("owner", String(40)),
    Column("closed_at", Moment),
    Column("closed_by", String(40)),  # a login, "" when it went away by itself
    Index(
        "alert_open",
        "county",
        "terminal",
        "device",
        "code",
        unique=True,
        sqlite_where=text("closed_at IS NULL"),
        postgresql_where=text("closed_at IS NULL"),
    ),
    Index("alert_terminal", "terminal", "since"),
)

job = Table(
    "job",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("terminal", String(10), nullable=False),
    Column("kind", String(24), nullable=False),
    Column("args", Document, nullable=False),
    Column("not_after", Moment, nullable=False),
    Column("document", Text, nullable=False),  # the signed job as it goes to the terminal
    Column("created_at", Moment, nullable=False),
    Column("created_by", String(40), nullable=False),
    Column("sent_at", Moment),
    Column("status", String(12), nullable=False, server_default="QUEUED"),
    Column("detail", Document),
    Column("updated_at", Moment, nullable=False),
    Index("job_terminal", "terminal", "created_at"),
    Index("job_status", "status", "not_after"),
)

report = Table(  # somebody says that something is wrong with a certificate
    "report",
    metadata,
    Column("id", Whole, primary_key=True, autoincrement=True),
    Column("number", String(24), nullable=False),
    Column("county", String(6), nullable=False, server_default=""),
    Column("at", Moment, nullable=False),
    Column("kind", String(24), nullable=False),
    Column("words", Text, nullable=False, server_default=""),
    Column("contact", Text, nullable=False, server_default=""),
    Column("visitor", String(64), nullable=False, server_default=""),
    Column("handled_at", Moment),
    Column("handled_by", String(40)),
    Column("answer", Text, nullable=False, server_default=""),
    Index("report_number", "number"),
    Index("report_county", "county", "at"),
)

evaluation = Table(
    "evaluation",
    metadata,
    Column("id", Whole, primary_key=True, autoincrement=True),
    Column("number", String(24), nullable=False),
    Column("at", Moment, nullable=False),
    Column("stars", Integer, nullable=False),
    Column("words", Text, nullable=False, server_default=""),
    Column("visitor", String(64), nullable=False, server_default=""),
    Index("evaluation_number", "number"),
)

subject_block = Table(  # what other registers say of a subject: production | trace | credit | certification
    "subject_block",
    metadata,
    Column("subject_id", Whole, nullable=False),
    Column("block", String(16), nullable=False),
    Column("body", Document, nullable=False),
    Column("source", Text, nullable=False, server_default=""),
    Column("updated_at", Moment, nullable=False),
    PrimaryKeyConstraint("subject_id", "block"),
)

subject_choice = Table(  # a subject that wants its telephone shown whole
    "subject_choice",
    metadata,
    Column("subject_id", Whole, primary_key=True),
    Column("show_phone", Boolean, nullable=False, server_default=false()),
)

account = Table(
    "account",
    metadata,
    Column("login", String(40), primary_key=True),
    Column("name", Text, nullable=False, server_default=""),
    Column("role", String(16), nullable=False),  # viewer | operator | administrator
    Column("area", String(9), nullable=False),  # a code of tools.fleet.area
    Column("password", Text, nullable=False),  # tools.fleet.console.passwords
    Column("created_at", Moment, nullable=False),
    Column("disabled_at", Moment),
    Column("epoch", Integer, nullable=False, server_default="0"),  # a new one ends all its sessions
)

audit = Table(
    "audit",
    metadata,
    Column("id", Whole, primary_key=True, autoincrement=True),
    Column("at", Moment, nullable=False),
    Column("who", String(40), nullable=False),
    Column("deed", String(40), nullable=False),
    Column("object", Text, nullable=False, server_default=""),
    Column("detail", Document),
    Index("audit_at", "at"),
)
