"""What may leave for a vendor's CRM, field by field; a write is made of nothing else."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from agent_runtime.authored import load_yaml
from agent_runtime.errors import ParleyError

LISTED = Path(__file__).with_name("writable.yaml")
_KINDS_OF_TOOLS: dict[str, dict[str, str]] = {"tickets.open": {"contact": "ticket"}}
"""A tool's target is not always the kind of record that it writes."""
_OWNER = {"hubspot": "hubspot_owner_id", "salesforce": "OwnerId"}
_SEAL = object()


class NotAllowed(ParleyError):
    """A field that is not on the list, so that nothing of the write leaves."""


@dataclass(frozen=True, slots=True)
class Property:
    """One property of a vendor, and its words for ours where they differ."""

    name: str
    values: Mapping[str, str] = field(default_factory=dict)
    moves_from: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By value of ours, the values over which it may be written; empty: over what is known."""

    def theirs(self, value: str) -> str:
        """Returns what stands there for a value of ours."""
        return self.values.get(value, value)

    def ours(self, value: str) -> str:
        """Returns our value for what stands there."""
        return next((ours for ours, theirs in self.values.items() if theirs == value), value)


@dataclass(frozen=True, slots=True)
class Allowed:
    """Properties of one kind of record that may leave; only `AllowList.allow` makes one."""

    kind: str
    properties: Mapping[str, str]
    _seal: object

    def __post_init__(self) -> None:
        """Refuses what the list did not make."""
        if self._seal is not _SEAL:
            raise PermissionError("properties that may leave come from tools.allow_list only")


@dataclass(frozen=True, slots=True)
class AllowList:
    """Properties of one vendor by kind of record and field of ours."""

    vendor: str
    kinds: Mapping[str, Mapping[str, Property]]

    def property(self, kind: str, name: str) -> Property | None:
        """Returns the property of a field, or None where it stays here."""
        return self.kinds.get(kind, {}).get(name)

    def allow(self, kind: str, values: Mapping[str, str]) -> Allowed:
        """Returns our values as properties that may leave.

        Raises:
            NotAllowed: a field has no property on the list.
        """
        listed = self.kinds.get(kind, {})
        for name in values:
            if name not in listed:
                raise NotAllowed(
                    f"field {name!r} of {kind} has no property in writable.yaml, so nothing of it "
                    f"leaves for {self.vendor}; list it there, or leave it out."
                )
        given = {listed[name].name: listed[name].theirs(value) for name, value in values.items()}
        return Allowed(kind, MappingProxyType(given), _SEAL)

    def takes(self, kind: str, values: Mapping[str, str]) -> dict[str, str]:
        """Returns those of our values that have a property and say something."""
        return {k: v for k, v in values.items() if v and self.property(kind, k) is not None}


@cache
def allow_list(vendor: str, *, owner_may_change: bool = False, path: Path = LISTED) -> AllowList:
    """Returns what may leave for `hubspot` or `salesforce`.

    Raises:
        NotAllowed: the list has the owner of a record, and the owner may not be changed.
    """
    kinds: dict[str, dict[str, Property]] = {}
    for kind, name, rules in _fields(path):
        if rules.get(vendor) == _OWNER[vendor] and not owner_may_change:
            raise NotAllowed(
                f"{path.name}: field {name!r} of {kind} is the record's owner, which is never "
                "changed; take it off the list, or say `change: allowed` in the owner rules."
            )
        if rules.get(vendor):
            values, moves = rules.get(f"{vendor}_values", {}), rules.get("moves_from", {})
            steps = {value: tuple(starts) for value, starts in moves.items()}
            kinds.setdefault(kind, {})[name] = Property(rules[vendor], values, steps)
    return AllowList(vendor, kinds)


def _fields(path: Path) -> Iterator[tuple[str, str, dict[str, Any]]]:
    listed = load_yaml(path.read_text(encoding="utf-8"))
    for tool, kinds in listed.items():
        if tool == "version":
            continue
        for kind, fields in kinds.items():
            for name, rules in fields.items():
                written = _KINDS_OF_TOOLS.get(str(tool), {}).get(str(kind), str(kind))
                yield written, str(name), rules
