"""Watches judged messages of one category and narrows its band at once; values in, values out.

Two counts, since each sees what the other does not. The *detector* multiplies how much likelier
each judgement is under a rate above the bound than under the bound, from the worst moment on: it
sees a sudden rise after two or three errors. The *account* owes one error for each that the audit
sample did not look at: it sees errors that come in small doses, whatever their pattern.

References:
    Shin, Ramdas & Rinaldo (2023), E-detectors: a nonparametric framework for sequential change
    detection, section 2: while the rate stays within the bound, a false alarm comes on average
    not before `alarm_at` judgements.
    Lieberman (1953), A note on Dodge's continuous inspection plan: what a random sample of
    inspected items guarantees without any assumption on the process.
"""

import math
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

RISES = (2.0, 4.0, 8.0, 16.0)
"""Rates, as multiples of the bound, against which a judgement is weighed."""
_HIGHEST = 0.9


@dataclass(frozen=True, slots=True)
class Terms:
    """How a band is watched; rates are shares of messages."""

    most_errors: float = 0.05
    """The bound: errors per message that goes out without a person."""
    opens_at: float = 0.025
    """The rate that a band is shown to keep before it opens. It is watched at that, below the
    bound, so that there is room for what goes until a rise is seen."""
    audit_share: float = 0.15
    """Share of what could go that a person reads first all the same, drawn at random."""
    watch_share: float = 0.5
    """That share while something looks wrong."""
    watch_at: float = 2.0
    """Evidence from which something looks wrong; 1 is none."""
    alarm_at: float = 100.0
    """Evidence from which the band is closed."""
    room: float = 30.0
    """Most errors that the account may run up beyond the bound."""
    unheard: int = 40
    """Messages that may go after the last one of which a judgement is known."""


@dataclass(frozen=True, slots=True)
class Watch:
    """What is known of one category since its band was last calibrated anew."""

    evidence: tuple[float, ...] = (0.0,) * len(RISES)
    """Logarithms, one for each of `RISES`."""
    balance: float | None = None
    """Errors that the account still has room for; None: all of it."""
    judged: int = 0
    wrong: int = 0
    heard_of: datetime | None = None
    """When the newest message was made of which a judgement is known."""
    counted_to: datetime | None = None
    """Until when messages that went are on the account."""
    narrowed_at: datetime | None = None
    why: str = ""

    @property
    def strength(self) -> float:
        """Evidence that the rate is above the bound; 1 is none."""
        return sum(math.exp(one) for one in self.evidence) / len(self.evidence)


State = Literal["open", "watched", "unheard", "narrowed"]


def state_of(watch: Watch, terms: Terms, *, sent_unheard: int, is_shifted: bool = False) -> State:
    """Returns how a category stands.

    Args:
        watch: Over it.
        terms: How it is watched.
        sent_unheard: Messages that went since `heard_of`.
        is_shifted: Whether what comes in no longer looks like what was calibrated on.
    """
    if watch.narrowed_at is not None:
        return "narrowed"
    if sent_unheard >= terms.unheard:
        return "unheard"
    is_odd = is_shifted or watch.strength >= terms.watch_at
    return "watched" if is_odd else "open"


def audit_share(state: State, terms: Terms) -> float:
    """Returns the probability that a person reads a message first that could go."""
    shares: dict[State, float] = {"open": terms.audit_share, "watched": terms.watch_share}
    return shares.get(state, 1.0)


def after_judgement(
    watch: Watch,
    terms: Terms,
    *,
    is_wrong: bool,
    share: float,
    made_at: datetime,
    sent_since: int,
    now: datetime,
    went: bool = False,
) -> Watch:
    """Returns the watch after one message inside the band was judged.

    Args:
        watch: Before.
        terms: How it is watched.
        is_wrong: What the person found.
        share: Probability with which this message was drawn to be read, above 0.
        made_at: When the message was made.
        sent_since: How many went out unread after `counted_to`.
        now: When it was judged.
        went: Whether it had gone before it was read, and so is an error that got out itself.
    """
    credited = _room(watch, terms) + terms.opens_at * sent_since
    balance = min(credited, terms.room) - ((1 - share) / share + went) * is_wrong
    heard = made_at if watch.heard_of is None else max(made_at, watch.heard_of)
    evidence = tuple(
        max(0.0, before) + _log_ratio(rise, terms.opens_at, is_wrong=is_wrong)
        for before, rise in zip(watch.evidence, RISES, strict=True)
    )
    judged = replace(
        watch,
        evidence=evidence,
        balance=balance,
        judged=watch.judged + 1,
        wrong=watch.wrong + is_wrong,
        heard_of=heard,
        counted_to=now,
    )
    return _narrowed(judged, terms, now=now)


def after_finding(watch: Watch, terms: Terms, *, now: datetime) -> Watch:
    """Returns the watch after a message that had gone unread was found wrong, by whomever."""
    owed = replace(watch, balance=_room(watch, terms) - 1)
    return _narrowed(owed, terms, now=now)


def _room(watch: Watch, terms: Terms) -> float:
    return terms.room if watch.balance is None else min(watch.balance, terms.room)


def _narrowed(watch: Watch, terms: Terms, *, now: datetime) -> Watch:
    if watch.narrowed_at is not None:
        return watch
    why = ""
    if watch.strength >= terms.alarm_at:
        why = (
            f"{watch.wrong} of {watch.judged} judged messages were wrong, the last of them too "
            f"close together for {terms.most_errors:.1%}"
        )
    elif _room(watch, terms) <= 0:
        why = f"errors beyond {terms.most_errors:.1%} have used up the room for {terms.room:g}"
    return replace(watch, narrowed_at=now, why=why) if why else watch


def _log_ratio(rise: float, bound: float, *, is_wrong: bool) -> float:
    rate = min(rise * bound, max(_HIGHEST, bound))
    return math.log(rate / bound) if is_wrong else math.log((1 - rate) / (1 - bound))
