"""The plan of a campaign from its set-up to scale: dates, who does what, and what has to be met."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from pydantic import Field, TypeAdapter

from agent_runtime.authored import load_yaml
from pipelines.campaign import Campaign
from pipelines.campaigns.parts import Part
from pipelines.campaigns.stages.rules import STAGES, Criterion, Rule, Stage, rules

FILE = Path(__file__).with_name("plan.yaml")
IN_STATE = "days_in_state"
"""Id of the criterion that says how long the state before lasts."""


class Task(Part):
    """One task of the set-up, as it is written."""

    day: int = Field(ge=0)
    """Workdays after the first."""
    who: str
    what: str
    how: str


@dataclass(frozen=True, slots=True)
class Step:
    """One task with its date."""

    by: date
    who: str
    what: str
    how: str


@dataclass(frozen=True, slots=True)
class Phase:
    """One state of the campaign's life."""

    stage: Stage
    first: date
    last: date | None
    """None: it has no end."""
    says: str
    entry: tuple[Criterion, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """A campaign's way from the first day of its set-up."""

    campaign: str
    steps: tuple[Step, ...]
    phases: tuple[Phase, ...]


def plan_of(campaign: Campaign, *, begins: date, workspace: str) -> Plan:
    """Returns the plan of a campaign.

    Args:
        campaign: What runs, for how long and by which playbook.
        begins: First day of the set-up; one of a weekend counts as the Monday after it.
        workspace: Its folder, as commands are to name it.
    """
    names = {"campaign": campaign.id, "playbook": campaign.playbook, "workspace": workspace}
    written = TypeAdapter(tuple[Task, ...]).validate_python(load_yaml(FILE.read_text("utf-8")))
    steps = tuple(
        Step(workday(begins, task.day), task.who, task.what, task.how.format(**names))
        for task in written
    )
    pilot = workday(begins, max(task.day for task in written) + 1)
    return Plan(campaign.id, steps, tuple(_phases(pilot, campaign.window_days)))


def workday(first: date, days: int) -> date:
    """Returns the day that is so many workdays, Monday to Friday, after the first one."""
    return date.fromisoformat(str(np.busday_offset(first.isoformat(), days, roll="forward")))


def as_markdown(plan: Plan) -> str:
    """Returns the plan as a page."""
    rows = "\n".join(
        f"| {one.by:%a %Y-%m-%d} | {one.who} | {one.what} | `{one.how}` |" for one in plan.steps
    )
    parts = [
        f"# Implementation plan: {plan.campaign}",
        f"## Set-up\n\n| By | Who | What | How |\n| --- | --- | --- | --- |\n{rows}",
    ]
    for phase in plan.phases:
        until = f"to {phase.last:%Y-%m-%d}" if phase.last else "on"
        met = "\n".join(f"- {one.title}: {one.bound}" for one in phase.entry)
        parts.append(
            f"## {phase.stage.capitalize()}, from {phase.first:%Y-%m-%d} {until}\n\n"
            f"{phase.says}\n\nIt begins when these are met:\n\n{met}"
        )
    return "\n\n".join(parts) + "\n"


def _phases(pilot: date, pilot_days: int) -> Iterator[Phase]:
    states = rules()
    first = pilot
    for stage, following in zip(STAGES[1:], (*STAGES[2:], None), strict=True):
        entry = states[stage].entry
        if following is None:
            yield Phase(stage, first, None, states[stage].says, entry)
            return
        days = _days_before(states[following])
        if stage == "pilot":
            days = max(days, pilot_days)
        ends = first + timedelta(days=days)
        yield Phase(stage, first, ends - timedelta(days=1), states[stage].says, entry)
        first = ends


def _days_before(rule: Rule) -> int:
    """Days that the state before has to last."""
    lasts = (one.at_least for one in rule.entry if one.id == IN_STATE)
    return int(next(lasts, 0) or 0)
