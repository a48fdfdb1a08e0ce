"""The whole change log of a workspace, from files, logs and traces."""

from datetime import datetime

from agent_runtime.settings import Settings
from pipelines.changes.approved import approvals_in
from pipelines.changes.authored import authored
from pipelines.changes.change import Change
from pipelines.changes.decided import decisions_in
from pipelines.changes.effects import with_effects
from pipelines.changes.in_force import versions_in_force
from pipelines.changes.noted import note, noted_changes
from pipelines.changes.steered import steered_in


def change_log(
    settings: Settings, *, now: datetime, since: datetime | None = None, looks: bool = True
) -> list[Change]:
    """Returns the changes of a workspace, the newest first.

    Args:
        settings: Whose workspace.
        now: When this look is.
        since: Only what came at or after it.
        looks: Whether this look is written down, so that the next one can tell what is otherwise.

    Raises:
        PipelineError: a log is not what was written.
    """
    there = authored(settings)
    if looks:
        note(settings.paths, there, now=now)
    found = [
        *approvals_in(there.artefacts),
        *noted_changes(settings.paths),
        *decisions_in(settings.paths),
        *steered_in(settings),
        *versions_in_force(settings.paths, tenant_id=settings.tenant_id),
    ]
    kept = [one for one in found if since is None or one.at >= since]
    kept.sort(key=lambda one: (one.at, one.kind, one.name, one.says), reverse=True)
    return with_effects(settings.paths, kept)
