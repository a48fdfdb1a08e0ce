"""Trace files of a long campaign, made by DuckDB: the exporter's layout, lifelike mails and shares.

Of 200 events, 146 are mails that the server accepted, 39 what buyers wrote, 8 what went wrong on
the way and what came of it a day later, 5 reports of deliveries, 2 stops. A person is written to
three times, four days apart, and joins the experiment on the first of these days.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import duckdb

from agent_runtime.settings import Workspace

GROUP, PERSONS_A_GROUP = 200, 25
PAGE = 20_000
"""Events in a file, as the exporter writes them."""

_EVENTS = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")

_ASSIGNMENTS = """
select
    'northbeam' as tenant_id,
    'p_' || substr(md5(concat_ws('-', cohort, g, slot)), 1, 20) as person_id,
    'p_' || substr(md5(concat_ws('-', cohort, g, slot)), 1, 20) as unit_id,
    'icp-prospecting' as experiment_id,
    if(slot % 20 = 7, 'holdout', 'agent') as arm,
    'default' as layer,
    repeat('0', 64) as spec_hash,
    (timestamp '2025-01-06' + to_days(cohort::integer)) at time zone 'UTC' as assigned_at,
    'hash' as how
from range($days) as cohorts(cohort)
cross join range($day // 200) as groups(g)
cross join range(25) as slots(slot)
where slot != 3
"""

_OPENING = (
    "Hi [[FIRST_NAME]],\\n\\nIn many companies CRM, billing and product usage show three different "
    "revenue figures, and somebody spends days every month finding out why.\\n\\n"
)
_CLOSING = (
    "\\n\\nI'm Northbeam's AI assistant, writing for [[OWNER_NAME]]; reply 'stop' and I won't "
    "write again.\\n\\nNorthbeam, 12 Harbour Street, Dublin 2, Ireland"
)
_MIDDLES = (
    "How does [[COMPANY]] reconcile them today?",
    "Northbeam Relay keeps these systems in step, so that everybody reads the same number.",
    "Relay shows which records disagree before anyone has to look for them.",
    "If the month-end reconciliation ever gets in the way, a line to this address is enough.",
    "Would it be worth a short look at what it costs you today?",
    "Teams of your size get two days a month back, by their own count.",
    "It connects to what you have; nothing has to be moved.",
    "Shall I send the page that shows how it works?",
)
TEXTS = [f"{_OPENING}{middle}{_CLOSING}" for middle in _MIDDLES]
SAID = "Interesting, we do struggle with this at [[COMPANY]]. What would be next? "


@dataclass(frozen=True)
class Traces:
    """Days of a campaign in a workspace; each has the same number of events."""

    workspace: Workspace
    day: int
    """Events a day, a multiple of 200."""

    def write(self, first_day: int, end_day: int) -> None:
        """Writes the trace files of some days, and the assignments of all days up to the last."""
        pages = [
            (day, start, min(start + PAGE, (day + 1) * self.day))
            for day in range(first_day, end_day)
            for start in range(day * self.day, (day + 1) * self.day, PAGE)
        ]
        with duckdb.connect() as connection, ThreadPoolExecutor(2) as pool:
            connection.execute("set threads = 2; set TimeZone = 'UTC'")
            list(pool.map(lambda page: self._write_page(connection.cursor(), *page), pages))
            parameters = {"days": end_day, "day": self.day}
            self._copy(
                connection, _ASSIGNMENTS, parameters, self.workspace.lake / "assignments.parquet"
            )

    def _write_page(
        self, connection: duckdb.DuckDBPyConnection, day: int, first: int, end: int
    ) -> None:
        [(date,)] = connection.execute("select date '2025-01-06' + ?::integer", [day]).fetchall()
        folder = self.workspace.traces / f"day={date:%Y-%m-%d}"
        folder.mkdir(parents=True, exist_ok=True)
        values = {"day": self.day, "first": first, "end": end, "texts": TEXTS, "said": SAID}
        self._copy(connection, _EVENTS, values, folder / f"{first:012d}-{end - 1:012d}.parquet")

    def _copy(self, connection: duckdb.DuckDBPyConnection, query: str, values, path: Path) -> None:
        connection.execute(f"copy ({query}) to '{path}' (format parquet, compression zstd)", values)
