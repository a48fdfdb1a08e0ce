"""What a change would have done to past turns: each decided twice, as things stand and changed."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from agent_runtime.contracts import TraceEvent
from agent_runtime.domain import LEVELS, Autonomy
from agent_runtime.library.catalog import Library
from agent_runtime.policies.dials import dialled
from agent_runtime.policies.facts import Facts, Limits
from agent_runtime.policies.ruleset import profile_of
from agent_runtime.replaying.decision import Decided, decided_now
from agent_runtime.replaying.versions import Versions, outcome_of
from agent_runtime.steering.subjects import (
    campaign_of,
    flag_for,
    is_profile,
    playbook_of,
    value_in,
)

MOST_KINDS = 8


@dataclass(frozen=True, slots=True)
class Moved:
    """Turns of which the same would have become the same other thing."""

    then: str
    now: str
    turns: int
    thread_id: str
    """Of one of them."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change does to past turns, beside what is in force."""

    tried: int
    changed: int
    unsaid: int
    """Turns that cannot be decided again, as where a language model would have to be asked."""
    moved: tuple[Moved, ...]
    measured_at: datetime

    @property
    def share(self) -> float:
        """Of the turns that were decided again, those that come out otherwise."""
        return self.changed / max(self.tried - self.unsaid, 1)


def effect_of(
    subject: str,
    after: Any,
    events: Iterable[TraceEvent],
    versions: Versions,
    flags: Mapping[str, str],
    *,
    at: datetime,
) -> Effect:
    """Returns the effect of a change on turns; nobody is asked and nothing is sent.

    Args:
        subject: What would be changed.
        after: Its new value.
        events: Events of kind `turn`.
        versions: Library and model that are installed.
        flags: What is in force.
        at: When this is measured.
    """
    wanted = flag_for(subject, after)
    changed_flags = {name: value for name, value in flags.items() if name != subject}
    changed_flags |= {} if wanted is None else {subject: wanted}
    before = replace(versions, steered=_steered(subject, flags, flags, versions.library))
    new = replace(versions, steered=_steered(subject, flags, changed_flags, versions.library))
    return effect_between(before, new, events, at=at)


def effect_between(
    before: Versions, new: Versions, events: Iterable[TraceEvent], *, at: datetime
) -> Effect:
    """Returns what becomes otherwise of turns where one set of versions takes another's place."""
    kinds: Counter[tuple[str, str]] = Counter()
    threads: dict[tuple[str, str], str] = {}
    tried = unsaid = 0
    for event in events:
        tried += 1
        then, now = (outcome_of(event.payload, one).action for one in (before, new))
        if then is None or now is None:
            unsaid += 1
            continue
        one, other = decided_now(then), decided_now(now)
        if not other.is_as(one):
            key = _names(one, other)
            kinds[key] += 1
            threads.setdefault(key, event.thread_id or "")
    moved = tuple(Moved(*key, count, threads[key]) for key, count in kinds.most_common(MOST_KINDS))
    return Effect(tried, kinds.total(), unsaid, moved, at)


def _steered(
    subject: str, flags: Mapping[str, str], changed: Mapping[str, str], library: Library
) -> Any:
    """Returns what puts the facts of a turn under flags: profile, dials, level of autonomy."""

    def steer(facts: Facts) -> Facts:
        known = profile_of(changed, facts.session.playbook) if is_profile(subject) else facts.rules
        rules = dialled(known, changed)
        facts = replace(facts, rules=rules, limits=Limits.under(rules))
        if not playbook_of(subject) or not facts.autonomy or not _is_about(subject, facts):
            return facts
        usual = library.playbook(playbook_of(subject)).autonomy
        unset = LEVELS[-1] if campaign_of(subject) else usual
        old: Autonomy = value_in(flags, subject) or unset
        new: Autonomy = value_in(changed, subject) or unset
        return replace(facts, autonomy=_level(facts, old, new))

    return steer


def _is_about(subject: str, facts: Facts) -> bool:
    campaign = campaign_of(subject)
    is_there = not campaign or facts.session.campaign_id == campaign
    return facts.session.playbook == playbook_of(subject) and is_there


def _level(facts: Facts, old: Autonomy, new: Autonomy) -> Autonomy:
    """The recorded level is the strictest of several; where it may be this one, it gives way."""
    recorded = facts.autonomy
    bound = facts.session.autonomy or LEVELS[-1] if recorded == old else recorded
    if old == new or not recorded:
        return recorded or LEVELS[0]
    return LEVELS[min(LEVELS.index(new), LEVELS.index(bound))]


def _names(then: Decided, now: Decided) -> tuple[str, str]:
    if then.outcome == now.outcome:
        return then.outcome, "the same at another time or in other words"
    return then.outcome, now.outcome
