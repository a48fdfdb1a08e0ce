"""People who write first and are in no CRM: a contact, an owner and an arm, at once."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from pydantic import TypeAdapter

from agent_runtime.domain import Contact
from agent_runtime.meetings.routing import turn_of
from agent_runtime.online_arm import OnlineExperiment, arm_online
from agent_runtime.ports import Tx
from agent_runtime.profile import Profile


@dataclass(frozen=True, slots=True)
class Owner:
    """A person of ours who answers for contacts, and the agent's mailbox that serves them."""

    owner_id: str
    name: str
    email: str
    mailbox: str
    time_zone: str


OWNERS = TypeAdapter(tuple[Owner, ...])
EXPERIMENT = TypeAdapter(OnlineExperiment | None)


def read_newcomers(tx: Tx, tenant_id: str) -> "Newcomers":
    """Returns what batch code published about owners and the online experiment."""
    return Newcomers(
        tenant_id=tenant_id,
        owners=OWNERS.validate_json(tx.published("owners") or "[]"),
        experiment=EXPERIMENT.validate_json(tx.published("online_experiment") or "null"),
    )


@dataclass(frozen=True, slots=True)
class Newcomers:
    """Welcomes strangers: the same function that assigns in batch assigns them online."""

    tenant_id: str
    owners: tuple[Owner, ...]
    experiment: OnlineExperiment | None

    def welcome(self, tx: Tx, profile: Profile, *, key: str = "", now: datetime) -> Contact | None:
        """Adds a contact for a stranger, with an owner and an arm; None without owners.

        Who has no arm that can be known has none, and then people answer.

        Args:
            tx: The transaction of their first message.
            profile: What they say of themselves.
            key: Who they are where they have given no address: a chat window, a number.
            now: When they wrote.
        """
        if not self.owners:
            return None
        profile = profile.cleaned()
        identity = profile.email or key
        person_id = f"p-{_digest(self.tenant_id, identity)}"
        owner = self._owner_for(profile, identity)
        contact = Contact(
            tenant_id=self.tenant_id,
            contact_id=f"c-{_digest(self.tenant_id, identity)}",
            person_id=person_id,
            account_id=None,
            email=profile.email,
            first_name=profile.first_name,
            last_name=profile.last_name,
            title=profile.title,
            company=profile.company,
            country=profile.country,
            language=profile.language,
            time_zone=profile.time_zone,
            owner_id=owner.owner_id,
            owner_name=owner.name,
            owner_email=owner.email,
            mailbox=owner.mailbox,
        )
        tx.add_contact(contact)
        if self.experiment is not None:
            assignment = arm_online(tx, self.experiment, contact, now=now)
            if assignment is not None:
                tx.add_assignment(assignment)
        return contact

    def _owner_for(self, profile: Profile, identity: str) -> Owner:
        """Fair turns: who serves country and language in the pool, else any of all owners."""
        known = {owner.owner_id: owner for owner in self.owners}
        whose = turn_of(
            known,
            country=profile.country,
            language=profile.language,
            key=identity,
            had=lambda _: 0,
        )
        if whose:
            return known[whose]
        return self.owners[int(_digest(identity)[:8], 16) % len(self.owners)]


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:20]
