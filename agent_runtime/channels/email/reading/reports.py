"""Delivery reports that follow RFC 3464, and what a report of any form says of a recipient."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from agent_runtime.channels.email.reading.codes import derived_status, reply_code, stated_status
from agent_runtime.channels.email.reading.fields import ADDRESS
from agent_runtime.channels.email.reading.mime import OpenedMail

_FAILED = ("failed", "failure", "undeliverable", "error", "bounced", "failed (permanent)")
_LATE = ("delayed", "delay", "deferred", "transient")
_ARRIVED = ("delivered", "relayed", "expanded", "delivery", "success")


@dataclass(frozen=True, slots=True)
class Failure:
    """One recipient whom a mail did not reach, or not yet."""

    recipients: tuple[str, ...]
    """Their addresses: the one written to first, then the one it was passed on to."""
    status: str
    """RFC 3463: `5.1.1`."""
    is_late: bool = False
    """The mail system goes on trying."""

    @property
    def permanent(self) -> bool:
        """Whether trying again is of no use: class 5, and not merely late."""
        return self.status.startswith("5") and not self.is_late


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What the machine-readable part of a report says."""

    failures: tuple[Failure, ...]
    arrived: bool = False
    """It only says that the mail arrived."""


def delivery_report(mail: OpenedMail) -> DeliveryReport | None:
    """Returns the RFC 3464 report in a mail, whatever the mail claims to be; None without one."""
    groups = [group for part in mail.statuses for group in part]
    told = [group for group in groups if _recipients(group) or "action" in group]
    if not told:
        return None
    failures = tuple(_failure(group) for group in told if not _has_arrived(group))
    return DeliveryReport(failures, arrived=not failures)


def worst_of(failures: tuple[Failure, ...]) -> Failure | None:
    """Returns the failure that says most of a mail: a permanent one before one that is late."""
    return next((f for f in failures if f.permanent), failures[0] if failures else None)


def _recipients(group: Mapping[str, str]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for name in ("original-recipient", "final-recipient", "x-actual-recipient"):
        value = re.sub(r"^\s*[\w-]+\s*;", "", group.get(name, ""))
        address = ADDRESS.search(value)
        if address and (name != "x-actual-recipient" or not found):
            found[address[0].strip("'\"").lower()] = None
    return tuple(found)


def _action(group: Mapping[str, str]) -> str:
    return group.get("action", "").split("(")[0].strip().lower().rstrip(";,.")


def _has_arrived(group: Mapping[str, str]) -> bool:
    status = stated_status(group.get("status", ""))
    return _action(group) in _ARRIVED or (not _action(group) and status.startswith("2"))


def _failure(group: Mapping[str, str]) -> Failure:
    diagnosis = group.get("diagnostic-code", "")
    is_late = _action(group) in _LATE
    status = stated_status(group.get("status", ""))
    if status.startswith("2") or not status:
        said = f"{reply_code(group.get('status', ''))} {diagnosis}"
        status = derived_status(said, is_late=is_late)
    if is_late and status.startswith("5"):
        status = f"4{status[1:]}"
    return Failure(_recipients(group), status, is_late)
