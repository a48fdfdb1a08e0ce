"""Who of ours meets the buyer, and in whose calendar the meeting stands."""

from dataclasses import dataclass

from agent_runtime.domain import Contact
from agent_runtime.library.playbook import Playbook


@dataclass(frozen=True, slots=True)
class Host:
    """A person of ours with a calendar."""

    owner_id: str
    name: str


def host_of(playbook: Playbook, contact: Contact) -> Host | None:
    """Returns who meets the buyer; nobody where the CRM does not name them (R110)."""
    if playbook.meets == "owner":
        host = Host(contact.owner_id, contact.owner_name)
    else:
        host = Host(contact.fact("specialist_id"), contact.fact("specialist"))
    return host if host.owner_id and host.name else None
