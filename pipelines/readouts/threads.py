"""Picks conversations that show what the agent does: a meeting, a no, an answer."""

from pathlib import Path

import duckdb

from pipelines.readouts.report import Line, Thread

WANTED = (
    ("A meeting", "has_meeting"),
    ("A stop, obeyed", "is_opted_out"),
    ("A request, answered", "opened_by = 'buyer'"),
    (
        "A question, answered",
        "thread_id in (select thread_id from fct_messages where intent like '%question')",
    ),
    ("A reply", "true"),
)
"""What a reader should see, in this order, as conditions on `fct_threads`."""

_PICK = """
select thread_id, arm, playbook, language
from fct_threads
where agent_messages between 1 and 6 and is_engaged and {condition}
order by turns > 8, language != 'en', abs(turns - 5), thread_id
limit 4
"""

_LINES = """
select occurred_at, actor, direction, coalesce(subject, ''), coalesce(body, ''), intent
from fct_messages
where thread_id = ? and (is_sent or direction = 'in')
order by occurred_at, message_id
"""


def sample_threads(warehouse: Path, *, limit: int = 3) -> tuple[Thread, ...]:
    """Returns a few whole threads of the agent, each for another reason; texts are redacted.

    Personal data never reached the store: the texts hold typed placeholders in its place.
    """
    picked: dict[str, Thread] = {}
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        for title, condition in WANTED:
            rows = connection.execute(_PICK.format(condition=condition)).fetchall()
            row = next((row for row in rows if row[0] not in picked), None)
            if row and len(picked) < limit:
                thread_id, arm, playbook, language = row
                picked[thread_id] = Thread(
                    title=title,
                    arm=arm or "",
                    playbook=playbook or "",
                    language=language or "",
                    lines=_lines(connection, thread_id),
                )
    return tuple(picked.values())


def _lines(connection: duckdb.DuckDBPyConnection, thread_id: str) -> tuple[Line, ...]:
    rows = connection.execute(_LINES, [thread_id]).fetchall()
    seen: set[str] = set()
    return tuple(
        Line(
            at=at,
            actor=actor,
            is_inbound=direction == "in",
            subject=subject,
            text=_without_repeats(text, seen) if direction == "out" else text.strip(),
            intent=intent,
        )
        for at, actor, direction, subject, text, intent in rows
    )


def _without_repeats(text: str, seen: set[str]) -> str:
    """Leaves out paragraphs that stood in an earlier mail of ours: disclosure and address."""
    paragraphs = [part.strip() for part in text.split("\n\n")]
    fresh = [part for part in paragraphs if part not in seen]
    seen.update(paragraphs)
    return "\n\n".join(fresh)
