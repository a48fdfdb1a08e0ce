"""News of the vendor's CRM: each is kept once, and a refusal stops us before anything is asked."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from agent_runtime import suppression
from agent_runtime.domain import Contact
from agent_runtime.news_port import CrmNews
from agent_runtime.ports import Tx

SOURCE = "crm:hubspot"
"""What the lists and the trace name as the source of a stop."""


@dataclass(frozen=True, slots=True)
class NewsTaken:
    """What came of a delivery of news."""

    new: int
    known: int
    stopped: int
    """People whom we shall not write to from now on."""


def take_news(tx: Tx, news: Iterable[CrmNews], *, now: datetime) -> NewsTaken:
    """Keeps each event once and stops whoever refused, in one transaction."""
    counts = {True: 0, False: 0}
    stopped = 0
    for one in news:
        is_new = tx.add_news(one)
        counts[is_new] += 1
        if is_new and one.stop == "open":
            stopped += _stop_known(tx, one, now=now)
    return NewsTaken(counts[True], counts[False], stopped)


def stop_newly_known(tx: Tx, *, now: datetime) -> int:
    """Stops those who refused before we knew them, for when contacts have just been added."""
    return sum(_stop_known(tx, one, now=now) for one in tx.stops_open())


def note_pulled(
    tx: Tx,
    news: Iterable[CrmNews],
    addresses: Mapping[str, Iterable[str]],
    *,
    now: datetime,
) -> int:
    """Notes that the records were pulled, and puts the addresses of those who refused on the list.

    Args:
        tx: The transaction.
        news: Events whose records have been pulled.
        addresses: Addresses of a contact by its id there, as the pull read them; a contact that
            is deleted has none.
        now: Instant of the pull.

    Returns:
        How many addresses were put on the list.
    """
    listed = 0
    for one in news:
        done = replace(one, is_pulled=True)
        if one.stop == "open":
            _stop_known(tx, one, now=now)
            for address in addresses.get(one.record_id, ()):
                listed += _list(tx, address, now=now)
            done = replace(done, stop="done")
        tx.save_news(done)
    return listed


def _stop_known(tx: Tx, news: CrmNews, *, now: datetime) -> bool:
    contact = tx.contact_by_id(news.record_id)
    return contact is not None and _stop(tx, contact, now=now)


def _stop(tx: Tx, contact: Contact, *, now: datetime) -> bool:
    _list(tx, contact.email, now=now)
    if tx.suppressed(contact.person_id):
        return True
    return tx.suppress(contact.person_id, reason="unsubscribed", source=SOURCE, now=now)


def _list(tx: Tx, address: str, *, now: datetime) -> bool:
    try:
        return suppression.add(tx, "email", address, reason="unsubscribed", source=SOURCE, now=now)
    except suppression.SuppressionError:
        # What is no address in the CRM is written to by nobody.
        return False
