"""What was measured of a change: the evaluated version that has it, beside the one before."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace

from agent_runtime.settings import Workspace
from experiments.evaluation.figures import Figure
from experiments.evaluation.measures import MEASURES
from experiments.model_registry import ModelVersion, versions
from pipelines.changes.change import Change
from pipelines.evaluation import words
from pipelines.evaluation.registering import FIGURES
from pipelines.models.kinds import AGENT
from pipelines.models.registering import database_of

_TOLD = (
    "intent_accuracy",
    "objections",
    "adherence",
    "grounding",
    "nothing_false_out",
    "tone",
    "by_itself",
    "tokens",
)


def with_effects(workspace: Workspace, changes: Iterable[Change]) -> list[Change]:
    """Returns changes with what was measured of them, where a version with them was evaluated."""
    database = database_of(workspace)
    evaluated = versions(AGENT, database=database) if database.exists() else ()
    return [_measured(change, evaluated) for change in changes]


def _measured(change: Change, evaluated: Sequence[ModelVersion]) -> Change:
    name, _, value = change.part.partition("=")
    if change.effect or not value:
        return change
    having = [one for one in evaluated if one.tags.get(name, "").startswith(value)]
    if not having:
        return change
    found = having[0]
    earlier = [
        one
        for one in evaluated
        if one.version < found.version
        and one.tags["data_version"] == found.tags["data_version"]
        and not one.tags.get(name, "").startswith(value)
    ]
    return replace(change, effect=(_said(found, earlier[-1] if earlier else None),))


def _said(found: ModelVersion, before: ModelVersion | None) -> str:
    titles = {measure.name: measure.title.lower() for measure in MEASURES}
    now, was = _figures(found), _figures(before) if before else {}
    told = []
    for name in _TOLD:
        new, old = now.get(name), was.get(name)
        if new is None or new.value is None:
            continue
        shown = words.value(new.value, new.unit)
        then = words.value(old.value, old.unit) if old and old.value is not None else ""
        if then != shown:
            told.append(f"{titles[name]} {shown}{f' after {then}' if then else ''}")
    start = f"Evaluated as version {found.version} on {found.tags['cases']} cases"
    if before is not None:
        start += f", beside version {before.version}"
    return f"{start}: {', '.join(told) or 'no figure moved'}."


def _figures(version: ModelVersion) -> dict[str, Figure]:
    rows = json.loads((version.folder / FIGURES).read_text("utf-8"))
    return {row["name"]: Figure(**row) for row in rows}
