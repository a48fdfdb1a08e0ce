"""What a month of a finished run used, read from its ledger: billed, and not billed with why."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb

from agent_runtime.settings import Workspace
from pipelines.costs.months import Month
from pipelines.costs.plan import Charge, Plan
from pipelines.errors import PipelineError

_SQL = Path(__file__).with_name("usage.sql")


@dataclass(frozen=True, slots=True)
class Row:
    """A quantity of one day; `why_not` is empty where it is billed."""

    day: date
    item: str
    unit: str
    why_not: str
    is_in_ledger: bool
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Usage:
    """The rows of a month."""

    rows: tuple[Row, ...]

    def billed(self, plan: Plan) -> dict[str, Decimal]:
        """Returns what each charge by usage counted."""
        return {
            charge.name: sum((row.quantity for row in self._of(charge)), Decimal(0))
            for charge in plan.charges
            if charge.counts
        }

    def used_up_on(self, charge: Charge) -> date | None:
        """Returns the day on which what is included was used up, or None."""
        so_far = Decimal(0)
        for day, quantity in sorted(_by_day(self._of(charge)).items()):
            so_far += quantity
            if charge.included and so_far >= charge.included:
                return day
        return None

    def not_billed(self, why: str) -> Decimal:
        """Returns how many messages were left out for a reason."""
        rows = (r for r in self.rows if r.item == "message" and r.why_not == why)
        return sum((row.quantity for row in rows), Decimal(0))

    def program_minutes(self) -> Decimal:
        """Returns minutes of people on those whom the agent treats."""
        rows = (r for r in self.rows if r.item == "human_minute" and r.why_not == "by_people")
        return sum((row.quantity for row in rows), Decimal(0))

    def ledger(self) -> dict[tuple[str, str], dict[str, Decimal]]:
        """Returns what the ledger holds by item and unit, each by why it is not billed."""
        found: dict[tuple[str, str], dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
        for row in self.rows:
            if row.is_in_ledger:
                found[row.item, row.unit][row.why_not] += row.quantity
        return {key: dict(value) for key, value in sorted(found.items())}

    def _of(self, charge: Charge) -> Iterator[Row]:
        if charge.counts is None:
            return
        key = (charge.counts.item, charge.counts.unit)
        yield from (r for r in self.rows if not r.why_not and (r.item, r.unit) == key)


def read_usage(
    workspace: Workspace, month: Month, *, tenant: str, until: date | None = None
) -> Usage:
    """Returns what a tenant used in a month, or from its first day until a later one.

    Raises:
        PipelineError: There is no warehouse, no such tenant in it, or nothing of that month.
    """
    first, last = ledger_period(workspace, tenant)
    if month.last_day < first or month.first_day > last:
        raise PipelineError(
            f"--month {month}: the ledger of {workspace.root} holds {first} to {last}; "
            f"choose {Month.of(first)}{_to(first, last)}."
        )
    last_day = until or month.last_day
    asked = {"tenant": tenant, "first_day": month.first_day, "last_day": last_day}
    rows = _ask(workspace, _SQL.read_text(encoding="utf-8"), asked)
    return Usage(tuple(Row(*row) for row in rows))


def ledger_period(workspace: Workspace, tenant: str) -> tuple[date, date]:
    """Returns the first and the last day of a tenant's ledger.

    Raises:
        PipelineError: There is no ledger of this tenant.
    """
    rows = _ask(
        workspace,
        "select tenant_id, min(occurred_at)::date, max(occurred_at)::date "
        "from fct_costs group by tenant_id",
        {},
    )
    found = {name: (first, last) for name, first, last in rows}
    if not found:
        raise PipelineError(
            f"{workspace.root}: the ledger is empty; it fills once the agent has sent something."
        )
    if tenant not in found:
        raise PipelineError(
            f"--tenant {tenant!r}: the ledger of {workspace.root} has none of this name; "
            f"use one of {', '.join(sorted(found))}."
        )
    return found[tenant]


def meetings_of(workspace: Workspace, tenant: str) -> Decimal:
    """Returns the unique persons outside the holdout with a confirmed meeting."""
    sql = (
        "select count(distinct person_id) from fct_meetings "
        "where tenant_id = $tenant and is_set and is_program"
    )
    [(met,)] = _ask(workspace, sql, {"tenant": tenant})
    return Decimal(met)


def _ask(workspace: Workspace, sql: str, asked: Mapping[str, object]) -> list[tuple]:
    path = workspace.warehouse
    if not path.exists():
        raise PipelineError(
            f"{path}: there is no such file; `make demo` or a readout of a campaign builds it."
        )
    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            return connection.execute(sql, dict(asked)).fetchall()
    except duckdb.IOException:
        raise PipelineError(f"{path}: another process is writing it; try again soon.") from None
    except (duckdb.CatalogException, duckdb.BinderException) as error:
        raise PipelineError(
            f"{path}: another version built it ({str(error).splitlines()[0]}); build it again."
        ) from None


def _by_day(rows: Iterable[Row]) -> dict[date, Decimal]:
    days: dict[date, Decimal] = defaultdict(Decimal)
    for row in rows:
        days[row.day] += row.quantity
    return days


def _to(first: date, last: date) -> str:
    return f" to {Month.of(last)}" if Month.of(first) != Month.of(last) else ""
