"""Lines of a budget as they stand, and a notice when half, most and all of one is used up."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from agent_runtime.ports import Tx
from pipelines.campaigns.notices import tell

SHARES = (0.5, 0.8, 1.0)
"""At which shares of a limit people are told, each once in its day or month."""


@dataclass(frozen=True, slots=True)
class Spent:
    """One line of a budget."""

    field: str
    """Name in the campaign's file, such as `messages_a_day`."""
    spent: float
    limit: float | None
    period: str
    """The day, or the month, that it is of."""
    unknown: str = ""
    """What has no price, so that the figure is too low."""

    @property
    def is_over(self) -> bool:
        """Whether nothing is left; a cost that nobody knows counts as too much."""
        return self.limit is not None and (self.spent >= self.limit or bool(self.unknown))

    @property
    def said(self) -> str:
        """The line in words."""
        more = f", and {self.unknown}" if self.unknown else ""
        of = f" of {self.limit:g}" if self.limit is not None else ", no limit"
        return f"{self.field}: {self.spent:,.6g}{of} spent in {self.period}{more}"

    @property
    def reached(self) -> float:
        """The highest of `SHARES` that is used up; 0 where none is."""
        if self.limit is None:
            return 0.0
        used = 1.0 if self.is_over else self.spent / self.limit
        return max((share for share in SHARES if used >= share), default=0.0)


def warn(
    tx: Tx,
    root: Path,
    campaign_id: str,
    lines: Sequence[Spent],
    *,
    is_end_told: bool = False,
    now: datetime,
) -> list[str]:
    """Tells owners and RevOps of each line that has reached a further share; returns the lines.

    One that leaps over a share is told of once, and of one that is used up the pause tells where
    there is one (`is_end_told`). What was told stands in the transaction of the
    notices, so that a crash neither loses one nor repeats it.
    """
    name = f"budget_alerts:{campaign_id}"
    known: dict[str, float] = json.loads(tx.published(name) or "{}")
    kept, said = {}, []
    for line in lines:
        key = f"{line.field} {line.period}"
        before = known.get(key, 0.0)
        if line.reached > before and not (is_end_told and line.is_over):
            said.append(line.said)
            headline = f"campaign {campaign_id} has used up {line.reached:.0%} of {line.field}"
            more = {"headline": headline, "roles": ("revops",), "now": now}
            tell(tx, root, campaign_id, f"{key} {line.reached:.0%}", line.said, **more)
        kept[key] = max(before, line.reached)
    wanted = {key: share for key, share in kept.items() if share}
    if wanted != known:
        tx.publish(name, json.dumps(wanted))
    return said
