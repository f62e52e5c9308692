"""Keep what every nightly run found, and the expiration that the stored judgements were made with.

Revision ID: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("derivation", sa.Column("expiration", sa.String(length=32), nullable=True))
    # Judgements that do not say with which expiration they were made are made again.
    op.execute("DELETE FROM derivation")
    op.create_table(
        "night_runs",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("outcome", sa.String(length=8), nullable=False),
        sa.Column("as_of", sa.String(length=32), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("balanced", sa.Boolean(), nullable=True),
        sa.Column("proven", sa.String(length=16), nullable=True),
        sa.Column("journal_seq", sa.BigInteger(), nullable=True),
        sa.Column("journal_hash", sa.String(length=64), nullable=True),
        sa.Column("night", sa.LargeBinary(), nullable=True),
        sa.Column("facts", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("outcome IN ('begun', 'done', 'failed')", name=op.f("ck_night_runs_outcome")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_night_runs")),
    )
    op.create_index("ix_night_runs_as_of", "night_runs", ["as_of"], unique=False)
    refuse_changes_of_the_nights()


def refuse_changes_of_the_nights() -> None:
    """What a night found stays written: triggers refuse UPDATE and DELETE (and TRUNCATE) whoever asks."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER night_runs_append_only BEFORE UPDATE OR DELETE ON night_runs "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            "CREATE TRIGGER night_runs_no_truncate BEFORE TRUNCATE ON night_runs "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        return
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER night_runs_no_{change.lower()} BEFORE {change} ON night_runs "
            "BEGIN SELECT RAISE(ABORT, 'night_runs is append-only'); END"
        )


def downgrade() -> None:
    raise RuntimeError("what a night found is never taken apart; restore a backup instead")
