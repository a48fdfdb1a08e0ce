"""Who moved a campaign from which state to which, when and on what evidence: append-only."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, cast

from agent_runtime.settings import Workspace
from experiments.hash_chain import appending, read_chain
from pipelines.campaigns.approving import person_named
from pipelines.campaigns.stages.rules import STAGES, Stage
from pipelines.errors import PipelineError

FIRST: Stage = STAGES[0]
"""The state of a campaign that nobody has moved yet."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A criterion with what was found for it."""

    id: str
    title: str
    bound: str
    met: bool
    value: float | None
    """None where it could not be computed."""
    why: str
    """What the value rests on, or why there is none."""
    todo: str


@dataclass(frozen=True, slots=True)
class Move:
    """One change of state."""

    by: str
    at: datetime
    source: Stage
    target: Stage
    is_override: bool
    reason: str
    evidence: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Life:
    """What has happened to a campaign."""

    campaign_id: str
    moves: tuple[Move, ...]
    reviewed: frozenset[date]
    """Days that somebody has looked at."""

    @property
    def stage(self) -> Stage:
        """The state that it is in."""
        return self.moves[-1].target if self.moves else FIRST

    @property
    def since(self) -> datetime | None:
        """When it entered the state; None for a campaign that was never moved."""
        return self.moves[-1].at if self.moves else None


def history_path(workspace: Workspace) -> Path:
    """Returns the log of a workspace: append-only, hash-chained, one JSON a line."""
    return workspace.root / "campaign_stages.jsonl"


def life_of(workspace: Workspace, campaign_id: str) -> Life:
    """Returns the history of a campaign.

    Raises:
        PipelineError: the log is not what was written.
    """
    path = history_path(workspace)
    chain = read_chain(path)
    if chain.problems:
        raise PipelineError(
            f"{path.name}: {chain.problems[0]}; no campaign runs until it is put right."
        )
    mine = [line for line in chain.entries if line["campaign_id"] == campaign_id]
    return Life(
        campaign_id,
        moves=tuple(_move(line) for line in mine if line["kind"] == "move"),
        reviewed=frozenset(
            date.fromisoformat(line["day"]) for line in mine if line["kind"] == "review"
        ),
    )


def write_move(
    workspace: Workspace,
    campaign_id: str,
    target: Stage,
    *,
    by: str,
    now: datetime,
    reason: str = "",
    is_override: bool = False,
    evidence: Sequence[Measured] = (),
) -> Move:
    """Writes a change of state down.

    Raises:
        PipelineError: `by` names nobody, or a reason is missing where one is needed.
    """
    name, life = person_named(by, "moves a campaign"), life_of(workspace, campaign_id)
    is_back = STAGES.index(target) < STAGES.index(life.stage)
    if (is_override or is_back) and not reason.strip():
        what = "an override" if is_override else "a step back"
        raise PipelineError(f"--reason = {reason!r}: {what} says why; give a sentence.")
    with appending(history_path(workspace)) as log:
        line = log.append(
            {
                "kind": "move",
                "campaign_id": campaign_id,
                "by": name,
                "at": now.astimezone(UTC).isoformat(),
                "from": life.stage,
                "to": target,
                "override": is_override,
                "reason": reason.strip(),
                "evidence": [asdict(one) for one in evidence],
            }
        )
    return _move(line)


def write_review(
    workspace: Workspace, campaign_id: str, day: date, *, by: str, note: str, now: datetime
) -> str:
    """Writes down that somebody has looked at a day; returns who.

    Raises:
        PipelineError: `by` names nobody, or there is no note.
    """
    name = person_named(by, "looks at a day")
    if not note.strip():
        raise PipelineError(f"--note = {note!r}: say in a few words what was seen.")
    with appending(history_path(workspace)) as log:
        log.append(
            {
                "kind": "review",
                "campaign_id": campaign_id,
                "by": name,
                "at": now.astimezone(UTC).isoformat(),
                "day": day.isoformat(),
                "note": note.strip(),
            }
        )
    return name


def _move(line: dict[str, Any]) -> Move:
    return Move(
        by=line["by"],
        at=datetime.fromisoformat(line["at"]),
        source=cast("Stage", line["from"]),
        target=cast("Stage", line["to"]),
        is_override=line["override"],
        reason=line["reason"],
        evidence=tuple(line["evidence"]),
    )
