"""The first tables, and the triggers that keep the legal record as it was written."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_LEGAL = (
    "counter, number, promise_id, issued_at, day, clock_quality, boot_id, boot_ms, form, basis, subject_id, subject_kind, subject_name, "
    "subject_phone, subject_county, subject_base, subject_status, credit_code, person_name, person_hash, product_id, product_name, product, "
    "amount, unit, quantity_source, scale_serial, scale_verified_until, origin_county, origin, phone, copies, evidence, notice_version, "
    "words_version, confirmed_at, signature, record, digest, key_id, demo, station"
)

# (name, when it fires)
_FORBIDDEN = (
    ("outbox_event_no_update", "BEFORE UPDATE ON outbox_event"),
    ("outbox_event_no_delete", "BEFORE DELETE ON outbox_event"),
    ("audit_no_update", "BEFORE UPDATE ON audit"),
    ("audit_no_delete", "BEFORE DELETE ON audit"),
    ("certificate_no_update", f"BEFORE UPDATE OF {_LEGAL} ON certificate"),
    ("certificate_void_once", "BEFORE UPDATE OF voided_at, void_reason, voided_by ON certificate WHEN OLD.voided_at IS NOT NULL"),
    ("certificate_no_delete", "BEFORE DELETE ON certificate"),
    (
        "certificate_next_number",
        "BEFORE INSERT ON certificate WHEN NEW.counter IS NOT (SELECT last_counter FROM terminal WHERE id = 1)",
    ),
    ("label_no_update", "BEFORE UPDATE OF counter, copy, copies, token, url ON label"),
    ("label_no_delete", "BEFORE DELETE ON label"),
    ("print_job_no_update", "BEFORE UPDATE OF job_id, counter, copy, reprint, run, begun_at ON print_job"),
    ("print_job_one_outcome", "BEFORE UPDATE OF outcome, error, ended_at ON print_job WHEN OLD.outcome IS NOT 'pending'"),
    ("print_job_no_delete", "BEFORE DELETE ON print_job"),
    ("terminal_one_row", "BEFORE INSERT ON terminal WHEN NEW.id IS NOT 1 OR (SELECT count(*) FROM terminal) > 0"),
    ("terminal_no_update", "BEFORE UPDATE OF id, code, generation, created_at ON terminal"),
    ("terminal_never_back", "BEFORE UPDATE OF last_counter ON terminal WHEN NEW.last_counter <= OLD.last_counter"),
    ("terminal_no_delete", "BEFORE DELETE ON terminal"),
)


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("counter", sa.Integer(), nullable=True),
        sa.Column("facts", sa.String(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_audit"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_counter", "audit", ["counter"], unique=False)
    op.create_table(
        "certificate",
        sa.Column("counter", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("promise_id", sa.String(), nullable=False),
        sa.Column("issued_at", sa.String(), nullable=False),
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("clock_quality", sa.Integer(), nullable=False),
        sa.Column("boot_id", sa.String(), nullable=False),
        sa.Column("boot_ms", sa.Integer(), nullable=False),
        sa.Column("form", sa.String(), nullable=False),
        sa.Column("basis", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("subject_kind", sa.String(), nullable=False),
        sa.Column("subject_name", sa.String(), nullable=False),
        sa.Column("subject_phone", sa.String(), nullable=False),
        sa.Column("subject_county", sa.String(), nullable=False),
        sa.Column("subject_base", sa.String(), nullable=False),
        sa.Column("subject_status", sa.String(), nullable=False),
        sa.Column("credit_code", sa.String(), nullable=False),
        sa.Column("person_name", sa.String(), nullable=False),
        sa.Column("person_hash", sa.LargeBinary(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("product_name", sa.String(), nullable=False),
        sa.Column("product", sa.String(), nullable=False),
        sa.Column("amount", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("quantity_source", sa.String(), nullable=False),
        sa.Column("scale_serial", sa.String(), nullable=True),
        sa.Column("scale_verified_until", sa.String(), nullable=True),
        sa.Column("origin_county", sa.String(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("copies", sa.Integer(), nullable=False),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.Column("notice_version", sa.String(), nullable=False),
        sa.Column("words_version", sa.String(), nullable=False),
        sa.Column("confirmed_at", sa.String(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.Integer(), nullable=False),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column("station", sa.String(), nullable=False),
        sa.Column("voided_at", sa.String(), nullable=True),
        sa.Column("void_reason", sa.String(), nullable=True),
        sa.Column("voided_by", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("counter", name="pk_certificate"),
        sa.UniqueConstraint("promise_id", name="uq_certificate_promise_id"),
    )
    op.create_index("ix_certificate_day_counter", "certificate", ["day", "counter"], unique=False)
    op.create_index(
        "ix_certificate_subject_id_counter_product_id", "certificate", ["subject_id", "counter", "product_id"], unique=False
    )
    op.create_index(
        "ix_certificate_voided", "certificate", ["counter", "key_id"], unique=False, sqlite_where=sa.text("voided_at IS NOT NULL")
    )
    op.create_table(
        "outbox_event",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_outbox_event"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "station_pin",
        sa.Column("subject_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("cost", sa.Integer(), nullable=False),
        sa.Column("wrong_count", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.String(), nullable=True),
        sa.Column("set_at", sa.String(), nullable=False),
        sa.Column("set_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("subject_id", name="pk_station_pin"),
    )
    op.create_table(
        "subject_local",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("base_county", sa.String(), nullable=False),
        sa.Column("base", sa.String(), nullable=False),
        sa.Column("credit_code", sa.String(), nullable=False),
        sa.Column("person_name", sa.String(), nullable=False),
        sa.Column("person_hash", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("registered_at", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_subject_local"),
    )
    op.create_index("ix_subject_local_person_hash_kind", "subject_local", ["person_hash", "kind"], unique=True)
    op.create_index("ix_subject_local_phone", "subject_local", ["phone"], unique=False)
    op.create_table(
        "terminal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("generation", sa.String(), nullable=False),
        sa.Column("created_at", sa.String(), nullable=False),
        sa.Column("last_counter", sa.Integer(), nullable=False),
        sa.Column("last_issued_at", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_terminal"),
    )
    op.create_table(
        "label",
        sa.Column("counter", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("copy", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("copies", sa.Integer(), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("awaits_paper", sa.Boolean(), nullable=False),
        sa.Column("reprint_allowed", sa.Boolean(), nullable=False),
        sa.Column("given_up_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["counter"], ["certificate.counter"], name="fk_label_counter"),
        sa.PrimaryKeyConstraint("counter", "copy", name="pk_label"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_label_awaits_paper", "label", ["counter", "copy"], unique=False, sqlite_where=sa.text("awaits_paper = 1"))
    op.create_table(
        "print_job",
        sa.Column("job_id", sa.Integer(), nullable=False),
        sa.Column("counter", sa.Integer(), nullable=False),
        sa.Column("copy", sa.Integer(), nullable=False),
        sa.Column("reprint", sa.Boolean(), nullable=False),
        sa.Column("run", sa.String(), nullable=False),
        sa.Column("begun_at", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.Column("ended_at", sa.String(), nullable=True),
        sa.Column("layout_version", sa.String(), nullable=False),
        sa.Column("font_digest", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=True),
        sa.Column("answered_at", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["counter", "copy"], ["label.counter", "label.copy"], name="fk_print_job_counter_copy"),
        sa.PrimaryKeyConstraint("job_id", name="pk_print_job"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_print_job_counter_copy_job_id", "print_job", ["counter", "copy", "job_id"], unique=False)
    for name, fires in _FORBIDDEN:
        op.execute(f"CREATE TRIGGER {name} {fires} BEGIN SELECT RAISE(ABORT, '{name}'); END")
