"""The register of terminals and their starts, their health, their alerts and their jobs."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, Index, Integer, PrimaryKeyConstraint, String, Table, Text, false, text

from tools.fleet.store.columns import (
    Document,
    Moment,
    count_column,
    county_column,
    done_columns,
    id_column,
    ledger_column,
    moment_column,
    of_terminal_column,
    place_column,
    words_column,
)
from tools.fleet.store.schema.base import BY_MONTH, metadata

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
    postgresql_partition_by=BY_MONTH,
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
    # taken back after it was sent: the terminal is told so until it says what became of it
    Column("recall_due", Boolean, nullable=False, server_default=false()),
    Column("recall_sent_at", Moment),
    Column("status", String(12), nullable=False, server_default="QUEUED"),
    Column("detail", Document),
    moment_column("updated_at"),
    Index("job_terminal", "terminal", "created_at"),
    Index("job_status", "status", "not_after"),
)
