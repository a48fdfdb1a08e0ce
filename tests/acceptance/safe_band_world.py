"""A company whose messages drift: the band as built, and a threshold that stays, on one stream.

Nothing of the band is made anew here: the thresholds come from `experiments.safe_band`, what may
go and what is drawn for audit from `agent_runtime.band`. The truth of each message is known to
the simulation alone; judgements come late, of what a person read only, and with mistakes.
"""

import heapq
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from agent_runtime.band.watch import (
    Terms,
    Watch,
    after_judgement,
    audit_share,
    state_of,
)
from experiments.safe_band import JUDGED, Band, calibrate, coarser
from tests.acceptance.safe_band_drifts import DRIFTS, LANGUAGES, TOPICS, Messages

PILOT, DRIFT, DAYS = 14, 20, 50
"""Days of reading everything before the band goes live; days live until the drift, and in all."""
A_DAY = 150
WINDOW = 1_000
"""Messages that went, over which the rate is looked at as it rolls."""
START = datetime(2026, 1, 5, tzinfo=UTC)


@dataclass(slots=True)
class Live:
    """What is in force for one category."""

    band: Band
    watch: Watch = field(default_factory=Watch)
    waits_since: datetime | None = None
    sent: list[float] = field(default_factory=list)
    """Days on which messages went unread."""


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
        wrong=0.9 * hardness**2.2,
        draw=lambda n: rng.random(n),
    )
    drift.change(messages, day - DRIFT)
    is_wrong = rng.random(count) < messages.wrong
    return messages, is_wrong, rng.random((count, 3))


@dataclass
class Run:
    """One stream under the band."""

    name: str
    seed: int
    terms: Terms = field(default_factory=Terms)
    bands: dict[str, Live] = field(default_factory=dict)
    overall: Watch = field(default_factory=Watch)
    overall_sent: list[float] = field(default_factory=list)
    judged: list[tuple] = field(default_factory=list)
    went: list[int] = field(default_factory=list)
    narrowings: list[tuple[float, str]] = field(default_factory=list)

    def play(self) -> "Run":
        """Plays the stream to its end."""
        messages, is_wrong, chances = drawn(self.name, self.seed)
        drift, waiting = DRIFTS[self.name], []
        delays = drift.delay(messages.day - DRIFT)
        categories = [
            f"answer/{t}/{g}" for t, g in zip(messages.topic, messages.language, strict=True)
        ]
        next_day = 0.0
        for number, day in enumerate(messages.day):
            while waiting and waiting[0][0] <= min(day, next_day if day >= next_day else day):
                self._hear(*heapq.heappop(waiting))
            if day >= next_day:
                self._recalibrate(next_day)
                next_day += 1.0
            category, sure = categories[number], float(messages.confidence[number])
            live, in_force, share = self._share(category, sure)
            if chances[number, 0] >= share:
                self.went.append(number)
                live.sent.append(day)
                self.overall_sent.append(day)
                continue
            has_set_in = day >= DRIFT
            missed, blamed = (drift.missed, drift.blamed) if has_set_in else (0.02, 0.002)
            seen = (
                chances[number, 1] >= missed if is_wrong[number] else (chances[number, 1] < blamed)
            )
            heard = day - delays[number] * np.log(1 - chances[number, 2])
            heapq.heappush(
                waiting, (heard, number, category, sure, share, in_force, bool(seen), day)
            )
        self.messages, self.is_wrong = messages, is_wrong
        return self

    def _share(self, category: str, sure: float) -> tuple[Live | None, float, float]:
        """What governs, the share drawn inside its band, and the share of this very message."""
        live = self._governing(category)
        if live is None or live.band.threshold is None:
            return live, 1.0, 1.0
        states = [
            state_of(watch, self.terms, sent_unheard=_since(sent, watch.heard_of))
            for watch, sent in ((live.watch, live.sent), (self.overall, self.overall_sent))
        ]
        in_force = max(audit_share(state, self.terms) for state in states)
        return live, in_force, in_force if sure >= live.band.threshold else 1.0

    def _governing(self, category: str) -> Live | None:
        found = next((self.bands[c] for c in coarser(category) if c in self.bands), None)
        return found if found is not None and category in found.band.members else None

    def _hear(self, heard, number, category, sure, share, in_force, seen, day) -> None:
        row = (str(number), category, sure, share, in_force / share, seen, _at(day))
        self.judged.append(row)
        live = self._governing(category)
        if live is None or live.band.threshold is None or sure < live.band.threshold:
            return
        live.watch = self._watched(live.watch, live.sent, share, seen, day, heard, category)
        self.overall = self._watched(
            self.overall, self.overall_sent, share, seen, day, heard, "all"
        )

    def _watched(self, watch, sent, share, seen, day, heard, name) -> Watch:
        after = after_judgement(
            watch,
            self.terms,
            is_wrong=seen,
            share=share,
            made_at=_at(day),
            sent_since=_since(sent, watch.counted_to),
            now=_at(heard),
        )
        if after.narrowed_at and not watch.narrowed_at:
            self.narrowings.append((float(heard), f"{name}: {after.why}"))
        return after

    def _recalibrate(self, day: float) -> None:
        frame = pl.DataFrame(self.judged, schema=JUDGED, orient="row")
        if self.overall.narrowed_at:
            frame = frame.filter(pl.col("made_at") > self.overall.narrowed_at)
        stops = {n: l.watch.narrowed_at for n, l in self.bands.items() if l.watch.narrowed_at}
        for name, at in stops.items():
            members = self.bands[name].band.members
            frame = frame.filter(~pl.col("category").is_in(members) | (pl.col("made_at") > at))
        live = {
            n: l.band.threshold
            for n, l in self.bands.items()
            if l.band.threshold is not None and n not in stops and not self.overall.narrowed_at
        }
        bands = calibrate(frame, most_errors=self.terms.most_errors, live=live)
        self._publish(bands, day)

    def _publish(self, bands, day) -> None:
        """A band that is shown anew is watched anew; a category of its own begins as its pool."""
        known, self.bands = self.bands, {}
        for band in bands:
            above = next((known[c] for c in coarser(band.category) if c in known), None)
            is_closed = above is not None and above.watch.narrowed_at is not None
            if above is None or (is_closed and band.threshold is not None):
                self.bands[band.category] = Live(band)
            else:
                self.bands[band.category] = Live(band, above.watch, sent=above.sent)
        if self.overall.narrowed_at and any(b.threshold is not None for b in bands):
            self.overall, self.overall_sent = Watch(), []


def _since(sent: list[float], at: datetime | None) -> int:
    if at is None:
        return len(sent)
    day = (at - START) / timedelta(days=1)
    return sum(1 for one in reversed(sent[-500:]) if one > day)


def _at(day: float) -> datetime:
    return START + timedelta(days=float(day))
