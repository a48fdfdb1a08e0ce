"""Whether the rules of a call were kept in the words that could be heard, not only in the record.

An ear that had no part in the call listens to our track afterwards.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache

import numpy as np

from agent_runtime.channels.voice.sound.sounded import RATE, Sounded, Span
from agent_runtime.channels.voice.sound.timing import audible
from agent_runtime.grounding.sentences import split_sentences
from agent_runtime.speech.sound import Samples

Ear = Callable[[Samples], str]
"""Turns 16 kHz samples into words."""
DISCLOSED_WITHIN = 30
"""Words of ours by whose end it must have been said that an AI speaks."""
_DISCLOSES = re.compile(
    r"\ba\.? ?i\.?,? assistant|asistente de (la )?(ia|inteligencia)|ki-? ?assistent"
)
_CONFIRMS = re.compile(
    r"off (of )?our list|nobody at northbeam|nobody .{0,20}will (call|write)|fuera de nuestra lista"
)
_ALIKE = 78.0
"""Of a hundred letters, so many in order; openers that disclose nothing came to 45 to 68, other
sentences than the confirmation to 44 to 48."""
_LONGEST_S = 14.0
_PAUSE_S = 0.15


def words_heard(call: Sounded, *, ears: Sequence[Ear] = ()) -> tuple[tuple[Span, str], ...]:
    """Returns what is heard of our track, stretch by stretch.

    Args:
        call: The call.
        ears: What hears it; none: one for each language of the call.
    """
    languages = dict.fromkeys((call.scenario.language, call.conversation.language))
    ears = ears or [ear for language in languages if (ear := ear_for(language))]
    found: list[tuple[Span, str]] = []
    for span in _stretches(audible(call.agent, joined_s=_PAUSE_S)):
        start, end = int((span.start_s - 0.1) * RATE), int((span.end_s + 0.1) * RATE)
        samples = call.agent[max(start, 0) : end].astype(np.float32) / 32768
        texts = (ear(np.pad(samples, RATE // 10).astype(np.float32)).strip() for ear in ears)
        if text := " / ".join(filter(None, texts)):
            found.append((span, text))
    return tuple(found)


def broken_rules(call: Sounded, heard: Sequence[tuple[Span, str]]) -> Iterator[str]:
    """Yields a sentence for each rule that was broken: disclosure, and what follows a stop."""
    words = " ".join(text for _, text in heard).lower().split()
    if words and call.scenario.expect.is_disclosed:
        ears = 1 + (call.scenario.language != call.conversation.language)
        first = " ".join(words[: ears * DISCLOSED_WITHIN])
        if not _is_disclosed(first, call):
            yield f"no AI was disclosed in the first words heard: {first!r}"
        if not call.hands.is_disclosed:
            yield "the record has no disclosure"
    if words and call.scenario.expect.says == ():
        yield f"nothing was to be said, and this was heard: {' '.join(words[:20])!r}"
    if call.scenario.expect.is_stopped:
        yield from _after_a_stop(call, heard)


def _is_disclosed(first: str, call: Sounded) -> bool:
    """Says whether our first words tell of an AI, in the ear's words or by their sound.

    An ear that knows a language badly writes "asistente megane" for "asistente de IA de": then
    what it wrote must sound like the sentence of the record that discloses.
    """
    if _DISCLOSES.search(first):
        return True
    said = (part.lower() for line in call.heard for part in split_sentences(line.text))
    return _sounds_like([one for one in said if _DISCLOSES.search(one)][:1], first)


def _is_confirmed(after: str, call: Sounded) -> bool:
    """The same of the end of the contact."""
    told = (line.text.lower() for line in call.heard)
    return bool(_CONFIRMS.search(after)) or _sounds_like(
        [one for one in told if _CONFIRMS.search(one)][-1:], after
    )


def _sounds_like(told: Sequence[str], heard: str) -> bool:
    from rapidfuzz import fuzz

    return any(fuzz.partial_ratio(one, heard) >= _ALIKE for one in told)


def _after_a_stop(call: Sounded, heard: Sequence[tuple[Span, str]]) -> Iterator[str]:
    if not call.hands.is_stopped:
        yield "they asked that contact stop, and it is not recorded"
    if call.scenario.is_stopped or not call.turns:
        return
    asked_s = call.turns[-1].voice.end_s
    after = " ".join(text for span, text in heard if span.end_s > asked_s).lower()
    if not _is_confirmed(after, call):
        yield f"the stop was not confirmed in words that can be heard: {after!r}"
    said = [e.text for e in call.events if e.what == "bot_started" and e.at_s >= asked_s]
    if len(said) > 1:
        yield f"more than the confirmation was said after a stop: {said}"


def _stretches(spans: Sequence[Span]) -> list[Span]:
    """Joins sentences up to the length that an ear takes well."""
    found: list[Span] = []
    for span in spans:
        if found and span.start_s - found[-1].end_s < 0.6:
            joined = Span(found[-1].start_s, span.end_s)
            if joined.end_s - joined.start_s <= _LONGEST_S:
                found[-1] = joined
                continue
        found.append(span)
    return found


@cache
def ear_for(language: str) -> Ear | None:
    """Returns an ear for a language, or None where nothing here hears it."""
    from agent_runtime.speech.decoders import Moonshine, Whisper, has_whisper

    if language == "en":
        return Moonshine().decode
    return Whisper().speaking(language).decode if has_whisper() else None


@cache
def second_ear(language: str) -> Ear:
    """Returns an ear of another make: a poor voice is understood by one and not by the other."""
    from agent_runtime.speech.decoders import Whisper

    return Whisper().speaking(language).decode
