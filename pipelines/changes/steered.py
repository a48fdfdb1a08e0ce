"""What people put in force through the console: autonomy, caps, hours, banned claims, texts."""

from collections.abc import Iterator

from agent_runtime.settings import Settings
from pipelines.changes.change import Change


def steered_in(settings: Settings) -> Iterator[Change]:
    """Yields every version that went live, with its author, reason, diff and effect."""
    from agent_runtime.steering.changes import all_changes, diff_of
    from agent_runtime.steering.subjects import playbook_of, title_of
    from agent_runtime.store.engine import open_engine
    from agent_runtime.store.sql import SqlStore

    if not (settings.store_url or settings.paths.store.exists()):
        return
    engine = open_engine(settings.store_url or f"sqlite:///{settings.paths.store}")
    try:
        with SqlStore(engine, settings.tenant_id).begin() as tx:
            found = all_changes(tx)
    finally:
        engine.dispose()
    for one in found:
        if one.decided_at is None or one.state not in ("LIVE", "REPLACED"):
            continue
        effect = one.effect
        yield Change(
            at=one.decided_at,
            kind="autonomy" if playbook_of(one.subject) else "policy",
            name=one.subject,
            version=str(one.version),
            says=f"{title_of(one.subject)}: version {one.version} "
            f"{'took a version back' if one.undoes else 'went live'}.",
            by=one.author if one.author == one.decided_by else f"{one.decided_by}, {one.author}",
            why=one.reason,
            details=tuple(f"{sign} {line}".strip() for sign, line in diff_of(one)),
            effect=(f"{effect.changed} of {effect.tried} past turns would come out otherwise.",)
            if effect
            else (),
            source="the console",
        )
