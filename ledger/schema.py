"""The tables of the books, one description for SQLite and PostgreSQL; it refuses to know what is done with them.

Three kinds of table. Append-only: the journal and the versions of the option ledger (triggers refuse UPDATE and
DELETE). Working: faxes, receipts, claims, which say where each file is on its way. Derived: everything that can be
thrown away and made again from the journal.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Dialect,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Instant(TypeDecorator[datetime]):
    """An aware datetime kept as UTC text to the microsecond: it sorts by time and is the same on both databases."""

    impl = String(32)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        return value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else datetime.fromisoformat(value)


SHA256 = String(64)

# Append-only -------------------------------------------------------------------------------------------------------

journal = Table(
    "journal",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("id", String(36), nullable=False, unique=True),
    Column("kind", String(32), nullable=False),
    Column("at", Instant, nullable=False),
    Column("actor", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("payload", Text, nullable=False),
    Column("prev_hash", SHA256, nullable=False, unique=True),
    Column("hash", SHA256, nullable=False, unique=True),
    Index("ix_journal_subject", "subject"),
    Index("ix_journal_kind", "kind"),
)

ledger_versions = Table(
    "ledger_versions",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("as_of", Date, nullable=False),
    Column("imported_at", Instant, nullable=False),
    Column("actor", Text, nullable=False),
    Column("holders_sha256", SHA256, nullable=False),
    Column("grants_sha256", SHA256, nullable=False),
)

holders = Table(
    "holders",
    metadata,
    Column("version", ForeignKey("ledger_versions.version"), primary_key=True),
    Column("holder_id", Text, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("name_on_agreement", Text, nullable=False),
    Column("legal_name_changes", Text, nullable=False),
    Column("tax_id", Text, nullable=False),
    Column("category", String(32), nullable=False),
    Column("title", Text, nullable=False),
    Column("country", Text),
    Column("email", Text, nullable=False),
    Column("address", Text, nullable=False),
)

grants = Table(
    "grants",
    metadata,
    Column("version", Integer, primary_key=True),
    Column("grant_no", Text, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("holder_id", Text, nullable=False),
    Column("plan", String(16), nullable=False),
    Column("grant_date", Date, nullable=False),
    Column("exercise_price", Text, nullable=False),
    Column("shares_granted", BigInteger, nullable=False),
    Column("shares_exercised", BigInteger, nullable=False),
    Column("shares_cancelled", BigInteger, nullable=False),
    Column("type", String(8), nullable=False),
    Column("split_group", Text),
    Column("held_since", Date),
    Column("expires_on", Date),
    ForeignKeyConstraint(["version", "holder_id"], ["holders.version", "holders.holder_id"]),
    CheckConstraint("shares_exercised + shares_cancelled <= shares_granted", name="not_over_exercised"),
)

night_runs = Table(
    "night_runs",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("outcome", String(8), nullable=False),
    Column("as_of", Instant, nullable=False),
    Column("at", Instant, nullable=False),
    Column("reason", Text, nullable=False),
    Column("balanced", Boolean),
    Column("proven", String(16)),
    Column("journal_seq", BigInteger),
    Column("journal_hash", SHA256),
    Column("night", LargeBinary),
    Column("facts", LargeBinary),
    CheckConstraint("outcome IN ('begun', 'done', 'failed')", name="outcome"),
    Index("ix_night_runs_as_of", "as_of"),
)

APPEND_ONLY = (journal, ledger_versions, holders, grants, night_runs)

# Working -----------------------------------------------------------------------------------------------------------

faxes = Table(
    "faxes",
    metadata,
    Column("sha256", SHA256, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("pages", Integer),
    Column("archived_name", Text, nullable=False),
    Column("first_received_at", Instant, nullable=False),
)

receipts = Table(
    "receipts",
    metadata,
    Column("delivery_id", String(64), primary_key=True),
    Column("fax", ForeignKey("faxes.sha256"), nullable=False),
    Column("file", Text, nullable=False),
    Column("received_start", Text),
    Column("received_at", Text),
    Column("source", String(16)),
    Column("destination", Text, nullable=False),
    Column("delivery", Text, nullable=False),
    Column("job_id", Text),
    Column("noted_at", Instant, nullable=False),
    Index("ix_receipts_fax", "fax"),
)

claims = Table(
    "claims",
    metadata,
    Column("fax", ForeignKey("faxes.sha256"), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("owner", Text),
    Column("lease_until", Instant),
    Column("attempts", Integer, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("last_failure", Text, nullable=False),
    CheckConstraint("state IN ('waiting', 'done', 'quarantined')", name="state"),
    Index("ix_claims_state", "state"),
)

# Derived -----------------------------------------------------------------------------------------------------------

derivation = Table(
    "derivation",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("expiration", Instant),
    CheckConstraint("id = 1", name="one_row"),
)

submissions = Table(
    "submissions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("fax", SHA256),
    Column("kind", String(16)),
    Column("holder_id", Text),
    Column("disposition", String(16), nullable=False),
    Column("needs_review", Boolean, nullable=False),
    Column("judgement", Text, nullable=False),
    Index("ix_submissions_holder_id", "holder_id"),
    Index("ix_submissions_fax", "fax"),
)

findings = Table(
    "findings",
    metadata,
    Column("submission_id", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("code", String(64), nullable=False),
    Column("severity", String(16), nullable=False),
    Column("hold", String(8), nullable=False),
    Column("target", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("cite", Text, nullable=False),
    Column("suggestion", Text, nullable=False),
    Column("resolution", String(16), nullable=False),
    Index("ix_findings_code", "code"),
)

standings = Table(
    "standings",
    metadata,
    Column("holder_id", Text, primary_key=True),
    Column("state", String(16), nullable=False),
    Column("standing", Text, nullable=False),
)

queue = Table(
    "queue",
    metadata,
    Column("id", Text, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("fax", SHA256),
    Column("submission_id", Text),
    Column("holder_id", Text),
    Column("file", Text, nullable=False),
    Column("code", String(64), nullable=False),
    Column("severity", String(16), nullable=False),
    Column("hold", String(8), nullable=False),
    Column("target", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("cite", Text, nullable=False),
    Column("suggestion", Text, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Index("ix_queue_submission_id", "submission_id"),
)

DERIVED = (queue, findings, standings, submissions, derivation)
