"""Who made which version champion, when and why: an append-only, hash-chained log.

The log is the truth, the alias in the registry follows it: a decision is written before it acts.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from agent_runtime.settings import Workspace
from experiments.champion import Judgement
from experiments.hash_chain import appending, read_chain
from experiments.model_registry import CHALLENGER, CHAMPION, ModelVersion, set_alias, versions
from pipelines.errors import PipelineError
from pipelines.models.registering import database_of


@dataclass(frozen=True, slots=True)
class Decision:
    """One promotion, or one that was taken back."""

    model: str
    kind: Literal["promoted", "rolled back"]
    version: int
    """The champion from here on."""
    before: int | None
    who: str
    why: str
    at: str
    rule_version: int | None = None
    figures: tuple[str, ...] = ()
    """What the rule said, one condition each; none for the first champion and for a return."""


def log_of(workspace: Workspace) -> Path:
    """Returns where decisions are kept."""
    return workspace.root / "model_decisions.jsonl"


def decisions(workspace: Workspace, model: str) -> tuple[Decision, ...]:
    """Returns the decisions on a model, the oldest first.

    Raises:
        PipelineError: the log is not what was written.
    """
    chain = read_chain(log_of(workspace))
    if chain.problems:
        raise PipelineError(
            f"{log_of(workspace)}: {chain.problems[0]}; restore it from a backup, nobody may be "
            "promoted on a log that was changed."
        )
    names = Decision.__dataclass_fields__
    rows = [{k: v for k, v in entry.items() if k in names} for entry in chain.entries]
    read = (Decision(**{**row, "figures": tuple(row["figures"])}) for row in rows)
    return tuple(one for one in read if one.model == model)


def champions(made: tuple[Decision, ...]) -> tuple[int, ...]:
    """Returns the champions that a rollback can go back through; the last one is it now."""
    stack: list[int] = []
    for one in made:
        if one.kind == "promoted":
            stack.append(one.version)
        else:
            stack.pop()
    return tuple(stack)


def champion_of(workspace: Workspace, model: str) -> ModelVersion | None:
    """Returns the champion by the log, after the alias was brought in step with it."""
    stack = champions(decisions(workspace, model))
    if not stack:
        return None
    database = database_of(workspace)
    every = {one.version: one for one in versions(model, database=database)}
    found = every.get(stack[-1])
    if found is None:
        raise PipelineError(
            f"model {model}: the log has version {stack[-1]} as champion, and the registry has "
            f"{', '.join(map(str, every)) or 'none'}; restore {database.name} from a backup."
        )
    if CHAMPION not in found.aliases:
        set_alias(model, CHAMPION, found.version, database=database)
    if CHALLENGER in found.aliases:
        set_alias(model, CHALLENGER, None, database=database)
    return found


def promote(
    workspace: Workspace,
    challenger: ModelVersion,
    judgement: Judgement | None,
    *,
    who: str,
    why: str,
    now: datetime,
) -> Decision:
    """Makes a version champion.

    Args:
        workspace: Where log and registry lie.
        challenger: The version.
        judgement: What the rule says; None where there is no champion to compare with.
        who: Who decides.
        why: Their reason.
        now: When.

    Raises:
        PipelineError: the rule does not allow it, or nobody says who and why.
    """
    _said(who, why)
    model, stack = challenger.name, champions(decisions(workspace, challenger.name))
    if stack and stack[-1] == challenger.version:
        raise PipelineError(f"model {model}: version {challenger.version} is the champion already.")
    if stack and judgement is None:
        raise PipelineError(f"model {model}: there is a champion; compare with it first.")
    if judgement is not None and not judgement.may_be_promoted:
        raise PipelineError(
            f"model {model}: version {challenger.version} may not become champion by rule "
            f"{judgement.rule_version}: {judgement.said}."
        )
    conditions = judgement.conditions if judgement else ()
    return _decide(
        workspace,
        Decision(
            model=model,
            kind="promoted",
            version=challenger.version,
            before=stack[-1] if stack else None,
            who=who,
            why=why,
            at=now.isoformat(),
            rule_version=judgement.rule_version if judgement else None,
            figures=tuple(f"{c.name}: {c.figure}" for c in conditions),
        ),
    )


def roll_back(workspace: Workspace, model: str, *, who: str, why: str, now: datetime) -> Decision:
    """Makes the champion before this one champion again.

    Raises:
        PipelineError: there was none before, or nobody says who and why.
    """
    _said(who, why)
    stack = champions(decisions(workspace, model))
    if len(stack) < 2:
        raise PipelineError(f"model {model}: there was no champion before; promote another one.")
    return _decide(
        workspace,
        Decision(model, "rolled back", stack[-2], stack[-1], who, why, now.isoformat()),
    )


def _decide(workspace: Workspace, decision: Decision) -> Decision:
    with appending(log_of(workspace)) as log:
        log.append(asdict(decision) | {"figures": list(decision.figures)})
    champion_of(workspace, decision.model)
    return decision


def _said(who: str, why: str) -> None:
    for name, value in (("--who", who), ("--why", why)):
        if not value.strip():
            raise PipelineError(f"option {name} is empty; a promotion names who decides and why.")
