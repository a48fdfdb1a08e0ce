"""A company whose messages drift: the band as built, and a threshold that stays, on one stream.

Nothing of the band is made anew here: the thresholds come from `experiments.safe_band`, what may
go and what is drawn for audit from `agent_runtime.band`. The truth of each message is known to
the simulation alone; judgements come late, of what a person read only, and with mistakes.
"""

import heapq
from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from agent_runtime.band.state import OVERALL, BandState, Record, coarser, heard, renewed, standings
from agent_runtime.band.watch import Terms
from experiments.safe_band import JUDGED
from pipelines.safe_band import SEEN, recalibrate
from tests.acceptance.safe_band_drifts import DRIFTS, LANGUAGES, TOPICS, Messages

PILOT, DRIFT, DAYS = 21, 20, 50
"""Days of reading everything before the band goes live; days live until the drift, and in all."""
A_DAY = 150
WINDOW = 1_000
"""Messages that went, over which the rate is looked at as it rolls."""
SETTLED = 300
"""Messages from which a rate since the start says something."""
START = datetime(2026, 1, 5, tzinfo=UTC)


def drawn(name: str, seed: int) -> tuple[Messages, np.ndarray, np.ndarray]:
    """Returns the messages, whether each is wrong, and uniform numbers for the rest."""
    rng = np.random.default_rng([seed, sorted(DRIFTS).index(name)])
    drift = DRIFTS[name]
    before = rng.uniform(-PILOT, DRIFT, A_DAY * (PILOT + DRIFT))
    later = rng.uniform(DRIFT, DAYS, int(A_DAY * drift.surge * (DAYS - DRIFT)))
    day = np.sort(np.concatenate([before, later]))
    count = len(day)
    hardness = rng.beta(1, 3, count)
    messages = Messages(
        day=day,
        topic=rng.choice(np.array(TOPICS, "U20"), count, p=[0.3, 0.2, 0.1, 0.2, 0.1, 0.1]),
        language=rng.choice(np.array(LANGUAGES, "U2"), count, p=[0.7, 0.2, 0.1]),
        confidence=1 - 0.8 * hardness,
        wrong=0.9 * hardness**2.5,
        draw=rng.random,
    )
    drift.change(messages, day - DRIFT)
    is_wrong = rng.random(count) < messages.wrong
    return messages, is_wrong, rng.random((count, 3))


@dataclass
class Run:
    """One stream under the band, day by day."""

    name: str
    seed: int
    terms: Terms = field(default_factory=Terms)
    state: BandState | None = None
    sent: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    """Days on which messages went unread, by category."""
    judged: list[tuple[Any, ...]] = field(default_factory=list)
    """Since the last calibration; those before are in `frame`."""
    frame: pl.DataFrame = field(default_factory=JUDGED.to_frame)
    seen: list[tuple[str, float]] = field(default_factory=list)
    """Category and confidence of all messages since the last calibration."""
    went: list[int] = field(default_factory=list)
    first: Record | None = None
    """The first calibration that opened a band, and its day."""
    first_day: float = 0.0
    narrowed: list[tuple[float, str, str]] = field(default_factory=list)
    """Day, category and reason of each narrowing."""

    def play(self) -> "Run":
        """Plays the stream to its end."""
        self.messages, self.is_wrong, chances = drawn(self.name, self.seed)
        drift = DRIFTS[self.name]
        delays = drift.delay(self.messages.day - DRIFT)
        waiting: list[tuple[Any, ...]] = []
        named = zip(self.messages.topic, self.messages.language, strict=True)
        categories = [f"answer/{topic}/{language}" for topic, language in named]
        next_day = 0.0
        for number, day in enumerate(self.messages.day):
            while waiting and waiting[0][0] <= day:
                self._hear(*heapq.heappop(waiting))
            if day >= next_day:
                self._recalibrate(next_day)
                next_day += 1.0
            category, sure = categories[number], float(self.messages.confidence[number])
            self.seen.append((category, sure))
            in_force, share = self._shares(category, sure)
            if chances[number, 0] >= share:
                self.went.append(number)
                self.sent[category].append(day)
                self.sent[OVERALL].append(day)
                continue
            missed, blamed = (drift.missed, drift.blamed) if day >= DRIFT else (0.02, 0.002)
            is_wrong, luck = self.is_wrong[number], chances[number, 1]
            seen = bool(luck >= missed if is_wrong else luck < blamed)
            when = day - delays[number] * np.log(1 - chances[number, 2])
            row = (when, number, category, sure, share, in_force / share, seen, day)
            heapq.heappush(waiting, row)
        return self

    def _shares(self, category: str, sure: float) -> tuple[float, float]:
        """The share that is read inside the band, and the share for this very message."""
        band = self.state.record.governing(category) if self.state else None
        if self.state is None or band is None or band.threshold is None:
            return 1.0, 1.0
        unheard = self._since(None, self.state.overall.heard_of)
        stands = standings(self.state, sent_unheard=unheard)
        share = next(one.share for one in stands if one.category == band.category)
        return share, share if sure >= band.threshold else 1.0

    def _hear(self, when, number, category, sure, share, weight, seen, day) -> None:
        self.judged.append((str(number), category, sure, share, weight, seen, _at(day)))
        if self.state is None:
            return
        before = self._closed()
        self.state = heard(
            self.state,
            category=category,
            confidence=sure,
            is_wrong=seen,
            share=share,
            made_at=_at(day),
            sent_since=self._since,
            now=_at(when),
        )
        for name, why in self._closed().items() - before.items():
            self.narrowed.append((float(when), name, why))

    def _closed(self) -> dict[str, str]:
        watches = {**self.state.watches, OVERALL: self.state.overall} if self.state else {}
        return {name: watch.why for name, watch in watches.items() if watch.narrowed_at}

    def _recalibrate(self, day: float) -> None:
        new = pl.DataFrame(self.judged, schema=JUDGED, orient="row")
        self.frame, self.judged = pl.concat([self.frame, new]), []
        record = recalibrate(
            self.state,
            self.frame,
            playbook="p",
            terms=self.terms,
            now=_at(day),
            seen=pl.DataFrame(self.seen, schema=SEEN, orient="row"),
        )
        self.state, self.seen = renewed(self.state, record), []
        if self.first is None and any(band.threshold is not None for band in record.bands):
            self.first, self.first_day = record, day

    def _since(self, members, at: datetime | None) -> int:
        day = -np.inf if at is None else (at - START) / timedelta(days=1)
        lists = [self.sent[name] for name in ([OVERALL] if members is None else members)]
        return sum(len(days) - bisect_right(days, day) for days in lists)


def _at(day: float) -> datetime:
    return START + timedelta(days=float(day))


@dataclass(frozen=True, slots=True)
class Rates:
    """What came of one stream; all counts are of the truth, what nobody noticed included."""

    sent: int
    wrong: int
    """Since the band went live, whole run."""
    worst_so_far: float
    """The highest rate from the start to any moment, from `SETTLED` messages on."""
    worst_window: float | None
    """The highest rate of any `WINDOW` in a row; None where fewer went."""
    before: float
    """Share of messages that went without a person, from going live to the drift."""
    after: float
    """That share from the drift on."""
    last: float
    """That share in the last five days."""
    wrong_after: int
    sent_after: int
    narrowed: int
    """How often a band was closed."""
    first_after: float | None
    """Days from the drift to the first closing after it."""


def rates(run: Run) -> Rates:
    """Returns the rates of a run that was played."""
    went = np.array(run.went, int)
    first = min((day for day, *_ in run.narrowed if day >= DRIFT), default=None)
    return _rates(run.messages, run.is_wrong, went, len(run.narrowed), first)


def fixed(run: Run) -> Rates:
    """Returns what the thresholds of the first calibration would have sent, had they stayed.

    Nothing is watched and nothing drawn, and a kind of message that was never seen before goes by
    the threshold of the coarser one.
    """
    sure, day = run.messages.confidence, run.messages.day
    named = zip(run.messages.topic, run.messages.language, strict=True)
    known = {} if run.first is None else {b.category: b.threshold for b in run.first.bands}

    def threshold(category: str) -> float:
        found = next((known[name] for name in coarser(category) if name in known), None)
        return np.inf if found is None else found

    from_where = np.array([threshold(f"answer/{topic}/{language}") for topic, language in named])
    went = np.flatnonzero((sure >= from_where) & (day >= run.first_day))
    return _rates(run.messages, run.is_wrong, went, 0, None)


def _rates(
    messages: Messages, is_wrong: np.ndarray, went: np.ndarray, narrowed: int, first: float | None
) -> Rates:
    wrong, day = is_wrong[went], messages.day[went]
    so_far = np.cumsum(wrong) / np.arange(1, len(wrong) + 1)
    window = np.convolve(wrong, np.ones(WINDOW), "valid") / WINDOW if len(wrong) >= WINDOW else []

    def share(low: float, high: float) -> float:
        every = (messages.day >= low) & (messages.day < high)
        return float(((day >= low) & (day < high)).sum() / every.sum())

    return Rates(
        sent=len(went),
        wrong=int(wrong.sum()),
        worst_so_far=float(so_far[SETTLED:].max(initial=0.0)),
        worst_window=float(np.max(window)) if len(window) else None,
        before=share(0, DRIFT),
        after=share(DRIFT, DAYS),
        last=share(DAYS - 5, DAYS),
        wrong_after=int(wrong[day >= DRIFT].sum()),
        sent_after=int((day >= DRIFT).sum()),
        narrowed=narrowed,
        first_after=None if first is None else first - DRIFT,
    )
