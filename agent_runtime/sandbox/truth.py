"""What would become of every buyer with and without the agent; only the sandbox knows it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from agent_runtime.errors import ParleyError
from agent_runtime.sandbox.draw import between, chance, weighted
from agent_runtime.sandbox.people import Person
from agent_runtime.sandbox.voices import LANGUAGES

Temperament = Literal[
    "silent",
    "polite_no",
    "not_now",
    "opt_out",
    "annoyed_opt_out",
    "wrong_person",
    "referral",
    "uses_competitor",
    "already_customer",
    "objects_price",
    "objects_need",
    "objects_trust",
    "objects_timing",
    "questioner",
    "send_info",
    "bot_question",
    "data_request",
    "requirements",
    "procurement",
    "out_of_office",
    "support",
    "off_topic",
]
"""How a buyer who wants no meeting takes a touch; all but two name what they write."""

Opening = Literal["wish", "question", "bot_question"]
"""How a buyer begins who wants a meeting: says so, or asks something first."""

TEMPERAMENTS: dict[Temperament, float] = {
    "silent": 0.700,
    "polite_no": 0.062,
    "not_now": 0.040,
    "opt_out": 0.030,
    "annoyed_opt_out": 0.008,
    "wrong_person": 0.020,
    "referral": 0.010,
    "uses_competitor": 0.025,
    "already_customer": 0.005,
    "objects_price": 0.006,
    "objects_need": 0.010,
    "objects_trust": 0.004,
    "objects_timing": 0.004,
    "questioner": 0.026,
    "send_info": 0.010,
    "bot_question": 0.004,
    "data_request": 0.003,
    "requirements": 0.002,
    "procurement": 0.002,
    "out_of_office": 0.024,
    "support": 0.003,
    "off_topic": 0.002,
}
_OPENINGS: dict[Opening, float] = {"wish": 0.78, "question": 0.17, "bot_question": 0.05}
_CONVINCED_BY = {1: 0.55, 2: 0.28, 3: 0.17}
_ANSWERS_TOUCH = {1: 0.60, 2: 0.25, 3: 0.15}
_ASKS_FROM_DAY, _ASKS_TO_DAY = 0.5, 20.0


class TruthError(ParleyError):
    """Settings of the sandbox that no population can have."""


@dataclass(frozen=True, slots=True)
class Params:
    """What is planted in the sandbox's people."""

    seed: int
    planted_effect: float = 0.05
    """Probability of a meeting with the agent less without it, where mail arrives."""
    base_rate: float = 0.04
    """Share of people who ask for a meeting unprompted within the campaign."""
    plain_effect: float = 0.0
    """Of those whom no touch convinces, the share that a first mail wins whose subject leaves their
    company out: a better text is planted, for choices among texts to be judged by."""
    grid_minutes: int = 120
    """People write at multiples of this, counted from midnight UTC."""

    def __post_init__(self) -> None:
        if not 0 <= self.base_rate < 1:
            raise TruthError(f"base_rate is {self.base_rate}; it must be at least 0 and below 1")
        if not 0 <= self.planted_effect <= 1 - self.base_rate:
            raise TruthError(
                f"planted_effect is {self.planted_effect}; it must lie between 0 and "
                f"{1 - self.base_rate:g}, the share of people who do not ask unprompted"
            )
        if not 0 <= self.plain_effect <= 1:
            raise TruthError(
                f"plain_effect is {self.plain_effect}; it is a share and must lie between 0 and 1"
            )
        if self.grid_minutes < 1 or 24 * 60 % self.grid_minutes:
            raise TruthError(
                f"grid_minutes is {self.grid_minutes}; it must divide the 1440 minutes of a day"
            )


@dataclass(frozen=True, slots=True)
class BuyerTruth:
    """Both potential outcomes of one buyer, and their manner."""

    asks_unprompted: bool
    asks_at: timedelta
    """Since day 0; it matters only for those who ask unprompted."""
    convinced_by_touch: int
    """The touch that makes them want a meeting; 0 for those whom none convinces."""
    temperament: Temperament
    answers_touch: int
    """The touch at which the temperament shows."""
    opening: Opening

    @property
    def meets_if_held_out(self) -> bool:
        """The outcome that an experiment sees of the buyer in the holdout."""
        return self.asks_unprompted

    @property
    def meets_if_contacted(self) -> bool:
        """The outcome that an experiment sees of the buyer in the agent's arm."""
        return self.asks_unprompted or self.convinced_by_touch > 0


@dataclass(frozen=True, slots=True)
class Planted:
    """The true effect over a given set of people, not merely its expectation."""

    effect: float
    total: int
    y0_total: int
    y1_total: int


def truth_of(person: Person, params: Params) -> BuyerTruth:
    """Returns the buyer's truth, the same in whatever order people are asked about.

    A bouncing address, or a language that nobody serves, means no meeting either way.
    """
    seed, buyer = params.seed, person.buyer_id
    can_write = person.inbox_ok and person.language in LANGUAGES
    asks = can_write and chance(seed, params.base_rate, "asks unprompted", buyer)
    may_convince = can_write and not asks and not person.opted_out_before
    share_convinced = params.planted_effect / (1 - params.base_rate)
    convinced = may_convince and chance(seed, share_convinced, "convinced", buyer)
    temperament = weighted(seed, TEMPERAMENTS, "temperament", buyer) if can_write else "silent"
    is_silent = temperament == "silent"
    days = between(seed, _ASKS_FROM_DAY, _ASKS_TO_DAY, "asks at", buyer) if asks else 0
    return BuyerTruth(
        asks_unprompted=asks,
        asks_at=timedelta(days=days),
        convinced_by_touch=weighted(seed, _CONVINCED_BY, "convinced by", buyer) if convinced else 0,
        temperament=temperament,
        answers_touch=1 if is_silent else weighted(seed, _ANSWERS_TOUCH, "answers touch", buyer),
        opening=weighted(seed, _OPENINGS, "opening", buyer) if asks or convinced else "wish",
    )


def planted(people: Iterable[Person], params: Params) -> Planted:
    """Returns the true effect over these people: what a perfect experiment on them would find."""
    truths = [truth_of(person, params) for person in people]
    y0_total = sum(truth.meets_if_held_out for truth in truths)
    y1_total = sum(truth.meets_if_contacted for truth in truths)
    effect = (y1_total - y0_total) / len(truths) if truths else 0.0
    return Planted(effect, len(truths), y0_total, y1_total)
