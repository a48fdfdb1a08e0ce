"""The policy set as data: versions, owners and parameters of the rules, and profiles of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from agent_runtime.authored import load_yaml
from agent_runtime.errors import ParleyError

FILE = Path(__file__).parent / "rules.yaml"
STANDARD = "standard"


class RuleSetError(ParleyError):
    """A policy set or profile that cannot be used."""


@dataclass(frozen=True, slots=True)
class RuleSpec:
    """One rule as it binds: what it stops, who answers for it, the numbers that it reads."""

    rule: str
    version: int
    owner: str
    stops: str
    decision: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Offer:
    """A price cut that somebody approved for a playbook, until a day."""

    of: str
    until: date
    approver: str
    percent: float = 0.0
    months: int = 0
    name: str = ""
    """By which a campaign says that it may be named there."""


@dataclass(frozen=True, slots=True)
class RuleSet:
    """All rules in the order in which they are asked, under one profile."""

    version: int
    profile: str
    says: str
    retention_days: int
    rules: Mapping[str, RuleSpec] = field(hash=False)
    offers: tuple[Offer, ...] = ()

    @property
    def label(self) -> str:
        """Version and profile, as traces carry them."""
        return str(self.version) if self.profile == STANDARD else f"{self.version}-{self.profile}"

    def parameter(self, rule: str, name: str) -> Any:
        """Returns a number or list that a rule reads; none is a mistake in the file."""
        return self.rules[rule].parameters[name]


def flag_of(playbook: str = "") -> str:
    """Returns the name of the flag that sets the profile, of all or of one playbook."""
    return f"profile:{playbook}" if playbook else "profile"


def profile_of(flags: Mapping[str, str], playbook: str) -> RuleSet:
    """Returns the rules that bind in a playbook; a profile that nobody knows is the strictest."""
    name = flags.get(flag_of(playbook)) or flags.get(flag_of()) or STANDARD
    return rule_set(name if name in profiles() else profiles()[-1])


@cache
def profiles() -> tuple[str, ...]:
    """Names of the profiles, from the freest to the strictest."""
    return tuple(_file()["profiles"])


@cache
def rule_set(profile: str = STANDARD) -> RuleSet:
    """Returns the policy set under a profile.

    Raises:
        RuleSetError: no profile has this name, or it speaks of an unknown rule or parameter.
    """
    return rule_set_of(_file(), profile)


def rule_set_of(written: Mapping[str, Any], profile: str = STANDARD) -> RuleSet:
    """Returns what a file of rules says under a profile.

    Args:
        written: The file as YAML reads it; `rules.yaml` is one.
        profile: One of its profiles.

    Raises:
        RuleSetError: no profile has this name, or it speaks of an unknown rule or parameter.
    """
    if profile not in written["profiles"]:
        known = ", ".join(written["profiles"])
        raise RuleSetError(f"profile {profile!r} is unknown; use one of: {known}.")
    chosen = written["profiles"][profile]
    rules: dict[str, RuleSpec] = {}
    for row in written["rules"]:
        own = row.get("parameters", {})
        other = chosen["parameters"].get(row["id"], {})
        for name in other.keys() - own.keys():
            raise RuleSetError(f"profile {profile}, rule {row['id']}: {name!r} is no parameter.")
        rules[row["id"]] = RuleSpec(
            rule=row["id"],
            version=row["version"],
            owner=row["owner"],
            stops=row["stops"],
            decision=row["decision"],
            parameters=MappingProxyType({**own, **other}),
        )
    for name in chosen["parameters"].keys() - rules.keys():
        raise RuleSetError(f"profile {profile}: the rule {name!r} is unknown.")
    return RuleSet(
        version=written["version"],
        profile=profile,
        says=chosen["says"],
        retention_days=chosen["retention_days"],
        rules=MappingProxyType(rules),
        offers=tuple(_offer(row) for row in written["offers"]),
    )


def _offer(row: Mapping[str, Any]) -> Offer:
    return Offer(
        of=row["for"],
        until=row["until"],
        approver=row["approver"],
        percent=row.get("percent", 0.0),
        months=row.get("months", 0),
        name=row["id"],
    )


@cache
def _file() -> dict[str, Any]:
    return load_yaml(FILE.read_text(encoding="utf-8"))
