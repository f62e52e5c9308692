"""Make the books: journal, option ledger, faxes on their way, and everything derived.

Revision ID: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

APPEND_ONLY = ("journal", "ledger_versions", "holders", "grants")


def upgrade() -> None:
    op.create_table('derivation',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('seq', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('id = 1', name=op.f('ck_derivation_one_row')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_derivation'))
    )
    op.create_table('faxes',
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('pages', sa.Integer(), nullable=True),
    sa.Column('archived_name', sa.Text(), nullable=False),
    sa.Column('first_received_at', sa.String(length=32), nullable=False),
    sa.PrimaryKeyConstraint('sha256', name=op.f('pk_faxes'))
    )
    op.create_table('findings',
    sa.Column('submission_id', sa.Text(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=64), nullable=False),
    sa.Column('severity', sa.String(length=16), nullable=False),
    sa.Column('hold', sa.String(length=8), nullable=False),
    sa.Column('target', sa.Text(), nullable=False),
    sa.Column('message', sa.Text(), nullable=False),
    sa.Column('cite', sa.Text(), nullable=False),
    sa.Column('suggestion', sa.Text(), nullable=False),
    sa.Column('resolution', sa.String(length=16), nullable=False),
    sa.PrimaryKeyConstraint('submission_id', 'number', name=op.f('pk_findings'))
    )
    op.create_index('ix_findings_code', 'findings', ['code'], unique=False)
    op.create_table('journal',
    sa.Column('seq', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('at', sa.String(length=32), nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('payload', sa.Text(), nullable=False),
    sa.Column('prev_hash', sa.String(length=64), nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('seq', name=op.f('pk_journal')),
    sa.UniqueConstraint('hash', name=op.f('uq_journal_hash')),
    sa.UniqueConstraint('id', name=op.f('uq_journal_id')),
    sa.UniqueConstraint('prev_hash', name=op.f('uq_journal_prev_hash'))
    )
    op.create_index('ix_journal_kind', 'journal', ['kind'], unique=False)
    op.create_index('ix_journal_subject', 'journal', ['subject'], unique=False)
    op.create_table('ledger_versions',
    sa.Column('version', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('as_of', sa.Date(), nullable=False),
    sa.Column('imported_at', sa.String(length=32), nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('holders_sha256', sa.String(length=64), nullable=False),
    sa.Column('grants_sha256', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('version', name=op.f('pk_ledger_versions'))
    )
    op.create_table('queue',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('position', sa.BigInteger(), nullable=False),
    sa.Column('fax', sa.String(length=64), nullable=True),
    sa.Column('submission_id', sa.Text(), nullable=True),
    sa.Column('holder_id', sa.Text(), nullable=True),
    sa.Column('file', sa.Text(), nullable=False),
    sa.Column('code', sa.String(length=64), nullable=False),
    sa.Column('severity', sa.String(length=16), nullable=False),
    sa.Column('hold', sa.String(length=8), nullable=False),
    sa.Column('target', sa.Text(), nullable=False),
    sa.Column('message', sa.Text(), nullable=False),
    sa.Column('cite', sa.Text(), nullable=False),
    sa.Column('suggestion', sa.Text(), nullable=False),
    sa.Column('opened_at', sa.String(length=32), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_queue'))
    )
    op.create_index('ix_queue_submission_id', 'queue', ['submission_id'], unique=False)
    op.create_table('standings',
    sa.Column('holder_id', sa.Text(), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('standing', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('holder_id', name=op.f('pk_standings'))
    )
    op.create_table('submissions',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('position', sa.BigInteger(), nullable=False),
    sa.Column('fax', sa.String(length=64), nullable=True),
    sa.Column('kind', sa.String(length=16), nullable=True),
    sa.Column('holder_id', sa.Text(), nullable=True),
    sa.Column('disposition', sa.String(length=16), nullable=False),
    sa.Column('needs_review', sa.Boolean(), nullable=False),
    sa.Column('judgement', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_submissions'))
    )
    op.create_index('ix_submissions_fax', 'submissions', ['fax'], unique=False)
    op.create_index('ix_submissions_holder_id', 'submissions', ['holder_id'], unique=False)
    op.create_table('claims',
    sa.Column('fax', sa.String(length=64), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('owner', sa.Text(), nullable=True),
    sa.Column('lease_until', sa.String(length=32), nullable=True),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.Column('last_failure', sa.Text(), nullable=False),
    sa.CheckConstraint("state IN ('waiting', 'done', 'quarantined')", name=op.f('ck_claims_state')),
    sa.ForeignKeyConstraint(['fax'], ['faxes.sha256'], name=op.f('fk_claims_fax_faxes')),
    sa.PrimaryKeyConstraint('fax', name=op.f('pk_claims'))
    )
    op.create_index('ix_claims_state', 'claims', ['state'], unique=False)
    op.create_table('holders',
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('holder_id', sa.Text(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('name_on_agreement', sa.Text(), nullable=False),
    sa.Column('legal_name_changes', sa.Text(), nullable=False),
    sa.Column('tax_id', sa.Text(), nullable=False),
    sa.Column('category', sa.String(length=32), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('country', sa.Text(), nullable=True),
    sa.Column('email', sa.Text(), nullable=False),
    sa.Column('address', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['version'], ['ledger_versions.version'], name=op.f('fk_holders_version_ledger_versions')),
    sa.PrimaryKeyConstraint('version', 'holder_id', name=op.f('pk_holders'))
    )
    op.create_table('receipts',
    sa.Column('delivery_id', sa.String(length=64), nullable=False),
    sa.Column('fax', sa.String(length=64), nullable=False),
    sa.Column('file', sa.Text(), nullable=False),
    sa.Column('received_start', sa.Text(), nullable=True),
    sa.Column('received_at', sa.Text(), nullable=True),
    sa.Column('source', sa.String(length=16), nullable=True),
    sa.Column('destination', sa.Text(), nullable=False),
    sa.Column('delivery', sa.Text(), nullable=False),
    sa.Column('job_id', sa.Text(), nullable=True),
    sa.Column('noted_at', sa.String(length=32), nullable=False),
    sa.ForeignKeyConstraint(['fax'], ['faxes.sha256'], name=op.f('fk_receipts_fax_faxes')),
    sa.PrimaryKeyConstraint('delivery_id', name=op.f('pk_receipts'))
    )
    op.create_index('ix_receipts_fax', 'receipts', ['fax'], unique=False)
    op.create_table('grants',
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('grant_no', sa.Text(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('holder_id', sa.Text(), nullable=False),
    sa.Column('plan', sa.String(length=16), nullable=False),
    sa.Column('grant_date', sa.Date(), nullable=False),
    sa.Column('exercise_price', sa.Text(), nullable=False),
    sa.Column('shares_granted', sa.BigInteger(), nullable=False),
    sa.Column('shares_exercised', sa.BigInteger(), nullable=False),
    sa.Column('shares_cancelled', sa.BigInteger(), nullable=False),
    sa.Column('type', sa.String(length=8), nullable=False),
    sa.Column('split_group', sa.Text(), nullable=True),
    sa.Column('held_since', sa.Date(), nullable=True),
    sa.Column('expires_on', sa.Date(), nullable=True),
    sa.CheckConstraint('shares_exercised + shares_cancelled <= shares_granted', name=op.f('ck_grants_not_over_exercised')),
    sa.ForeignKeyConstraint(['version', 'holder_id'], ['holders.version', 'holders.holder_id'], name=op.f('fk_grants_version_holders')),
    sa.PrimaryKeyConstraint('version', 'grant_no', name=op.f('pk_grants'))
    )

    refuse_changes()


def refuse_changes() -> None:
    """What was written once stays: triggers refuse UPDATE and DELETE (and TRUNCATE) whoever asks."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            """CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"""
        )
        for table in APPEND_ONLY:
            op.execute(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
            )
            op.execute(
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
            )
        return
    for table in APPEND_ONLY:
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )


def downgrade() -> None:
    raise RuntimeError("the journal is never taken apart; restore a backup instead")
