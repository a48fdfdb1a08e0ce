"""Old turns beside what new versions make of them: what changes, where, and by which rule."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from agent_runtime.contracts import TraceEvent
from agent_runtime.replay import Difference, differences
from agent_runtime.replaying.decision import Decided, decided_now, decided_then
from agent_runtime.replaying.versions import Answered, Outcome, Versions, outcome_of


@dataclass(frozen=True, slots=True)
class Compared:
    """One turn, then and now."""

    thread_id: str
    person_id: str
    turn_id: str
    at: datetime
    playbook: str
    campaign_id: str
    observed: Mapping[str, Any]
    """What it was about: kind, text, touch, channel."""
    versions: Mapping[str, str]
    """Behind the decision of then."""
    turn: Mapping[str, Any]
    """The payload of its trace."""
    then: Decided
    now: Decided | None
    """None where it cannot be said without a language model, or not at all."""
    outcome: Outcome
    differences: tuple[Difference, ...] = ()
    """Whatever else is not as it was: reading, evidence, candidates."""
    follows_change: bool = False
    """An earlier turn of the thread is decided otherwise, so that the buyer of this one had read
    something else than they would have."""

    @property
    def is_changed(self) -> bool:
        """Whether it is decided otherwise."""
        return self.now is not None and not self.now.is_as(self.then)

    @property
    def only_words(self) -> bool:
        """Whether the same is done, in other words."""
        return self.now is not None and replace(self.now, said=self.then.said).is_as(self.then)

    @property
    def gained(self) -> tuple[str, ...]:
        """Rules that have something against it now and had not then."""
        return _beyond(self.now, self.then) if self.now else ()

    @property
    def lost(self) -> tuple[str, ...]:
        """Rules that had something against it then and have not now."""
        return _beyond(self.then, self.now) if self.now else ()

    @property
    def differs(self) -> bool:
        """Whether anything of it is not as it was, be it only the reading."""
        return bool(self.differences or self.gained or self.lost or self.is_changed)

    @property
    def answered(self) -> Answered:
        """Whose words of a language model it used."""
        return self.outcome.answered


@dataclass(frozen=True, slots=True)
class Change:
    """Turns of which the same became the same other thing."""

    then: str
    now: str
    turns: tuple[Compared, ...]

    @property
    def threads(self) -> tuple[str, ...]:
        """In which threads, the first first."""
        return tuple(dict.fromkeys(turn.thread_id for turn in self.turns))


@dataclass(frozen=True, slots=True)
class RuleChange:
    """How many turns a rule has gained and lost."""

    rule: str
    gained: int
    lost: int
    threads: int
    """In which it gained or lost any."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """All turns that were replayed, oldest first."""

    turns: tuple[Compared, ...]
    left_out: int = 0
    """Turns of the same time whose words retention has removed."""
    is_cut: bool = False
    """Whether there are more, older ones."""

    @property
    def changed(self) -> tuple[Compared, ...]:
        """The turns that are decided otherwise."""
        return tuple(turn for turn in self.turns if turn.is_changed)

    @property
    def changed_threads(self) -> tuple[str, ...]:
        """The threads in which a turn is decided otherwise, sorted."""
        return tuple(sorted({turn.thread_id for turn in self.changed}))

    @property
    def threads(self) -> int:
        """How many threads there are."""
        return len({turn.thread_id for turn in self.turns})

    @property
    def differing(self) -> tuple[Compared, ...]:
        """The turns of which anything is not as it was."""
        return tuple(turn for turn in self.turns if turn.differs)

    @property
    def needing_the_model(self) -> tuple[Compared, ...]:
        """The turns that nothing stored answers."""
        return tuple(turn for turn in self.turns if turn.outcome.needs is not None)

    @property
    def unplayable(self) -> tuple[Compared, ...]:
        """The turns that cannot be replayed, each with the reason."""
        return tuple(turn for turn in self.turns if turn.outcome.why_not)

    def changes(self) -> tuple[Change, ...]:
        """Returns the changed decisions, grouped, the most frequent first."""
        grouped: dict[tuple[str, str], list[Compared]] = {}
        for turn in self.changed:
            grouped.setdefault(_names(turn), []).append(turn)
        found = (Change(*names, tuple(turns)) for names, turns in grouped.items())
        return tuple(sorted(found, key=lambda change: (-len(change.turns), change.then)))

    def rules(self) -> tuple[RuleChange, ...]:
        """Returns the rules with turns gained or lost, the most moved first."""
        gained = Counter(rule for turn in self.turns for rule in turn.gained)
        lost = Counter(rule for turn in self.turns for rule in turn.lost)
        found = [
            RuleChange(
                rule,
                gained[rule],
                lost[rule],
                len({t.thread_id for t in self.turns if rule in (*t.gained, *t.lost)}),
            )
            for rule in {**gained, **lost}
        ]
        return tuple(sorted(found, key=lambda one: (-(one.gained + one.lost), one.rule)))


def compare(events: Iterable[TraceEvent], versions: Versions) -> Iterator[Compared]:
    """Yields each turn beside what other versions make of it; nobody is asked.

    Every turn is replayed on the history that it had. Later turns of a thread whose decision
    changes are marked, since their buyers had read something else.

    Args:
        events: Events of kind `turn`, oldest first.
        versions: What they are run through.
    """
    diverged: set[str] = set()
    for event in events:
        found = compare_turn(event, versions)
        yield replace(found, follows_change=found.thread_id in diverged)
        if found.is_changed:
            diverged.add(found.thread_id)


def compare_turn(event: TraceEvent, versions: Versions) -> Compared:
    """Returns one turn beside what other versions make of it."""
    turn = event.payload
    outcome = outcome_of(turn, versions)
    action = outcome.action
    return Compared(
        thread_id=event.thread_id or "",
        person_id=event.person_id or "",
        turn_id=turn["turn_id"],
        at=event.occurred_at,
        playbook=turn["playbook"],
        campaign_id=campaign_of(turn),
        observed=turn["observation"],
        versions=event.versions,
        turn=turn,
        then=decided_then(turn),
        now=decided_now(action) if action else None,
        outcome=outcome,
        differences=tuple(_apart_from_versions(differences(turn, action))) if action else (),
    )


def campaign_of(turn: Mapping[str, Any]) -> str:
    """Returns the campaign of a turn: of its touch, or of the last touch before an answer."""
    own = turn.get("campaign_id")
    return own or turn.get("basis", {}).get("session", {}).get("campaign_id", "")


def _names(turn: Compared) -> tuple[str, str]:
    then, now = turn.then.outcome, turn.now.outcome if turn.now else ""
    if turn.only_words:
        return then, "the same in other words"
    if then == now:
        is_moved = turn.now is not None and turn.then.until != turn.now.until
        return then, f"the same{' at another time' if is_moved else ', recorded otherwise'}"
    return then, now


def _beyond(one: Decided | None, other: Decided | None) -> tuple[str, ...]:
    if one is None or other is None:
        return ()
    before = {*other.hits, *other.dropped}
    return tuple(rule for rule in dict.fromkeys((*one.hits, *one.dropped)) if rule not in before)


def _apart_from_versions(found: Iterable[Difference]) -> Iterator[Difference]:
    """A rule that says the same under a new number is no difference."""
    for one in found:
        if one.what != "verdicts" or _plain(one.then) != _plain(one.now):
            yield one


def _plain(verdicts: Any) -> list[tuple[str, str, str]]:
    return [(v["rule"], v["decision"], v["reason"]) for v in verdicts or ()]
