"""Goes through the checklist and says whether a pilot may start."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from pipelines.readiness import booking, mail, permission, pilot, records, wording
from pipelines.readiness.checklist import Found, Item, Rule, checklist
from pipelines.readiness.world import World

CHECKS: dict[str, Callable[[World, Rule], Found]] = {
    "readable": records.readable,
    "rules": records.rules,
    "tests": records.tests,
    "owners": records.owners,
    "fields": records.fields,
    "duplicates": records.duplicates,
    "time_zones": records.time_zones,
    "consent": permission.consent,
    "unreadable_consent": permission.unreadable_consent,
    "suppressions": permission.suppressions,
    "content": wording.content,
    "knowledge": wording.knowledge,
    "meetings": booking.meetings,
    "calendar": booking.calendar,
    "sender": mail.sender,
    "signing": mail.signing,
    "unsubscribe": mail.unsubscribe,
    "spf": mail.spf,
    "dkim": mail.dkim,
    "dmarc": mail.dmarc,
    "mx": mail.mx,
    "pilot": pilot.size,
    "holdout": pilot.holdout,
    "success": pilot.success,
}
"""What looks at each item of `checklist.yaml`."""


@dataclass(frozen=True, slots=True)
class Readiness:
    """The checklist with what was found, for one campaign."""

    campaign: str
    now: datetime
    items: tuple[Item, ...]

    @property
    def may_start(self) -> bool:
        """Whether nothing is missing and nothing is unknown."""
        return all(item.is_ready for item in self.items)

    @property
    def missing(self) -> tuple[Item, ...]:
        """What is known not to be there."""
        return tuple(item for item in self.items if item.state == "missing")

    @property
    def unchecked(self) -> tuple[Item, ...]:
        """What nobody has looked at."""
        return tuple(item for item in self.items if item.state == "not checked")

    @property
    def answer(self) -> str:
        """The whole in one sentence."""
        return "A pilot may start." if self.may_start else "A pilot may not start yet."

    @property
    def why(self) -> str:
        """What stands between here and a pilot, in words."""
        if self.may_start:
            return f"All {len(self.items)} items are ready."
        gaps = {"To mend": self.missing, "Not checked": self.unchecked}
        said = [
            f"{name}: {', '.join(item.topic for item in items)}."
            for name, items in gaps.items()
            if items
        ]
        ready = len(self.items) - len(self.missing) - len(self.unchecked)
        return " ".join([f"{ready} of {len(self.items)} items are ready.", *said])

    def groups(self) -> dict[str, tuple[Item, ...]]:
        """Returns the items by group, in the order of the checklist."""
        names = dict.fromkeys(item.group for item in self.items)
        return {name: tuple(i for i in self.items if i.group == name) for name in names}

    def tasks(self) -> dict[str, tuple[Item, ...]]:
        """Returns what is left to do by whose task it is, who has most first."""
        left = [item for item in self.items if not item.is_ready]
        names = sorted({i.whose for i in left}, key=lambda n: -sum(i.whose == n for i in left))
        return {name: tuple(i for i in left if i.whose == name) for name in names}

    def to_document(self) -> dict[str, Any]:
        """Returns it as plain data."""
        return {
            "campaign": self.campaign,
            "now": self.now.isoformat(),
            "may_start": self.may_start,
            "answer": self.answer,
            "why": self.why,
            "items": [asdict(item) for item in self.items],
        }


def assess(world: World) -> Readiness:
    """Returns what is ready, missing and not checked."""
    items = tuple(_item(rule, CHECKS[rule.id](world, rule), world) for rule in checklist())
    return Readiness(world.campaign.id, world.now, items)


def _item(rule: Rule, found: Found, world: World) -> Item:
    return Item(
        id=rule.id,
        topic=rule.topic,
        group=rule.group,
        title=rule.title,
        state=found.state,
        figure=found.figure,
        wanted=rule.wanted,
        whose=rule.whose,
        todo=""
        if found.state == "ready"
        else rule.todo.format(campaign=f"the campaign {world.campaign.id}"),
        details=found.details,
    )
