"""Each sentence of a draft: supported by a fact, courtesy, question, or blocked with a reason."""

from collections.abc import Sequence

from agent_runtime.grounding.asked import judged_question, stated_first
from agent_runtime.grounding.clauses import clauses_of
from agent_runtime.grounding.doubts import doubted
from agent_runtime.grounding.entailment import Entailment
from agent_runtime.grounding.findings import Finding, Given, Grade, Ground
from agent_runtime.grounding.language import commonest
from agent_runtime.grounding.lexicon import LANGUAGES
from agent_runtime.grounding.near_copies import why_turned
from agent_runtime.grounding.own_names import names_in, own_names
from agent_runtime.grounding.pieces import pieces_of
from agent_runtime.grounding.questions import claim_start, is_question
from agent_runtime.grounding.reading import Reading, read
from agent_runtime.grounding.sentences import split_sentences
from agent_runtime.grounding.stretches import MIN_ENTAILED, solved

__all__ = [
    "MIN_ENTAILED",
    "Finding",
    "Given",
    "Grade",
    "Ground",
    "ground",
    "ground_of",
    "language_of",
]

_TELLING_WORDS = 8
"""A draft of fewer words is taken to be in the language of its facts."""
_MAX_LENGTH = 1_200
"""Characters of a sentence; nobody speaks or writes longer ones to a buyer."""


def ground(
    text: str, facts: Sequence[Given], *, language: str = "", entails: Entailment | None = None
) -> tuple[Finding, ...]:
    """Returns a finding for each sentence of a draft.

    Args:
        text: The draft, written or spoken.
        facts: What it may stand on.
        language: Of the draft, if known; else it is detected.
        entails: A model that may cover words which the lists do not know. What a check vetoes
            stays blocked, whatever the model says.
    """
    sentences = split_sentences(text)
    spoken = language or language_of(text, facts)
    if spoken not in LANGUAGES:
        why = f"no checks are written for the language {spoken!r}"
        return tuple(Finding(s, "blocked", reason=why) for s in sentences)
    base = ground_of(tuple(facts), spoken)
    too_long = f"it has more than {_MAX_LENGTH} characters"
    return tuple(
        _judge(s, base, spoken, entails)
        if len(s) <= _MAX_LENGTH
        else Finding(s, "blocked", reason=too_long)
        for s in sentences
    )


def language_of(text: str, facts: Sequence[Given]) -> str:
    """Returns the language of a draft: that of its facts, unless its own words tell otherwise."""
    if quick := commonest(text):
        return quick
    from agent_runtime.hearing.language import detect_language

    told = " ".join(f.text for f in facts)[:600]
    fallback = (commonest(told) or detect_language(told, fallback="en")) if facts else "en"
    is_short = len(text.split()) < _TELLING_WORDS
    return fallback if facts and is_short else detect_language(text, fallback=fallback)


def ground_of(facts: tuple[Given, ...], language: str) -> Ground:
    """Returns the facts as the checks read them."""
    names = names_in(f.text for f in facts) if language == "en" else frozenset()
    read_facts = tuple((f, clauses_of(f.text, language, names)) for f in facts)
    words = frozenset(low for _, clauses in read_facts for c in clauses for low in c.lows)
    return Ground(read_facts, names, own_names(c for _, c in read_facts), words)


def _judge(text: str, base: Ground, language: str, entails: Entailment | None) -> Finding:
    reading = read(text, language, base.names)
    if not reading.tokens:
        return Finding(text, "courtesy")
    first = 0
    if is_question(reading):
        start = claim_start(reading)
        if reason := stated_first(reading, base, entails):
            return Finding(text, "blocked", reason=reason)
        if start is None:
            return judged_question(text, reading, base)
        first = start
    elif reason := _of_self(reading) or why_turned(reading, base):
        return Finding(text, "blocked", reason=reason)
    pieces = pieces_of(reading, first)
    if not pieces:
        return Finding(text, "question" if first else "courtesy")
    return doubted(solved(text, reading, pieces, base, entails), base, entails)


def _of_self(reading: Reading) -> str:
    marks = reading.marked(("claims_of_self",), 0, len(reading.tokens))
    is_own = (
        bool({"i", "my", "me"} & set(reading.lows))
        or "you" in reading.lows
        or any(m.words.startswith(("no ", "not ")) for m in marks)
    )
    is_said = bool(marks) and is_own
    return f"it says of itself what no fact says: {marks[0].words!r}" if is_said else ""
