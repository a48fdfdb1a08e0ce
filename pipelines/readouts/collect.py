"""Gathers the report of a run: metrics by their one definition, counts of ingest, the truth."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from agent_runtime.settings import Workspace
from experiments.metrics import MetricReading, list_metrics, read_metrics
from experiments.readout import Readout
from experiments.spec import Spec
from pipelines.readouts.checks import load_checks
from pipelines.readouts.report import (
    Daily,
    Figure,
    Lift,
    Messages,
    MetricRow,
    Origin,
    Planted,
    Records,
    Report,
    Step,
    Unknown,
)
from pipelines.readouts.threads import sample_threads
from pipelines.report import read_report

UNASSIGNED = "unassigned"
"""People who are in no arm: strangers who wrote, and whoever the campaign may not write to."""

COUNTS = (
    "messages_sent",
    "human_messages_sent",
    "messages_received",
    "replies",
    "unknown_open",
    "unknown_resolved",
    "persons_opted_out",
    "sends_after_opt_out",
    "holdout_sends",
    "persons_considered",
    "persons_eligible",
)
STEPS = (
    ("units_assigned", "Assigned", "drawn into an arm before the first mail"),
    ("units_contacted", "Contacted by the agent", "at least one mail that the server accepted"),
    ("units_contacted_by_people", "Contacted by people", "a rep wrote, on request or unasked"),
    ("units_replied", "Replied", "by other than an auto-reply"),
    ("units_positive", "Positive intent", "a clear next step"),
    ("units_met", "Met", "a confirmed calendar event within the window"),
)
SHOWN = (
    "meeting_rate",
    "positive_intent_rate",
    "conversation_depth",
    "coverage_rate",
    "first_response_minutes",
    "human_first_response_minutes",
    "compliance_pass_rate",
    "share_of_sent",
    "unsubscribe_rate",
    "cost_per_touch_usd",
    "cost_per_meeting_usd",
    "cost_per_qualified_opportunity_usd",
)
NOT_SPLIT = frozenset(
    {"cost_per_touch_usd", "cost_per_meeting_usd", "cost_per_qualified_opportunity_usd"}
)
"""Metrics whose cost belongs in part to no arm, so that an arm's value would be too small."""

DAILY = ("messages_sent", "replies", "meetings_set")


@dataclass(frozen=True, slots=True)
class Facts:
    """What a readout has found out besides the metrics."""

    spec: Spec
    readout: Readout
    data_version: str
    code_version: str
    now: datetime


def collect_report(workspace: Workspace, facts: Facts, *, mlflow_run: str = "") -> Report:
    """Returns the report of a workspace whose warehouse is built."""
    warehouse, spec = workspace.warehouse, facts.spec
    arms = (*spec.treated, spec.control)
    total = {r.metric: int(r.value or 0) for r in read_metrics(COUNTS, warehouse=warehouse)}
    units = _by_arm([name for name, *_ in STEPS], warehouse, experiment=spec.id)
    meetings = _by_arm(["meetings_set"], warehouse)["meetings_set"]
    daily = _daily(warehouse, arms)
    days = daily[0].days
    return Report(
        origin=Origin(
            experiment_id=spec.id,
            version=spec.version,
            spec_hash=spec.spec_hash,
            hypothesis=" ".join(spec.hypothesis.split()),
            window_days=spec.primary.window_days,
            data_version=facts.data_version,
            code_version=facts.code_version,
            first_day=days[0] if days else None,
            last_day=days[-1] if days else None,
            made_at=facts.now,
        ),
        unit=spec.unit,
        arms=arms,
        control=spec.control,
        records=_records(workspace),
        people={arm: _count(units["units_assigned"], arm) for arm in arms},
        funnel=_funnel(total, units, arms),
        ineligible=_ineligible(warehouse),
        messages=Messages(
            agent_sent=total["messages_sent"],
            human_sent=total["human_messages_sent"],
            inbound=total["messages_received"],
        ),
        unknown=Unknown(resolved=total["unknown_resolved"], open=total["unknown_open"]),
        replies=total["replies"],
        meetings={arm: _count(meetings, arm) for arm in arms}
        | ({UNASSIGNED: _count(meetings, None)} if None in meetings else {}),
        opt_outs=total["persons_opted_out"],
        sends_after_opt_out=total["sends_after_opt_out"],
        holdout_sends=total["holdout_sends"],
        lift=_lift(facts.readout),
        planted=_planted(workspace),
        readout=facts.readout,
        metrics=_metrics(warehouse, arms),
        daily=daily,
        threads=sample_threads(warehouse),
        checks=load_checks(workspace),
        mlflow_run=mlflow_run,
    )


def _records(workspace: Workspace) -> tuple[Records, ...]:
    path = workspace.lake / "ingest_report.json"
    if not path.exists():
        return ()
    return tuple(
        Records(
            source=counts.table,
            read=counts.read,
            accepted=counts.accepted,
            merged=counts.merged,
            quarantined=sum(counts.quarantined.values()),
            reasons=counts.quarantined,
        )
        for counts in read_report(path).tables
    )


def _planted(workspace: Workspace) -> Planted | None:
    path = workspace.sandbox / "truth.json"
    if not path.exists():
        return None
    truth = json.loads(path.read_text(encoding="utf-8"))
    return Planted.model_validate({k: v for k, v in truth.items() if k in Planted.model_fields})


def _lift(readout: Readout) -> Lift:
    primary = readout.primary
    return Lift(**{name: getattr(primary, name) for name in Lift.model_fields})


def _by_arm(
    names: Sequence[str], warehouse: Path, *, experiment: str | None = None
) -> dict[str, dict[str | None, MetricReading]]:
    where = {"experiment": experiment} if experiment else None
    found: dict[str, dict[str | None, MetricReading]] = {name: {} for name in names}
    for reading in read_metrics(names, warehouse=warehouse, by=("arm",), where=where):
        if reading.value:
            found[reading.metric][reading.keys["arm"]] = reading
    return found


def _count(readings: Mapping[str | None, MetricReading], arm: str | None) -> int:
    return int(readings[arm].value or 0) if arm in readings else 0


def _funnel(
    total: Mapping[str, int],
    units: Mapping[str, Mapping[str | None, MetricReading]],
    arms: Sequence[str],
) -> tuple[Step, ...]:
    steps = [
        Step(
            label="People",
            note="whom the campaign looked at",
            total=total["persons_considered"],
            by_arm={},
        ),
        Step(
            label="Eligible",
            note="in a segment, with a basis to write, an owner and a language that is served",
            total=total["persons_eligible"],
            by_arm={},
        ),
    ]
    for name, label, note in STEPS:
        by_arm = {arm: _count(units[name], arm) for arm in arms}
        steps.append(Step(label=label, note=note, total=sum(by_arm.values()), by_arm=by_arm))
    return tuple(steps)


def _ineligible(warehouse: Path) -> dict[str, int]:
    readings = read_metrics(["persons_considered"], warehouse=warehouse, by=("reason_against",))
    reasons = {r.keys["reason_against"]: int(r.value or 0) for r in readings}
    ranked = sorted(reasons.items(), key=lambda item: -item[1])
    return {reason: count for reason, count in ranked if reason}


def _metrics(warehouse: Path, arms: Sequence[str]) -> tuple[MetricRow, ...]:
    definitions = {definition.name: definition for definition in list_metrics()}
    rows: list[MetricRow] = []
    for name in SHOWN:
        definition = definitions[name]
        [total] = read_metrics([name], warehouse=warehouse)
        by_arm = {} if name in NOT_SPLIT else _figures_by_arm(name, warehouse)
        rows.append(
            MetricRow(
                name=name,
                label=definition.label,
                unit=definition.unit,
                description=definition.description,
                formula=definition.formula,
                grain=definition.grain,
                owner=definition.owner,
                requirement=definition.requirement,
                total=_figure(total),
                by_arm={arm: by_arm[arm] for arm in arms if arm in by_arm},
                is_split=name not in NOT_SPLIT,
            )
        )
    return tuple(rows)


def _figures_by_arm(name: str, warehouse: Path) -> dict[str | None, Figure]:
    readings = read_metrics([name], warehouse=warehouse, by=("arm",))
    return {reading.keys["arm"]: _figure(reading) for reading in readings}


def _figure(reading: MetricReading) -> Figure:
    return Figure(**{name: getattr(reading, name) for name in Figure.model_fields})


def _daily(warehouse: Path, arms: Sequence[str]) -> tuple[Daily, ...]:
    labels = {definition.name: definition.label for definition in list_metrics()}
    values: dict[tuple[str, str | None, date | None], float] = {}
    for reading in read_metrics(DAILY, warehouse=warehouse, grain="day", by=("arm",)):
        values[reading.metric, reading.keys["arm"], reading.period] = reading.value or 0
    seen = sorted({day for (*_, day), value in values.items() if day and value})
    span = (seen[-1] - seen[0]).days + 1 if seen else 0
    days = tuple(seen[0] + timedelta(days=n) for n in range(span))
    return tuple(
        Daily(
            metric=name,
            label=labels[name],
            days=days,
            by_arm={arm: tuple(values.get((name, arm, d), 0) for d in days) for arm in arms},
        )
        for name in DAILY
    )
