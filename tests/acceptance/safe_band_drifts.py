"""Twenty ways in which messages that were safe to send stop being so.

Each drift changes what is drawn of a message after it set in: how hard the message is, how sure
the agent says that it is, how often it is wrong, who reads it, and how soon.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

TOPICS = ("product", "integration", "security", "times", "timing", "question")
LANGUAGES = ("en", "de", "fr")
NEW_TOPIC = "migration"

Array = NDArray[np.float64]


@dataclass(slots=True)
class Messages:
    """Messages as they are drawn, in the order of time; a drift changes the arrays."""

    day: Array
    """Days since the band went live; the drift sets in at `DRIFT`."""
    topic: NDArray[np.str_]
    language: NDArray[np.str_]
    confidence: Array
    wrong: Array
    """Probability that the message is wrong."""
    draw: Callable[[int], Array] = field(repr=False)
    """Uniform numbers of the seed, another series with each call."""


@dataclass(frozen=True, slots=True)
class Drift:
    """One kind of drift."""

    change: Callable[[Messages, Array], None]
    """Gets the messages and the days since it set in, negative before."""
    delay: Callable[[Array], Array] = lambda after: np.full(len(after), 0.25)
    """Mean days until a message is judged."""
    missed: float = 0.02
    """Share of wrong messages that reviewers let pass once it has set in."""
    blamed: float = 0.002
    """Share of right messages that reviewers find wrong once it has set in."""
    surge: float = 1.0
    """By how much there are more messages a day once it has set in."""


def _worse(messages: Messages, where: NDArray[np.bool_], rate: Array | float) -> None:
    """Makes what is sure as often wrong as `rate` says, and what is unsure not better."""
    rates = np.broadcast_to(rate, messages.wrong.shape)
    messages.wrong[where] = np.maximum(messages.wrong, rates)[where]


def _sudden(rate: float) -> Callable[[Messages, Array], None]:
    return lambda m, after: _worse(m, after >= 0, rate)


def _gradual(days: float, top: float) -> Callable[[Messages, Array], None]:
    return lambda m, after: _worse(m, after >= 0, np.clip(after / days, 0, 1) * top)


def _one_topic(m: Messages, after: Array) -> None:
    _worse(m, (after >= 0) & (m.topic == "integration"), 0.5)


def _expired_fact(m: Messages, after: Array) -> None:
    _worse(m, (after >= 0) & (m.topic == "security"), 1.0)


def _one_language(m: Messages, after: Array) -> None:
    _worse(m, (after >= 0) & (m.language == "de"), 0.4)


def _new_intents(m: Messages, after: Array) -> None:
    new = (after >= 0) & (m.draw(len(after)) < 0.3)
    m.topic[new] = NEW_TOPIC
    m.confidence[new] = 0.85 + 0.15 * m.draw(len(after))[new]
    m.wrong[new] = 0.4


def _read_as_known(m: Messages, after: Array) -> None:
    new = (after >= 0) & (m.draw(len(after)) < 0.3)
    m.confidence[new] = 0.85 + 0.15 * m.draw(len(after))[new]
    m.wrong[new] = 0.4


def _inflated(m: Messages, after: Array) -> None:
    m.confidence[after >= 0] **= 0.25


def _inflated_slowly(m: Messages, after: Array) -> None:
    m.confidence **= 1 - 0.85 * np.clip(after / 20, 0, 1)


def _model_swapped(m: Messages, after: Array) -> None:
    new = after >= 0
    m.confidence[new] = (1 - 0.15 * m.draw(len(after)))[new]
    _worse(m, new, 0.12)


def _turned_over(m: Messages, after: Array) -> None:
    new = after >= 0
    m.wrong[new] = 0.5 * m.confidence[new] ** 4


def _harder_mix(m: Messages, after: Array) -> None:
    new = (after >= 0) & (m.draw(len(after)) < 0.6)
    m.language[new] = "fr"
    _worse(m, new, 0.15)


def _seasonal(m: Messages, after: Array) -> None:
    _worse(m, after >= 0, 0.15 * np.maximum(0, np.sin(2 * np.pi * after / 7)))


def _bursts(m: Messages, after: Array) -> None:
    _worse(m, (after >= 0) & (after % 3 < 0.25), 0.6)


def _surest_wrong(m: Messages, after: Array) -> None:
    _worse(m, (after >= 0) & (m.confidence >= 0.93), 0.3)


def _for_five_days(m: Messages, after: Array) -> None:
    _worse(m, (after >= 0) & (after < 5), 0.3)


def _once_quiet(m: Messages, after: Array) -> None:
    """An adversary who waits until the band has been widened again, and comes back."""
    _worse(m, (after >= 0) & (after % 12 < 2), 0.5)


DRIFTS: dict[str, Drift] = {
    "sudden": Drift(_sudden(0.3)),
    "sudden and total": Drift(_sudden(0.8)),
    "sudden and mild": Drift(_sudden(0.09)),
    "gradual": Drift(_gradual(20, 0.25)),
    "creeping": Drift(_gradual(30, 0.10)),
    "one topic only": Drift(_one_topic),
    "one language only": Drift(_one_language),
    "a fact that expired": Drift(_expired_fact),
    "new intents": Drift(_new_intents),
    "new intents read as known ones": Drift(_read_as_known),
    "confidence inflated": Drift(_inflated),
    "confidence inflated slowly": Drift(_inflated_slowly),
    "model swapped": Drift(_model_swapped),
    "surest are wrong": Drift(_surest_wrong),
    "confidence turned over": Drift(_turned_over),
    "harder mix": Drift(_harder_mix),
    "seasonal": Drift(_seasonal),
    "bursts of an adversary": Drift(_bursts),
    "adversary who comes back": Drift(_once_quiet),
    "judged late": Drift(_sudden(0.3), delay=lambda after: np.where(after >= -2, 4.0, 0.25)),
    "reviewers lax": Drift(_sudden(0.25), missed=0.4),
    "reviewers strict": Drift(_sudden(0.06), missed=0.0, blamed=0.05),
    "surge": Drift(_sudden(0.25), surge=4.0),
    "over after five days": Drift(_for_five_days),
}
"""More than twenty, so that none had to be left out."""
