"""Where a person is reached on a channel."""

from agent_runtime.domain import ChannelName, Contact
from agent_runtime.ports import Tx


def reach(tx: Tx, contact: Contact, channel: ChannelName) -> str:
    """Returns the address, number or chat window of a person; empty when none is known.

    A form has nobody on its other side: who filled it in is reached by mail.
    """
    if channel in ("email", "form"):
        return contact.email
    if channel == "linkedin":
        # Without a profile in the CRM the rep looks for name and company.
        return tx.address_on(channel, contact.person_id) or f"linkedin:{contact.person_id}"
    return tx.address_on(channel, contact.person_id)
