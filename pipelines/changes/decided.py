"""What people decided and a hash-chained log kept: models, campaigns, experiments."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from agent_runtime.settings import Workspace
from experiments.hash_chain import read_chain
from pipelines.changes.change import NOBODY, Change
from pipelines.changes.compared import lines_of
from pipelines.errors import PipelineError


def decisions_in(workspace: Workspace) -> Iterator[Change]:
    """Yields every decision of a workspace's logs, log by log.

    Raises:
        PipelineError: a log is not what was written.
    """
    from pipelines.campaigns.approving import approvals_path
    from pipelines.campaigns.stages.history import history_path
    from pipelines.models.decisions import log_of
    from pipelines.stopping import decisions_path

    yield from map(_of_model, _lines(log_of(workspace)))
    yield from _of_campaigns(_lines(approvals_path(workspace)))
    yield from filter(None, map(_of_stage, _lines(history_path(workspace))))
    yield from map(_of_stop, _lines(decisions_path(workspace)))
    yield from _of_experiments(_lines(workspace.registry))


def _lines(path: Path) -> tuple[dict[str, Any], ...]:
    chain = read_chain(path)
    if chain.problems:
        raise PipelineError(f"{path}: {chain.problems[0]}; restore it from a backup.")
    return chain.entries


def _of_model(line: dict[str, Any]) -> Change:
    name, version = line["model"], line["version"]
    after = f" after version {line['before']}" if line["before"] else ", the first one"
    what = "became champion" if line["kind"] == "promoted" else "became champion again"
    return Change(
        at=datetime.fromisoformat(line["at"]),
        kind="model",
        name=name,
        version=str(version),
        says=f"Version {version} of {name} {what}{after}.",
        by=line["who"],
        why=line["why"],
        effect=tuple(line["figures"]),
        source="model_decisions.jsonl",
    )


def _of_campaigns(lines: tuple[dict[str, Any], ...]) -> Iterator[Change]:
    """An approval tells what is otherwise than in the one before of the same campaign."""
    before: dict[str, dict[str, Any]] = {}
    for line in lines:
        name, document = line["campaign_id"], line["document"]
        was = before.get(name)
        now = document["campaign"]
        levels = [d["campaign"].get("autonomy") for d in (was, document) if d]
        level = f" Its autonomy is {levels[-1]}" if levels[-1] else ""
        if level and len(levels) == 2 and levels[0] != levels[1]:
            level += f", was {levels[0]}"
        yield Change(
            at=datetime.fromisoformat(line["at"]),
            kind="campaign",
            name=name,
            version=str(line.get("version", "")),
            says=f"Campaign {name} was approved.{level}{'.' if level else ''}",
            by=_by(line["by"], line.get("author") or ""),
            details=tuple(lines_of(was["campaign"], now)) if was else (),
            source="campaign_approvals.jsonl",
        )
        before[name] = document


def _by(approver: str, author: str) -> str:
    return f"{approver}, written by {author}" if author else approver


def _of_stage(line: dict[str, Any]) -> Change | None:
    if line.get("kind") != "move":
        return None
    return Change(
        at=datetime.fromisoformat(line["at"]),
        kind="campaign",
        name=line["campaign_id"],
        version=line["to"],
        says=f"Campaign {line['campaign_id']} went from {line['from']} to {line['to']}.",
        by=line.get("by") or NOBODY,
        why=line.get("reason", ""),
        effect=tuple(
            f"{row.get('title')}: {row.get('why') or row.get('value')}"
            for row in line.get("evidence", ())
        ),
        source="campaign stages",
    )


def _of_stop(line: dict[str, Any]) -> Change:
    done = {"stop": "was stopped by its rules", "pause": "was paused", "resume": "goes on"}
    said = done.get(line["decision"], line["decision"])
    broken = tuple(str(rule.get("said", "")) for rule in line.get("rules", ()))
    return Change(
        at=datetime.fromisoformat(line.get("decided_at") or line["at"]),
        kind="campaign",
        name=line["campaign_id"],
        version=line["decision"],
        says=f"Campaign {line['campaign_id']} {said}.",
        by=line.get("by") or ("a stop rule" if broken else NOBODY),
        why=line.get("why", ""),
        details=tuple(filter(None, broken)),
        source="stop decisions",
    )


def _of_experiments(lines: tuple[dict[str, Any], ...]) -> Iterator[Change]:
    before: dict[str, dict[str, Any]] = {}
    for line in lines:
        name, spec = line["spec_id"], line["spec"]
        was = before.get(name)
        yield Change(
            at=datetime.fromisoformat(line["registered_at"]),
            kind="experiment",
            name=name,
            version=str(line["version"]),
            says=f"Experiment {name} was registered as version {line['version']}.",
            by=line["approver"] or NOBODY,
            details=tuple(lines_of(was, spec)) if was else (),
            source="registry.jsonl",
        )
        before[name] = spec
