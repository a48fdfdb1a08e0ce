"""What a buyer's line of a script means, by the model that reads mail."""

from dataclasses import dataclass
from typing import get_args

from agent_runtime.domain import Guess
from agent_runtime.hearing.entities import find_entities
from agent_runtime.hearing.safety import plain
from agent_runtime.library.playbook import Intent
from agent_runtime.models.language import LanguageModel
from agent_runtime.words import read_words

_QUESTIONS: frozenset[str] = frozenset(
    {"pricing_question", "security_question", "product_question", "integration_question"}
    | {"send_info", "are_you_a_bot"}
)
_OBJECTIONS: frozenset[str] = frozenset(
    {"objection_price", "objection_timing", "objection_trust", "objection_need"}
    | {"uses_competitor", "already_customer", "not_now"}
)
_CALLED_OBJECTIONS = _OBJECTIONS | {"send_info"}
"""What authors of scripts call objections."""

FOR_PEOPLE: frozenset[str] = frozenset(
    {"discount_request", "contract_change", "procurement_legal", "detailed_requirements"}
    | {"support_issue", "referral"}
)
"""A person answers these in every playbook, whatever a script says (R106)."""

NEVER_ARGUED: frozenset[str] = frozenset(
    {"not_interested", "unsubscribe", "angry", "wrong_person", "out_of_office", "off_topic"}
)
"""A no, a stop and anger are obeyed, never answered with a reason to go on."""

_LIKELY_OBJECTION = 0.25
"""Where a script says that a line is an objection, so much is enough to say which."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """The best reading of a line; the intent is empty where none is safe."""

    intent: Intent | None
    confidence: float

    @property
    def is_objection(self) -> bool:
        """Says whether it is a reason against us."""
        return self.intent in _OBJECTIONS


def meaning_of(
    text: str, model: LanguageModel, *, language: str, is_objection: bool = False
) -> Meaning:
    """Returns what a line means.

    Args:
        text: What a buyer says, in placeholder text.
        model: Reads it, as it reads mail.
        language: The language of the script.
        is_objection: Whether the script calls it an objection, which leaves fewer readings.
    """
    guesses = [g for g in model.understand(text, language) if g.name in _INTENTS]
    best = guesses[0] if guesses else Guess("unclear", 0.0)
    is_sure = best.confidence >= model.abstain_below and best.name != "unclear"
    if is_sure or (is_objection and best.name in NEVER_ARGUED):
        return Meaning(_INTENTS[best.name], best.confidence)
    for guess in guesses if is_objection else ():
        if guess.name in _CALLED_OBJECTIONS and guess.confidence >= _LIKELY_OBJECTION:
            return Meaning(_INTENTS[guess.name], guess.confidence)
    return Meaning(None, best.confidence if best.name != "unclear" else 0.0)


def is_asked(intent: Intent | None) -> bool:
    """Says whether a line of this meaning wants an answer."""
    return intent in _QUESTIONS or intent in _OBJECTIONS or intent in FOR_PEOPLE


def may_be_answered(intent: Intent | None) -> bool:
    """Says whether an imported playbook may answer this by itself."""
    return intent is not None and intent not in FOR_PEOPLE | NEVER_ARGUED | {"unclear"}


def names_a_time(text: str, language: str) -> bool:
    """Says whether a text names a time to meet; "today" is said of how people work."""
    heard = dict(find_entities(text, language)).get("requested_time", "")
    return bool(heard) and plain(heard) not in read_words("script")["these_days"]


_INTENTS: dict[str, Intent] = {name: name for name in get_args(Intent)}
