"""Tables of what is given out to terminals: releases of the directory and of the key list, their files, and how far each has been rolled out."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, MetaData, PrimaryKeyConstraint, String, Table, Text

from tools.fleet.store.columns import Moment, Whole, id_column, moment_column, of_terminal_column

metadata = MetaData()

release = Table(  # one version of one kind of file; ``area`` is whom its content is for
    "release",
    metadata,
    Column("kind", String(12), nullable=False),  # a word of kiosk.wire.sync.FileKind
    Column("version", Integer, nullable=False),
    Column("area", String(9), nullable=False),
    Column("entries", Whole, nullable=False),
    moment_column("made_at"),
    Column("made_by", String(40), nullable=False),
    PrimaryKeyConstraint("kind", "version"),
)

release_file = Table(  # ``base`` 0: the whole; else the difference to that version
    "release_file",
    metadata,
    Column("kind", String(12), nullable=False),
    Column("version", Integer, nullable=False),
    Column("base", Integer, nullable=False),
    Column("path", String(120), nullable=False, unique=True),
    Column("size", Whole, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("announcement", Text, nullable=False),  # signed, as it goes into a job
    PrimaryKeyConstraint("kind", "version", "base"),
)

rollout = Table(
    "rollout",
    metadata,
    id_column(),
    Column("kind", String(12), nullable=False),
    Column("version", Integer, nullable=False),
    Column("area", String(9), nullable=False),
    Column("pilot", Integer, nullable=False),  # how many get it first
    Column("stage", String(12), nullable=False),  # a word of tools.fleet.releases.rollout.Stage
    Column("reason", String(40), nullable=False, server_default=""),  # why it was stopped
    moment_column("started_at"),
    Column("started_by", String(40), nullable=False),
    Column("widened_at", Moment),
    Column("ended_at", Moment),
    Column("ended_by", String(40)),
    Index("rollout_stage", "stage"),
)

rollout_job = Table(
    "rollout_job",
    metadata,
    Column("job", String(36), primary_key=True),
    Column("rollout", Whole, nullable=False),
    of_terminal_column(),
    Column("stage", String(12), nullable=False),  # pilot | wide | retried: its end does not count any more
    Column("base", Integer, nullable=False),
    Index("rollout_job_rollout", "rollout", "terminal"),
)
