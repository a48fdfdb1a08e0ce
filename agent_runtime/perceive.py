"""Perceive: what a mail means. Safety rules come first and need no model."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from agent_runtime.domain import Contact, Guess, Observation, Perception, Session, Slot
from agent_runtime.hearing.commands import language_of_command
from agent_runtime.hearing.entities import find_entities
from agent_runtime.hearing.language import detect_language
from agent_runtime.hearing.new_text import message_of, signature_of
from agent_runtime.hearing.safety import Heard, listen
from agent_runtime.library.content import LOCALES
from agent_runtime.models.language import LanguageModel
from agent_runtime.times.slot_choice import choose_slot

SAID_OUTRIGHT = 0.55
"""Further intents are kept from this confidence on; by grouped cross-validation."""

_MEANS = {
    "opt_out": "unsubscribe",
    "legal_threat": "angry",
    "support": "support_issue",
    "are_you_a_bot": "are_you_a_bot",
}
"""Rules that say by themselves what comes first, in order of gravity."""

_REFUSES = frozenset(
    {"unsubscribe", "not_interested", "not_now", "wrong_person", "cancel_meeting", "angry"}
)


def perceive(
    observation: Observation,
    session: Session,
    model: LanguageModel,
    *,
    offered: Sequence[Slot],
    contact: Contact,
    also_named: Sequence[tuple[str, str]] = (),
) -> Perception:
    """Returns what the newly written part of a mail means.

    Args:
        observation: An inbound mail in placeholder text.
        session: The thread so far.
        model: Asked for intents, after the rules and never for what they decide.
        offered: Times that the buyer may be choosing from.
        contact: Their zone decides what "Tuesday at 10" is; their language breaks ties.
        also_named: Entities that a language model heard; of one name those of the rules stand.
    """
    heard = listen(observation)
    text = message_of(observation.text)
    known = session.language or contact.language[:2].lower() or "en"
    language = detect_language(text, fallback=known)
    if observation.cue in ("stop", "help", "start"):
        means = "unsubscribe" if observation.cue == "stop" else "unclear"
        meant = _Reading((Guess(means, 1.0),), abstain=False)
        return _perception(meant, heard, language_of_command(observation.text) or known)
    if "bounce" in heard.rules or "auto_reply" in heard.rules:
        meant = _Reading((Guess("out_of_office", 1.0),), abstain=False)
        return _perception(meant, heard, language)
    meant = _read(text, language, heard, model)
    if observation.plain_means and not heard.rules:
        meant = _Reading((Guess(observation.plain_means, 1.0),), abstain=False)
    choice = choose_slot(
        text, offered, zone=contact.time_zone, language=language, now=observation.occurred_at
    )
    if choice is not None and meant.abstain:
        meant = _Reading((Guess("propose_time", 0.9), *meant.intents), abstain=False)
    elif meant.intents[0].name in _REFUSES and not meant.abstain:
        choice = None
    entities = find_entities(text, language, signature=signature_of(observation.text))
    by_rules = {name for name, _ in entities}
    entities = (*entities, *(one for one in also_named if one[0] not in by_rules))
    seen = _perception(meant, heard, language, entities=entities, slot_choice=choice)
    return _as_proposed(seen, observation.proposes) if observation.proposes else seen


@dataclass(frozen=True, slots=True)
class _Reading:
    intents: tuple[Guess, ...]
    abstain: bool


def _read(text: str, language: str, heard: Heard, model: LanguageModel) -> _Reading:
    """Joins what rules and model say; a rule that decides is sure and comes first.

    Words of paper and process are said outright; they come first only where the model is unsure.
    """
    decided = [Guess(_MEANS[rule], 1.0) for rule in _MEANS if rule in heard.rules]
    guesses = model.understand(text, language) if text else ()
    if "legal_paper" in heard.rules:
        is_sure = bool(guesses) and guesses[0].confidence >= model.abstain_below
        guesses = (*guesses[:is_sure], Guess("procurement_legal", 0.9), *guesses[is_sure:])
    if guesses and guesses[0].name == "unsubscribe":
        is_sure = guesses[0].confidence >= model.abstain_below
        decided = [guesses[0], *decided] if is_sure else decided
    found = [*decided, *guesses]
    if not found:
        return _Reading((Guess("unclear", 0.0),), abstain=True)
    kept = [found[0]]
    for guess in found[1:]:
        is_new = all(guess.name != other.name for other in kept)
        if is_new and guess.confidence >= SAID_OUTRIGHT:
            kept.append(guess)
    return _Reading(tuple(kept), abstain=not decided and kept[0].confidence < model.abstain_below)


def _as_proposed(seen: Perception, start: datetime) -> Perception:
    """A calendar that proposes another time asks to move the meeting, whatever its mail says.

    Only words that drop the meeting or end the contact come first.
    """
    if seen.opt_out or (seen.primary in _REFUSES and not seen.abstain):
        return seen
    said = () if seen.abstain else seen.intents
    return replace(
        seen,
        primary="reschedule",
        confidence=1.0,
        abstain=False,
        intents=(Guess("reschedule", 1.0), *(g for g in said if g.name != "reschedule")),
        rules=(*seen.rules, "time_proposed"),
        slot_choice=None,
        proposes=start,
    )


def _perception(
    meant: _Reading,
    heard: Heard,
    language: str,
    *,
    entities: tuple[tuple[str, str], ...] = (),
    slot_choice: int | None = None,
) -> Perception:
    primary = meant.intents[0]
    is_foreign = language not in LOCALES
    return Perception(
        primary=primary.name,
        confidence=primary.confidence,
        abstain=meant.abstain,
        intents=meant.intents,
        signals=heard.signals,
        entities=entities,
        objections=tuple(
            g.name.removeprefix("objection_")
            for g in meant.intents
            if g.name.startswith("objection_") and not meant.abstain
        ),
        language=language,
        opt_out="opt_out" in heard.rules or (primary.name == "unsubscribe" and not meant.abstain),
        rules=(*heard.rules, "other_language") if is_foreign else heard.rules,
        slot_choice=slot_choice,
    )
