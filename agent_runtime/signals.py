"""Public signals of a company that a draft may refer to: an allow-list, by kind, source and age."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from agent_runtime.authored import load_yaml
from agent_runtime.domain import Contact, PublicSignal

_LIST = Path(__file__).parent / "channels" / "public_signals.yaml"
HEADLINE = "[[HEADLINE]]"


def may_be_named(signal: PublicSignal, *, now: datetime) -> bool:
    """Says whether a signal is on the allow-list, on the open web, and not too old."""
    allowed = _allowed()
    is_listed = signal.source in allowed["kinds"].get(signal.kind, ())
    url = urlsplit(signal.url)
    is_open = url.scheme == "https" and bool(url.hostname) and url.username is None
    age = now.date() - signal.published_on
    is_fresh = timedelta(0) <= age <= timedelta(days=allowed["max_age_days"])
    return is_listed and is_open and is_fresh and bool(signal.headline.strip())


def why_not(signal: PublicSignal, *, now: datetime) -> str:
    """Returns what keeps a signal from ever being named, as a code; empty where nothing does."""
    kinds = _allowed()["kinds"]
    if signal.kind not in kinds:
        return "kind_not_listed"
    if signal.source not in kinds[signal.kind]:
        return "source_not_listed"
    if signal.published_on > now.date():
        return "in_the_future"
    is_old = now.date() - signal.published_on > timedelta(days=_allowed()["max_age_days"])
    if is_old:
        return "too_old"
    return "" if may_be_named(signal, now=now) else "not_on_the_open_web"


def newest_signal(contact: Contact, *, now: datetime) -> PublicSignal | None:
    """Returns the latest signal of the contact's company that may be named."""
    allowed = (signal for signal in contact.signals if may_be_named(signal, now=now))
    return max(allowed, key=lambda signal: (signal.published_on, signal.url), default=None)


def with_signal(contact: Contact, signal: PublicSignal | None) -> Contact:
    """Returns the contact with the signal as facts that a text may use, and with no other one."""
    facts = tuple(f for f in contact.facts if f[0] not in ("headline", "signal_kind"))
    if signal is not None:
        facts = (*facts, ("headline", signal.headline), ("signal_kind", signal.kind))
    return replace(contact, facts=facts)


@cache
def _allowed() -> dict[str, Any]:
    return load_yaml(_LIST.read_text(encoding="utf-8"))
