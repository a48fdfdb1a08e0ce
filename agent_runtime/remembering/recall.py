"""Finds a person of a workspace and what is remembered of them."""

from dataclasses import dataclass

from agent_runtime.domain import Contact
from agent_runtime.errors import ParleyError
from agent_runtime.library.catalog import company_library
from agent_runtime.remembering.memory import Memory, memory_of
from agent_runtime.settings import Settings
from agent_runtime.status import open_store
from agent_runtime.store.thread_rows import ThreadRecord, read_thread


@dataclass(frozen=True, slots=True)
class Recalled:
    """A person's thread and what it remembers."""

    contact: Contact
    record: ThreadRecord
    memory: Memory


def recall(settings: Settings, who: str) -> Recalled:
    """Returns what is remembered of a person.

    Args:
        settings: Which workspace.
        who: Id of a person, or one of their e-mail addresses.

    Raises:
        ParleyError: nobody is called so, or they have no thread.
    """
    store, said = open_store(settings), who.strip()
    with store.begin() as tx:
        found = tx.contact_by_email(said.lower()) if "@" in said else tx.contact_of(said)
        contact = found and (tx.contact_of(found.person_id) or found)
        session = tx.session_of(contact.person_id) if contact else None
    if contact is None or session is None:
        raise ParleyError(
            f"{who!r} is nobody whom this run has a thread with, so nothing is remembered; give a "
            "person_id or an address that the CRM has."
        )
    with store.engine.connect() as connection:
        record = read_thread(connection, store.tenant_id, session.thread_id)
    assert record is not None, "a session is a thread's"
    library = company_library(settings.paths.library)
    return Recalled(contact, record, memory_of(record, library))
