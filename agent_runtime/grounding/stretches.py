"""A sentence as stretches that are each courtesy or said by one fact."""

from collections.abc import Sequence

from agent_runtime.grounding.checks import may_ask, objection
from agent_runtime.grounding.checks.causes import is_reason
from agent_runtime.grounding.claims import Claim, Match, match
from agent_runtime.grounding.courtesy import is_courtesy
from agent_runtime.grounding.entailment import Entailment
from agent_runtime.grounding.findings import Finding, Given, Ground
from agent_runtime.grounding.phrases import word_set
from agent_runtime.grounding.pieces import Piece, has_subject, has_verb, head_end
from agent_runtime.grounding.reading import Reading, Word
from agent_runtime.grounding.small_talk import is_small_talk

MIN_ENTAILED = 0.9
"""How sure the model must be before it supplies a word that no list of synonyms has."""

_SAYING = word_set("negation may must will certain promise all only most compare cause vendor")
_MAX_PIECES = 14


def solved(
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
