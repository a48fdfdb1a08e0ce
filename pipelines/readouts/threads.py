"""Picks conversations that show what the agent does: a meeting, a no, a request."""

from pathlib import Path

import duckdb

from pipelines.readouts.report import Line, Thread

WANTED = (
    ("A meeting", "has_meeting"),
    ("A no, taken as one", "is_opted_out"),
    ("An answer to a request", "opened_by = 'buyer' and not has_meeting"),
    ("A question", "has_positive_intent and not has_meeting"),
    ("A reply", "is_engaged"),
)
"""What a reader should see, in this order, as conditions on `fct_threads`."""

_PICK = """
select thread_id, arm, playbook, language
from fct_threads
where agent_messages between 1 and 6 and is_engaged and {condition}
order by language != 'en', abs(turns - 5), thread_id
limit 8
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
                lines = connection.execute(_LINES, [row[0]]).fetchall()
                picked[row[0]] = Thread(
                    title=title,
                    arm=row[1] or "",
                    playbook=row[2] or "",
                    language=row[3] or "",
                    lines=tuple(
                        Line(
                            at=at,
                            actor=actor,
                            is_inbound=direction == "in",
                            subject=subject,
                            text=text,
                            intent=intent,
                        )
                        for at, actor, direction, subject, text, intent in lines
                    ),
                )
    return tuple(picked.values())
