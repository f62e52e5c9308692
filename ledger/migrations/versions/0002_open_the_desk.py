"""Open the reviewer's desk: users, sessions, claims, drafts and the log of everything done there.

Revision ID: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('users',
    sa.Column('login', sa.String(length=64), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('role', sa.String(length=16), nullable=False),
    sa.Column('password_hash', sa.Text(), nullable=False),
    sa.Column('created_at', sa.String(length=32), nullable=False),
    sa.Column('disabled_at', sa.String(length=32), nullable=True),
    sa.CheckConstraint("role IN ('reviewer', 'approver', 'administrator', 'auditor')", name=op.f('ck_users_role')),
    sa.PrimaryKeyConstraint('login', name=op.f('pk_users'))
    )
    op.create_table('login_failures',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('login', sa.String(length=64), nullable=False),
    sa.Column('address', sa.Text(), nullable=False),
    sa.Column('at', sa.String(length=32), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_login_failures'))
    )
    op.create_index('ix_login_failures_at', 'login_failures', ['at'], unique=False)
    op.create_table('desk_log',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('at', sa.String(length=32), nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('address', sa.Text(), nullable=False),
    sa.Column('action', sa.String(length=48), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('outcome', sa.String(length=16), nullable=False),
    sa.Column('detail', sa.Text(), nullable=False),
    sa.CheckConstraint("outcome IN ('done', 'refused')", name=op.f('ck_desk_log_outcome')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_desk_log'))
    )
    op.create_index('ix_desk_log_at', 'desk_log', ['at'], unique=False)
    op.create_table('sessions',
    sa.Column('token_sha256', sa.String(length=64), nullable=False),
    sa.Column('login', sa.String(length=64), nullable=False),
    sa.Column('csrf', sa.String(length=64), nullable=False),
    sa.Column('began_at', sa.String(length=32), nullable=False),
    sa.Column('seen_at', sa.String(length=32), nullable=False),
    sa.ForeignKeyConstraint(['login'], ['users.login'], name=op.f('fk_sessions_login_users')),
    sa.PrimaryKeyConstraint('token_sha256', name=op.f('pk_sessions'))
    )
    op.create_index('ix_sessions_login', 'sessions', ['login'], unique=False)
    op.create_table('form_claims',
    sa.Column('submission_id', sa.Text(), nullable=False),
    sa.Column('login', sa.String(length=64), nullable=False),
    sa.Column('claimed_at', sa.String(length=32), nullable=False),
    sa.Column('lease_until', sa.String(length=32), nullable=False),
    sa.ForeignKeyConstraint(['login'], ['users.login'], name=op.f('fk_form_claims_login_users')),
    sa.PrimaryKeyConstraint('submission_id', name=op.f('pk_form_claims'))
    )
    op.create_index('ix_form_claims_login', 'form_claims', ['login'], unique=False)
    op.create_table('drafts',
    sa.Column('submission_id', sa.Text(), nullable=False),
    sa.Column('login', sa.String(length=64), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('saved_at', sa.String(length=32), nullable=False),
    sa.ForeignKeyConstraint(['login'], ['users.login'], name=op.f('fk_drafts_login_users')),
    sa.PrimaryKeyConstraint('submission_id', 'login', name=op.f('pk_drafts'))
    )
    op.create_table('blind_readings',
    sa.Column('submission_id', sa.Text(), nullable=False),
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('login', sa.String(length=64), nullable=False),
    sa.Column('value', sa.Text(), nullable=False),
    sa.Column('read_at', sa.String(length=32), nullable=False),
    sa.ForeignKeyConstraint(['login'], ['users.login'], name=op.f('fk_blind_readings_login_users')),
    sa.PrimaryKeyConstraint('submission_id', 'key', 'login', name=op.f('pk_blind_readings'))
    )
    refuse_changes_of_the_log()


def refuse_changes_of_the_log() -> None:
    """What somebody did stays written: triggers refuse UPDATE and DELETE (and TRUNCATE) whoever asks."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER desk_log_append_only BEFORE UPDATE OR DELETE ON desk_log "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            "CREATE TRIGGER desk_log_no_truncate BEFORE TRUNCATE ON desk_log "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        return
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER desk_log_no_{change.lower()} BEFORE {change} ON desk_log "
            "BEGIN SELECT RAISE(ABORT, 'desk_log is append-only'); END"
        )


def downgrade() -> None:
    raise RuntimeError("the log is never taken apart; restore a backup instead")
