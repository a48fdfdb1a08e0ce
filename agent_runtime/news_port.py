"""What the store promises of changes that the vendor's CRM told us of."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from agent_runtime.domain import Contact

NewsKind = Literal["contacts", "companies", "deals"]

StopState = Literal["none", "open", "done"]
"""`open`: somebody refused mail, and the address is not on the list yet, since the event names the
record alone; `done`: it is."""


@dataclass(frozen=True, slots=True)
class CrmNews:
    """One change of a record there: pull it now. Of its words only a refusal is kept."""

    tenant_id: str
    news_id: str
    """Made of the vendor's ids, so that an event that is sent again is known."""
    kind: NewsKind
    record_id: str
    event: str
    """What happened, in the vendor's word."""
    occurred_at: datetime
    received_at: datetime
    is_pulled: bool = False
    stop: StopState = "none"


def in_time(news: Iterable[CrmNews]) -> tuple[CrmNews, ...]:
    """Returns events in the order in which they happened."""
    return tuple(sorted(news, key=lambda one: (one.occurred_at, one.news_id)))


class NewsRows(Protocol):
    """The part of a transaction that the news of the CRM needs."""

    def add_news(self, news: CrmNews) -> bool:
        """Notes an event unless it is known already."""
        ...

    def save_news(self, news: CrmNews) -> None:
        """Writes what became of an event."""
        ...

    def news_waiting(self) -> tuple[CrmNews, ...]:
        """Events whose record was not pulled since, the earliest first."""
        ...

    def stops_open(self) -> tuple[CrmNews, ...]:
        """Refusals whose address is not on the list yet, the earliest first."""
        ...

    def contact_by_id(self, contact_id: str) -> Contact | None:
        """The contact that has this id in the CRM."""
        ...
