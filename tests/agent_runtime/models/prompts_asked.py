"""Prompts as the runtime would put them, without a store."""

from dataclasses import replace
from datetime import UTC, datetime

from agent_runtime.domain import Observation, Perception, Session
from agent_runtime.library.catalog import load_library
from agent_runtime.lone_text import NOBODY
from agent_runtime.prompting.prompt import prompt_of

NOW = datetime(2026, 11, 26, 9, tzinfo=UTC)
LIBRARY = load_library()
READER = replace(
    NOBODY, first_name="Ana", company="Acme", owner_name="Lena Vogt", owner_id="o-1", title="COO"
)


def prompt(
    message="What does it cost?",
    *,
    playbook="inbound_response",
    language="en",
    library=LIBRARY,
    contact=READER,
    **more,
):
    """Returns the prompt for one message of a buyer."""
    session = Session(
        tenant_id="t",
        thread_id="thread-1",
        person_id="p-1",
        contact_id="c-1",
        playbook=playbook,
        state=LIBRARY.playbook(playbook).start,
    )
    return prompt_of(
        replace(session, **more),
        Observation("mail", "k1", NOW, text=message, subject="A question"),
        Perception("unclear", 0.2, True, language=language),
        (),
        contact=contact,
        playbook=library.playbook(playbook),
        library=library,
        now=NOW,
    )
