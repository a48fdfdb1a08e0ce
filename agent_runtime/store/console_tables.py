"""Tables of the console: its users, their sessions, service tokens, and what everybody did."""

from sqlalchemy import DDL, Boolean, Column, Index, Integer, String, Table, Text, event

from agent_runtime.store.tables import Instant, metadata


def _key(name: str) -> Column[str]:
    return Column(name, String(120), primary_key=True)


def _text(name: str) -> Column[str]:
    return Column(name, String(400), nullable=False, default="")


users = Table(
    "console_users",
    metadata,
    _key("tenant_id"),
    _key("user_id"),
    _text("email"),
    _text("name"),
    _text("role"),
    _text("password"),
    _text("subject"),
    Column("is_disabled", Boolean, nullable=False),
    Column("is_demo", Boolean, nullable=False),
    Column("made_at", Instant, nullable=False),
    Index("console_users_email", "tenant_id", "email", unique=True),
    Index("console_users_subject", "tenant_id", "subject"),
)
"""`password` is an Argon2 hash, empty where nobody signs in by one; `subject` is issuer and subject
of an OpenID provider."""

sessions = Table(
    "console_sessions",
    metadata,
    _key("tenant_id"),
    _key("digest"),
    _text("user_id"),
    _text("how"),
    Column("made_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Index("console_sessions_user", "tenant_id", "user_id"),
)
"""The cookie holds what `digest` is the SHA-256 of; a session that ended has no row."""

entries = Table(
    "console_entries",
    metadata,
    _key("tenant_id"),
    _key("digest"),
    _text("user_id"),
    Column("ends_at", Instant, nullable=False),
)
"""Links that sign somebody in once; used, they have no row."""

service_tokens = Table(
    "console_tokens",
    metadata,
    _key("tenant_id"),
    _key("token_id"),
    _text("name"),
    Column("digest", String(64), nullable=False),
    Column("scopes", Text, nullable=False),
    _text("made_by"),
    Column("made_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("revoked_at", Instant),
    Column("used_at", Instant),
    Index("console_tokens_digest", "tenant_id", "digest", unique=True),
)

audit_log = Table(
    "console_audit",
    metadata,
    Column("position", Integer, primary_key=True, autoincrement=True),
    Column("tenant_id", String(120), nullable=False),
    Column("request_id", String(40), nullable=False),
    Column("at", Instant, nullable=False),
    _text("actor"),
    _text("role"),
    _text("action"),
    _text("record"),
    Column("result", String(20), nullable=False),
    Column("detail", Text, nullable=False, default=""),
    _text("address"),
    Index("console_audit_latest", "tenant_id", "position"),
    Index("console_audit_record", "tenant_id", "record", "position"),
    Index("console_audit_actor", "tenant_id", "actor", "position"),
    Index("console_audit_request", "tenant_id", "request_id"),
)
"""Rows are added and never changed: the database itself refuses anything else."""

shared_links = Table(
    "console_shared_links",
    metadata,
    _key("tenant_id"),
    _key("link_id"),
    _text("thread_id"),
    Column("until_position", Integer, nullable=False),
    _text("made_by"),
    Column("made_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("revoked_at", Instant),
    _text("revoked_by"),
    Index("console_shared_links_thread", "tenant_id", "thread_id"),
)
"""Redacted threads that may be read without signing in, each as it was when it was shared."""

_REFUSALS = {
    "sqlite": (
        "CREATE TRIGGER IF NOT EXISTS console_audit_no_{name} BEFORE {what} ON console_audit "
        "BEGIN SELECT RAISE(ABORT, 'console_audit is append only'); END"
    ),
    "postgresql": (
        "CREATE TRIGGER console_audit_no_{name} BEFORE {what} ON console_audit "
        "FOR EACH STATEMENT EXECUTE FUNCTION console_audit_refuses()"
    ),
}
event.listen(
    audit_log,
    "after_create",
    DDL(
        "CREATE OR REPLACE FUNCTION console_audit_refuses() RETURNS trigger AS $$ BEGIN "
        "RAISE EXCEPTION 'console_audit is append only'; END $$ LANGUAGE plpgsql"
    ).execute_if(dialect="postgresql"),
)
for _dialect, _statement in _REFUSALS.items():
    for _what in ("UPDATE", "DELETE"):
        event.listen(
            audit_log,
            "after_create",
            DDL(_statement.format(name=_what.lower(), what=_what)).execute_if(dialect=_dialect),
        )
