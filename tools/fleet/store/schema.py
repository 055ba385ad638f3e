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

from tools.fleet.store.columns import (
    Amount,
    Bytes,
    Document,
    Moment,
    Whole,
    count_column,
    county_column,
    done_columns,
    id_column,
    ledger_column,
    moment_column,
    number_column,
    of_terminal_column,
    place_column,
    sha256_column,
    visitor_column,
    words_column,
)

metadata = MetaData()

PARTITIONED = ("certificate", "event", "health_history")
"""Tables with a partition for each month of ``received_at`` on PostgreSQL."""

_BY_MONTH = "RANGE (received_at)"

terminal = Table(
    "terminal",
    metadata,
    Column("code", String(10), primary_key=True),
    county_column(),
    Column("town", String(9), nullable=False, server_default=""),
    words_column("station"),
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
    count_column("conf"),
    count_column("dir"),
    count_column("keys"),
    place_column("outbox_first"),
    place_column("outbox_last"),
    Column("clock_source", String(16), nullable=False, server_default=""),
    Column("clock_offset_s", Float),
    # wanted
    count_column("desired_conf"),
    count_column("desired_dir"),
    count_column("desired_keys"),
    Column("desired_software", String(40), nullable=False, server_default=""),
    Column("wanted_at", Moment),  # when any of them last changed
    Column("paused", Boolean, nullable=False, server_default=false()),
    words_column("pause_reason"),
    Column("welcome_due", Boolean, nullable=False, server_default=false()),  # something wanted has changed: tell it
    Index("terminal_county", "county", "state"),
    Index("terminal_state", "state"),
)

boot = Table(  # each start that said hello: two that take turns are two machines with one name
    "boot",
    metadata,
    of_terminal_column(),
    Column("boot", String(64), nullable=False),
    ledger_column(),
    moment_column("first_at"),
    moment_column("last_at"),
    PrimaryKeyConstraint("terminal", "boot", "ledger"),
)

intake = Table(  # the collector's own row of a terminal: whoever takes in its events holds this row
    "intake",
    metadata,
    Column("terminal", String(10), primary_key=True),
    place_column("counter_max"),
    Column("last_at", Moment),
)

stream = Table(  # how far one ledger of a terminal is held: ``upto`` without a gap, ``highest`` with
    "stream",
    metadata,
    of_terminal_column(),
    ledger_column(),
    place_column("upto"),
    place_column("highest"),
    Column("gap_since", Moment),
    Column("last_at", Moment),
    PrimaryKeyConstraint("terminal", "ledger"),
)

certificate_key = Table(
    "certificate_key",
    metadata,
    Column("number", String(24), primary_key=True),
    sha256_column(),
    moment_column("received_at"),
)

certificate = Table(
    "certificate",
    metadata,
    number_column(),
    moment_column("received_at"),
    of_terminal_column(),
    Column("counter", Whole, nullable=False),
    ledger_column(),
    Column("seq", Whole, nullable=False),
    moment_column("issued_at"),
    Column("day", Date, nullable=False),  # Beijing
    Column("clock", Integer, nullable=False),
    county_column(),  # the terminal's
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
    sha256_column(),
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
    of_terminal_column(),
    ledger_column(),
    Column("seq", Whole, nullable=False),
    moment_column("received_at"),
    Column("kind", String(16), nullable=False),
    Column("number", String(24)),
    Column("body", Bytes, nullable=False),
    sha256_column(),
    PrimaryKeyConstraint("terminal", "ledger", "seq", "received_at"),
    Index("event_number", "number"),
    postgresql_partition_by=_BY_MONTH,
)

conflict = Table(
    "conflict",
    metadata,
    id_column(),
    of_terminal_column(),
    ledger_column(),
    Column("seq", Whole, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("number", String(24)),
    Column("code", String(16), nullable=False),  # conflict | malformed | badToken | unknownKey
    Column("detail", String(40), nullable=False, server_default=""),
    Column("body", Bytes, nullable=False),
    sha256_column(),
    moment_column("received_at"),
    *done_columns("resolved"),
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
    moment_column("first_at"),
    moment_column("last_at"),
)

issuance = Table(  # what was issued in an hour: kept by the collector so that a console never counts certificates
    "issuance",
    metadata,
    moment_column("hour"),  # its beginning, by ``issued_at``
    county_column(),
    Column("product_class", String(16), nullable=False),
    Column("certificates", Integer, nullable=False),
    PrimaryKeyConstraint("hour", "county", "product_class"),
)

terminal_day = Table(
    "terminal_day",
    metadata,
    of_terminal_column(),
    Column("day", Date, nullable=False),  # Beijing
    Column("certificates", Integer, nullable=False),
    Column("labels", Integer, nullable=False),
    PrimaryKeyConstraint("terminal", "day"),
)

label_scan = Table(  # a shopper read a label; the place is a county at best
    "label_scan",
    metadata,
    id_column(),
    number_column(),
    count_column("copy"),
    moment_column("at"),
    visitor_column(),  # keyed hash of the address, changes daily
    Column("place", String(6), nullable=False, server_default=""),
    Index("label_scan_number", "number", "at"),
)

health_now = Table(
    "health_now",
    metadata,
    of_terminal_column(),
    Column("device", String(16), nullable=False),  # "" is the terminal itself
    Column("metric", String(60), nullable=False),
    Column("value", Document),
    moment_column("at"),
    PrimaryKeyConstraint("terminal", "device", "metric"),
)

health_history = Table(
    "health_history",
    metadata,
    of_terminal_column(),
    Column("device", String(16), nullable=False),
    Column("metric", String(60), nullable=False),
    moment_column("at"),
    moment_column("received_at"),
    Column("value", Document),
    Index("health_history_metric", "terminal", "device", "metric", "at"),
    postgresql_partition_by=_BY_MONTH,
)

alert = Table(
    "alert",
    metadata,
    id_column(),
    county_column(),  # "" for the centre itself
    Column("terminal", String(10), nullable=False, server_default=""),  # "" for a whole county
    Column("device", String(16), nullable=False, server_default=""),
    Column("code", String(40), nullable=False),
    Column("severity", String(8), nullable=False),  # critical | warning | notice
    Column("cause", String(60), nullable=False, server_default=""),
    Column("facts", Document),
    moment_column("since"),
    moment_column("opened_at"),
    *done_columns("acknowledged"),
    Column("owner", String(40)),
    *done_columns("closed"),  # a login, "" when it went away by itself
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
    of_terminal_column(),
    Column("kind", String(24), nullable=False),
    Column("args", Document, nullable=False),
    moment_column("not_after"),
    Column("document", Text, nullable=False),  # the signed job as it goes to the terminal
    moment_column("created_at"),
    Column("created_by", String(40), nullable=False),
    Column("sent_at", Moment),
    Column("status", String(12), nullable=False, server_default="QUEUED"),
    Column("detail", Document),
    moment_column("updated_at"),
    Index("job_terminal", "terminal", "created_at"),
    Index("job_status", "status", "not_after"),
)

report = Table(  # somebody says that something is wrong with a certificate
    "report",
    metadata,
    id_column(),
    number_column(),
    Column("county", String(6), nullable=False, server_default=""),
    moment_column("at"),
    Column("kind", String(24), nullable=False),
    words_column("words"),
    words_column("contact"),
    visitor_column(),
    *done_columns("handled"),
    words_column("answer"),
    Index("report_number", "number"),
    Index("report_county", "county", "at"),
)

evaluation = Table(
    "evaluation",
    metadata,
    id_column(),
    number_column(),
    moment_column("at"),
    Column("stars", Integer, nullable=False),
    words_column("words"),
    visitor_column(),
    Index("evaluation_number", "number"),
)

subject_block = Table(  # what other registers say of a subject: production | trace | credit | certification
    "subject_block",
    metadata,
    Column("subject_id", Whole, nullable=False),
    Column("block", String(16), nullable=False),
    Column("body", Document, nullable=False),
    words_column("source"),
    moment_column("updated_at"),
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
    words_column("name"),
    Column("role", String(16), nullable=False),  # viewer | operator | administrator
    Column("area", String(9), nullable=False),  # a code of tools.fleet.area
    Column("password", Text, nullable=False),  # tools.fleet.console.passwords
    moment_column("created_at"),
    Column("disabled_at", Moment),
    count_column("epoch"),  # a new one ends all its sessions
)

audit = Table(
    "audit",
    metadata,
    id_column(),
    moment_column("at"),
    Column("who", String(40), nullable=False),
    Column("deed", String(40), nullable=False),
    words_column("object"),
    Column("detail", Document),
    Index("audit_at", "at"),
)
