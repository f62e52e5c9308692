"""The tables of the reviewer's desk: who may sit at it, who sits there now, and what everybody did.

None of it decides about a holder: decisions are events in the journal. The log is append-only like the journal.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, PrimaryKeyConstraint, String, Table, Text

from ledger.schema import SHA256, Instant, metadata

users = Table(
    "users",
    metadata,
    Column("login", String(64), primary_key=True),
    Column("name", Text, nullable=False),
    Column("role", String(16), nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("disabled_at", Instant),
    CheckConstraint("role IN ('reviewer', 'approver', 'administrator', 'auditor')", name="role"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_sha256", SHA256, primary_key=True),
    Column("login", ForeignKey("users.login"), nullable=False),
    Column("csrf", String(64), nullable=False),
    Column("began_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Index("ix_sessions_login", "login"),
)

login_failures = Table(
    "login_failures",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("login", String(64), nullable=False),
    Column("address", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Index("ix_login_failures_at", "at"),
)

desk_log = Table(
    "desk_log",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("actor", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("action", String(48), nullable=False),
    Column("subject", Text, nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("detail", Text, nullable=False),
    CheckConstraint("outcome IN ('done', 'refused')", name="outcome"),
    Index("ix_desk_log_at", "at"),
)

form_claims = Table(
    "form_claims",
    metadata,
    Column("submission_id", Text, primary_key=True),
    Column("login", ForeignKey("users.login"), nullable=False),
    Column("claimed_at", Instant, nullable=False),
    Column("lease_until", Instant, nullable=False),
    Index("ix_form_claims_login", "login"),
)

drafts = Table(
    "drafts",
    metadata,
    Column("submission_id", Text, nullable=False),
    Column("login", ForeignKey("users.login"), nullable=False),
    Column("body", Text, nullable=False),
    Column("saved_at", Instant, nullable=False),
    PrimaryKeyConstraint("submission_id", "login"),
)

blind_readings = Table(
    "blind_readings",
    metadata,
    Column("submission_id", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("login", ForeignKey("users.login"), nullable=False),
    Column("value", Text, nullable=False),
    Column("read_at", Instant, nullable=False),
    PrimaryKeyConstraint("submission_id", "key", "login"),
)
