"""How much could go wrong with a draft that waits: from its own words and what the rules said."""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

from agent_runtime.policies.approval import WAITS
from agent_runtime.store.rows import Approval, Draft

Risk = Literal["low", "medium", "high"]
RISKS: tuple[Risk, ...] = ("low", "medium", "high")
"""From the least; a queue shows the last first."""

UNSURE = 0.6
"""Below this confidence the reading of the buyer is as good as a guess."""
SURE = 0.8
"""The safe band's own least confidence, unless a playbook has another."""
COMMITS = ("*pricing*", "*price*", "*security*", "*legal*", "*contract*", "*discount*", "*quote*")
"""Texts, by id, to which a buyer may hold the company."""


@dataclass(frozen=True, slots=True)
class Weight:
    """The risk of an item, and why, the gravest first."""

    risk: Risk
    why: tuple[str, ...] = ()


def weigh(approval: Approval) -> Weight:
    """Returns the risk of what waits: that of its gravest reason."""
    found = [reason for draft in approval.drafts for reason in _of_draft(draft)]
    if approval.stopped:
        found.append(("medium", f"{len(approval.stopped)} other drafts were stopped by rules"))
    found.sort(key=lambda one: RISKS.index(one[0]), reverse=True)
    why = tuple(dict.fromkeys(said for _, said in found))
    return Weight(found[0][0] if found else "low", why)


def _of_draft(draft: Draft) -> list[tuple[Risk, str]]:
    message = draft.message
    found: list[tuple[Risk, str]] = []
    for hit in draft.hits:
        if hit.rule != WAITS:
            found.append(("high", f"{hit.rule}: {hit.reason or hit.decision}"))
    texts = [one for one in message.content_ids if any(fnmatchcase(one, p) for p in COMMITS)]
    if texts:
        found.append(("high", f"speaks of what binds us: {', '.join(texts)}"))
    if message.is_drafted:
        grave = "high" if message.confidence < SURE else "medium"
        found.append((grave, "written by the language model"))
    if message.confidence < UNSURE:
        found.append(("high", f"confidence {message.confidence:.2f}: may have misread the buyer"))
    elif message.confidence < SURE:
        found.append(("medium", f"confidence {message.confidence:.2f} is below {SURE:.2f}"))
    if draft.edited_by:
        found.append(("medium", "edited by a person"))
    if any(one.startswith("kb.") for one in message.content_ids):
        found.append(("medium", "quotes a document"))
    return found
