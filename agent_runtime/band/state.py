"""The band of one playbook as it stands: what was calibrated, and what has been judged since."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from agent_runtime.band.watch import (
    State,
    Terms,
    Watch,
    after_finding,
    after_judgement,
    audit_share,
    state_of,
)

ALL = "*"
OVERALL = "all"
RENEWED_AFTER = timedelta(days=7)
"""A category that stays closed is judged by its newest messages: older ones leave week by week."""

SentSince = Callable[[Collection[str] | None, datetime | None], int]
"""How many messages of these categories, or of all, went unread after an instant."""


@dataclass(frozen=True, slots=True)
class CategoryBand:
    """From where on messages of one category may go, and what shows it."""

    category: str
    """`action/topic/language`, a `*` from the right on where it holds for several."""
    threshold: float | None
    """None: nothing goes."""
    members: tuple[str, ...]
    """The finest categories for which it was shown; no other may rely on it."""
    judged: int = 0
    inside: int = 0
    wrong: int = 0
    at_most: float | None = None
    share: float = 0.0
    since: datetime | None = None
    """Only messages made after it were counted; None counts all."""
    is_shifted: bool = False
    """Whether the newest messages lie inside much more or less often than those before."""


@dataclass(frozen=True, slots=True)
class Record:
    """What one calibration found; published by batch code, never changed."""

    playbook: str
    version: str
    """Hash of everything in it."""
    made_at: datetime
    terms: Terms
    certainty: float
    judged: int
    evidence: str
    """SHA-256 of the judged messages behind it, so that it can be made again and compared."""
    bands: tuple[CategoryBand, ...]

    def governing(self, category: str) -> CategoryBand | None:
        """Returns the finest band in which a category was judged; None for one never seen."""
        by_name = {band.category: band for band in self.bands}
        found = next((by_name[name] for name in coarser(category) if name in by_name), None)
        return found if found is not None and category in found.members else None


@dataclass(frozen=True, slots=True)
class BandState:
    """A record, and a watch over each of its bands and over all of them together."""

    record: Record
    watches: Mapping[str, Watch] = field(default_factory=dict)
    overall: Watch = field(default_factory=Watch)

    def watch(self, category: str) -> Watch:
        """Returns the watch over one band of the record."""
        return self.watches.get(category, Watch())


@dataclass(frozen=True, slots=True)
class Standing:
    """One band at an instant, as a permit sees it."""

    category: str
    threshold: float | None
    members: tuple[str, ...]
    state: State
    share: float
    """Probability with which a person reads first what lies inside."""
    why: str = ""


def coarser(category: str) -> Iterator[str]:
    """Yields a category, then without language, without topic, and all together."""
    parts = category.split("/")
    for level in range(len(parts) + 1):
        yield "/".join([*parts[: len(parts) - level], *[ALL] * level])


def standings(state: BandState, *, sent_unheard: int) -> tuple[Standing, ...]:
    """Returns how every band stands; `sent_unheard` went since the newest message judged."""
    terms = state.record.terms
    whole = state_of(state.overall, terms, sent_unheard=sent_unheard)
    found: list[Standing] = []
    for band in state.record.bands:
        watch = state.watch(band.category)
        own = state_of(watch, terms, sent_unheard=0, is_shifted=band.is_shifted)
        stricter: State = own if audit_share(own, terms) > audit_share(whole, terms) else whole
        found.append(
            Standing(
                category=band.category,
                threshold=band.threshold,
                members=band.members,
                state=stricter,
                share=audit_share(stricter, terms),
                why=watch.why or state.overall.why,
            )
        )
    return tuple(found)


def heard(
    state: BandState,
    *,
    category: str,
    confidence: float,
    is_wrong: bool,
    share: float,
    made_at: datetime,
    sent_since: SentSince,
    now: datetime,
    went: bool = False,
) -> BandState:
    """Returns the state after a message was judged; one outside its band changes nothing.

    Args:
        state: Before.
        category: The message's own, the finest.
        confidence: The agent's, in the message.
        is_wrong: What the person found.
        share: Probability with which it was drawn to be read.
        made_at: When the message was made.
        sent_since: Counts what went unread.
        now: When it was judged.
        went: Whether it had gone before it was read.
    """
    band = state.record.governing(category)
    if band is None or band.threshold is None or confidence < band.threshold:
        return state

    def judged(watch: Watch, members: Collection[str] | None) -> Watch:
        return after_judgement(
            watch,
            state.record.terms,
            is_wrong=is_wrong,
            share=share,
            went=went,
            made_at=made_at,
            sent_since=sent_since(members, watch.counted_to),
            now=now,
        )

    own = judged(state.watch(band.category), band.members)
    return replace(
        state,
        watches={**state.watches, band.category: own},
        overall=judged(state.overall, None),
    )


def found_wrong(state: BandState, *, category: str, now: datetime) -> BandState:
    """Returns the state after a message that had gone unread turned out to be wrong."""
    terms = state.record.terms
    band = state.record.governing(category)
    watches = dict(state.watches)
    if band is not None:
        watches[band.category] = after_finding(state.watch(band.category), terms, now=now)
    return replace(state, watches=watches, overall=after_finding(state.overall, terms, now=now))


def renewed(state: BandState | None, record: Record) -> BandState:
    """Returns the state under a new record.

    A band that had been closed and is shown again is watched from the start; one that is new
    begins with what is known of the coarser one it comes from; any other goes on.
    """
    fresh = Watch(heard_of=record.made_at, counted_to=record.made_at)
    if state is None:
        return BandState(record, overall=fresh)
    watches: dict[str, Watch] = {}
    for band in record.bands:
        above = next((state.watches[c] for c in coarser(band.category) if c in state.watches), None)
        is_shown = band.threshold is not None
        if above is not None and not (above.narrowed_at and is_shown):
            watches[band.category] = above
    is_reopened = state.overall.narrowed_at and any(b.threshold is not None for b in record.bands)
    return BandState(record, watches, fresh if is_reopened else state.overall)


@dataclass(frozen=True, slots=True)
class Since:
    """From when on messages count for a category, and which look that is, from 0."""

    instant: datetime | None
    look: int = 0


def counts_since(state: BandState | None, category: str, *, now: datetime) -> Since:
    """Returns from when on judged messages of a category may count.

    What was judged before a band was closed never opens it again. While it stays closed, the
    start moves on by a week each week, one week behind; each such start is a look of its own.
    """
    if state is None:
        return Since(None)
    band = state.record.governing(category)
    began = band.since if band else None
    watches = [state.overall, *([state.watch(band.category)] if band else [])]
    closed = max((w.narrowed_at for w in watches if w.narrowed_at is not None), default=None)
    if closed is None:
        return Since(began)
    weeks = max(0, (now - closed) // RENEWED_AFTER - 1)
    return Since(closed + weeks * RENEWED_AFTER, weeks)
