"""Webhooks of HubSpot: whether one comes from there, and what its events mean for us.

https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/request-validation
and https://developers.hubspot.com/docs/api/webhooks, read 2026-11.
"""

import hashlib
import hmac
import json
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from agent_runtime.errors import ParleyError
from agent_runtime.news_port import CrmNews, NewsKind

SIGNATURE, TIMESTAMP = "X-HubSpot-Signature-v3", "X-HubSpot-Request-Timestamp"
FRESH = timedelta(minutes=5)
"""How old a request may be."""
OPT_OUT = "hs_email_optout"
"""Unsubscribed from all mail; with a number behind it, from that kind of mail."""

_KINDS: dict[str, NewsKind] = {
    "contact": "contacts",
    "0-1": "contacts",
    "company": "companies",
    "0-2": "companies",
    "deal": "deals",
    "0-3": "deals",
}


class HubSpotEventError(ParleyError):
    """A body that is no list of events."""


def sign(secret: str, method: str, uri: str, body: bytes, timestamp: str) -> str:
    """Returns the signature v3: base64 of HMAC-SHA256 over method, URI, body and timestamp."""
    said = method.encode() + uri.encode() + body + timestamp.encode()
    return b64encode(hmac.digest(secret.encode(), said, hashlib.sha256)).decode()


def is_signed(
    secret: str,
    uri: str,
    body: bytes,
    *,
    signature: str,
    timestamp: str,
    now: datetime,
) -> bool:
    """Says whether HubSpot sent this body to this address within the last five minutes.

    Args:
        secret: Client secret of the app; without one nothing is ever believed.
        uri: The whole address as HubSpot knows it.
        body: As it came.
        signature: Header `X-HubSpot-Signature-v3`.
        timestamp: Header `X-HubSpot-Request-Timestamp`, milliseconds.
        now: When it came.
    """
    if not (secret and signature.isascii() and timestamp.isascii() and timestamp.isdigit()):
        return False
    if abs(now.timestamp() * 1000 - int(timestamp)) > FRESH.total_seconds() * 1000:
        return False
    wanted = sign(secret, "POST", uri, body, timestamp)
    return hmac.compare_digest(wanted, signature)


def read_events(body: bytes, tenant_id: str, *, portal: str, now: datetime) -> list[CrmNews]:
    """Returns the events about records that are read; those of another account are left out.

    Args:
        body: The body of a request that was signed.
        tenant_id: Whose news they are.
        portal: Number of the account; empty takes every account that the app is installed in.
        now: When they came.

    Raises:
        HubSpotEventError: the body is no list of events.
    """
    try:
        events = json.loads(body)
    except ValueError:
        raise HubSpotEventError("the body is no JSON; HubSpot sends a list of events.") from None
    if not isinstance(events, list) or not all(isinstance(one, dict) for one in events):
        raise HubSpotEventError("the body is no list of objects; HubSpot sends a list of events.")
    found: list[CrmNews] = []
    for event in events:
        if not portal or str(event.get("portalId")) == portal:
            found += _news(event, tenant_id, now)
    return found


def _news(event: dict[str, Any], tenant_id: str, now: datetime) -> Iterator[CrmNews]:
    named = str(event.get("subscriptionType") or "")
    stop = "open" if _is_refusal(named, event) else "none"
    for kind, record_id in _records(named, event):
        yield CrmNews(
            tenant_id=tenant_id,
            news_id=_key(event, kind, record_id),
            kind=kind,
            record_id=record_id,
            event=named[:60],
            occurred_at=_occurred(event, now),
            received_at=now,
            stop=stop if kind == "contacts" else "none",
        )


def _is_refusal(named: str, event: dict[str, Any]) -> bool:
    """A contact that is erased for privacy has refused too. A yes is no proof, so it lifts none."""
    if named.endswith(".privacyDeletion"):
        return True
    name = str(event.get("propertyName") or "")
    value = str(event.get("propertyValue") or "").lower()
    is_opt_out = name == OPT_OUT or name.startswith(f"{OPT_OUT}_")
    return named.endswith(".propertyChange") and is_opt_out and value == "true"


def _records(named: str, event: dict[str, Any]) -> Iterator[tuple[NewsKind, str]]:
    """The records to pull: of a merger all that took part, of an association both ends."""
    word = named.partition(".")[0]
    if named.endswith(".associationChange"):
        ends = str(event.get("associationType") or "").lower().split("_to_")
        for end, place in zip(ends, ("from", "to"), strict=False):
            kind = _KINDS.get(str(event.get(f"{place}ObjectTypeId") or end))
            if kind:
                yield from _numbered(kind, event.get(f"{place}ObjectId"))
        return
    kind = _KINDS.get(str(event.get("objectTypeId") or word)) or _KINDS.get(word)
    if kind is None:
        return
    merged = event.get("mergedObjectIds") or ()
    ids = (event.get("objectId"), event.get("primaryObjectId"), event.get("newObjectId"), *merged)
    for record_id in dict.fromkeys(one for one in ids if one is not None):
        yield from _numbered(kind, record_id)


def _numbered(kind: NewsKind, record_id: Any) -> Iterator[tuple[NewsKind, str]]:
    text = str(record_id)
    if text.isascii() and text.isdigit() and len(text) <= 20:
        yield kind, text


def _key(event: dict[str, Any], kind: str, record_id: str) -> str:
    """HubSpot's eventId alone is not promised to be unique; the attempt is left out."""
    names = ("portalId", "eventId", "subscriptionType", "occurredAt", "propertyName")
    parts = [str(event.get(name, "")) for name in names]
    said = "\x1f".join((*parts, kind, record_id))
    return f"hubspot-{hashlib.sha256(said.encode()).hexdigest()[:40]}"


def _occurred(event: dict[str, Any], now: datetime) -> datetime:
    at = event.get("occurredAt")
    try:
        return datetime.fromtimestamp(int(str(at)) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return now
