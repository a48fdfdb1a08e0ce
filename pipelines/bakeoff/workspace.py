"""What a run of ours says of a bake-off's contacts: their threads, and their outcomes."""

from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from agent_runtime.settings import Workspace
from experiments.bakeoff.threads import Thread, Turn
from pipelines.errors import PipelineError

_TURNS = """
select
    messages.thread_id,
    messages.person_id as unit_id,
    coalesce(threads.language, '') as language,
    messages.occurred_at as at,
    messages.actor,
    coalesce(messages.subject, '') as subject,
    coalesce(messages.body, '') as text
from fct_messages as messages
inner join fct_threads as threads on messages.thread_id = threads.thread_id
inner join wanted on messages.person_id = wanted.unit_id
where messages.is_sent or messages.direction = 'in'
order by messages.thread_id, messages.occurred_at, messages.message_id
"""

_OUTCOMES = """
with responses as (
    select person_id, min(agent_response_minutes) as first_response_minutes
    from fct_threads
    group by person_id
),

drafts as (
    select
        person_id,
        count(*) filter (where is_first_proposal) as drafts,
        count(*) filter (where is_passed_at_first) as drafts_passed
    from fct_policy_checks
    where actor = 'agent'
    group by person_id
)

select
    units.unit_id,
    units.arm,
    units.assigned_at,
    units.meeting,
    units.replied,
    units.positive_intent,
    units.unsubscribed,
    units.touches,
    units.cost_usd,
    responses.first_response_minutes,
    coalesce(drafts.drafts, 0) as drafts,
    coalesce(drafts.drafts_passed, 0) as drafts_passed
from metric_by_unit as units
left join responses on units.unit_id = responses.person_id
left join drafts on units.unit_id = drafts.person_id
where units.experiment_id = ?
order by units.unit_id
"""

_PEOPLE = """
select
    persons.person_id as unit_id,
    split_part(persons.segment, '@', 1) as segment,
    persons.language,
    persons.owner_id as owner
from dim_persons as persons
order by persons.person_id
"""


def read_run_threads(workspace: Workspace, units: Iterable[str]) -> list[Thread]:
    """Returns the threads of these contacts; texts are redacted as the store holds them."""
    wanted = pl.DataFrame({"unit_id": list(units)}, schema={"unit_id": pl.String})
    with _opened(workspace) as connection:
        connection.register("wanted", wanted)
        rows = connection.execute(_TURNS).fetchall()
    return [
        Thread(
            thread_id=thread_id,
            unit_id=unit_id,
            language=language,
            turns=tuple(
                Turn.model_validate({"at": at, "from": actor, "subject": subject, "text": text})
                for *_, at, actor, subject, text in turns
            ),
        )
        for (thread_id, unit_id, language), turns in groupby(rows, key=lambda row: row[:3])
    ]


def read_run_outcomes(workspace: Workspace, experiment_id: str) -> pl.DataFrame:
    """Returns one row a unit of an experiment with the outcomes that a bake-off asks for.

    Raises:
        PipelineError: The run has no warehouse, or nobody in that experiment.
    """
    found = _read(workspace, _OUTCOMES, [experiment_id])
    if found.is_empty():
        known = _read(workspace, "select distinct experiment_id from metric_by_unit", [])
        raise PipelineError(
            f"{workspace.root}: the run has nobody in the experiment {experiment_id!r}; it has "
            f"{', '.join(sorted(known['experiment_id'])) or 'none'}."
        )
    return found


def read_run_people(workspace: Workspace) -> pl.DataFrame:
    """Returns unit_id, segment, language and owner of everybody whom the run knows."""
    return _read(workspace, _PEOPLE, [])


def _read(workspace: Workspace, query: str, parameters: list[Any]) -> pl.DataFrame:
    with _opened(workspace) as connection:
        return connection.sql(query, params=parameters).pl()


def _opened(workspace: Workspace) -> duckdb.DuckDBPyConnection:
    warehouse: Path = workspace.warehouse
    if not warehouse.exists():
        raise PipelineError(
            f"{workspace.root}: the run has no warehouse; finish it first, as make demo does"
        )
    return duckdb.connect(str(warehouse), read_only=True)
