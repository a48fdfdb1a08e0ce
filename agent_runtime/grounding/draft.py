"""Each sentence of a draft: supported by a fact, courtesy, question, or blocked with a reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from agent_runtime.grounding.checks import may_ask, objection
from agent_runtime.grounding.checks.causes import is_reason
from agent_runtime.grounding.claims import Claim, Match, match
from agent_runtime.grounding.clauses import Clause, clauses_of
from agent_runtime.grounding.courtesy import is_courtesy, is_free_time
from agent_runtime.grounding.entailment import Entailment
from agent_runtime.grounding.language import commonest
from agent_runtime.grounding.lemmas import is_same
from agent_runtime.grounding.lexicon import LANGUAGES
from agent_runtime.grounding.own_names import names_in, own_names
from agent_runtime.grounding.phrases import word_set
from agent_runtime.grounding.pieces import Piece, has_subject, has_verb, head_end, pieces_of
from agent_runtime.grounding.questions import claim_start, is_question, offered, preamble_end
from agent_runtime.grounding.reading import Reading, Word, read
from agent_runtime.grounding.small_talk import is_small_talk
from agent_runtime.grounding.sentences import split_sentences

Grade = Literal["supported", "courtesy", "question", "blocked"]

MIN_ENTAILED = 0.9
"""How sure the model must be before it supplies a word that no list of synonyms has."""

_SAYING = word_set("negation may must will certain promise all only most compare cause vendor")
_TELLING_WORDS = 8
"""A draft of fewer words is taken to be in the language of its facts."""
_MAX_PIECES = 14
_MAX_LENGTH = 1_200
"""Characters of a sentence; nobody speaks or writes longer ones to a buyer."""


@dataclass(frozen=True, slots=True)
class Given:
    """An approved fact: its id and what it says."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of one sentence; `fact` names the facts behind it, `reason` why it is blocked."""

    sentence: str
    verdict: Grade
    fact: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Ground:
    """The facts of a draft, read once."""

    facts: tuple[tuple[Given, tuple[Clause, ...]], ...]
    names: frozenset[str]
    selves: frozenset[str]
    words: frozenset[str]


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
    return tuple(_judge(s, base, spoken, entails) for s in sentences)


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
    if len(text) > _MAX_LENGTH:
        return Finding(text, "blocked", reason=f"it has more than {_MAX_LENGTH} characters")
    reading = read(text, language, base.names)
    if not reading.tokens:
        return Finding(text, "courtesy")
    first = 0
    if is_question(reading):
        if reason := _stated_first(reading, base, entails):
            return Finding(text, "blocked", reason=reason)
        start = claim_start(reading)
        if start is None:
            return _question(text, reading, base)
        first = start
    elif mark := _of_self(reading):
        return Finding(text, "blocked", reason=f"it says of itself what no fact says: {mark!r}")
    pieces = pieces_of(reading, first)
    if not pieces:
        return Finding(text, "question" if first else "courtesy")
    return _solved(text, reading, pieces, base, entails)


def _stated_first(reading: Reading, base: Ground, entails: Entailment | None) -> str:
    """Why what a question states before it asks is not grounded; empty where it is."""
    end = preamble_end(reading)
    if end is None or reading.lows[0] in _SUPPOSING:
        return ""
    first = 1 if reading.lows[0] in {"since", "as", "because"} else 0
    pieces = pieces_of(reading, first, end)
    if not pieces or _is_of_buyer(reading, end, base):
        return ""
    found = _solved("", reading, pieces, base, entails)
    return found.reason if found.verdict == "blocked" else ""


_SUPPOSING = word_set("if when once before after should")


def _is_of_buyer(reading: Reading, end: int, base: Ground) -> bool:
    """`As you are in Bonn, …`: of the buyer, in words of which the facts have none."""
    lows = reading.lows[:end]
    if not {"you", "your"} & set(lows) or any(a.start < end for a in reading.amounts):
        return False
    words = [w for w in reading.words if w.place < end]
    return not any(
        w.low in base.words or any(is_same(w.low, low, reading.language) for low in base.words)
        for w in words
    ) and not {"we", "our", "us"} & set(lows)


def _of_self(reading: Reading) -> str:
    marks = reading.marked(("claims_of_self",), 0, len(reading.tokens))
    is_own = (
        bool({"i", "my", "me"} & set(reading.lows))
        or "you" in reading.lows
        or any(m.words.startswith(("no ", "not ")) for m in marks)
    )
    return marks[0].words if marks and is_own else ""


def _question(text: str, reading: Reading, base: Ground) -> Finding:
    """What a question offers to show must be something that a fact speaks of."""
    if strange := _presumed(reading, base):
        return Finding(text, "blocked", reason=f"no fact speaks of {strange!r}")
    words = offered(reading)
    if not words:
        return Finding(text, "question")
    for given, clauses in base.facts:
        for clause in clauses:
            if not _has_amounts(reading, clause):
                continue
            if not _is_denied(words, clause, reading.language) and all(
                _is_spoken_of(word, clause, reading.language) for word in words
            ):
                return Finding(text, "question", given.id)
    return Finding(text, "blocked", reason=f"no fact speaks of what it offers: {' '.join(words)!r}")


def _presumed(reading: Reading, base: Ground) -> str:
    """Returns what a question takes for granted without a fact: `her book`, `the free month`."""
    return _owned(reading, base) or _definite(reading, base)


def _definite(reading: Reading, base: Ground) -> str:
    """`the new engine`, `a refund`: there is one, says whoever asks so."""
    table = reading.lexicon.question
    if "ordinary" not in table:
        return ""
    plain = table["ordinary"] | table["generic"] | reading.lexicon.courtesy["words"]
    lows = reading.lows
    if lows[:1] == ("how",) and lows[1:2] in (("many",), ("much",), ("often",)):
        return ""
    for word in reading.words:
        near = lows[max(0, word.place - 3) : word.place]
        is_told = word.low in table["claimed"] and not is_free_time(lows, word.place)
        if not is_told and ("the" not in near or word.place in reading.verbs):
            continue
        if not is_told and (word.low in plain or word.low.endswith("ing")):
            continue
        is_known = word.low in base.words or any(
            is_same(word.low, one, reading.language) for one in base.words
        )
        if not is_known:
            return word.text
    return ""


def _owned(reading: Reading, base: Ground) -> str:
    for at, low in enumerate(reading.lows):
        if low not in {"her", "his", "their", "its"}:
            continue
        owned = [w for w in reading.words if at < w.place <= at + 3]
        known = any(w.place < at and not w.is_name for w in reading.words) and low in {
            "their",
            "its",
        }
        for word in owned:
            is_known = any(is_same(word.low, one, reading.language) for one in base.words)
            if not known and word.low not in base.words and not is_known:
                return word.text
    return ""


def _has_amounts(reading: Reading, clause: Clause) -> bool:
    """Whether a clause has the figures of an offer, the length of a call aside."""
    known = {a.key for a in clause.reading.amounts}
    return all(a.key in known or a.is_time for a in reading.amounts)


def _is_denied(words: Sequence[str], clause: Clause, language: str) -> bool:
    lows = clause.reading.lows
    return clause.has("plan") or any(
        p.is_negated
        and any(is_same(word, low, language) for word in words for low in lows[p.start : p.end])
        for p in clause.pieces
    )


def _is_spoken_of(word: str, clause: Clause, language: str) -> bool:
    return any(is_same(word, low, language) for low in clause.lows)


def _solved(
    text: str, reading: Reading, pieces: Sequence[Piece], base: Ground, entails: Entailment | None
) -> Finding:
    """Cuts a sentence into the fewest stretches that are each courtesy or said by one fact."""
    if len(pieces) > _MAX_PIECES:
        return Finding(text, "blocked", reason="it says too much at once")
    best: list[tuple[str, ...] | None] = [(), *(None for _ in pieces)]
    first_reason = ""
    for end in range(1, len(pieces) + 1):
        for start in range(end):
            before = best[start]
            if before is None:
                continue
            if best[end] is not None and len(best[end] or ()) <= len(before):
                continue
            support, reason = _stretch(reading, pieces, start, end, base, entails)
            if support is not None:
                best[end] = (*before, *support)
            elif start == 0 and end == len(pieces):
                first_reason = reason
    found = best[-1]
    if found is None:
        return Finding(text, "blocked", reason=first_reason or _why(reading, pieces, base, entails))
    named = dict.fromkeys(found)
    return Finding(text, "supported" if named else "courtesy", ", ".join(named))


def _why(
    reading: Reading, pieces: Sequence[Piece], base: Ground, entails: Entailment | None
) -> str:
    return _stretch(reading, pieces, 0, len(pieces), base, entails)[1]


def _stretch(
    reading: Reading,
    pieces: Sequence[Piece],
    start: int,
    end: int,
    base: Ground,
    entails: Entailment | None,
) -> tuple[tuple[str, ...] | None, str]:
    """Returns the fact behind a stretch of pieces, nothing for courtesy, or None and why not."""
    begin, stop = pieces[start].start, pieces[end - 1].end
    is_polite = is_courtesy(reading, begin, stop, known=base.words) or is_small_talk(
        reading, begin, stop, known=base.words
    )
    if is_polite or _is_filler(reading, begin, stop):
        return (), ""
    if start and pieces[start].joint == "or" and not has_subject(reading, begin, stop):
        return None, "it parts what an or holds together"
    if _cuts_off_reason(reading, pieces, start, end, base):
        return None, "the fact does not say why"
    claim = _claim(reading, pieces, start, end, base)
    if claim is None:
        return None, "a part of it has no verb of its own"
    return _supported(claim, base, entails)


def _cuts_off_reason(
    reading: Reading, pieces: Sequence[Piece], start: int, end: int, base: Ground
) -> bool:
    """Two facts with a because between them are more than the two facts."""
    if start:
        before = pieces[0].start, pieces[start - 1].end
        is_reason_here = is_reason(reading, pieces[start])
        return is_reason_here and not is_courtesy(reading, *before, known=base.words)
    first = pieces[0]
    return end < len(pieces) and first.joint != "so" and is_reason(reading, first)


def _supported(
    claim: Claim, base: Ground, entails: Entailment | None
) -> tuple[tuple[str, ...] | None, str]:
    """Returns the first fact that supports a claim, or what the nearest one has against it."""
    nearest, least = "no fact is given", 1_000
    for given, clauses in base.facts:
        for clause in clauses:
            found = match(claim, clause)
            if len(found.uncovered) > least:
                continue
            reason = objection(found)
            if not reason or _is_entailed(found, given, entails):
                return (given.id,), ""
            if len(found.uncovered) < least or not found.uncovered:
                nearest, least = reason, len(found.uncovered)
    return None, nearest


def _is_entailed(found: Match, given: Given, entails: Entailment | None) -> bool:
    """Asks the model, where one is configured and no check but that of the words objects."""
    if entails is None or not may_ask(found):
        return False
    claim = found.claim
    said = " ".join(t.text for t in claim.reading.tokens[claim.start : claim.end])
    return entails.judge(given.text, said).entails >= MIN_ENTAILED


def _is_filler(reading: Reading, begin: int, stop: int) -> bool:
    """Words that say nothing: well, so, you know."""
    has_word = any(begin <= w.place < stop for w in reading.words)
    has_figure = any(begin <= f.start < stop for f in (*reading.amounts, *reading.moments))
    says = any(
        begin <= v < stop and reading.lows[v] not in _ECHOES and not _is_framed(reading, v)
        for v in reading.verbs
    )
    return not (has_word or has_figure or says or reading.marked(_SAYING, begin, stop))


_ECHOES = word_set("is are was were do does did can could will would have has had may must am be")
"""`Yes, we do` repeats what was asked."""


def _is_framed(reading: Reading, at: int) -> bool:
    """Whether a verb stands in a set phrase, such as `you know`."""
    return any(m.end - m.start > 1 and m.start <= at < m.end for m in reading.marks)


def _claim(
    reading: Reading, pieces: Sequence[Piece], start: int, end: int, base: Ground
) -> Claim | None:
    """A stretch as a claim; without a subject of its own it goes on about the piece before."""
    begin, stop = pieces[start].start, pieces[end - 1].end
    has_words = any(begin <= w.place < stop for w in reading.words)
    if start and not has_words and not has_verb(reading, begin, stop):
        return None
    inherited = _inherited(reading, pieces[:start], begin, stop)
    return Claim(reading, begin, stop, inherited, base.words, base.selves)


def _inherited(
    reading: Reading, before: Sequence[Piece], begin: int, stop: int
) -> tuple[Word, ...]:
    """Words of the last subject before a stretch that has none; its verb too, if it lacks one."""
    lead = next((p for p in reversed(before) if has_subject(reading, p.start, p.end)), None)
    if lead is None or has_subject(reading, begin, stop):
        return ()
    head = head_end(reading, lead.start, lead.end)
    words = tuple(w for w in reading.words if lead.start <= w.place <= head)
    if has_verb(reading, begin, stop):
        return tuple(w for w in words if w.is_name and w.place < head)
    return words
