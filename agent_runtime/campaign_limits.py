"""What a campaign may use of its playbook: it takes things away, and never adds any.

Beside that it says how often another of the permitted answers is tried.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from agent_runtime.domain import Autonomy
from agent_runtime.policies.ruleset import RuleSet
from agent_runtime.ports import Tx

PUBLISHED = "campaign_limits"
FILE = "campaign_limits.json"
"""Where batch code writes them, in the lake."""


@dataclass(frozen=True, slots=True)
class CampaignLimits:
    """What is left of a playbook in one campaign; None takes nothing away."""

    offers: tuple[str, ...] | None = None
    """Ids of the approved offers that may be named."""
    meetings: tuple[str, ...] | None = None
    """Ids of the meeting templates of which times may be offered."""
    exploration: float = 0.0
    """Share of turns in which another permitted answer than the best may be tried."""

    drafts: Literal["approved"] | None = None
    """approved: no touch is written by a language model, whatever the playbook leaves to one."""
    autonomy: Autonomy | None = None
    """The freest level in the campaign; touches of its plan have it with them, calls do not."""

    def narrowed(self, rules: RuleSet) -> RuleSet:
        """Returns the rules with the offers that are left; one they do not have is not added."""
        if self.offers is None:
            return rules
        return replace(rules, offers=tuple(o for o in rules.offers if o.name in self.offers))

    def may_meet(self, template: str) -> bool:
        """Says whether times of a meeting template may be offered."""
        return self.meetings is None or template in self.meetings


UNLIMITED = CampaignLimits()


def read_limits(path: Path) -> dict[str, CampaignLimits]:
    """Returns the limits of the campaigns that have any, by id; none where there is no file."""
    written = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return {name: _limits(row) for name, row in written.items()}


def as_text(limits: Mapping[str, CampaignLimits]) -> str:
    """Returns limits as they are written and published."""
    return json.dumps({name: asdict(limits[name]) for name in sorted(limits)}, indent=2)


def publish_limits(tx: Tx, path: Path) -> None:
    """Publishes what batch code has written, in place of what was published before."""
    tx.publish(PUBLISHED, as_text(read_limits(path)))


def limits_of(tx: Tx, campaign_id: str) -> CampaignLimits:
    """Returns what binds in the threads of a campaign."""
    if not campaign_id:
        return UNLIMITED
    row = json.loads(tx.published(PUBLISHED) or "{}").get(campaign_id)
    return UNLIMITED if row is None else _limits(row)


def _limits(row: Mapping[str, Any]) -> CampaignLimits:
    offers, meetings = row.get("offers"), row.get("meetings")
    return CampaignLimits(
        offers=None if offers is None else tuple(offers),
        meetings=None if meetings is None else tuple(meetings),
        drafts=row.get("drafts"),
        autonomy=row.get("autonomy"),
        exploration=row.get("exploration", 0.0),
    )
